"""Invented people without an insulin pump: pens, a meter, tablets; and what their days leave behind.

As with ``persona``, everything about a person is data. Times in a :class:`Diary` are those of a
phone, which follows summer time by itself. Nobody here exists.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from glykos.demo.persona import Body, MealHabit, Schedule
from glykos.therapy.clock import DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Pens:
    """Two pens: one with meals, one once a day. Chances are per opportunity."""

    rapid: str
    long: str
    long_u: float
    long_minute: int
    long_spread_min: float = 22.0
    skips_long: float = 0.03
    carb_ratio_g_per_u: Schedule
    sensitivity_mgdl_per_u: float
    target_mgdl: int = 120
    step_u: float = 1.0
    forgets_dose: float = 0.05
    counting_error: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """A medicine taken every ``every_days`` days at a usual time."""

    name: str
    dose: float
    unit: str
    minute: int
    every_days: int = 1
    skips: float = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Diarist:
    """One person who keeps a diary of some kind.

    ``checks`` are usual finger-sticks (minute of the day, chance). ``secretion_u_per_h`` is what
    the own body still releases per mg/dL above rest. ``logs_food`` is the chance that a meal is
    written down.
    """

    first_name: str
    last_name: str
    birth_date: date
    zone: str
    weight_kg: float
    body: Body
    meals: tuple[MealHabit, ...]
    dishes: tuple[str, ...] = ()
    pens: Pens | None = None
    medicines: tuple[Medicine, ...] = ()
    checks: tuple[tuple[int, float], ...] = ()
    checks_at_meal: float = 0.0
    logs_food: float = 0.85
    wears_sensor: bool = False
    secretion_u_per_h: float = 0.0
    production: float = 1.0
    loses_kg_per_week: float = 0.0
    hba1c_percent: tuple[float, ...] = ()
    exercise_weekdays: tuple[int, ...] = (2, 5)
    has_cycle: bool = False


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """A phone in a zone: elapsed seconds since the first midnight, and what it shows."""

    first_day: date
    days: int
    zone: str

    @classmethod
    def of(cls, zone: str, last_day: date, days: int) -> "PhoneClock":
        """The clock of ``days`` days up to and including ``last_day``."""
        return cls(last_day - timedelta(days=days - 1), days, zone)

    def elapsed_s(self, wall_s: float) -> int:
        """Elapsed seconds at a wall-clock time, counted from the first midnight."""
        midnight = self._midnight()
        day, second = divmod(int(wall_s), DAY_S)
        at = (midnight + timedelta(days=day, seconds=second)).astimezone(UTC)
        return int((at - midnight.astimezone(UTC)).total_seconds())

    def local(self, at_s: float) -> datetime:
        """What the phone shows."""
        at = self._midnight().astimezone(UTC) + timedelta(seconds=int(at_s))
        return at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def _midnight(self) -> datetime:
        first = self.first_day
        return datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Eaten:
    """A meal as it was written down."""

    at_s: int
    carbs_g: int
    dish: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An injection."""

    at_s: int
    units: float
    brand: str
    is_long: bool = False


@dataclass(slots=True)
class Diary:
    """What a person wrote down or a device kept, in the order in which it happened.

    ``readings`` and ``sticks`` are (elapsed second, mg/dL); ``scans`` are readings looked at.
    ``taken`` are medicines, ``moved`` is (second, minutes, label), ``remarks`` (second, kind,
    text) everything else that people note. ``missed`` counts doses that nobody gave.
    """

    clock: PhoneClock
    glucose_mgdl: list[float] = field(default_factory=list)
    readings: list[tuple[int, int]] = field(default_factory=list)
    scans: list[tuple[int, int]] = field(default_factory=list)
    sticks: list[tuple[int, int]] = field(default_factory=list)
    eaten: list[Eaten] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    taken: list[tuple[int, Medicine]] = field(default_factory=list)
    moved: list[tuple[int, int, str]] = field(default_factory=list)
    remarks: list[tuple[int, str, str]] = field(default_factory=list)
    weights: list[tuple[int, float]] = field(default_factory=list)
    pressures: list[tuple[int, int, int]] = field(default_factory=list)
    hba1c: list[tuple[int, float]] = field(default_factory=list)
    missed: int = 0
