"""What a web server calls."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")
django.setup(set_prefix=False)

from certhelper.readable import Request  # noqa: E402


class Application(WSGIHandler):
    request_class = Request


application = Application()
