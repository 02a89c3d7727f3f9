"""Everything of one record, to be taken along; and putting it all back into an empty one.

Putting back goes through the one writer: the original files are read again and applied under
their old ids, then the entries and decisions follow. So what comes out of an archive is what the
files say, never what the archive claims they say.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from glykos.errors import ConflictError
from glykos.formats._reader import Reading
from glykos.server.audit.actions import record as audit
from glykos.server.audit.kinds import Action
from glykos.server.sealing import Kind
from glykos.server.sharing import Access
from glykos.server.store import actions, days, decisions, devices, entries, events, files, places
from glykos.server.store.decisions import Made
from glykos.server.store.entries import Revision
from glykos.server.store.models import Decision, Entry, Event, EventVersion, SourceFile
from glykos.server.store.results import UploadResult, UploadStatus
from glykos.therapy.records import Device, Record
from glykos.therapy.sensor import SensorSeries

_ALWAYS_S = 1 << 60
_ALWAYS_DAYS = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """A whole record as it is stored: nothing corrected, linked or left out.

    ``older`` holds versions of records that another upload's version replaced. Holds health data.
    """

    devices: tuple[Device, ...]
    sensor: SensorSeries
    records: list[Record]
    older: list[Record]
    uploads: list[UploadResult]
    entries: list[Revision]
    decisions: list[Made[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """One file of an archive: its result as it was, its bytes, and how they read today.

    ``reading`` is None for a file that was not in use.
    """

    result: UploadResult
    data: bytes
    reading: Reading | None = None


def collect(access: Access) -> Everything:
    """Everything of the record, the bytes of its files excepted (see :func:`original`)."""
    with transaction.atomic():
        audit(
            actor_id=access.actor_id,
            action=Action.EVERYTHING_EXPORTED,
            patient_id=access.patient_id,
        )
    seal = access.seal
    known = devices.load(seal)
    names = {number: device.id for number, device in known.items()}
    rows = SourceFile.objects.filter(patient_id=access.patient_id).defer("original")
    return Everything(
        devices=tuple(known[number] for number in sorted(known)),
        sensor=days.load(seal, names, -_ALWAYS_DAYS, _ALWAYS_DAYS),
        records=events.load(seal, names, -_ALWAYS_S, _ALWAYS_S),
        older=list(_older(access, names)),
        uploads=[files.open_summary(seal, row) for row in rows.order_by("received_at", "id")],
        entries=entries.all_revisions(access),
        decisions=decisions.everything(access),
    )


def original(access: Access, upload_id: UUID) -> bytes | None:
    """The bytes of a file for the export that ``collect`` began; None if it is gone by now."""
    row = files.at(access.patient_id, upload_id).first()
    if row is None:
        return None
    place = places.of_original(upload_id)
    return zlib.decompress(access.seal.open(Kind.UPLOAD, place, bytes(row.original)))


def put_back(
    access: Access,
    kept: Sequence[KeptFile],
    revisions: Sequence[Revision],
    made: Sequence[Made[Any]],
    *,
    now: datetime,
) -> None:
    """Fill an empty record with a whole one: all of it or nothing.

    Raises:
        ConflictError: the record holds something already.
    """
    with transaction.atomic():
        actions.locked(access.patient_id, now)
        if not is_empty(access):
            raise ConflictError(
                "This record is not empty, and two records are never mixed.",
                "Add another person, and bring the file in there.",
            )
        for file in kept:
            actions.put_back(access, file.result, file.data, file.reading)
        entries.put_back(access, revisions)
        decisions.put_back(access, made)
        audit(
            actor_id=access.actor_id,
            action=Action.EVERYTHING_IMPORTED,
            patient_id=access.patient_id,
            detail={"files": len(kept), "entries": len(revisions), "decisions": len(made)},
        )


def is_empty(access: Access) -> bool:
    """Whether nothing was ever brought into this record, or all of it was removed."""
    tables = (SourceFile, Entry, Decision)
    return not any(t.objects.filter(patient_id=access.patient_id).exists() for t in tables)


def is_in_use(result: UploadResult) -> bool:
    """Whether a file's content counts, so that putting it back needs its reading."""
    return result.status is UploadStatus.ACTIVE


def _older(access: Access, names: dict[int, str]) -> Iterator[Record]:
    versions = EventVersion.objects.filter(patient_id=access.patient_id).order_by("at_s", "key")
    found = list(versions)
    keys = {bytes(version.key) for version in found}
    rows = {
        bytes(row.key): row
        for row in Event.objects.filter(patient_id=access.patient_id).iterator()
        if bytes(row.key) in keys
    }
    for version in found:
        row = rows[bytes(version.key)]
        yield events.open_version(access.seal, row, version, names[row.device])
