"""Production settings, except for what a test machine cannot have: a secret, TLS and slow passwords."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "a-secret-for-tests-only-long-enough-to-please-the-deploy-check-0123456789")
os.environ.setdefault("HTTPS", "false")

from certhelper.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
CACHES["default"] = {"BACKEND": "certhelper.cache.ProcessCache"}  # noqa: F405
OMS_API_URL = "https://oms.test/agg/api"
RUN_REGISTRY_API_URL = "https://runregistry.test/api"
SSO_TOKEN_URL = "https://sso.test/token"
REFRESH_PAUSE = 0
SSO_CLIENT_ID = "certhelper"
SSO_CLIENT_SECRET = "not-so-secret"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # In a file, as in life: a database in memory knows no second connection and no waiting for a lock.
    test_file = Path(tempfile.gettempdir()) / f"certhelper-test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(test_file)}  # noqa: F405
    # Fifty threads write at once in the tests, on machines that may be busy with more.
    DATABASES["default"]["OPTIONS"]["timeout"] = 60  # noqa: F405
