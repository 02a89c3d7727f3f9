"""From the glucose profile of the metrics to the curves that charts draw."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from glykos.charts import ModalDay
from glykos.charts._marks import Bands
from glykos.charts._traces import Trace
from glykos.metrics.profile import Profile
from glykos.reports._blocks import Figure, Table
from glykos.reports._glucose import axis
from glykos.reports._report import Options
from glykos.reports._sources import is_typed
from glykos.therapy.clock import Window, day_number
from glykos.therapy.history import History
from glykos.therapy.records import MeterGlucose

#: Bands are drawn with one point each quarter of an hour: enough for the eye, and small.
_STEP_MIN = 15


def bands_of(profile: Profile) -> Bands:
    """Percentile bands where the profile has all five curves, every 15 minutes."""
    curves = (profile.p5, profile.p25, profile.p50, profile.p75, profile.p95)
    known = ~np.isnan(np.array(curves)).any(axis=0)
    rows = np.flatnonzero(known & _drawn(profile))
    p5, p25, p50, p75, p95 = (tuple(curve[rows].tolist()) for curve in curves)
    minutes = tuple(profile.minute[rows].astype(float).tolist())
    return Bands(minutes=minutes, p5=p5, p25=p25, p50=p50, p75=p75, p95=p95)


def mean_of(profile: Profile) -> Trace:
    """The mean by time of day where at least two days have readings, every 15 minutes."""
    rows = np.flatnonzero(~np.isnan(profile.mean) & _drawn(profile))
    return Trace(
        tuple(profile.minute[rows].astype(float).tolist()), tuple(profile.mean[rows].tolist())
    )


def _drawn(profile: Profile) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Every 15 minutes, and the last slot so that curves reach midnight."""
    drawn = profile.minute % _STEP_MIN == 0
    if len(drawn):
        drawn[-1] = True
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = drawn
    return found


def only_days(history: History, window: Window, days: Collection[date]) -> History:
    """The history with nothing but the chosen days of the window."""
    inside = history.within(window)
    if set(days) >= set(window):
        return inside
    numbers = [day_number(day) for day in days]
    return History(
        sensor=inside.sensor[np.isin(inside.sensor.at_s // 86_400, numbers)],
        records={
            kind: kept
            for kind, group in inside.records.items()
            if (kept := tuple(record for record in group if record.at_local.date() in days))
        },
        devices=inside.devices,
        zone=inside.zone,
    )


def _cloud(readings: Sequence[MeterGlucose]) -> Trace:
    points = sorted((one.minute_of_day, one.glucose.mgdl) for one in readings)
    return Trace(tuple(minute for minute, _ in points), tuple(value for _, value in points))


def modal_day(
    title: str,
    finding: str,
    options: Options,
    *,
    meter: Sequence[MeterGlucose],
    curves: Profile | None = None,
    table: Table | None = None,
) -> Figure:
    """All days on one clock: meter readings, over sensor curves where there are any."""
    chart = ModalDay(
        title=title,
        description=finding,
        axis=axis(options),
        meter=_cloud([one for one in meter if not is_typed(one)]),
        typed=_cloud([one for one in meter if is_typed(one)]),
    )
    if curves is not None:
        chart = replace(chart, bands=bands_of(curves), mean=mean_of(curves))
    return Figure(key="modal-day", title=title, finding=finding, chart=chart, table=table)
