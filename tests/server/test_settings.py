"""The program refuses to start insecurely, and keeps its keys to itself."""

import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glykos.errors import ConfigurationError, GlykosError
from glykos.server import settings as module

Load = Callable[..., dict[str, Any]]
HTTPS = {"GLYKOS_URL": "https://glykos.example.org"}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Runs the settings file with nothing but these variables, in an own data folder."""
    umask = os.umask(0o077)

    def run(**variables: str) -> dict[str, Any]:
        for name in [name for name in os.environ if name.startswith("GLYKOS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("GLYKOS_DATA_DIR", str(tmp_path / "data"))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(module.__file__))

    yield run
    os.umask(umask)


def test_production_is_the_default_and_never_debugs(load: Load) -> None:
    found = load()
    assert found["PRODUCTION"] is True
    assert found["DEBUG"] is False
    assert "Manifest" in found["STORAGES"]["staticfiles"]["BACKEND"]


def test_keys_are_made_once_for_the_owner_only(load: Load, tmp_path: Path) -> None:
    first, second = load()["SECRET_KEY"], load()["SECRET_KEY"]
    assert first == second
    assert len(first) > 80
    folder = tmp_path / "data"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700
    assert (folder / "keys" / "secret.key").stat().st_mode & 0o777 == 0o600
    (folder / "file").touch()
    assert (folder / "file").stat().st_mode & 0o077 == 0


def test_a_data_folder_open_to_others_is_closed(load: Load, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)
    load()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_sqlite_is_durable_and_locks_early(load: Load, tmp_path: Path) -> None:
    database = load()["DATABASES"]["default"]
    options = database["OPTIONS"]
    assert database["NAME"] == tmp_path / "data" / "glykos.sqlite3"
    assert options["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY"):
        assert f"PRAGMA {pragma};" in options["init_command"]


@pytest.mark.parametrize(
    ("url", "host", "name"),
    [
        ("postgresql://u:p%40w@localhost:5433/db", "localhost", "db"),
        ("postgresql://u@/db?host=/run/postgresql", "/run/postgresql", "db"),
        ("postgres://u:p@db.example.org/db?sslmode=verify-full", "db.example.org", "db"),
    ],
)
def test_postgresql_addresses(load: Load, url: str, host: str, name: str) -> None:
    database = load(GLYKOS_DATABASE=url)["DATABASES"]["default"]
    assert (database["HOST"], database["NAME"], database["USER"]) == (host, name, "u")
    assert database["PASSWORD"] in {"p@w", "", "p"}
    assert database["OPTIONS"]["pool"]
    assert database["CONN_HEALTH_CHECKS"] is True


def test_limits_are_shared_between_processes(load: Load) -> None:
    backend = load()["CACHES"]["default"]["BACKEND"]
    assert backend == "django.core.cache.backends.db.DatabaseCache"


def test_one_proxy_setting_drives_everything(load: Load) -> None:
    alone = load(**HTTPS)
    assert alone["SECURE_PROXY_SSL_HEADER"] is None
    assert alone["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0
    behind = load(**HTTPS, GLYKOS_TRUSTED_PROXIES="1")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


def test_tls_follows_the_address(load: Load) -> None:
    assert load()["SECURE_HSTS_SECONDS"] == 0
    found = load(**HTTPS)
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["ALLOWED_HOSTS"] == ["glykos.example.org"]
    assert found["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False


def test_mail_without_a_server_goes_to_the_data_folder(load: Load, tmp_path: Path) -> None:
    assert load()["EMAIL_FILE_PATH"] == str(tmp_path / "data" / "mail")
    found = load(GLYKOS_EMAIL_URL="smtp://me:s%3Acret@mail.example.org")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert found["EMAIL_HOST_PASSWORD"] == "s:cret"
    assert found["EMAIL_USE_TLS"] is True
    found = load(GLYKOS_EMAIL_URL="smtps://mail.example.org")
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (True, False)


def test_a_secret_may_come_from_a_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("k3y " * 20 + "abcdefgh")
    file.chmod(0o600)
    assert load(GLYKOS_SECRET_KEY_FILE=str(file))["SECRET_KEY"].startswith("k3y")
    file.chmod(0o644)
    with pytest.raises(ConfigurationError):
        load(GLYKOS_SECRET_KEY_FILE=str(file))


@pytest.mark.parametrize(
    "variables",
    [
        {"GLYKOS_SECRET_KEY": "short"},
        {"GLYKOS_SECRET_KEY": "a" * 60},
        {"GLYKOS_SECRET_KEY": "django-insecure-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2},
        {"GLYKOS_SECRET_KEY": "x" * 60, "GLYKOS_SECRET_KEY_FILE": "/nowhere"},
        {"GLYKOS_SECRET_KEY_FILE": "/nowhere"},
        {"GLYKOS_URL": "http://glykos.example.org"},
        {"GLYKOS_URL": "ftp://localhost"},
        {"GLYKOS_URL": "glykos.example.org"},
        {"GLYKOS_URL": "http://localhost:port"},
        {"GLYKOS_URL": "https://user:pw@glykos.example.org"},
        {**HTTPS, "GLYKOS_TLS": "off"},
        {"GLYKOS_TLS": "perhaps"},
        {"GLYKOS_DATABASE": "postgresql://u:p@db.example.org/db"},
        {"GLYKOS_DATABASE": "postgresql://u:p@db.example.org/db?sslmode=require"},
        {"GLYKOS_DATABASE": "postgresql://u@/db?host=db.example.org"},
        {"GLYKOS_DATABASE": "mysql://u:p@localhost/db"},
        {"GLYKOS_DATABASE": "postgresql://u:p@localhost"},
        {"GLYKOS_EMAIL_URL": "http://mail.example.org"},
        {"GLYKOS_ENVIRONMENT": "staging"},
        {"GLYKOS_TRUSTED_PROXIES": "-1"},
        {"GLYKOS_TRUSTED_PROXIES": "many"},
        {"GLYKOS_IDLE_MINUTES": "600"},
        {"GLYKOS_TIME_ZONE": "Mars/Olympus"},
    ],
)
def test_insecure_or_senseless_settings_are_refused_with_a_next_step(
    load: Load, variables: dict[str, str]
) -> None:
    with pytest.raises(GlykosError) as refusal:
        load(**variables)
    assert refusal.value.hint
    for name, value in variables.items():
        if "KEY" in name or "DATABASE" in name or "EMAIL" in name:
            assert value not in refusal.value.message + refusal.value.hint
