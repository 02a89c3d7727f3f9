"""What happens in an invented life: the vocabulary, and the plan of the days.

Events come first and drive glucose. All times are elapsed seconds since midnight of the first
day; :class:`LifeClock` turns them into the wall clock of the pump, which its owner sets by hand
on the morning of a change of summer time.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from glykos.demo.persona import Persona
from glykos.therapy.clock import DAY_S, local_time

#: When the owner puts the pump's clock right on the morning of a change of summer time.
CLOCK_SET_S = 8 * 3600 + 41 * 60 + 12
_WEEKEND = 5
_MIN = 60


@dataclass(frozen=True, slots=True)
class LifeClock:
    """The pump's wall clock: it runs on until its owner sets it once by ``shift_s``."""

    first_day: date
    days: int
    change_s: int | None = None
    shift_s: int = 0

    @classmethod
    def of(cls, zone: str, last_day: date, days: int) -> "LifeClock":
        """The clock of a pump in a zone; only the last change of summer time is lived."""
        first_day = last_day - timedelta(days=days - 1)
        change_s, shift_s = None, 0
        for n in range(days):
            today = _offset(zone, first_day + timedelta(days=n))
            moved = _offset(zone, first_day + timedelta(days=n + 1)) - today
            if moved:
                change_s, shift_s = n * DAY_S + CLOCK_SET_S, int(moved.total_seconds())
        return cls(first_day, days, change_s, shift_s)

    @property
    def end_s(self) -> int:
        """Elapsed seconds from the first midnight to the last."""
        return self.days * DAY_S - self.shift_s

    def wall_s(self, at_s: float, *, old_clock: bool = False) -> int:
        """Wall-clock seconds since the first midnight."""
        moved = self.change_s is not None and at_s >= self.change_s and not old_clock
        return int(at_s) + (self.shift_s if moved else 0)

    def local(self, at_s: float, *, old_clock: bool = False) -> datetime:
        """The wall clock as the pump shows it."""
        start = local_time(self.first_day.year, self.first_day.month, self.first_day.day)
        return start + timedelta(seconds=self.wall_s(at_s, old_clock=old_clock))

    def elapsed_s(self, wall_s: int) -> int:
        """Elapsed seconds of a wall-clock time; the second pass of a repeated hour."""
        if self.change_s is not None and wall_s >= self.change_s + self.shift_s:
            return wall_s - self.shift_s
        return wall_s

    def minute_of_day(self, at_s: float) -> float:
        """Minutes after midnight on the pump's clock."""
        return self.wall_s(at_s) % DAY_S / 60


def _offset(zone: str, day: date) -> timedelta:
    offset = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).utcoffset()
    return offset or timedelta()


# --- what is planned -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """Something the person will do: ``what`` is a method of ``person.Person``."""

    at_s: int
    what: str
    amount: float = 0.0


def plan(persona: Persona, clock: LifeClock, rng: np.random.Generator) -> list[Planned]:
    """Meals, exercise, finger-sticks, set and sensor changes of all days, in time order."""
    planned: list[Planned] = []
    for day in range(clock.days):
        for minute, what, amount in _day(persona, clock, day, rng):
            wall_s = day * DAY_S + int(minute * _MIN) + int(rng.integers(0, 60))
            planned.append(Planned(clock.elapsed_s(wall_s), what, amount))
    if clock.change_s is not None:
        planned.append(Planned(clock.change_s, "set_clock"))
    return sorted(p for p in planned if p.at_s < clock.end_s)


def _day(
    persona: Persona, clock: LifeClock, day: int, rng: np.random.Generator
) -> list[tuple[float, str, float]]:
    """(minute of the day, what, amount) of one day."""
    habits = persona.habits
    weekday = (clock.first_day + timedelta(days=day)).weekday()
    weekend = weekday >= _WEEKEND
    doings: list[tuple[float, str, float]] = []
    for meal in persona.meals:
        if rng.random() < meal.chance:
            minute = meal.minute + rng.normal(0, 18) + (meal.weekend_shift_min if weekend else 0)
            carbs = meal.carbs_g * float(rng.lognormal(-0.03, 0.25))
            doings.append((minute, "eat", round(carbs)))
    doings += [
        (6 * 60 + 40 + rng.normal(0, 8) + (90 if weekend else 0), "check_and_calibrate", 0.0),
        (18 * 60 + 30 + rng.normal(0, 12), "check_and_calibrate", 0.0),
        (22 * 60 + 50 + rng.normal(0, 12), "check", 0.0),
    ]
    if weekday in habits.exercise_weekdays and rng.random() < 0.85:
        start = habits.exercise_minute - (6 * 60 if weekend else 0) + rng.normal(0, 15)
        doings.append((start, "exercise", float(rng.choice((30, 45, 60, 75)))))
    if rng.random() < habits.extra_temp_basal:
        doings.append((14 * 60 + rng.normal(0, 90), "extra_temp_basal", 0.0))
    if rng.random() < habits.takes_pump_off:
        doings.append((20 * 60 + 20 + rng.normal(0, 30), "take_pump_off", 0.0))
    if day % 3 == 1:
        doings.append((13 * 60 + 35 + rng.normal(0, 20), "change_set", 0.0))
    if day % 6 == 2 and persona.wears_sensor:
        doings.append((15 * 60 + rng.normal(0, 25), "change_sensor", 0.0))
    if day % 26 == 11:
        doings.append((11 * 60 + 20 + rng.normal(0, 60), "change_battery", 0.0))
    if rng.random() < 0.05:
        doings.append((9 * 60 + 50 + rng.normal(0, 30), "note", 0.0))
    return [(min(max(minute, 0.0), 1438.0), what, amount) for minute, what, amount in doings]


# --- what happened ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorPoint:
    """One sensor reading [mg/dL] with its raw current [nA]."""

    at_s: int
    mgdl: int
    isig: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """One finger-stick [mg/dL]; ``is_linked`` when the meter sent it to the pump."""

    at_s: int
    mgdl: int
    is_linked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculatorUse:
    """What the bolus calculator was told and proposed."""

    at_s: int
    carbs_g: int
    bg_mgdl: int | None
    ratio_g_per_u: float
    sensitivity_mgdl_per_u: float
    food_u: float
    correction_u: float
    active_u: float
    estimate_u: float
    final_u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBolus:
    """A delivered part of a bolus; the two parts of a dual wave share their number."""

    at_s: int
    number: int
    kind: str  # as CareLink names it
    selected_u: float
    delivered_u: float
    selected_min: int = 0
    delivered_s: int = 0
    source: str = "BOLUS_WIZARD"
    is_stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TempRate:
    """A temporary basal rate as a fraction of the programme."""

    at_s: int
    fraction: float
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Tubing or cannula fill [U]."""

    at_s: int
    kind: str
    volume_u: float
    left_u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alarm or alert of the pump, and when its owner cleared it."""

    at_s: int
    text: str
    cleared_s: int | None = None


@dataclass(slots=True)
class Life:
    """Everything that happened, as lists in the order in which it happened.

    ``delivered`` holds every change of the basal rate that really ran (elapsed second, U/h);
    ``printed`` holds the rate rows a 640G would print, which are not the same.
    """

    clock: LifeClock
    glucose_mgdl: list[float] = field(default_factory=list)
    sensor: list[SensorPoint] = field(default_factory=list)
    sensor_states: list[tuple[int, str]] = field(default_factory=list)
    meter: list[MeterReading] = field(default_factory=list)
    calibrations: list[tuple[int, int]] = field(default_factory=list)
    estimates: list[CalculatorUse] = field(default_factory=list)
    boluses: list[GivenBolus] = field(default_factory=list)
    delivered: list[tuple[int, float]] = field(default_factory=list)
    printed: list[tuple[int, float]] = field(default_factory=list)
    temps: list[TempRate] = field(default_factory=list)
    stops: list[tuple[int, str]] = field(default_factory=list)
    restarts: list[int] = field(default_factory=list)
    rewinds: list[int] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    eaten_g: float = 0.0

    def basal_units(self, day: int) -> float:
        """Basal insulin that really ran on a wall-clock day (0 is the first) [U]."""
        total = 0.0
        ends = [at_s for at_s, _ in self.delivered[1:]] + [self.clock.end_s]
        for (start_s, rate), end_s in zip(self.delivered, ends, strict=True):
            for lo, hi in self._pieces(start_s, end_s):
                inside = min(hi, (day + 1) * DAY_S) - max(lo, day * DAY_S)
                total += rate * max(0, inside) / 3600
        return total

    def _pieces(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """Wall-clock pieces of an elapsed span, cut where the clock was set."""
        cut = self.clock.change_s
        if cut is None or not start_s < cut < end_s:
            shown = self.clock.wall_s(start_s)
            return [(shown, shown + end_s - start_s)]
        return [*self._pieces(start_s, cut), *self._pieces(cut, end_s)]
