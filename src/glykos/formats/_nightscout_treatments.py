"""Treatments of Nightscout to therapy records.

A treatment may tell several things at once: insulin, carbohydrate, a finger-stick and a note. What
is a pump's stands on one device per site, because the profile, the temporary rates and the boluses
of a site belong together; what people tell stands under the app. Source: reference formats.md §8;
how a combination bolus and a profile switch are written: the site's own form and server.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from glykos.formats._instants import wall_clock
from glykos.formats._loose import amount_in, list_in, mapping_in, number_in, text_in
from glykos.formats._nightscout_rows import Document
from glykos.formats._row_problems import Head, Ignored, Missing
from glykos.formats._text import NotANumber
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Note
from glykos.therapy.records import (
    BasalPatternSelected,
    BasalSchedule,
    Bolus,
    BolusKind,
    BolusSource,
    MeterGlucose,
    MeterOrigin,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    ScheduleSegment,
    SensorCondition,
    SensorState,
    StopReason,
    Suspend,
    TempBasal,
)
from glykos.therapy.units import Glucose, GlucoseUnit

PUMP = "nightscout:pump"
APP = "app:nightscout"
CGM = "nightscout:cgm"

#: The same sensor start is told again and again by some apps; no sensor is changed within an hour.
_SAME_START_S = 3600
#: A pump is filled within this time after its reservoir was changed.
_FILLED_WITHIN_S = 3600
#: A calculator's row and the bolus it led to.
_SAME_BOLUS_S = 120
#: Below it the ends of a target are mmol/L (reference formats.md §0.5).
_MMOLL_BELOW = 40.0
#: A finger-stick without unit: no meter prints less in mg/dL, none more in mmol/L.
_LEAST_MGDL, _MOST_MMOLL = 20.0, 33.4
_MOST_MGDL = 2000.0

#: How apps that set temporary rates by themselves, every few minutes, name themselves.
_LOOPS = ("openaps", "loop", "iaps", "trio", "freeaps")
_SENSOR_STARTS = frozenset({"sensor start", "sensor change", "sensor insert"})
_SITE_CHANGES = frozenset({"site change", "pod change"})
_RESERVOIR_CHANGES = frozenset({"insulin change", "insulin cartridge change"})
_SUSPENDS = frozenset({"suspend pump", "pump suspend", "basal suspension"})
_RESUMES = frozenset({"resume pump", "pump resume", "basal resume"})


class Placed(msgspec.Struct, kw_only=True, gc=False):
    """A document with its instant and its wall clock."""

    line: int
    document: Document
    at_s: int
    wall_s: int
    is_second_pass: bool = False

    @property
    def at_local(self) -> datetime:
        """The wall clock, with its pass of a repeated hour."""
        return wall_clock(self.wall_s, is_second_pass=self.is_second_pass)

    def head(self, device_id: str) -> Head:
        """The beginning of a record of this document."""
        return Head(
            at_local=self.at_local, device_id=device_id, source_id=identity_of(self.document)
        )


def identity_of(document: Document) -> str:
    """The id that the site or the app gave; empty where there is none."""
    return (
        text_in(document.id_)
        or text_in(document.identifier)
        or text_in(document.sync_identifier)
        or text_in(document.uuid)
    )


@dataclass(slots=True)
class Others:
    """What one treatment needs to know of the others in the file."""

    boluses: dict[float, list[int]] = field(default_factory=dict)  # amount [U] -> instants
    meals: dict[float, list[int]] = field(default_factory=dict)  # amount [g] -> instants
    fills: list[int] = field(default_factory=list)
    temp_rates: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, treatments: Iterable[Placed]) -> "Others":
        """From all treatments in order of time."""
        found = cls()
        for placed in treatments:
            document = placed.document
            event = event_of(document)
            if event in _SITE_CHANGES:
                found.fills.append(placed.at_s)
            if event.startswith("temp basal"):
                found.temp_rates.append(placed.at_s)
            if event == "bolus wizard":
                continue
            for told, known in (
                (document.insulin, found.boluses),
                (document.carbs, found.meals),
            ):
                try:
                    amount = amount_in(told)
                except NotANumber:
                    continue
                if amount:
                    known.setdefault(amount, []).append(placed.at_s)
        return found


def event_of(document: Document) -> str:
    """The kind of a treatment, compared without capitals."""
    return _folded(document.event_type) if isinstance(document.event_type, str) else ""


@lru_cache(maxsize=256)
def _folded(told: str) -> str:
    return text_in(told).casefold()


def has_near(times: list[int], at_s: int, within_s: int) -> bool:
    """Whether one of the sorted instants is that near."""
    return bisect_left(times, at_s - within_s) < bisect_right(times, at_s + within_s)


class Treatments:
    """Reads treatments in order of time."""

    def __init__(self, treatments: list[Placed]) -> None:
        self.others = Others.of(treatments)
        self._sensor_started_s: int | None = None

    def records(self, placed: Placed) -> list[Record]:
        """Everything a treatment tells. Raises Ignored, Missing or NotANumber."""
        document = placed.document
        if document.is_valid is False:
            raise Ignored("entries that were deleted in the app")
        special = self._special(event_of(document))
        found = special(placed) if special is not None else _notes(placed)
        found += self._insulin(placed)
        found += self._meal(placed)
        found += _finger_stick(placed)
        if not found:
            raise Ignored("treatments that tell nothing of therapy")
        return found

    def _special(self, event: str) -> Callable[[Placed], list[Record]] | None:
        if event.startswith("temp basal"):
            return _temp_basal
        if event in _SENSOR_STARTS:
            return self._sensor_start
        if event in _SITE_CHANGES:
            return _site_change
        if event in _RESERVOIR_CHANGES:
            return self._reservoir_change
        if event in _SUSPENDS:
            return _suspend
        if event in _RESUMES:
            return _resume
        return {
            "exercise": _exercise,
            "temporary target": _target,
            "profile switch": _profile_switch,
        }.get(event)

    # --- insulin -------------------------------------------------------------------------------

    def _insulin(self, placed: Placed) -> list[Record]:
        document = placed.document
        insulin = amount_in(document.insulin)
        if self._is_told_elsewhere(placed, insulin, self.others.boluses):
            return []
        if event_of(document) == "combo bolus" or amount_in(document.split_ext):
            return self._combination(placed, insulin)
        programmed = amount_in(document.programmed)
        if not insulin and not programmed:
            return []
        if _is_by_pen(document):
            speed = InsulinKind.LONG if document.is_basal_insulin is True else InsulinKind.UNKNOWN
            return [Injection(**placed.head(APP), dose_u=insulin or 0.0, insulin=speed)]
        if text_in(document.type).casefold() == "square" and amount_in(document.duration):
            minutes = amount_in(document.duration)
            return [
                Bolus(
                    **placed.head(PUMP),
                    bolus_kind=BolusKind.EXTENDED,
                    programmed_extended_u=programmed,
                    delivered_extended_u=insulin,
                    programmed_duration_min=minutes,
                    delivered_duration_min=minutes,
                    source=_source(document),
                )
            ]
        return [
            Bolus(
                **placed.head(PUMP),
                bolus_kind=BolusKind.NORMAL,
                programmed_now_u=programmed,
                delivered_now_u=insulin,
                source=_source(document),
            )
        ]

    def _combination(self, placed: Placed, insulin: float | None) -> list[Record]:
        """A combination bolus: ``enteredinsulin`` is the whole, the splits are percent of it."""
        document = placed.document
        is_fake = document.is_emulating_temp_basal is True
        if is_fake and has_near(self.others.temp_rates, placed.at_s, 60):
            raise Ignored("extended boluses that only stand for a temporary rate told beside them")
        whole = amount_in(document.enteredinsulin) or insulin
        if not whole:
            raise Missing("a combination bolus without an amount")
        later_part = (amount_in(document.split_ext) or 0.0) / 100
        now_part = (amount_in(document.split_now) or 0.0) / 100
        if not 0 < now_part + later_part <= 1.0001:
            now_part, later_part = 1.0, 0.0
        lasts = minutes_of(document)
        per_hour = amount_in(document.relative)
        later = whole * later_part
        # An app that cuts the bolus short shortens its duration and leaves the rate.
        given = per_hour * lasts / 60 if per_hour and lasts and later_part else later
        has_both = now_part > 0 and later_part > 0
        single = BolusKind.EXTENDED if later_part > 0 else BolusKind.NORMAL
        return [
            Bolus(
                **placed.head(PUMP),
                bolus_kind=BolusKind.COMBINATION if has_both else single,
                programmed_now_u=whole * now_part if now_part else None,
                delivered_now_u=whole * now_part if now_part else None,
                programmed_extended_u=later if later_part else None,
                delivered_extended_u=min(given, later) if later_part else None,
                programmed_duration_min=None,
                delivered_duration_min=lasts if later_part else None,
                source=_source(document),
            )
        ]

    def _meal(self, placed: Placed) -> list[Record]:
        document = placed.document
        carbs = amount_in(document.carbs)
        if not carbs or self._is_told_elsewhere(placed, carbs, self.others.meals):
            return []
        return [
            CarbEntry(
                **placed.head(APP),
                carbs_g=carbs,
                label=text_in(document.food_type),
                fat_g=amount_in(document.fat),
                protein_g=amount_in(document.protein),
            )
        ]

    @staticmethod
    def _is_told_elsewhere(
        placed: Placed, amount: float | None, known: dict[float, list[int]]
    ) -> bool:
        """Whether a calculator's row only repeats what a row of its own tells."""
        document = placed.document
        if event_of(document) != "bolus wizard" or not amount:
            return False
        return has_near(known.get(amount, []), placed.at_s, _SAME_BOLUS_S)

    # --- devices -------------------------------------------------------------------------------

    def _sensor_start(self, placed: Placed) -> list[Record]:
        before_s = self._sensor_started_s
        if before_s is not None and placed.at_s - before_s < _SAME_START_S:
            raise Ignored("sensor starts told again within an hour")
        self._sensor_started_s = placed.at_s
        return [SensorState(**placed.head(CGM), condition=SensorCondition.STARTED)]

    def _reservoir_change(self, placed: Placed) -> list[Record]:
        """A rewind where the pump was filled soon after; told alone it must not stop the basal."""
        after = bisect_left(self.others.fills, placed.at_s)
        fills = self.others.fills[after : after + 1]
        if fills and fills[0] - placed.at_s <= _FILLED_WITHIN_S:
            return [Rewind(**placed.head(PUMP))]
        return [Note(**placed.head(APP), text="Insulin changed")]


def minutes_of(document: Document) -> float | None:
    """The duration of a treatment [min]; the finer one where an app writes both."""
    milliseconds = amount_in(document.duration_in_milliseconds)
    return amount_in(document.duration) if milliseconds is None else milliseconds / 60_000


def _source(document: Document) -> BolusSource:
    event = event_of(document)
    details = mapping_in(document.bolus) if isinstance(document.bolus, dict) else {}
    marks = (document.is_smb, document.automatic, details.get("isSMB"))
    if event == "smb" or document.type == "SMB" or any(mark is True for mark in marks):
        return BolusSource.AUTO_CORRECTION
    return BolusSource.ESTIMATE if event == "bolus wizard" else BolusSource.UNKNOWN


def _is_by_pen(document: Document) -> bool:
    """Insulin that no pump gave: a pen's details, long-acting insulin, or marked as external."""
    details = document.bolus if isinstance(document.bolus, dict) else {}
    return (
        document.is_basal_insulin is True
        or details.get("isExternal") is True
        or bool(list_in(document.insulin_injections))
    )


def _temp_basal(placed: Placed) -> list[Record]:
    document = placed.document
    lasts = minutes_of(document)
    head = placed.head(PUMP)
    if event_of(document) == "temp basal end":
        return [TempBasal(**head, duration_min=0.0)]
    absolute, change = amount_in(document.absolute), number_in(document.percent)
    if absolute is None and change is None:
        absolute = amount_in(document.rate)
    if absolute is None and change is None:
        if lasts:
            raise Missing("a temporary basal rate without a rate")
        return [TempBasal(**head, duration_min=0.0)]
    # Nightscout's percent is the change: -50 is half the programmed rate.
    fraction = None if absolute is not None or change is None else max(0.0, 1 + change / 100)
    return [
        TempBasal(
            **head,
            rate_u_per_h=absolute,
            fraction=fraction,
            duration_min=lasts,
            preset=TempBasal.AUTOMATIC if _is_by_loop(document) else "",
        )
    ]


def _is_by_loop(document: Document) -> bool:
    """Whether an algorithm set a rate: it says so, or an app that sets rates by itself wrote it."""
    if isinstance(document.automatic, bool):
        return document.automatic
    return text_in(document.entered_by).casefold().startswith(_LOOPS)


def _site_change(placed: Placed) -> list[Record]:
    return [Prime(**placed.head(PUMP), prime_kind=PrimeKind.CANNULA), *_notes(placed)]


def _suspend(placed: Placed) -> list[Record]:
    return [Suspend(**placed.head(PUMP), reason=StopReason.UNKNOWN)]


def _resume(placed: Placed) -> list[Record]:
    return [Resume(**placed.head(PUMP))]


def _exercise(placed: Placed) -> list[Record]:
    document = placed.document
    return [
        Exercise(
            **placed.head(APP), duration_min=minutes_of(document), label=text_in(document.notes)
        )
    ]


def _target(placed: Placed) -> list[Record]:
    document = placed.document
    low, high = amount_in(document.target_bottom), amount_in(document.target_top)
    lasts = minutes_of(document)
    if not lasts or (low is None and high is None):
        return [Note(**placed.head(APP), text="Temporary target cancelled")]
    ends = sorted({end for end in (low, high) if end is not None})
    unit = GlucoseUnit.MMOLL if ends[-1] < _MMOLL_BELOW else GlucoseUnit.MGDL
    told = " to ".join(f"{end:g}" for end in ends)
    reason = text_in(document.reason)
    text = f"Temporary target {told} {unit.value} for {lasts:g} min"
    return [Note(**placed.head(APP), text=f"{text}: {reason}" if reason else text)]


def _profile_switch(placed: Placed) -> list[Record]:
    document = placed.document
    name = text_in(document.profile)
    content = mapping_in(document.profile_json) if document.profile_json is not None else {}
    percentage = amount_in(document.percentage) or 100.0
    segments = segments_of(content.get("basal"), factor=percentage / 100)
    if segments and not number_in(document.timeshift):
        if percentage != 100:
            name = f"{name} at {percentage:g} %"
        return [BasalSchedule(**placed.head(PUMP), pattern=name, segments=segments, is_active=True)]
    if not name:
        raise Missing("a profile switch without a name")
    return [BasalPatternSelected(**placed.head(PUMP), pattern=name)]


def segments_of(told: object, *, factor: float = 1.0) -> tuple[ScheduleSegment, ...]:
    """A day schedule from ``[{time, timeAsSeconds, value}]``; empty unless it begins at midnight."""
    found: dict[int, float] = {}
    for one in list_in(told):
        if not isinstance(one, dict):
            return ()
        start_min, value = _start_min(one), amount_in(one.get("value"))
        if value is None or not 0 <= start_min < 1440:
            return ()
        found[start_min] = round(value * factor, 6)
    if 0 not in found:
        return ()
    return tuple(ScheduleSegment(start, found[start]) for start in sorted(found))


def _start_min(one: dict[str, Any]) -> int:
    seconds = amount_in(one.get("timeAsSeconds"))
    if seconds is not None:
        return int(min(seconds, 90_000) // 60)
    hours, _, minutes = text_in(one.get("time")).partition(":")
    if not (hours.isdecimal() and minutes[:2].isdecimal() and len(hours) < 3):
        raise NotANumber("a time of day")
    return int(hours) * 60 + int(minutes[:2])


def _notes(placed: Placed) -> list[Record]:
    text = text_in(placed.document.notes)
    return [Note(**placed.head(APP), text=text)] if text else []


def _finger_stick(placed: Placed) -> list[Record]:
    document = placed.document
    kind = text_in(document.glucose_type).casefold()
    is_check = event_of(document) == "bg check" and kind in ("", "finger", "manual")
    if not is_check and kind != "finger":
        return []
    glucose = glucose_of(document.glucose, text_in(document.units))
    if glucose is None:
        return []
    return [MeterGlucose(**placed.head(APP), glucose=glucose, origin=MeterOrigin.TYPED)]


def glucose_of(told: object, unit: str) -> Glucose | None:
    """A glucose value in the unit stated, else in the only one it can have. Raises NotANumber."""
    value = amount_in(told)
    if not value:
        return None
    if not unit and _LEAST_MGDL <= value <= _MOST_MMOLL:  # a low of 30 mg/dL or a high of 30 mmol/L
        raise NotANumber(f"{value:g}")
    is_mmoll = unit.casefold().startswith("mmol") if unit else value < _LEAST_MGDL
    if value >= (_MOST_MGDL / 18 if is_mmoll else _MOST_MGDL):
        raise NotANumber(f"{value:g}")
    return Glucose.mmoll_value(value) if is_mmoll else Glucose.mgdl_value(value)
