"""A person's devices: numbers, sealed facts, and how their clocks are read as UTC.

Runs inside the writer's transaction, under the patient's lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from glykos.server.sealing import Kind, PatientSeal, serial_fingerprint
from glykos.server.store import bulk, days, decided, events, places
from glykos.server.store.effects import Effect
from glykos.server.store.models import ClockSegment, Event
from glykos.server.store.models import Device as Row
from glykos.therapy import clock
from glykos.therapy.clock_view import corrected_segments
from glykos.therapy.decisions import ClockCorrection
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
    mine = "patient_id = %s ORDER BY number"
    return {
        number: msgspec.json.decode(
            seal.open(Kind.SERIAL, places.of_device(number), facts), type=Device
        )
        for number, facts in bulk.select(Row, ("number", "facts"), mine, (seal.patient_id,))
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
    """Interpret the clocks of these devices anew; rows change only where the answer does.

    The stored wall clock is never touched: corrections in force only change what it means.
    """
    shifts = _shifts(seal, told)
    corrections = decided.in_force(seal, ClockCorrection)
    stored = _segments(seal.patient_id)
    wanted: dict[int, tuple[clock.ClockSegment, ...]] = {}
    for number in told:
        times = (events.newest_s(seal.patient_id, number), days.newest_s(seal, number))
        newest_s = max((at_s for at_s in times if at_s is not None), default=None)
        if newest_s is not None:
            newest = clock.from_wall_seconds(newest_s)
            mine = shifts.get(number, [])
            found = clock.segments_from_changes(newest, zone, mine)
            said = [one for one in corrections if one.device_id == told[number].id]
            wanted[number] = corrected_segments(found, said, zone, mine)
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


def _segments(patient_id: int) -> dict[int, tuple[clock.ClockSegment, ...]]:
    columns = ("device", "from_s", "utc_offset_s", "origin")
    rows = bulk.select(
        ClockSegment, columns, "patient_id = %s ORDER BY device, place", (patient_id,)
    )
    found: dict[int, tuple[clock.ClockSegment, ...]] = {}
    for number, *segment in rows:
        found[number] = (*found.get(number, ()), clock.ClockSegment(*segment))
    return found


def _shifts(seal: PatientSeal, told: Mapping[int, Device]) -> dict[int, list[clock.ClockShift]]:
    """The clock changes of each device in the order in which they happened, as far as it says."""
    changes: dict[int, list[TimeChange]] = {}
    for row in Event.objects.filter(patient_id=seal.patient_id, kind=TimeChange.kind):
        if row.device in told:
            record = events.open_record(seal, row, told[row.device].id)
            if isinstance(record, TimeChange):
                changes.setdefault(row.device, []).append(record)
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
