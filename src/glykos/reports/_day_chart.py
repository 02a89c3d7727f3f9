"""The picture of one day: records laid out along the day as it was lived."""

from collections.abc import Sequence
from itertools import pairwise, zip_longest
from typing import Literal

from glykos.charts._day_marks import BasalStep, CarbPill, Dose, MeterDot, Span
from glykos.charts._traces import Trace
from glykos.metrics._analysis import Analysis
from glykos.metrics._intake import intakes
from glykos.reports._boluses import GivenBolus
from glykos.reports._clockface import DayClock
from glykos.reports._day_events import STOP_WORDS, insulin_words, temp_rate
from glykos.reports._format import decimal, insulin
from glykos.reports._sources import is_typed
from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.basal import BasalInterval
from glykos.therapy.clock import Window
from glykos.therapy.history import History, R
from glykos.therapy.identity import order
from glykos.therapy.reconciliation import extended_minutes
from glykos.therapy.records import LOGBOOK
from glykos.therapy.sensor import EXCLUDED, FOLD, SensorSeries

_LONG = frozenset({diary.InsulinKind.LONG, diary.InsulinKind.INTERMEDIATE})


def sensor_trace(history: History, clock: DayClock) -> Trace:
    """The day's sensor readings in the order they were lived [min, mg/dL]."""
    return _trace(history.glucose, clock)


def left_out_trace(history: History, clock: DayClock) -> Trace:
    """The day's sensor readings that the person left out."""
    series = history.sensor
    return _trace(series[(series.flag & EXCLUDED) != 0], clock)


def _trace(readings: SensorSeries, clock: DayClock) -> Trace:
    series = readings.within(Window(clock.day, clock.day))
    points = sorted(
        (clock.lived(at, fold=1 if flag & FOLD else 0), value)
        for at, flag, value in zip(
            series.at_s.tolist(), series.flag.tolist(), series.mgdl.tolist(), strict=True
        )
    )
    return Trace(tuple(minute for minute, _ in points), tuple(value for _, value in points))


def meter_dots(history: History, clock: DayClock) -> tuple[MeterDot, ...]:
    """Finger-sticks: from a meter filled, typed in hollow, calibrations as triangles."""
    return tuple(
        MeterDot(
            minute=_lived(clock, reading),
            mgdl=reading.glucose.mgdl,
            shape=_shape(reading),
            is_typed=is_typed(reading),
        )
        for reading in of_day(history, clock, r.MeterGlucose)
    )


def _shape(reading: r.MeterGlucose) -> Literal["filled", "hollow", "triangle"]:
    if reading.used_for_calibration:
        return "triangle"
    return "hollow" if reading.origin is r.MeterOrigin.TYPED else "filled"


def carb_pills(analysis: Analysis, clock: DayClock) -> tuple[CarbPill, ...]:
    """Carbohydrate of the calculator and of the logbook, the same intake once."""
    return tuple(
        CarbPill(
            minute=clock.lived(one.at_s, fold=one.at_local.fold),
            grams=one.carbs_g,
            text=f"{decimal(one.carbs_g)} g",
            is_typed=one.device_id == LOGBOOK,
        )
        for one in intakes(analysis).entries
        if one.day == clock.day
    )


def doses(history: History, clock: DayClock, given: Sequence[GivenBolus]) -> tuple[Dose, ...]:
    """Boluses and injections in time order; a bolus begun the day before only as its running part."""
    found = [_dose(item, clock) for item in given]
    found += [
        Dose(
            minute=_lived(clock, injection),
            text=f"{insulin(injection.dose_u)} U injected ({insulin_words(injection)})",
            now_u=injection.dose_u,
            source="injection-long" if injection.insulin in _LONG else "injection",
            is_typed=is_typed(injection),
        )
        for injection in of_day(history, clock, diary.Injection)
    ]
    shown = [dose for dose in found if (dose.end_minute or dose.minute) >= 0]
    return tuple(sorted(shown, key=lambda dose: dose.minute))


def _dose(item: GivenBolus, clock: DayClock) -> Dose:
    bolus = item.bolus
    start = _lived(clock, bolus)
    began_today = start >= 0
    length = extended_minutes(bolus)
    return Dose(
        minute=max(start, 0.0),
        text=f"{insulin(bolus.delivered_u)} U {item.kind_text.lower()}",
        now_u=bolus.delivered_now_u if began_today else None,
        correction_u=item.correction_share_u if began_today else 0.0,
        extended_u=bolus.delivered_extended_u,
        end_minute=min(start + length, clock.length_min) if bolus.delivered_extended_u else None,
        advised_u=item.recommended_u if began_today else None,
        override=item.override if began_today else "",
        source="auto" if bolus.is_automatic else "person",
    )


def basal_steps(intervals: Sequence[BasalInterval], clock: DayClock) -> tuple[BasalStep, ...]:
    """Delivered basal along the day; neighbours with the same rates become one step."""
    steps: list[BasalStep] = []
    for interval in intervals:
        start = clock.lived(interval.start_s, fold=interval.fold)
        step = BasalStep(
            start=start,
            end=start + (interval.end_s - interval.start_s) / 60,
            rate_u_per_h=interval.rate_u_per_h,
            scheduled_u_per_h=interval.scheduled_u_per_h,
            is_automatic=interval.kind == "auto",
        )
        if steps and _continues(steps[-1], step):
            steps[-1] = BasalStep(
                start=steps[-1].start,
                end=step.end,
                rate_u_per_h=step.rate_u_per_h,
                scheduled_u_per_h=step.scheduled_u_per_h,
                is_automatic=step.is_automatic,
            )
        else:
            steps.append(step)
    return tuple(steps)


def _continues(before: BasalStep, after: BasalStep) -> bool:
    return (
        abs(before.end - after.start) < 0.02
        and before.rate_u_per_h == after.rate_u_per_h
        and before.scheduled_u_per_h == after.scheduled_u_per_h
        and before.is_automatic == after.is_automatic
    )


def spans(
    history: History, clock: DayClock, intervals: Sequence[BasalInterval]
) -> tuple[Span, ...]:
    """Stops of delivery with their reason, temporary rates, exercise with a known length."""
    found = _stops(history, clock, intervals)
    for exercise in of_day(history, clock, diary.Exercise):
        if exercise.duration_min and exercise.duration_min > 0:
            start = _lived(clock, exercise)
            end = min(start + exercise.duration_min, clock.length_min)
            name = exercise.label.strip() or "Exercise"
            found.append(Span(start=start, end=end, text=name, kind="exercise"))
    return tuple(sorted(found + _temps(history, clock), key=lambda span: (span.start, span.kind)))


def _stops(history: History, clock: DayClock, intervals: Sequence[BasalInterval]) -> list[Span]:
    """Stops from the reconstructed basal where there is one, else from suspend and resume."""
    stopped = [
        (clock.lived(i.start_s, fold=i.fold), (i.end_s - i.start_s) / 60, i.reason)
        for i in intervals
        if i.kind == "suspended"
    ]
    if not intervals:
        stopped = _paired(history, clock)
    found: list[Span] = []
    for start, length, reason in stopped:
        words = f"Stopped: {STOP_WORDS[reason or r.StopReason.UNKNOWN]}"
        end = min(start + length, clock.length_min)
        if found and found[-1].text == words and abs(found[-1].end - start) < 0.02:
            found[-1] = Span(start=found[-1].start, end=end, text=words, kind="suspend")
        else:
            found.append(Span(start=max(start, 0.0), end=end, text=words, kind="suspend"))
    return found


def _paired(history: History, clock: DayClock) -> list[tuple[float, float, r.StopReason | None]]:
    events = sorted([*history.of(r.Suspend), *history.of(r.Resume)], key=order)
    found: list[tuple[float, float, r.StopReason | None]] = []
    for event, following in pairwise(events):
        if not (isinstance(event, r.Suspend) and isinstance(following, r.Resume)):
            continue
        start, end = _lived(clock, event), _lived(clock, following)
        if end > 0 and start < clock.length_min and event.device_id == following.device_id:
            found.append((max(start, 0.0), end - max(start, 0.0), event.reason))
    return found


def _temps(history: History, clock: DayClock) -> list[Span]:
    """Temporary rates until their programmed end, the next temporary rate, or the day's end."""
    window = [
        temp for temp in history.of(r.TempBasal) if -1440 <= _lived(clock, temp) < clock.length_min
    ]
    found = []
    for temp, following in zip_longest(window, window[1:]):
        if temp.is_cancellation or not temp.duration_min or temp.duration_min < 0:
            continue
        start = _lived(clock, temp)
        end = start + temp.duration_min
        if following is not None:
            end = min(end, _lived(clock, following))
        if end > 0:
            words = f"Temp {temp_rate(temp)}"
            end = min(end, clock.length_min)
            found.append(Span(start=max(start, 0.0), end=end, text=words, kind="temp"))
    return found


def _lived(clock: DayClock, record: r.Record) -> float:
    return clock.lived(record.at_s, fold=record.at_local.fold)


def of_day(history: History, clock: DayClock, kind: type[R]) -> list[R]:
    """Records of one class on the clock's day, in time order."""
    return [record for record in history.of(kind) if record.at_local.date() == clock.day]
