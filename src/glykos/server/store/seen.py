"""A history as the person's decisions make it: left out, clocks put right. Reads, never writes.

A corrected clock may have put a reading far from its day (a wrong year, the date after a battery
was out). So the days of a corrected device are looked for where its clock had them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from glykos.server.sealing import PatientSeal
from glykos.server.sharing import Access
from glykos.server.store import days, decided, devices, events
from glykos.server.store.models import STANDING_KINDS, Chunk, Event
from glykos.therapy.clock import DAY_S, Window, day_number
from glykos.therapy.clock_view import ClockView
from glykos.therapy.corrections import clock_views, corrected, excluded
from glykos.therapy.decisions import ClockCorrection, Exclusion
from glykos.therapy.history import History
from glykos.therapy.records import Record, TimeChange
from glykos.therapy.sensor import SensorSeries

_NOT_EVENTS = ("settings_snapshot", "basal_schedule")
Span = tuple[int, int]


def by_decisions(
    access: Access, told: History, names: Mapping[int, str], sensor: Window, events_s: Span
) -> History:
    """What was loaded, as the decisions in force show it; the very same without any.

    ``sensor`` and ``events_s`` say what was loaded, and what is wanted of the shown times.
    """
    exclusions = decided.in_force(access.seal, Exclusion)
    corrections = decided.in_force(access.seal, ClockCorrection)
    clocks = clock_views(corrections, access.person.zone_info, told.of(TimeChange))
    if clocks:
        told = _with_what_lies_elsewhere(access.seal, told, names, clocks, sensor, events_s)
    if exclusions:
        told = replace(told, sensor=excluded(told.sensor, exclusions))
    if not clocks:
        return told
    shown = corrected(told, clocks)
    wanted = {
        kind: part
        for kind, group in shown.records.items()
        if (part := tuple(one for one in group if _is_wanted(one, events_s)))
    }
    return replace(shown, sensor=shown.sensor.within(sensor), records=wanted)


def clocks(access: Access, names: Mapping[int, str]) -> dict[str, ClockView]:
    """How the clock of each corrected device is read; empty without corrections."""
    corrections = decided.in_force(access.seal, ClockCorrection)
    if not corrections:
        return {}
    standing = events.load(access.seal, names, 0, 0)
    changes = [record for record in standing if isinstance(record, TimeChange)]
    return clock_views(corrections, access.person.zone_info, changes)


def has_corrected_clocks(access: Access) -> bool:
    """Whether some device's stored days are not the days that are shown."""
    return bool(decided.in_force(access.seal, ClockCorrection))


def known_days(access: Access) -> set[int]:
    """Every day with readings or events, as they are shown."""
    chunks = Chunk.objects.filter(patient_id=access.patient_id)
    told = Event.objects.filter(patient_id=access.patient_id).exclude(kind__in=_NOT_EVENTS)
    names = {number: device.id for number, device in devices.load(access.seal).items()}
    views = clocks(access, names)
    if not views:
        found = set(chunks.values_list("day", flat=True).distinct())
        return found | {at_s // DAY_S for at_s in told.values_list("at_s", flat=True)}
    found = set()
    for number, at_s in told.values_list("device", "at_s"):
        view = views.get(names[number])
        found.add((at_s - view.ahead_at(at_s) if view else at_s) // DAY_S)
    for number, day in chunks.values_list("device", "day"):
        view = views.get(names[number])
        if view is None or not _is_moved(view, day):
            found.add(day)
        else:
            series = of_device(days.load(access.seal, names, day, day), names[number])
            shown, _ = view.shown(series.at_s, np.zeros(len(series), np.uint8))
            found |= set((shown // DAY_S).tolist())
    return found


def _is_moved(view: ClockView, day: int) -> bool:
    return any(piece.ahead_s for piece in view.pieces(day * DAY_S, (day + 1) * DAY_S))


def _is_wanted(record: Record, events_s: Span) -> bool:
    return record.kind in STANDING_KINDS or events_s[0] <= record.at_s < events_s[1]


def _with_what_lies_elsewhere(
    seal: PatientSeal,
    told: History,
    names: Mapping[int, str],
    views: Mapping[str, ClockView],
    sensor: Window,
    events_s: Span,
) -> History:
    """What corrected devices stored under other days and show inside the wanted ones."""
    readings = [told.sensor]
    records = {kind: list(group) for kind, group in told.records.items()}
    for device, view in views.items():
        loaded = (day_number(sensor.first) * DAY_S, (day_number(sensor.last) + 1) * DAY_S)
        for lo, hi in _beyond(view.stored_spans(*loaded), loaded):
            found = days.load(seal, dict(names), lo // DAY_S, (hi - 1) // DAY_S)
            readings.append(of_device(found, device).between(lo, hi))
        for lo, hi in _beyond(view.stored_spans(*events_s), events_s):
            for record in events.load(seal, names, lo, hi):
                if record.device_id == device and record.kind not in STANDING_KINDS:
                    records.setdefault(type(record), []).append(record)
    return replace(
        told,
        sensor=SensorSeries.concat(readings),
        records={kind: tuple(group) for kind, group in records.items()},
        _primary=[],
    )


def _beyond(spans: Iterable[Span], loaded: Span) -> Iterator[Span]:
    """The parts of the spans outside of what is loaded."""
    for lo, hi in spans:
        if lo < loaded[0]:
            yield lo, min(hi, loaded[0])
        if hi > loaded[1]:
            yield max(lo, loaded[1]), hi


def of_device(series: SensorSeries, device_id: str) -> SensorSeries:
    """The readings of one device."""
    if device_id not in series.device_ids:
        return series[:0]
    return series[series.device == series.device_ids.index(device_id)]
