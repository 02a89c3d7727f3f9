"""What a kept file tells now, compared with what it told when it was put in use. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from glykos.formats._reader import Reading
from glykos.server.sealing import PatientSeal
from glykos.server.sharing import Access
from glykos.server.store import actions, chunks, days, devices, events, files, mapping
from glykos.server.store.effects import DayKey
from glykos.server.store.models import Stream
from glykos.therapy.identity import merge


@dataclass(frozen=True, slots=True)
class Change:
    """How many things came, went, or say something else."""

    added: int = 0
    removed: int = 0
    changed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What another reading of one file would change: counts only, never a value."""

    records: Change
    days: Change

    def __bool__(self) -> bool:
        return bool(self.records or self.days)


def compare(access: Access, upload_id: UUID, reading: Reading) -> Difference:
    """What ``reading`` of a file in use would change of what the file told."""
    seal = access.seal
    with transaction.atomic():
        actions.locked(access.patient_id, None)
        told, _ = files.effects_of(seal, upload_id)
        numbers = {device.id: number for number, device in devices.load(seal).items()}
        versions = events.versions_of(seal.patient_id, told)
    return Difference(
        records=_change(versions, _events(seal, reading)),
        days=_change(told.days, _days(seal, reading, numbers)),
    )


def _events(seal: PatientSeal, reading: Reading) -> dict[bytes, bytes]:
    records, _ = merge(reading.records)
    stored = (mapping.to_event(record, seal.digest) for record in records)
    return {event.key: event.version for event in stored}


def _days(
    seal: PatientSeal, reading: Reading, numbers: Mapping[str, int]
) -> dict[tuple[object, ...], bytes]:
    found: dict[tuple[object, ...], bytes] = {}
    for device_id, day, payload in chunks.encode(reading.sensor.distinct()):
        if device_id in numbers:
            key = DayKey(Stream.SENSOR_GLUCOSE, day, numbers[device_id])
            found[key] = days.digest_of(seal, key, payload)
        else:
            found[device_id, day] = b""  # a device that nothing told of before
    return found


def _change(before: Mapping[Any, bytes], after: Mapping[Any, bytes]) -> Change:
    both = before.keys() & after.keys()
    return Change(
        added=len(after.keys() - both),
        removed=len(before.keys() - both),
        changed=sum(before[key] != after[key] for key in both),
    )
