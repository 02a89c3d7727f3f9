"""The settings a host can choose: one table, typed readers, nothing from anywhere but the environment.

Each ``GLYKOS_…`` variable is declared once in ``SETTINGS``; a reader refuses a name that is not
there, so nothing can be configurable and undocumented. A secret may come from a file instead:
``NAME_FILE`` holds the path (systemd credential, container secret). Imports no Django, so that
the documentation can be generated from it.
"""

import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from glykos.errors import ConfigurationError, UsageError

Kind = Literal["text", "number", "switch", "secret", "url", "folder", "choice"]
_SWITCH = {"1": True, "true": True, "yes": True, "on": True}
_SWITCH |= {"0": False, "false": False, "no": False, "off": False}
_CREDENTIAL_FOLDERS = (
    "/run/",
    "/var/run/",
)  # readable for the service only, whatever the mode says


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One variable: how it is read, what happens without it, and why one would set it."""

    name: str
    kind: Kind
    default: str
    help: str
    choices: tuple[str, ...] = ()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="GLYKOS_ENVIRONMENT",
        kind="choice",
        default="production",
        choices=("production", "demo", "test"),
        help="What this installation is for. `demo` holds invented people only; `test` is for the "
        "test suite.",
    ),
    Setting(
        name="GLYKOS_DATA_DIR",
        kind="folder",
        default="./data",
        help="Folder for the database, the keys and, without a mail server, the mails. Created "
        "with access for its owner only. Never on a network drive.",
    ),
    Setting(
        name="GLYKOS_DATABASE",
        kind="secret",
        default="",
        help="PostgreSQL address, `postgresql://user:password@host:5432/name` (a socket folder: "
        "`postgresql://user@/name?host=/run/postgresql`). Another machine needs "
        "`?sslmode=verify-full`. Empty: SQLite in the data folder.",
    ),
    Setting(
        name="GLYKOS_URL",
        kind="url",
        default="http://localhost:8765",
        help="Address under which people open Glykos. Anything but this computer itself must be "
        "`https://`.",
    ),
    Setting(
        name="GLYKOS_TLS",
        kind="switch",
        default="",
        help="Answer only over TLS and tell browsers to insist on it (HSTS). Empty: on when "
        "`GLYKOS_URL` is https.",
    ),
    Setting(
        name="GLYKOS_TRUSTED_PROXIES",
        kind="number",
        default="0",
        help="How many reverse proxies of yours stand in front. Decides which client address "
        "counts for limits and the audit log, and whether their `X-Forwarded-Proto` is believed.",
    ),
    Setting(
        name="GLYKOS_SECRET_KEY",
        kind="secret",
        default="",
        help="Signs sessions and forms, at least 50 characters. Empty: made on the first start, "
        "kept in `keys/secret.key` of the data folder.",
    ),
    Setting(
        name="GLYKOS_MASTER_KEY",
        kind="secret",
        default="",
        help="Opens the key of each person; `m1:` and 32 bytes in base64, after a rotation also "
        "`m2:…`. Empty: made on the first start, kept in `keys/master.key`. Without it all "
        "health data are lost: keep a copy apart from the backups.",
    ),
    Setting(
        name="GLYKOS_ANCHOR_KEY",
        kind="secret",
        default="",
        help="Signs the anchors of the audit log (Ed25519, base64). Empty: made on the first "
        "start, kept in `keys/anchor.key`. Better held by another account than the web server's.",
    ),
    Setting(
        name="GLYKOS_ANCHOR_FILE",
        kind="text",
        default="",
        help="File to which the signed anchors of the audit log are appended; best on another "
        "disk or machine. Empty: `anchors/audit.jsonl` in the data folder.",
    ),
    Setting(
        name="GLYKOS_EMAIL_URL",
        kind="secret",
        default="",
        help="Mail server, `smtps://user:password@host:465` or `smtp://user:password@host:587` "
        "(STARTTLS). Empty: mails are written as files to `mail/` in the data folder.",
    ),
    Setting(
        name="GLYKOS_EMAIL_FROM",
        kind="text",
        default="glykos@localhost",
        help="Sender of the mails. Mails never contain health data.",
    ),
    Setting(
        name="GLYKOS_TIME_ZONE",
        kind="text",
        default="UTC",
        help="Time zone proposed to new people, for example `Europe/Berlin`.",
    ),
    Setting(
        name="GLYKOS_SIGN_UP",
        kind="switch",
        default="on",
        help="Whether visitors may create accounts. Switch off once everybody has one.",
    ),
    Setting(
        name="GLYKOS_IDLE_MINUTES",
        kind="number",
        default="30",
        help="Minutes without use after which a person is logged out (1 to 60).",
    ),
    Setting(
        name="GLYKOS_SESSION_HOURS",
        kind="number",
        default="12",
        help="Hours after which a person is logged out in any case (1 to 24).",
    ),
    Setting(
        name="GLYKOS_MAX_UPLOAD_MB",
        kind="number",
        default="64",
        help="Largest upload in megabytes, all files of one request together.",
    ),
    Setting(
        name="GLYKOS_LOG_LEVEL",
        kind="choice",
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        help="How much is written to the log. No level writes health data.",
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Environment:
    """Typed reading of the declared variables from a mapping (usually ``os.environ``)."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str:
        """The value, or the default of the table when it is unset or empty."""
        setting = _declared(name)
        value = self._variables.get(name, "").strip() or setting.default
        if setting.choices and value not in setting.choices:
            raise ConfigurationError(
                f"{name} has a value that is not known.",
                f"Use one of {', '.join(setting.choices)}.",
            )
        return value

    def number(self, name: str, low: int, high: int) -> int:
        """A whole number between ``low`` and ``high``, both included."""
        value = self.text(name)
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise ConfigurationError(
                f"{name} is not a number in its range.", f"Give a whole number, {low} to {high}."
            )
        return int(value)

    def switch(self, name: str, *, default: bool | None = None) -> bool:
        """Yes or no; ``default`` counts when neither the variable nor the table says anything."""
        value = self.text(name).lower()
        if not value and default is not None:
            return default
        if value not in _SWITCH:
            raise ConfigurationError(f"{name} is neither on nor off.", "Use on or off.")
        return _SWITCH[value]

    def secret(self, name: str) -> str:
        """The value, or the content of the file named by ``NAME_FILE``; "" when neither is set."""
        value = self.text(name)
        file = self._variables.get(f"{name}_FILE", "").strip()
        if value and file:
            raise ConfigurationError(
                f"Both {name} and {name}_FILE are set.", "Keep one of them; the file is better."
            )
        return _read_secret(Path(file), name) if file else value

    def url(self, name: str) -> SplitResult:
        """An address with scheme and host; user name and password only where a secret is read."""
        return parse_url(self.text(name), name)

    def folder(self, name: str) -> Path:
        """An absolute path; it need not exist."""
        return Path(self.text(name)).expanduser().resolve()


def parse_url(value: str, name: str) -> SplitResult:
    """Split an address and refuse what cannot be one; never quotes the value, it may be secret."""
    try:
        parts = urlsplit(value)
        complete = bool(parts.scheme) and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
    if not complete:
        raise ConfigurationError(
            f"{name} is not an address.", f"Look up the form of {name} in the settings reference."
        )
    return parts


def private_folder(folder: Path) -> Path:
    """The folder, created for its owner only; refused when others could enter it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        try:
            folder.chmod(0o700)
        except OSError as error:
            raise ConfigurationError(
                "The data folder is open to other users of this computer.",
                "Give it to the account that runs Glykos, with mode 0700.",
            ) from error
    return folder


def secret_file(path: Path, make: Callable[[], str]) -> str:
    """The text of a key file (mode 0600); made with ``make`` when it does not exist yet.

    Two processes that start together end with the same key: the file appears complete, under
    its name, or not at all, and the second one reads the first one's.
    """
    if not path.exists():
        private_folder(path.parent)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(make().strip() + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigurationError(
            f"The key file {path.name} is open to other users of this computer.",
            "Set its mode to 0600 and think about renewing the key.",
        )
    return path.read_text(encoding="ascii").strip()


def _declared(name: str) -> Setting:
    setting = _BY_NAME.get(name)
    if setting is None:
        raise UsageError(f"{name} is read but not declared in glykos.server.env.")
    return setting


def _read_secret(path: Path, name: str) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file named by {name}_FILE cannot be read.", "Check its path and its owner."
        ) from error
    if mode & 0o007 and not str(path).startswith(_CREDENTIAL_FOLDERS):
        raise ConfigurationError(
            f"The file named by {name}_FILE is open to every user of this computer.",
            "Set its mode to 0600.",
        )
    return value
