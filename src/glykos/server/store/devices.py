"""A person's devices: numbers, sealed facts, and how their clocks are read as UTC.

Runs inside the writer's transaction, under the patient's lock.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from glykos.server.sealing import Kind, PatientSeal, serial_fingerprint
from glykos.server.store import bulk, days, events, places
from glykos.server.store.effects import Effect
from glykos.server.store.models import ClockSegment, Event
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


def read_clocks(seal: PatientSeal, told: Mapping[int, Device], zone: ZoneInfo) -> None:
    """Interpret the clocks of these devices anew; rows change only where the answer does."""
    newest = _newest_s(seal, told)
    shifts = _shifts(seal, told)
    stored = _segments(seal.patient_id, told)
    wanted = {
        number: clock.segments_from_changes(clock.from_wall_seconds(at_s), zone, shifts[number])
        for number, at_s in newest.items()
    }
    stale = [number for number in told if stored.get(number, ()) != wanted.get(number, ())]
    outdated = [number for number in stale if number in stored]
    if outdated:
        ClockSegment.objects.filter(patient_id=seal.patient_id, device__in=outdated).delete()
    bulk.insert(
        ClockSegment,
        ("patient_id", "device", "place", "from_s", "utc_offset_s", "origin"),
        [
            (seal.patient_id, number, place, one.from_s, one.utc_offset_s, one.origin)
            for number in stale
            for place, one in enumerate(wanted.get(number, ()))
        ],
    )


def _segments(
    patient_id: int, numbers: Collection[int]
) -> dict[int, tuple[clock.ClockSegment, ...]]:
    rows = ClockSegment.objects.filter(patient_id=patient_id, device__in=list(numbers))
    found: dict[int, tuple[clock.ClockSegment, ...]] = {}
    columns = ("device", "from_s", "utc_offset_s", "origin")
    for number, *segment in rows.order_by("device", "place").values_list(*columns):
        found[number] = (*found.get(number, ()), clock.ClockSegment(*segment))
    return found


def _newest_s(seal: PatientSeal, numbers: Collection[int]) -> dict[int, int]:
    """Wall second of the last thing that each device told."""
    newest = days.newest_s(seal, numbers)
    for number, at_s in events.newest_s(seal.patient_id, numbers).items():
        newest[number] = max(at_s, newest.get(number, at_s))
    return newest


def _shifts(seal: PatientSeal, told: Mapping[int, Device]) -> dict[int, list[clock.ClockShift]]:
    """The clock changes of each device in the order in which they happened, as far as it says."""
    rows = Event.objects.filter(
        patient_id=seal.patient_id, kind=TimeChange.kind, device__in=list(told)
    )
    changes: dict[int, list[TimeChange]] = {number: [] for number in told}
    for row in rows:
        record = events.open_record(seal, row, told[row.device].id)
        if isinstance(record, TimeChange):
            changes[row.device].append(record)
    return {number: [change.shift for change in _lived(all_)] for number, all_ in changes.items()}


def _lived(changes: list[TimeChange]) -> list[TimeChange]:
    if all(change.seq is not None for change in changes):
        return sorted(changes, key=lambda change: change.seq or 0)
    return sorted(changes, key=order)


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
