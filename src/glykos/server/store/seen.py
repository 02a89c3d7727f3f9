"""A history as the person's decisions make it: left out, clocks put right. Reads, never writes.

A corrected clock may have put a reading far from its day (a wrong year, the date after a battery
was out). So the days of a corrected device are looked for where its clock had them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from glykos.server.sealing import PatientSeal
from glykos.server.sharing import Access
from glykos.server.store import days, decided, devices, events
from glykos.server.store.decided import InForce
from glykos.server.store.models import STANDING_KINDS, Chunk, Event
from glykos.therapy.clock import DAY_S, Window, day_number
from glykos.therapy.clock_view import ClockView
from glykos.therapy.corrections import clock_views, corrected, excluded
from glykos.therapy.decisions import ClockCorrection
from glykos.therapy.history import History
from glykos.therapy.records import Record, TimeChange
from glykos.therapy.sensor import SensorSeries

_NOT_EVENTS = ("settings_snapshot", "basal_schedule")
_SPLIT_DAYS = 31  # days further apart are read on their own
Span = tuple[int, int]
Ints = npt.NDArray[np.int64]


def by_decisions(
    access: Access,
    told: History,
    names: Mapping[int, str],
    sensor: Window,
    events_s: Span,
    in_force: InForce,
) -> History:
    """What was loaded, as the decisions in force show it; the very same without any.

    ``sensor`` and ``events_s`` say what was loaded, and what is wanted of the shown times.
    """
    exclusions = in_force.exclusions
    clocks = clock_views(in_force.corrections, access.person.zone_info, told.of(TimeChange))
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
    for number, at_s in _by_device(told.values_list("device", "at_s")).items():
        view = views.get(names[number])
        shown = at_s if view is None else _first_pass(view, at_s)
        found |= set((shown // DAY_S).tolist())
    for number, stored in _by_device(chunks.values_list("device", "day")).items():
        view = views.get(names[number])
        moved = [] if view is None else [day for day in stored.tolist() if _is_moved(view, day)]
        found |= set(stored.tolist()) - set(moved)
        if view is not None:
            found |= _moved_days(access.seal, names, number, view, moved)
    return found


def _by_device(rows: Iterable[tuple[int, int]]) -> dict[int, Ints]:
    columns = np.array(list(rows), np.int64).reshape(-1, 2)
    return {int(n): columns[columns[:, 0] == n, 1] for n in np.unique(columns[:, 0])}


def _first_pass(view: ClockView, at_s: Ints) -> Ints:
    return view.shown(at_s, np.zeros(len(at_s), np.uint8))[0]


def _moved_days(
    seal: PatientSeal, names: Mapping[int, str], number: int, view: ClockView, moved: list[int]
) -> set[int]:
    """The days on which readings of these stored days are shown."""
    found: set[int] = set()
    stored = np.array(sorted(moved), np.int64)
    for run in np.split(stored, np.flatnonzero(np.diff(stored) > _SPLIT_DAYS) + 1):
        if len(run):
            near = of_device(days.load(seal, dict(names), int(run[0]), int(run[-1])), names[number])
            at_s = near.at_s[np.isin(near.at_s // DAY_S, run)]
            found |= set((_first_pass(view, at_s) // DAY_S).tolist())
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
