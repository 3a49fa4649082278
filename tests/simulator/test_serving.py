"""The demo behind gunicorn: what it begins around it is ended once, by the process that began it."""

import os
import subprocess
import sys

_DEMO = """
import django, os, signal
django.setup()
from simulator.serving import OneProcess
try:
    OneProcess(0, lambda: os.killpg(0, signal.SIGINT), loglevel="error").run()
finally:
    print("ended", flush=True)
"""


def test_ctrl_c_ends_it_at_once_and_once():
    environment = {**os.environ, "DEBUG": "true", "DJANGO_SETTINGS_MODULE": "certhelper.settings"}
    command = [sys.executable, "-c", _DEMO]
    how = {"env": environment, "capture_output": True, "text": True, "timeout": 25, "start_new_session": True}
    done = subprocess.run(command, **how)
    assert (done.stdout, done.returncode) == ("ended\n", 0), done.stderr
