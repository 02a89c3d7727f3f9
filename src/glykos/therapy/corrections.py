"""What a person decided about the data, applied as a view: left out, clocks put right.

The records of a device stay as it told them. A view shows them where and when the person was, and
what was left out keeps its place with a mark. Basal programmes run on the device's own clock
(therapy-events.md §6.3), so a view also carries the records as told (``OwnClock``). Taking a
decision back gives the history as it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from glykos.therapy.clock import DAY_S, ClockShift, day_number
from glykos.therapy.clock_view import ClockView
from glykos.therapy.decisions import ClockCorrection, Exclusion
from glykos.therapy.history import History, OwnClock
from glykos.therapy.identity import identity, ordered
from glykos.therapy.links import Sources
from glykos.therapy.records import Bolus, DailyTotal, Record, TimeChange
from glykos.therapy.sensor import EXCLUDED, FOLD, READMITTED, SensorSeries

R = TypeVar("R", bound=Record)


def excluded(series: SensorSeries, exclusions: Iterable[Exclusion]) -> SensorSeries:
    """The series with the readings marked that the person left out; no reading is lost.

    The times of an exclusion are stored wall-clock times: apply it before clocks are corrected.
    """
    flag = series.flag.copy()
    for one in exclusions:
        inside = (series.at_s >= one.from_s) & (series.at_s < one.to_s)
        if one.device_id:
            if one.device_id not in series.device_ids:
                continue
            inside &= series.device == series.device_ids.index(one.device_id)
        flag[inside] |= EXCLUDED
    return replace(series, flag=flag) if (flag != series.flag).any() else series


def readmitted(history: History) -> History:
    """The history with left-out readings counted after all, marked as such."""
    series = history.sensor
    left_out = (series.flag & EXCLUDED) != 0
    if not left_out.any():
        return history
    flag = np.where(left_out, (series.flag & ~np.uint8(EXCLUDED)) | READMITTED, series.flag)
    return replace(history, sensor=replace(series, flag=flag.astype(np.uint8)), _primary=[])


def clock_views(
    corrections: Sequence[ClockCorrection],
    home: ZoneInfo,
    changes: Iterable[TimeChange] = (),
) -> dict[str, ClockView]:
    """How the clock of each corrected device is read; ``corrections`` in the order made."""
    shifts: dict[str, list[ClockShift]] = {}
    for change in changes:
        shifts.setdefault(change.device_id, []).append(change.shift)
    by_device: dict[str, list[ClockCorrection]] = {}
    for one in corrections:
        by_device.setdefault(one.device_id, []).append(one)
    views = {
        device: ClockView.of(group, home, shifts.get(device, ()))
        for device, group in by_device.items()
    }
    return {device: view for device, view in views.items() if view}


def corrected(history: History, views: Mapping[str, ClockView]) -> History:
    """The history as the person lived it; the very same one where no clock was corrected.

    Do it before links are looked for. Readings that then overlap with another device's are told
    apart as always: one device speaks per instant (``SensorSeries.primary``), nothing is averaged
    or dropped.
    """
    if not views:
        return history
    own: dict[str, dict[type[Record], tuple[Record, ...]]] = {device: {} for device in views}
    records = dict(history.records)
    for kind, group in history.records.items():
        mine = {device: tuple(r for r in group if r.device_id == device) for device in views}
        if not any(mine.values()):
            continue
        for device, told in mine.items():
            if told:
                own[device][kind] = told
        records[kind] = tuple(ordered(_shown(record, views) for record in group))
    return replace(
        history,
        sensor=_shown_sensor(history.sensor, views),
        records=records,
        own_clocks={device: OwnClock(views[device], told) for device, told in own.items()},
        _primary=[],
    )


def as_told(history: History) -> Iterator[Record]:
    """Every record as its device told it, whatever clock was corrected."""
    for kind, group in history.records.items():
        yield from (one for one in group if one.device_id not in history.own_clocks)
        for clock in history.own_clocks.values():
            yield from clock.records.get(kind, ())


def sources_as_shown(histories: Iterable[History], sources: Sources) -> Sources:
    """``sources`` of records as told (:func:`as_told`), for the same records as they are shown.

    A corrected clock changes when a record stands, not which files told of it.
    """
    found = dict(sources)
    moved = {}
    clocks = [item for history in histories for item in history.own_clocks.items()]
    for device, clock in clocks if sources else ():
        for record in (one for group in clock.records.values() for one in group):
            key = identity(record)
            if kinds := sources.get(key):
                found.pop(key, None)
                moved[identity(_shown(record, {device: clock.view}))] = kinds
    return found | moved


def _shown_sensor(series: SensorSeries, views: Mapping[str, ClockView]) -> SensorSeries:
    at_s, flag = series.at_s.copy(), series.flag.copy()
    for number, device in enumerate(series.device_ids):
        if device in views:
            mine = series.device == number
            fold = (flag[mine] & FOLD) // FOLD
            at_s[mine], again = views[device].shown(at_s[mine], fold)
            flag[mine] = (flag[mine] & ~np.uint8(FOLD)) | again * np.uint8(FOLD)
    return series.at_other_times(at_s, flag)


def _shown(record: R, views: Mapping[str, ClockView]) -> R:
    """A record at the time where the person was."""
    view = views.get(record.device_id)
    if view is None:
        return record
    if isinstance(record, DailyTotal):
        # It stands for a day, not for the midnight that it carries: it moves by whole days.
        noon_s = day_number(record.at_local.date()) * DAY_S + DAY_S // 2
        days = round(view.ahead_at(noon_s) / DAY_S)
        return replace(record, at_local=record.at_local - timedelta(days=days)) if days else record
    if isinstance(record, TimeChange):
        back = record.to_local < record.at_local
        return replace(
            record,
            at_local=view.shown_local(record.at_local, closes=True),
            to_local=view.shown_local(record.to_local.replace(fold=int(back))),
        )
    if isinstance(record, Bolus) and record.ended_local is not None:
        record = replace(record, ended_local=view.shown_local(record.ended_local))
    return replace(record, at_local=view.shown_local(record.at_local))
