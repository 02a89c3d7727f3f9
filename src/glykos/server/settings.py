"""Django settings: one file, filled from the environment only, safe unless told otherwise.

Starting with an insecure setting is refused with a sentence and a next step. What a host can
choose is declared and documented in ``env.py``; nothing else is configurable. The account
settings were tried in a browser with the versions in requirements/ (design reference,
security/accounts.md).
"""

import os
import secrets
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, unquote
from zoneinfo import available_timezones

from csp.constants import NONE, SELF
from django.contrib.messages import constants as message_levels

from glykos.errors import ConfigurationError
from glykos.server.env import Environment, parse_url, private_folder, secret_file

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_env = Environment(os.environ)

# --- Where things are ------------------------------------------------------------------------
os.umask(0o077)  # database, write-ahead log, mails and keys: for the owner only
GLYKOS_ENVIRONMENT = _env.text("GLYKOS_ENVIRONMENT")
PRODUCTION = GLYKOS_ENVIRONMENT == "production"
TESTING = GLYKOS_ENVIRONMENT == "test"
DATA_DIR = private_folder(_env.folder("GLYKOS_DATA_DIR"))
KEYS_DIR = DATA_DIR / "keys"
DEBUG = False  # never: a debug page shows health data and settings

# --- Keys ------------------------------------------------------------------------------------
SECRET_KEY = _env.secret("GLYKOS_SECRET_KEY") or secret_file(
    KEYS_DIR / "secret.key", lambda: secrets.token_urlsafe(64)
)
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith("django-insecure"):
    raise ConfigurationError(
        "GLYKOS_SECRET_KEY is too weak.",
        "Leave it unset to have one made, or give at least 50 random characters.",
    )
GLYKOS_MASTER_KEY = _env.secret("GLYKOS_MASTER_KEY")
GLYKOS_ANCHOR_KEY = _env.secret("GLYKOS_ANCHOR_KEY")
GLYKOS_ANCHOR_FILE = _env.text("GLYKOS_ANCHOR_FILE") or str(DATA_DIR / "anchors" / "audit.jsonl")

# --- Address, TLS, proxies -------------------------------------------------------------------
_url = _env.url("GLYKOS_URL")
GLYKOS_URL = f"{_url.scheme}://{_url.netloc}"
_is_local = _url.hostname in _LOOPBACK
if _url.scheme not in {"http", "https"} or not _url.hostname or _url.username:
    raise ConfigurationError("GLYKOS_URL is not a web address.", "Use https://your.host.name.")
if _url.scheme == "http" and not _is_local:
    raise ConfigurationError(
        "GLYKOS_URL is plain http for another computer: health data would travel unprotected.",
        "Put a reverse proxy with TLS in front and set GLYKOS_URL to https://….",
    )
TLS = _env.switch("GLYKOS_TLS", default=_url.scheme == "https")
if _url.scheme == "https" and not TLS and not _is_local:
    raise ConfigurationError("GLYKOS_TLS is off for an https address.", "Leave it unset.")
TRUSTED_PROXIES = _env.number("GLYKOS_TRUSTED_PROXIES", 0, 10)
ALLOWED_HOSTS = sorted({_url.hostname} | (_LOOPBACK - {"::1"} | {"[::1]"} if _is_local else set()))
CSRF_TRUSTED_ORIGINS = [GLYKOS_URL]
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by the supervisor on this machine, no data
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
SECURE_HSTS_PRELOAD = False  # a browser maker's list is the domain owner's decision, not ours
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# --- Parts -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "glykos.server.audit",  # first: its `flush` command replaces Django's
    "glykos.server.web",
    "glykos.server.accounts",
    "glykos.server.patients",
    "glykos.server.store",
    "glykos.server.ingest",
    "glykos.server.logbook",
    "glykos.server.correcting",
    "glykos.server.leaving",
    "glykos.server.viewing",
    "glykos.server.pages",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
]
MIDDLEWARE = [
    "glykos.server.web.middleware.SecurityHeaders",  # outermost: every answer, errors included
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "glykos.server.accounts.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "glykos.server.web.middleware.NamedErrors",
]
ROOT_URLCONF = "glykos.server.urls"
WSGI_APPLICATION = "glykos.server.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,  # ours come before allauth's in INSTALLED_APPS, so ours win
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_PERSON_ZONE = _env.text("GLYKOS_TIME_ZONE")
if DEFAULT_PERSON_ZONE not in available_timezones():
    raise ConfigurationError("GLYKOS_TIME_ZONE is not a zone name.", "Use one like Europe/Berlin.")


# --- Database and cache ----------------------------------------------------------------------
def _sqlite() -> dict[str, Any]:
    """Write-ahead log, write lock taken at BEGIN, synced at COMMIT: no lost and no locked uploads.

    No ATOMIC_REQUESTS with this: every transaction takes the write lock.
    """
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "cache_size=-65536",
        "temp_store=MEMORY",
        "journal_size_limit=67108864",
        "secure_delete=ON",
        "cell_size_check=ON",
    )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "glykos.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "".join(f"PRAGMA {pragma};" for pragma in pragmas),
        },
        "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},  # a file, so that WAL is what is tested
    }


def _postgresql(address: str) -> dict[str, Any]:
    url = parse_url(address, "GLYKOS_DATABASE")
    options: dict[str, Any] = dict(parse_qsl(url.query))
    host = str(options.pop("host", url.hostname or ""))
    if url.scheme not in {"postgresql", "postgres"} or not url.path.strip("/"):
        raise ConfigurationError(
            "GLYKOS_DATABASE is not a PostgreSQL address.",
            "Use postgresql://user:password@host/name, or leave it unset for SQLite.",
        )
    is_near = host in _LOOPBACK or host.startswith("/") or not host
    if not is_near and options.get("sslmode") != "verify-full":
        raise ConfigurationError(
            "The connection to the database on another machine is not verified.",
            "Add ?sslmode=verify-full&sslrootcert=/path/ca.pem to GLYKOS_DATABASE.",
        )
    if not TESTING:  # a test database could not be dropped under a pool
        options["pool"] = {"min_size": 1, "max_size": 8}
    options["options"] = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": host,
        "PORT": str(url.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


_database = _env.secret("GLYKOS_DATABASE")
DATABASES = {"default": _postgresql(_database) if _database else _sqlite()}
# Shared by all processes: log-in limits and the guard against replayed codes live here.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Sessions, cookies, headers --------------------------------------------------------------
SESSION_IDLE_MINUTES = _env.number("GLYKOS_IDLE_MINUTES", 1, 60)
SESSION_ABSOLUTE_HOURS = _env.number("GLYKOS_SESSION_HOURS", 1, 24)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_HOURS * 3600
SESSION_COOKIE_NAME = "__Host-s"
CSRF_COOKIE_NAME = "__Host-c"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "glykos.server.web.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no third cookie
MESSAGE_LEVEL = message_levels.INFO
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the QR code of the second factor
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # everything but the files themselves
MAX_UPLOAD_BYTES = _env.number("GLYKOS_MAX_UPLOAD_MB", 1, 1024) * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 50
# Health data never touch the disk in the open: uploads stay in memory, up to the limit above.
FILE_UPLOAD_HANDLERS = ["glykos.server.web.uploads.MemoryOnly"]

# --- Accounts --------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]  # one door only
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
    {"NAME": "glykos.server.accounts.passwords.SiteWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SIGN_UP_OPEN = _env.switch("GLYKOS_SIGN_UP")
ACCOUNT_ADAPTER = "glykos.server.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True  # a code, because a link would put a token in a URL
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Glykos: "
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _url.scheme
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/300s/key"}
MFA_ADAPTER = "glykos.server.accounts.adapter.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _is_local and not TLS  # http://localhost, nothing else
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TRUST_ENABLED = False
MFA_TOTP_TOLERANCE = 1  # clocks of phones are half a minute off
MFA_TOTP_ISSUER = "Glykos"
USERSESSIONS_TRACK_ACTIVITY = True


# --- Mail ------------------------------------------------------------------------------------
def _mail(address: str) -> dict[str, Any]:
    if not address:
        folder = private_folder(DATA_DIR / "mail")
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(folder),
        }
    url = parse_url(address, "GLYKOS_EMAIL_URL")
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise ConfigurationError(
            "GLYKOS_EMAIL_URL is not the address of a mail server.",
            "Use smtps://user:password@host:465 or smtp://user:password@host:587.",
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        # On this machine a relay without TLS is usual; anywhere else STARTTLS is a must.
        "EMAIL_USE_TLS": url.scheme == "smtp" and url.hostname not in _LOOPBACK,
        "EMAIL_TIMEOUT": 20,
    }


globals().update(_mail(_env.secret("GLYKOS_EMAIL_URL")))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _env.text("GLYKOS_EMAIL_FROM")

# --- Static files ----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [str(files("glykos.publish") / "static")]  # looks and read-out of reports
_MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {"staticfiles": {"BACKEND": _PLAIN if TESTING else _MANIFEST}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING
WHITENOISE_ALLOW_ALL_ORIGINS = False
if not TESTING:
    private_folder(STATIC_ROOT)

# --- Log: one JSON object per line, no personal data ------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "glykos.server.web.log.JsonLines"}},
    "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["err"], "level": _env.text("GLYKOS_LOG_LEVEL")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Would print every statement with its values.
        "django.db.backends": {"level": "WARNING"},
    },
}
