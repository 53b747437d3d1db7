"""The one settings file: everything comes from the environment, through `env.py`."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext

from newsnotify import (
    api_settings,
    brokers,
    caches,
    content_policy,
    databases,
    kept,
    mail_callbacks,
    mail_servers,
    sms,
)
from newsnotify.env import Env, SettingError
from newsnotify.lib import logs
from newsnotify.lib.outbound_policy import OutboundPolicy
from newsnotify.version import VERSION

django_stubs_ext.monkeypatch()  # Django's own generic views may then be written View[Model]

BASE_DIR = Path(__file__).resolve().parent.parent


env = Env.here(BASE_DIR)

DEBUG = env.flag("DEBUG")
DATA_DIR = BASE_DIR / env.text("DATA_DIR", "var")
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, least=1, most=65535)
TLS_CERT_FILE, TLS_KEY_FILE = env.path("TLS_CERT_FILE"), env.path("TLS_KEY_FILE")
env.together("TLS_CERT_FILE", "TLS_KEY_FILE")
_host = f"[{HOST}]" if ":" in HOST else HOST  # as a URL writes it (RFC 3986, section 3.2.2)
PUBLIC_URL = env.url(
    "PUBLIC_URL",
    f"{'https' if TLS_CERT_FILE else 'http'}://{_host}:{PORT}",
    {"http", "https"},
    "https://news.example.org",
).rstrip("/")
_public = urlsplit(PUBLIC_URL)
IS_HTTPS = _public.scheme == "https"

# Truth, cache, broker

DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.url("REDIS_URL", "", {"redis", "rediss"}, "redis://host:6379/0")
CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL",
    REDIS_URL,
    {"redis", "rediss", "amqp", "amqps"},
    brokers.EXAMPLE,
)
IS_ONE_PROCESS = not (DATABASE_URL or REDIS_URL or CELERY_BROKER_URL)

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY and not IS_ONE_PROCESS:
    raise SettingError("SECRET_KEY", "", "a long random text, the same in every process")
KEEPS_SECRET_KEY = not SECRET_KEY
SECRET_KEY = SECRET_KEY or kept.secret(DATA_DIR, "secret_key")
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS", [])
if KEEPS_SECRET_KEY:
    SECRET_KEY_FALLBACKS += kept.former(DATA_DIR, "secret_key")

_database = partial(databases.database, base=BASE_DIR)
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.parsed("DATABASE_URL", dict[str, Any](), _database, databases.EXAMPLE)
    or databases.sqlite(DATA_DIR / "newsnotify.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": caches.cache(REDIS_URL)}
CHANNEL_LAYERS = {"default": caches.channel_layer(REDIS_URL)}

# Celery: the environment's part; the rest is in celery.py

_redis = env.parsed("REDIS_URL", brokers.secured(""), brokers.secured, "redis://host:6379/0")
CELERY_BROKER_URL, CELERY_BROKER_USE_SSL = env.parsed(
    "CELERY_BROKER_URL", _redis, brokers.secured, brokers.EXAMPLE
)
CELERY_BROKER_URL = CELERY_BROKER_URL or "memory://localhost/"
# Where only one is set Celery prefers the variable to the setting, and with it what we split off.
CELERY_BROKER_READ_URL = CELERY_BROKER_WRITE_URL = CELERY_BROKER_URL
CELERY_WORKER_CONCURRENCY = 8

# The web

_hosts = ["localhost", "127.0.0.1", "[::1]", _host, _public.hostname or _host]
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", _hosts)
ALLOWED_ORIGINS = env.origins("ALLOWED_ORIGINS", [f"{_public.scheme}://{_public.netloc}"])
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, most=10)
WS_ALLOW_QUERY_TOKEN = env.flag("WS_ALLOW_QUERY_TOKEN", default=True)
REQUIRE_LOGIN = env.flag("REQUIRE_LOGIN")
RATE_LIMITS = env.flag("RATE_LIMITS", default=True)
OPEN_INGEST = env.flag("OPEN_INGEST")
METRICS_TOKEN = env.text("METRICS_TOKEN")
BODY_LIMIT_BYTES, OPML_LIMIT_BYTES = 1024**2, 10 * 1024**2
DATA_UPLOAD_MAX_MEMORY_SIZE = OPML_LIMIT_BYTES

INSTALLED_APPS = [
    *(["daphne"] if DEBUG else []),  # runserver with sockets; it loads Twisted, so only here
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "newsnotify",
    "accounts",
    "news",
    "subscriptions",
    "notifications",
]
MIDDLEWARE = [
    "newsnotify.lib.logs.RequestIdMiddleware",
    "newsnotify.lib.counting.CountingMiddleware",
    "newsnotify.lib.slashes.EitherSlashMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "newsnotify.lib.policies.PermissionsPolicyMiddleware",
    "newsnotify.lib.policies.ContentPolicyMiddleware",
    "newsnotify.lib.policies.PrivacyMiddleware",
    "newsnotify.probes.ProbesMiddleware",
    "news.article_cache.KeptArticlesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SignInMiddleware",
    "accounts.middleware.SignInRequiredMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "newsnotify.lib.throttling.LimitsMiddleware",
]
ROOT_URLCONF = "newsnotify.urls"
ASGI_APPLICATION = "newsnotify.asgi.application"
APPEND_SLASH = False  # every path answers with and without, see EitherSlashMiddleware
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
                "notifications.context.unread",
            ],
        },
    }
]
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "newsnotify.static_files.VersionedStorage"},
}

# Who is here

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.HouseBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    # From other systems; renewed at the next sign-in.
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "accounts.hashers.BCryptHasher",
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "inbox", "home"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
ACCESS_TOKEN_MINUTES = env.number("ACCESS_TOKEN_MINUTES", 15, least=1, most=1440)
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=ACCESS_TOKEN_MINUTES),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "ALGORITHM": "HS256",
    "USER_ID_CLAIM": "sub",
    "ISSUER": "newsnotify",
    "AUDIENCE": "newsnotify",
    "AUTH_HEADER_TYPES": ("Bearer",),
    "UPDATE_LAST_LOGIN": False,
}

# Protection

SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_SSL_REDIRECT = False  # the proxy or `up` speaks https alone; health checks come by http
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which asks for that redirect
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
UNUSED_FEATURES = content_policy.UNUSED_FEATURES
CONTENT_SECURITY_POLICY = content_policy.OURS
EASED_POLICIES = content_policy.EASED

# The API

REST_FRAMEWORK = api_settings.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR

# Reaching out

OUTBOUND_POLICY = env.parsed(
    "OUTBOUND_ALLOW",
    OutboundPolicy.parse(""),
    OutboundPolicy.parse,
    "comma-separated CIDRs and hosts, such as 10.0.0.0/8, feeds.lan",
)
CRAWL_MIN_INTERVAL = timedelta(
    seconds=env.number("CRAWL_MIN_INTERVAL_SECONDS", 900, least=1, most=86400)
)
USER_AGENT = f"NewsNotify/{VERSION} (+{PUBLIC_URL})"
SEED_SOURCES = env.flag("SEED_SOURCES", default=True)
DEMO_GENERATOR_SECONDS = env.number("DEMO_GENERATOR_SECONDS", 0, most=86400)

# What the operator names outside

EMAIL_URL = env.url(
    "EMAIL_URL",
    "",
    {"smtp", "smtps", "console", "sendgrid", "mailgun", "postmark", "ses"},
    mail_servers.EXAMPLE,
    bare={"console", "ses"},
)
EMAIL_FROM = env.address("EMAIL_FROM", f"NewsNotify <newsnotify@{_public.hostname}>")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM
_mail = env.parsed("EMAIL_URL", mail_servers.server(""), mail_servers.server, mail_servers.EXAMPLE)
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail.backend, _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.is_tls, _mail.is_starttls
_callbacks = mail_callbacks.agreed(
    mail_callbacks.service(EMAIL_URL),
    env.text("EMAIL_WEBHOOK_SECRET"),
    env.text("EMAIL_WEBHOOK_KEY"),
)
EMAIL_WEBHOOK_SERVICE = mail_callbacks.service(EMAIL_URL) if _callbacks else ""
ANYMAIL = {**_mail.service, **_callbacks}
EMAIL_TIMEOUT = 10  # seconds, for each answer of the server
EMAIL_FILE_PATH = DATA_DIR / "mail"
SMS_URL = env.parsed("SMS_URL", "", sms.known, sms.EXAMPLE)
OIDC_ISSUER = env.url("OIDC_ISSUER", "", {"https", "http"}, "https://login.example.org")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_ID"), env.text("OIDC_CLIENT_SECRET")
env.together("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
VAPID_PRIVATE_KEY = env.text("VAPID_PRIVATE_KEY")
VAPID_SUBJECT = env.url(
    "VAPID_SUBJECT", PUBLIC_URL, {"mailto", "https", "http"}, "mailto:you@example.org"
)
KAFKA_URL = env.url("KAFKA_URL", "", {"kafka"}, "kafka://host:9092")
KAFKA_TOPIC = env.text("KAFKA_TOPIC")
env.together("KAFKA_URL", "KAFKA_TOPIC")
AMQP_INTAKE_URL = env.url(
    "AMQP_INTAKE_URL", "", {"amqp", "amqps"}, "amqp://user:password@host:5672/vhost"
)
AMQP_INTAKE_QUEUE = env.text("AMQP_INTAKE_QUEUE")
env.together("AMQP_INTAKE_URL", "AMQP_INTAKE_QUEUE")

# Language, time, logs

LANGUAGE_CODE, TIME_ZONE, USE_TZ, USE_I18N = "en", "UTC", True, True
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOG_LEVEL = env.choice("LOG_LEVEL", "info", {"debug", "info", "warning", "error"})
LOG_FORMAT = env.choice("LOG_FORMAT", "text", {"text", "json"})
LOGGING_CONFIG = "newsnotify.lib.logs.configure"
LOGGING: dict[str, Any] = logs.config(
    level=LOG_LEVEL.upper(),
    log_format=LOG_FORMAT,
    secrets={SECRET_KEY, *SECRET_KEY_FALLBACKS, *env.secrets()},
)
