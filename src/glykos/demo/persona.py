"""Invented people: who they are, what their pump is set to, and how they live with it.

Everything about a person is data, so that another person is another value and no other code.
Names and serial numbers are invented; nobody here exists.
"""

from dataclasses import dataclass, field, replace

#: (minute of the day, value) in time order, the first at minute 0.
Schedule = tuple[tuple[int, float], ...]


def value_at(schedule: Schedule, minute: float) -> float:
    """The value of a day schedule in force at a minute of the day."""
    return [value for start, value in schedule if start <= minute][-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class MealHabit:
    """A usual meal; weekends shift it by ``weekend_shift_min``."""

    minute: int
    carbs_g: float
    chance: float = 1.0
    weekend_shift_min: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a person lives with the pump. Chances are per opportunity."""

    forgets_bolus: float = 0.06
    boluses_late: float = 0.12
    counting_error: float = 0.20  # relative standard deviation of estimated carbohydrate
    checks_at_meal: float = 0.8
    overrides: float = 0.18
    extends_bolus: float = 0.10
    corrects_high: float = 0.16  # per high sensor alert
    stacks_manual: float = 0.2  # an extra dose without the calculator, per high sensor alert
    stops_bolus: float = 0.012
    treats_low: float = 0.6
    logs_snack: float = 0.6
    exercise_weekdays: tuple[int, ...] = (1, 3, 5)
    exercise_minute: int = 17 * 60 + 45
    uses_temp_basal: float = 0.7
    extra_temp_basal: float = 0.12  # per day
    takes_pump_off: float = 0.15  # per day: shower, swimming


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """How far the person's real needs are from the pump's settings."""

    sensitivity_mgdl_per_u: float = 44.0
    carb_ratio_g_per_u: float = 8.6
    basal_u_per_h: float = 1.14
    dawn: float = 0.24  # relative rise of glucose production around 06:00
    restlessness: float = 0.12  # slow random changes of glucose production
    day_to_day: float = 0.18  # relative standard deviation of a day's sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One invented person with an insulin pump."""

    first_name: str
    last_name: str
    weight_kg: float
    zone: str
    pump_model: str
    pump_serial: str
    meter_id: str
    basal_u_per_h: Schedule
    carb_ratio_g_per_u: Schedule
    sensitivity_mgdl_per_u: Schedule
    meals: tuple[MealHabit, ...]
    target_low_mgdl: int = 90
    target_high_mgdl: int = 120
    active_insulin_min: int = 180
    wears_sensor: bool = True
    low_limit_mgdl: int = 55
    high_alert_mgdl: int = 250
    habits: Habits = field(default_factory=Habits)
    body: Body = field(default_factory=Body)


ALEX = Persona(
    first_name="Alex",
    last_name="Demo",
    weight_kg=66.0,
    zone="Europe/Berlin",
    pump_model="MiniMed 640G MMT-1512/1712",
    pump_serial="NG0000042D",
    meter_id="BG0000042D",
    basal_u_per_h=(
        (0, 0.7),
        (3 * 60, 0.85),
        (5 * 60, 1.05),
        (9 * 60, 0.85),
        (12 * 60, 0.8),
        (17 * 60, 0.9),
        (22 * 60, 0.75),
    ),
    carb_ratio_g_per_u=((0, 10.0), (6 * 60, 8.5), (11 * 60, 10.0), (17 * 60, 9.5)),
    sensitivity_mgdl_per_u=((0, 50.0), (6 * 60, 45.0), (20 * 60, 50.0)),
    meals=(
        MealHabit(minute=7 * 60 + 10, carbs_g=48, weekend_shift_min=100),
        MealHabit(minute=10 * 60 + 20, carbs_g=16, chance=0.35),
        MealHabit(minute=12 * 60 + 40, carbs_g=62, weekend_shift_min=40),
        MealHabit(minute=15 * 60 + 40, carbs_g=20, chance=0.45),
        MealHabit(minute=19 * 60 + 5, carbs_g=58, weekend_shift_min=30),
        MealHabit(minute=21 * 60 + 40, carbs_g=18, chance=0.3),
    ),
)

ROBIN = replace(
    ALEX,
    first_name="Robin",
    last_name="Demo",
    weight_kg=58.0,
    pump_serial="NG0000043D",
    meter_id="BG0000043D",
    habits=replace(ALEX.habits, forgets_bolus=0.2, boluses_late=0.25, checks_at_meal=0.5),
)

KIM = replace(
    ALEX,
    first_name="Kim",
    last_name="Demo",
    pump_serial="NG0000044D",
    meter_id="BG0000044D",
    wears_sensor=False,
)

#: Adult with pump and sensor; teenager who misses boluses; adult with pump and meter only.
PERSONAS: dict[str, Persona] = {"adult": ALEX, "teen": ROBIN, "meter": KIM}
