"""Django settings (placeholder until the accounts land)."""

SECRET_KEY = "placeholder-only-used-while-there-is-no-server"  # noqa: S105
INSTALLED_APPS: list[str] = []
USE_TZ = True
