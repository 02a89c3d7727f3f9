"""Rows of a pump in a Tidepool export to therapy records.

Tidepool tells basal insulin as intervals (what ran, from when, how long); therapy wants changes.
Each interval becomes the record of its beginning, and a stop gets its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from glykos.formats._alerts import class_of_text, readable
from glykos.formats._instants import local_of, wall_clock
from glykos.formats._loose import amount_in, list_in, mapping_in, number_in, text_in
from glykos.formats._row_problems import Head, Ignored, Missing, Repeated
from glykos.formats._text import NotANumber
from glykos.formats._tidepool_rows import TidepoolRow, clean_mgdl, glucose_in
from glykos.therapy.records import (
    Alarm,
    BasalRate,
    BasalSchedule,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    Calibration,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    ScheduleSegment,
    Setting,
    SettingsSnapshot,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
)

_MS_PER_MIN = 60_000
#: Intervals that follow each other this closely are one stop (they are told to the second).
_CLOSE_S = 2

_SHAPES = {
    "normal": BolusKind.NORMAL,
    "automated": BolusKind.NORMAL,
    "square": BolusKind.EXTENDED,
    "dual/square": BolusKind.COMBINATION,
}
#: ``alarmType`` in words; those of the reference (interop/tidepool.md).
_ALARMS = {
    "low_insulin": "Low reservoir",
    "no_insulin": "Empty reservoir",
    "occlusion": "Flow blocked",
    "no_delivery": "No delivery",
    "auto_off": "Auto off",
    "low_power": "Low battery",
    "no_power": "Battery empty",
    "over_limit": "Delivery limit exceeded",
}
_REASONS = {
    "manual": StopReason.USER,
    "user": StopReason.USER,
    "low_glucose": StopReason.LOW_GLUCOSE,
    "predicted_low": StopReason.BEFORE_LOW,
    "alarm": StopReason.ALARM,
}
_PRIMES = {"cannula": PrimeKind.CANNULA, "tubing": PrimeKind.TUBING}


class Placed(msgspec.Struct, kw_only=True, gc=False):
    """A row with its instant, its wall clock and its device."""

    line: int
    row: TidepoolRow
    at_s: int
    wall_s: int
    device_id: str
    is_second_pass: bool = False

    @property
    def at_local(self) -> datetime:
        """The wall clock, with its pass of a repeated hour."""
        return wall_clock(self.wall_s, is_second_pass=self.is_second_pass)

    @property
    def head(self) -> Head:
        """The beginning of each record of this row."""
        return Head(at_local=self.at_local, device_id=self.device_id, source_id=self.row.id)


def needed(value: float | None, what: str) -> float:
    """A value that a row exists for; raises Missing."""
    if value is None:
        raise Missing(what)
    return value


def minutes_in(value: object) -> float | None:
    """A duration in milliseconds as minutes."""
    milliseconds = amount_in(value)
    return None if milliseconds is None else milliseconds / _MS_PER_MIN


# --- bolus ---------------------------------------------------------------------------------------


def bolus(placed: Placed, *, estimate_id: str) -> list[Record]:
    """A bolus; where no expected amount stands beside it, it was delivered as programmed."""
    row = placed.row
    kind = _SHAPES.get(text_in(row.sub_type))
    if kind is None:
        raise NotANumber(text_in(row.sub_type) or "no sub-type")
    now, extended = amount_in(row.normal), amount_in(row.extended)
    if now is None and extended is None:
        raise Missing("a bolus without an amount")
    duration, asked_for = minutes_in(row.duration), minutes_in(row.expected_duration)
    is_automatic = row.sub_type == "automated"
    told = BolusSource.ESTIMATE if estimate_id else BolusSource.UNKNOWN
    has_extended = extended is not None
    one = Bolus(
        **placed.head,
        bolus_kind=kind,
        programmed_now_u=_first(amount_in(row.expected_normal), now),
        delivered_now_u=now,
        programmed_extended_u=_first(amount_in(row.expected_extended), extended),
        delivered_extended_u=extended,
        programmed_duration_min=_first(asked_for, duration) if has_extended else None,
        delivered_duration_min=duration if has_extended else None,
        source=BolusSource.AUTO_CORRECTION if is_automatic else told,
        estimate_id=estimate_id,
    )
    return [one]


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def bolus_of(row: TidepoolRow) -> str:
    """The id of the bolus that a calculator row led to."""
    told = mapping_in(row.bolus) if row.bolus is not None else {}
    return text_in(told.get("id")) if told else text_in(row.bolus)


def embedded_bolus(placed: Placed) -> Placed | None:
    """The bolus that stands inside a calculator row instead of beside it."""
    told = mapping_in(placed.row.bolus) if placed.row.bolus is not None else {}
    if not told:
        return None
    row = msgspec.convert(told, TidepoolRow)
    row.settle()
    return msgspec.structs.replace(placed, row=row)


def estimate(placed: Placed, *, was_delivered: bool | None) -> list[Record]:
    """What the calculator was told and what it proposed."""
    row = placed.row
    target, proposed = mapping_in(row.bg_target), mapping_in(row.recommended)
    carbs, ratio = amount_in(row.carb_input), amount_in(row.insulin_carb_ratio)
    sensitivity = amount_in(row.insulin_sensitivity)
    # glucose fields of a calculator row are mmol/L whatever unit the person reads in
    glucose = glucose_in(amount_in(row.bg_input) or None)
    proposals = [number_in(proposed.get(name)) for name in ("carb", "correction", "net")]
    if glucose is None and carbs is None and all(one is None for one in proposals):
        raise Missing("a calculator entry without a value")
    low, high = _target(target)
    is_exchanges = text_in(row.carb_units) == "exchanges"
    one = BolusEstimate(
        **placed.head,
        glucose_input=glucose,
        carbs_g=None if is_exchanges else carbs,
        carbs_exchanges=carbs if is_exchanges else None,
        carb_ratio_g_per_u=None if is_exchanges else ratio,
        carb_ratio_u_per_exchange=ratio if is_exchanges else None,
        sensitivity_mgdl_per_u=None if sensitivity is None else clean_mgdl(sensitivity),
        target_low=glucose_in(low),
        target_high=glucose_in(high),
        food_u=proposals[0],
        correction_u=proposals[1],
        active_insulin_u=number_in(row.insulin_on_board),
        estimate_u=proposals[2],
        was_delivered=was_delivered,
    )
    return [one]


def _target(told: dict[str, Any]) -> tuple[float | None, float | None]:
    """The two ends of a target, told as low and high, as target and range, or as one value."""
    low, high, middle, reach = (
        amount_in(told.get(name)) for name in ("low", "high", "target", "range")
    )
    if middle is None:
        return low, high
    if reach is not None:
        return middle - reach, middle + reach
    return _first(low, middle), _first(high, middle)


# --- basal ---------------------------------------------------------------------------------------


def basal(intervals: Sequence[Placed]) -> Iterator[tuple[Placed, list[Record] | ValueError]]:
    """The records of each interval of one device, in order of time, or why it gave none."""
    ends_s: int | None = None  # end of the stop that is on
    for place, placed in enumerate(intervals):
        row = placed.row
        try:
            lasts = minutes_in(row.duration)
            if text_in(row.delivery_type) != "suspend":
                ends_s = None
                yield placed, _running(placed, lasts)
                continue
        except ValueError as problem:
            yield placed, problem
            continue
        found: list[Record] = []
        if ends_s is None or placed.at_s > ends_s + _CLOSE_S:
            reason = _REASONS.get(text_in(row.reason), StopReason.UNKNOWN)
            found.append(Suspend(**placed.head, reason=reason))
        ends_s = None
        if lasts is not None:
            ends_s = placed.at_s + round(lasts * 60)
            follower = intervals[place + 1] if place + 1 < len(intervals) else None
            goes_on = (
                follower is not None
                and text_in(follower.row.delivery_type) == "suspend"
                and follower.at_s <= ends_s + _CLOSE_S
            )
            if not goes_on:
                found.append(_end_of(placed, lasts))
        yield placed, found


def _end_of(placed: Placed, lasts_min: float) -> Resume:
    head = placed.head
    head["at_local"] = wall_clock(
        placed.wall_s + round(lasts_min * 60), is_second_pass=placed.is_second_pass
    )
    return Resume(**head)


def _running(placed: Placed, lasts_min: float | None) -> list[Record]:
    row = placed.row
    delivery = text_in(row.delivery_type)
    rate = amount_in(row.rate)
    if delivery == "scheduled":
        return [
            BasalRate(
                **placed.head,
                rate_u_per_h=needed(rate, "a basal interval without a rate"),
                pattern=text_in(row.schedule_name),
            )
        ]
    if delivery not in ("temp", "automated"):
        raise NotANumber(delivery or "no delivery type")
    fraction = amount_in(row.percent)
    if rate is None and fraction is None:
        raise Missing("a basal interval without a rate")
    found: list[Record] = [
        TempBasal(
            **placed.head,
            rate_u_per_h=rate,
            fraction=fraction,
            duration_min=lasts_min,
            preset=TempBasal.AUTOMATIC if delivery == "automated" else "",
        )
    ]
    suppressed = mapping_in(row.suppressed)
    programmed = amount_in(suppressed.get("rate"))
    if suppressed.get("deliveryType") == "scheduled" and programmed is not None:
        pattern = text_in(suppressed.get("scheduleName"))
        found.append(BasalRate(**placed.head, rate_u_per_h=programmed, pattern=pattern))
    return found


# --- events --------------------------------------------------------------------------------------


def device_event(placed: Placed, stops_told: Iterable[tuple[str, int]]) -> list[Record]:
    """The records of a device event; ``stops_told`` are stops that basal intervals tell of."""
    match text_in(placed.row.sub_type):
        case "alarm":
            return [_alarm(placed)]
        case "status":
            return _status(placed, stops_told)
        case "timeChange":
            return [_time_change(placed)]
        case "prime":
            kind = _PRIMES.get(text_in(placed.row.prime_target), PrimeKind.UNKNOWN)
            volume = amount_in(placed.row.volume)
            return [Prime(**placed.head, prime_kind=kind, volume_u=volume)]
        case "reservoirChange":
            return [Rewind(**placed.head)]
        case "calibration":
            glucose = glucose_in(amount_in(placed.row.value), text_in(placed.row.units))
            if glucose is None:
                raise Missing("a calibration without a value")
            return [Calibration(**placed.head, glucose=glucose)]
        case "":
            raise Missing("a device event that does not say what happened")
    raise Ignored("device events that are settings of a loop")


def _alarm(placed: Placed) -> Alarm:
    code = text_in(placed.row.alarm_type)
    text = _ALARMS.get(code) or readable(code.replace("_", " ").upper()) or "Alarm"
    return Alarm(**placed.head, text=text, code=code, alarm_class=class_of_text(text))


def reason_of(row: TidepoolRow) -> StopReason:
    """Why delivery was stopped, as a status row says."""
    told = row.reason
    if not isinstance(told, str) or told.startswith("{"):
        told = mapping_in(told).get("suspended")
    return _REASONS.get(text_in(told), StopReason.UNKNOWN)


def _status(placed: Placed, stops_told: Iterable[tuple[str, int]]) -> list[Record]:
    row = placed.row
    status = text_in(row.status)
    if status == "resumed":
        return [Resume(**placed.head)]
    if status != "suspended":
        raise NotANumber(status or "no status")
    if (placed.device_id, placed.at_s) in stops_told:
        raise Repeated
    found: list[Record] = [Suspend(**placed.head, reason=reason_of(row))]
    lasts = minutes_in(row.duration)
    return found if lasts is None else [*found, _end_of(placed, lasts)]


def _time_change(placed: Placed) -> TimeChange:
    change = mapping_in(placed.row.change)
    ends = []
    for name in ("from", "to"):
        told = change.get(name)
        told = told.get("time") if isinstance(told, dict) else told
        if not isinstance(told, str):
            raise Missing("a change of the clock that does not say from when to when")
        ends.append(local_of(told))
    head = placed.head
    head["at_local"] = ends[0]
    return TimeChange(**head, to_local=ends[1])


# --- settings ------------------------------------------------------------------------------------


def pump_settings(placed: Placed) -> list[Record]:
    """One snapshot, and each basal pattern as a schedule."""
    row = placed.row
    active = text_in(row.active_schedule)
    records: list[Record] = []
    settings: list[Setting] = []
    for name, told in mapping_in(row.basal_schedules).items():
        segments = _segments(told, "rate")
        settings.append(Setting(f"Basal pattern {name}".strip(), "", "U/h", segments))
        if segments and segments[0].start_min == 0:
            head = placed.head
            head["source_id"] = f"{head['source_id']} {name}".strip()
            records.append(
                BasalSchedule(**head, pattern=name, segments=segments, is_active=name == active)
            )
    for name, key, unit, told in _day_schedules(row):
        segments = _segments(told, key, is_glucose=unit.startswith("mg/dL"))
        if segments:
            settings.append(Setting(name, "", unit, segments))
    if not settings:
        raise Missing("settings without content")
    return [SettingsSnapshot(**placed.head, settings=tuple(settings)), *records]


def _day_schedules(row: TidepoolRow) -> Iterator[tuple[str, str, str, object]]:
    """Name, key of the value, unit and content of each day schedule that is not basal."""
    in_exchanges = mapping_in(row.units).get("carb") == "exchanges"
    ratio = "U/exchange" if in_exchanges else "g/U"
    kinds: tuple[tuple[str, str, str, object, object], ...] = (
        ("Carb ratio", "amount", ratio, row.carb_ratio, row.carb_ratios),
        (
            "Insulin sensitivity",
            "amount",
            "mg/dL per U",
            row.insulin_sensitivity,
            row.insulin_sensitivities,
        ),
        ("Glucose target low", "low", "mg/dL", row.bg_target, row.bg_targets),
        ("Glucose target", "target", "mg/dL", row.bg_target, row.bg_targets),
        ("Glucose target high", "high", "mg/dL", row.bg_target, row.bg_targets),
    )
    for name, key, unit, one, many in kinds:
        yield name, key, unit, one
        for pattern, told in mapping_in(many).items():
            yield f"{name} {pattern}".strip(), key, unit, told


def _segments(told: object, key: str, *, is_glucose: bool = False) -> tuple[ScheduleSegment, ...]:
    found: dict[int, float] = {}
    for one in list_in(told):
        if not isinstance(one, dict):
            continue
        start, value = amount_in(one.get("start")), amount_in(one.get(key))
        if start is not None and value is not None and start < 1440 * _MS_PER_MIN:
            found[int(start // _MS_PER_MIN)] = clean_mgdl(value) if is_glucose else value
    return tuple(ScheduleSegment(start, found[start]) for start in sorted(found))
