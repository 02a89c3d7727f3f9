"""What the pages about devices and clocks need to know of a person's devices.

Every function takes an ``Access``; the list of uploads that is read with it writes the audit event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min

from glykos.server.sharing import Access
from glykos.server.store import days, devices, events, queries, seen
from glykos.server.store.models import Chunk, Event
from glykos.server.store.queries import DeviceUse
from glykos.therapy.clock import DAY_S, date_of
from glykos.therapy.clock_view import ClockView
from glykos.therapy.identity import order
from glykos.therapy.records import Device, TimeChange
from glykos.therapy.sensor import SensorSeries

_NOT_EVENTS = ("settings_snapshot", "basal_schedule", TimeChange.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClock:
    """A device: its number in addresses, its uploads, its own days and its own clock changes."""

    number: int
    use: DeviceUse
    first: date | None
    last: date | None
    readings: int
    records: int
    changes: tuple[TimeChange, ...]

    @property
    def device(self) -> Device:
        """The device itself."""
        return self.use.device

    @property
    def is_sensor(self) -> bool:
        """Whether sensor readings came from it."""
        return self.readings > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What a device told during a stretch of its own clock: how much, and from when to when [s]."""

    readings: int
    records: int
    first_s: int | None
    last_s: int | None


def device_clocks(access: Access) -> list[DeviceClock]:
    """Every device with what it told, the one used last first."""
    numbers = {one.id: number for number, one in devices.load(access.seal).items()}
    names = {number: name for name, number in numbers.items()}
    changes: dict[str, list[TimeChange]] = {}
    for record in events.load(access.seal, names, 0, 0):
        if isinstance(record, TimeChange):
            changes.setdefault(record.device_id, []).append(record)
    found = [
        _clock(access, numbers[use.device.id], use, changes.get(use.device.id, []))
        for use in queries.device_list(access)
    ]
    return sorted(found, key=lambda one: (one.last or date.min, one.number), reverse=True)


def _clock(access: Access, number: int, use: DeviceUse, changes: list[TimeChange]) -> DeviceClock:
    by_day = Chunk.objects.filter(patient_id=access.patient_id, device=number)
    told = Event.objects.filter(patient_id=access.patient_id, device=number)
    told = told.exclude(kind__in=_NOT_EVENTS)
    chunks = by_day.aggregate(first=Min("day"), last=Max("day"))
    at = told.aggregate(first=Min("at_s"), last=Max("at_s"), n=Count("key"))
    known = [day for day in (chunks["first"], chunks["last"]) if day is not None]
    known += [at_s // DAY_S for at_s in (at["first"], at["last"]) if at_s is not None]
    return DeviceClock(
        number=number,
        use=use,
        first=date_of(min(known)) if known else None,
        last=date_of(max(known)) if known else None,
        readings=sum(by_day.values_list("n", flat=True)),
        records=at["n"],
        changes=tuple(sorted(changes, key=order)),
    )


def stretch(access: Access, number: int, from_s: int, to_s: int) -> Stretch:
    """What a device told from one second of its own clock until another."""
    series = _readings(access, number, from_s, to_s)
    told = Event.objects.filter(
        patient_id=access.patient_id, device=number, at_s__gte=from_s, at_s__lt=to_s
    ).exclude(kind__in=_NOT_EVENTS)
    at = told.aggregate(first=Min("at_s"), last=Max("at_s"), n=Count("key"))
    known = [at_s for at_s in (at["first"], at["last"]) if at_s is not None]
    if len(series):
        known += [int(series.at_s[0]), int(series.at_s[-1])]
    return Stretch(
        readings=len(series),
        records=at["n"],
        first_s=min(known, default=None),
        last_s=max(known, default=None),
    )


def views(access: Access) -> Mapping[str, ClockView]:
    """How the clock of each corrected device is read; empty without corrections."""
    return seen.clocks(access, {n: one.id for n, one in devices.load(access.seal).items()})


def _readings(access: Access, number: int, from_s: int, to_s: int) -> SensorSeries:
    names = {n: one.id for n, one in devices.load(access.seal).items()}
    series = days.load(access.seal, names, from_s // DAY_S, (to_s - 1) // DAY_S)
    return seen.of_device(series, names[number]).between(from_s, to_s)
