"""All settings, read from the environment; README.md has the table.

Development needs only DEBUG=true. Without DEBUG, SECRET_KEY must be given.
"""

import sys
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from certhelper.environment import cache, database, env, networks, positive, whole, words

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Deployment -----------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
HTTPS = env.bool("HTTPS", not DEBUG)
SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("SECRET_KEY is not set: give it a long random value, or set DEBUG=true on a laptop.")
    SECRET_KEY = "only-for-development-never-for-a-server"

ALLOWED_HOSTS = words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", [])

SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Addresses and networks of the proxies whose word counts, "unix" for one on a socket; empty: everybody's does.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Bootstrap's style sheet carries its icons as data: images.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Application ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "bootstrap",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "widget_tweaks",
    "certhelper",
    "users",
    "history",
    "oms",
    "searches",
    "runregistry",
    "certify",
    "listruns",
    "openruns",
    "simulator",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "certhelper.proxies.TrustedProxiesMiddleware",
    "certhelper.probes.ProbeMiddleware",
    "certhelper.readable.ReadableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "certhelper.privacy.PrivateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "users.middleware.ServedToMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "upstream.budget.PageBudgetMiddleware",
    "users.middleware.NoDeadEndMiddleware",
    "certhelper.methods.MethodsMiddleware",
]

FILE_UPLOAD_HANDLERS = ["certhelper.readable.NoFiles"]
ROOT_URLCONF = "certhelper.urls"
WSGI_APPLICATION = "certhelper.wsgi.application"
CSRF_FAILURE_VIEW = "users.views.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "certhelper.status.ill_services",
            ],
            # `csrf_token` also says who the form is served to, in every template of every app.
            "builtins": ["users.templatetags.served"],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Storage --------------------------------------------------------------------------------------

DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Readers never wait for the writer (WAL); a writer waits its turn instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        # Compiling a query takes longer than any of ours runs.
        options = DATABASES["default"].setdefault("OPTIONS", {})
        options.setdefault("options", "-c jit=off")
        options.setdefault("connect_timeout", 3)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": cache("CACHE_URL"),
    # What is nobody else's business, as tokens.
    "process": {"BACKEND": "certhelper.cache.ProcessCache", "LOCATION": "process"},
}

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# After `collectstatic`: hashed names, compressed, cached for ever. Without it the files are served as they lie in the
# project, so that the application needs nothing but its environment.
IS_COLLECTED = not DEBUG and (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not IS_COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_COLLECTED or "collectstatic" in sys.argv
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "Europe/Zurich"

# --- Work -----------------------------------------------------------------------------------------

CLAIM_MINUTES = whole("CLAIM_MINUTES", 240)
UNDO_MINUTES = whole("UNDO_MINUTES", 10)

# A run that a service gave a start and no end is still going on; after so many hours its end was only not told.
RUNNING_HOURS = whole("RUNNING_HOURS", 48)

# --- Upstream services ----------------------------------------------------------------------------

OMS_API_URL = env.str("OMS_API_URL", "https://cmsoms.cern.ch/agg/api")
OMS_API_AUDIENCE = env.str("OMS_API_AUDIENCE", "cmsoms-prod")
RUN_REGISTRY_API_URL = env.str("RUN_REGISTRY_API_URL", "https://cmsrunregistry.web.cern.ch/api")
RUN_REGISTRY_AUDIENCE = env.str("RUN_REGISTRY_AUDIENCE", "cmsrunregistry-sso-proxy")
SSO_TOKEN_URL = env.str("SSO_TOKEN_URL", "https://auth.cern.ch/auth/realms/cern/api-access/token")
SSO_CLIENT_ID = env.str("SSO_CLIENT_ID", "")
SSO_CLIENT_SECRET = env.str("SSO_CLIENT_SECRET", "")
UPSTREAM_CONNECT_TIMEOUT = positive("UPSTREAM_CONNECT_TIMEOUT", 2.0)
UPSTREAM_READ_TIMEOUT = positive("UPSTREAM_READ_TIMEOUT", 10.0)
# So many seconds an answer about a run's datasets counts as current.
RUN_REGISTRY_FRESH = whole("RUN_REGISTRY_FRESH", 15)
UPSTREAM_PAGE_BUDGET = positive("UPSTREAM_PAGE_BUDGET", 12.0)
UPSTREAM_CA_BUNDLE = env.str("UPSTREAM_CA_BUNDLE", "")

# So many seconds a person waits between two requests to ask the services at once.
REFRESH_PAUSE = whole("REFRESH_PAUSE", 10)

# --- Refreshing what waits for the services ---------------------------------------------------------

# Seconds from one round of `manage.py worker` to the next.
WORKER_INTERVAL = whole("WORKER_INTERVAL", 60)
# OMS corrects the luminosity of a run later: so many hours its facts are asked again.
REFRESH_HOURS = whole("REFRESH_HOURS", 48)

# --- Logging --------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"once_per_second": {"()": "certhelper.outage.OncePerSecond"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once_per_second"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
