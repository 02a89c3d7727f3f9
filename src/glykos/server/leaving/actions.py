"""Taking a whole record along, and bringing one in."""

import hashlib
import logging
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from glykos.errors import DamagedFile, FormatError, UnknownFormat
from glykos.formats._content import BROKEN_ZIP
from glykos.formats._reader import Reading
from glykos.formats._whole_record import FORMAT, MANIFEST
from glykos.server.ingest.rereading import read_again
from glykos.server.leaving import archive, shapes
from glykos.server.patients.actions import SETTINGS_FIELDS, change_settings
from glykos.server.sharing import Access
from glykos.server.store import decisions, everything
from glykos.server.store.everything import KeptFile
from glykos.server.store.results import UploadResult
from glykos.server.web import clock

logger = logging.getLogger(__name__)

#: Members of an archive of a lifetime, and their size together once unpacked.
_MAX_MEMBERS = 20_000
_MAX_INFLATED = 500_000_000
#: What is read as any JSON may take thirty times its size in memory; 30 entries a day for ten
#: years are below this.
_MAX_LOOSE_JSON = 32_000_000
#: Who somebody is stays as it was entered here; how they want their reports comes along.
_STAYS = {"name", "birth_date"}
_USED = ("json/settings.json", "json/uploads.json", "json/entries.json", "json/decisions.json")
_BROKEN = DamagedFile(
    "This archive is damaged or was cut.", "Save everything again and bring in that file."
)
_TOO_LARGE = DamagedFile(
    "This archive becomes far too large when it is unpacked, so it was not read.",
    "Bring in the file exactly as it was saved.",
)
#: What the database and the settings say of things that no archive of ours holds, such as the
#: same entry twice.
_IMPOSSIBLE = (IntegrityError, DataError, OverflowError, ValidationError)


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """What an archive brought."""

    files: int
    entries: int
    decisions: int


def save_everything(access: Access) -> Iterator[bytes]:
    """The archive of the record, piece by piece."""
    whole = everything.collect(access)
    person = access.person
    settings = shapes.RecordSettings(**{name: getattr(person, name) for name in SETTINGS_FIELDS})
    return archive.write(
        whole,
        settings=settings,
        original=lambda upload_id: everything.original(access, upload_id),
        made_at=clock.now(),
    )


def bring_in(access: Access, data: bytes) -> BroughtIn:
    """Fill an empty record with an archive: all of it or nothing.

    Raises:
        UnknownFormat: not such an archive.
        DamagedFile: cut, altered, or holding a file that cannot be read any more.
        ConflictError: the record is not empty.
    """
    parts = _Parts(data)
    uploads = parts.objects("json/uploads.json", UploadResult)
    kept = [_kept(access, upload, parts.take(archive.original_name(upload))) for upload in uploads]
    try:
        revisions = [archive.entry_from_json(s) for s in parts.loose("json/entries.json")]
        made = [decisions.from_json(s) for s in parts.loose("json/decisions.json")]
    except ValueError as error:
        raise _BROKEN from error
    [settings] = parts.objects("json/settings.json", shapes.RecordSettings) or [None]
    try:
        with transaction.atomic():
            everything.put_back(access, kept, revisions, made, now=clock.now())
            if settings is not None:
                change_settings(
                    actor_id=access.actor_id, person=access.person, changes=_changes(settings)
                )
    except _IMPOSSIBLE as error:
        raise _BROKEN from error
    return BroughtIn(files=len(kept), entries=len(revisions), decisions=len(made))


def _changes(settings: shapes.RecordSettings) -> dict[str, Any]:
    return {name: value for name, value in asdict(settings).items() if name not in _STAYS}


def _kept(access: Access, upload: UploadResult, data: bytes) -> KeptFile:
    """A file of the archive, read again where it was in use."""
    if upload.size_bytes != len(data) or upload.received_at.tzinfo is None:
        raise _BROKEN
    if not everything.is_in_use(upload):
        return KeptFile(result=upload, data=data)
    return KeptFile(result=upload, data=data, reading=_reading(access, upload, data))


def _reading(access: Access, upload: UploadResult, data: bytes) -> Reading:
    try:
        return read_again(upload, data, access.person.zone_info)
    except FormatError as error:
        cause: Exception = error
    except Exception as error:  # noqa: BLE001 - a reader's fault, or answers nobody gave
        # The text of the exception may hold cells of the file.
        logger.error("reader failed: %s in an archive", type(error).__name__)
        cause = error
    raise DamagedFile(
        "A file of this archive cannot be read any more, so nothing was brought in.",
        "Update Glykos to the version that made the archive, and try again.",
    ) from cause


class _Parts:
    """The members of an archive, each checked against the manifest before it is used."""

    def __init__(self, data: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(BytesIO(data))
            names = self.zip.namelist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise _BROKEN if data.startswith(b"PK") else _unknown() from error
        if MANIFEST not in names or len(names) > _MAX_MEMBERS:
            raise _unknown()
        self._left = _MAX_INFLATED
        try:
            manifest = msgspec.json.decode(self._inflate(MANIFEST), type=_Manifest)
        except msgspec.MsgspecError as error:
            raise _unknown() from error
        if manifest.format != FORMAT:
            raise _unknown()
        if manifest.version > archive.VERSION:
            raise UnknownFormat(
                "This archive was made by a newer version of Glykos.", "Update this one first."
            )
        self.digests = {member.name: member.sha256 for member in manifest.members}
        if not set(_USED) <= set(self.digests):
            raise _BROKEN

    def take(self, name: str) -> bytes:
        """A member's bytes. Raises DamagedFile where it is missing or altered."""
        data = self._inflate(name) if name in self.digests else None
        if data is None or hashlib.sha256(data).hexdigest() != self.digests[name]:
            raise _BROKEN
        return data

    def loose(self, name: str) -> list[dict[str, Any]]:
        """The objects of a JSON member that are checked one by one later."""
        sizes = {info.filename: info.file_size for info in self.zip.infolist()}
        if sizes.get(name, 0) > _MAX_LOOSE_JSON:  # zipfile reads no more than is said here
            raise _TOO_LARGE
        return self.objects(name, dict)

    def objects(self, name: str, shape: Any) -> list[Any]:
        """The objects of a JSON member. Raises DamagedFile."""
        try:
            found: list[Any] = msgspec.json.decode(self.take(name), type=list[shape])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise _BROKEN from error
        return found

    def _inflate(self, name: str) -> bytes:
        try:
            with self.zip.open(name) as member:
                data = member.read(self._left + 1)
        except (KeyError, RuntimeError, *BROKEN_ZIP) as error:
            raise _BROKEN from error
        self._left -= len(data)
        if self._left < 0:
            raise _TOO_LARGE
        return data


class _Member(msgspec.Struct):
    name: str
    sha256: str


class _Manifest(msgspec.Struct):
    format: str
    version: int
    members: list[_Member]


def _unknown() -> UnknownFormat:
    return UnknownFormat(
        "This file does not hold everything of a record.",
        "Choose the file that you saved with Take everything with you;"
        " other exports go to the upload page.",
    )
