"""A person's devices: numbers, sealed facts, and how their clocks are read as UTC.

Runs inside the writer's transaction, under the patient's lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Q

from glykos.server.sealing import Kind, PatientSeal, serial_fingerprint
from glykos.server.store import days, events, places
from glykos.server.store.effects import Effect
from glykos.server.store.models import Chunk, ClockSegment, Event
from glykos.server.store.models import Device as Row
from glykos.therapy import clock
from glykos.therapy.identity import order
from glykos.therapy.records import Device, TimeChange

#: ``Device.kind`` of a device that only its records name; not shown as a device.
UNLISTED = ""


def write(seal: PatientSeal, told: Iterable[Device]) -> dict[int, Device]:
    """Give each device its number, and keep the fuller facts of those already known."""
    known = load(seal)
    numbers = {device.id: number for number, device in known.items()}
    used: dict[int, Device] = {}
    for device in told:
        number = numbers.get(device.id)
        if number is None:
            number = numbers[device.id] = max(numbers.values(), default=0) + 1
            _row(seal, number, device).save(force_insert=True)
        elif (better := _better(known.get(number, device), device)) != known.get(number):
            _update(seal, number, better)
        used[number] = device
    return used


def withdraw(seal: PatientSeal, gone: Effect, remaining: Sequence[Effect]) -> None:
    """Forget the devices that only one upload told of; the others keep what the rest tells."""
    for number in gone.devices:
        told = [effect.devices[number] for effect in remaining if number in effect.devices]
        if not told:
            Row.objects.filter(patient_id=seal.patient_id, number=number).delete()
            ClockSegment.objects.filter(patient_id=seal.patient_id, device=number).delete()
            continue
        best = told[0]
        for device in told[1:]:
            best = _better(best, device)
        _update(seal, number, best)


def load(seal: PatientSeal) -> dict[int, Device]:
    """Every device by number."""
    rows = Row.objects.filter(patient_id=seal.patient_id).order_by("number")
    return {
        number: msgspec.json.decode(
            seal.open(Kind.SERIAL, places.of_device(number), bytes(facts)), type=Device
        )
        for number, facts in rows.values_list("number", "facts")
    }


def used_by_others(patient_id: int, devices: Iterable[Device]) -> list[Device]:
    """The devices that another record on this installation has, and this one does not yet."""
    found = []
    for device in devices:
        if device.serial:
            fingerprint = serial_fingerprint(device.kind, device.serial)
            rows = Row.objects.filter(serial_fingerprint=fingerprint)
            having = set(rows.values_list("patient_id", flat=True))
            if having and patient_id not in having:
                found.append(device)
    return found


def read_clocks(seal: PatientSeal, numbers: Mapping[int, Device], zone: ZoneInfo) -> None:
    """Interpret the clocks of these devices anew; rows change only where the answer does."""
    for number, device in numbers.items():
        newest_s = _newest_s(seal, number)
        wanted: tuple[clock.ClockSegment, ...] = ()
        if newest_s is not None:
            newest = clock.from_wall_seconds(newest_s)
            shifts = _shifts(seal, number, device.id)
            wanted = clock.segments_from_changes(newest, zone, shifts)
        rows = ClockSegment.objects.filter(patient_id=seal.patient_id, device=number)
        stored = rows.order_by("place").values_list("from_s", "utc_offset_s", "origin")
        if list(stored) == [(s.from_s, s.utc_offset_s, s.origin) for s in wanted]:
            continue
        rows.delete()
        ClockSegment.objects.bulk_create(
            [
                ClockSegment(
                    patient_id=seal.patient_id,
                    device=number,
                    place=place,
                    from_s=segment.from_s,
                    utc_offset_s=segment.utc_offset_s,
                    origin=segment.origin,
                )
                for place, segment in enumerate(wanted)
            ]
        )


def _newest_s(seal: PatientSeal, number: int) -> int | None:
    times = [events.newest_s(seal.patient_id, number)]
    last_day = (
        Chunk.objects.filter(patient_id=seal.patient_id, device=number)
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )
    if last_day is not None:
        series = days.load(seal, {number: "it"}, days=Q(day=last_day, device=number))
        times.append(int(series.at_s[-1]))
    return max((at for at in times if at is not None), default=None)


def _shifts(seal: PatientSeal, number: int, device_id: str) -> list[clock.ClockShift]:
    """The clock changes of a device in the order in which they happened, as far as it says."""
    rows = Event.objects.filter(patient_id=seal.patient_id, kind=TimeChange.kind, device=number)
    changes = [events.open_record(seal, row, device_id) for row in rows]
    if all(change.seq is not None for change in changes):
        changes.sort(key=lambda change: change.seq or 0)
    else:
        changes.sort(key=order)
    return [change.shift for change in changes if isinstance(change, TimeChange)]


def _better(first: Device, second: Device) -> Device:
    """The facts that say more, as ``formats.combine`` prefers them: whatever the order."""
    return max(first, second, key=lambda d: (bool(d.kind), len(d.model), d.model, repr(d)))


def _update(seal: PatientSeal, number: int, device: Device) -> None:
    row = _row(seal, number, device)
    Row.objects.filter(patient_id=seal.patient_id, number=number).update(
        facts=row.facts, serial_fingerprint=row.serial_fingerprint
    )


def _row(seal: PatientSeal, number: int, device: Device) -> Row:
    serial = serial_fingerprint(device.kind, device.serial) if device.serial else None
    return Row(
        patient_id=seal.patient_id,
        number=number,
        fingerprint=seal.digest(b"device" + device.id.encode()),
        serial_fingerprint=serial,
        facts=seal.seal(Kind.SERIAL, places.of_device(number), msgspec.json.encode(device)),
    )
