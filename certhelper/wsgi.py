"""The WSGI application; it needs nothing but the environment described in README.md."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certhelper.settings")

application = get_wsgi_application()
