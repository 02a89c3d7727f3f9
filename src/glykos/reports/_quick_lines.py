"""Which statistics the Quick View prints: one list for each way of living with diabetes."""

from glykos.reports._stats import Line
from glykos.reports._told_tables import HEALTH
from glykos.reports._ways import Way

Group = tuple[str, str, tuple[Line, ...]]

SENSOR_TILES = (
    Line("mean", "Average glucose"),
    Line("target_in", "In target"),
    Line("gmi", "GMI", 1),
    Line("cv", "Variation (CV)"),
)
#: Without a sensor. Labels get the number of finger-sticks: it decides what they are worth.
METER_TILES = (
    Line("bg_mean", "Average of finger-sticks"),
    Line("bg_in", "Finger-sticks in target"),
    Line("bg_per_day", "Finger-sticks a day", 1),
    Line("hba1c", "HbA1c", 1, optional=True),
    Line("weight", "Weight", 1, optional=True),
)
_SENSOR: Group = (
    "sensor",
    "Sensor glucose",
    (
        Line("mean", "Average"),
        Line("sd", "Standard deviation"),
        Line("cv", "Variation (CV)"),
        Line("gmi", "GMI", 1),
        Line("target_above", "Above target"),
        Line("target_in", "In target"),
        Line("target_below", "Below target"),
        Line("tbr54", "Very low (level 2)"),
        Line("wear_window", "Sensor active, whole period"),
        Line("sensor_minutes", "Sensor time", style="long time"),
    ),
)
_METER: Group = (
    "meter",
    "Meter glucose (shares of finger-sticks, not of time)",
    (
        Line("bg_mean", "Average"),
        Line("bg_sd", "Standard deviation"),
        Line("bg_n", "Readings"),
        Line("bg_per_day", "Readings a day", 1),
        Line("bg_days", "Days with a reading", 0),
        Line("bg_lowest", "Lowest"),
        Line("bg_highest", "Highest"),
        Line("bg_above", "Above target"),
        Line("bg_in", "In target"),
        Line("bg_below", "Below target"),
        Line("bg_very_low", "Very low (level 2)"),
        Line("bg_wake_up", "Average after waking up", optional=True),
        Line("bg_bedtime", "Average at bedtime", optional=True),
    ),
)
_PUMP: Group = (
    "insulin",
    "Insulin",
    (
        Line("tdd", "Total a day", 1),
        Line("tdd_sd", "Total a day, standard deviation", 1),
        Line("basal", "Basal a day", 1),
        Line("basal_percent", "Basal share"),
        Line("bolus", "Bolus a day", 1),
        Line("bolus_percent", "Bolus share"),
        Line("automatic_insulin", "Automatic insulin a day (in basal)", 1, optional=True),
        Line("boluses", "Boluses a day", 1),
        Line("boluses_estimated", "With the bolus calculator, a day", 1),
        Line("boluses_manual", "Without the calculator, a day", 1),
        Line("boluses_automatic", "Automatic boluses a day", 1, optional=True),
        Line("overrides_plus", "Set higher than recommended"),
        Line("overrides_minus", "Set lower than recommended"),
    ),
)
_BOTH: Group = (
    "injections",
    "Injected insulin",
    (
        Line("injected", "Injected a day, on days with an entry", 1),
        Line("injection_days", "Days with an entry", 0),
        Line("total_insulin", "Pump and pen together, a day", 1),
    ),
)
_PENS: Group = (
    "insulin",
    "Insulin",
    (
        Line("injected", "Total a day", 1),
        Line("injected_long", "Long-acting a day", 1),
        Line("injected_rapid", "Rapid-acting a day", 1),
        Line("injected_premix", "Premixed a day", 1, optional=True),
        Line("injected_long_percent", "Long-acting share"),
        Line("injections", "Injections a day", 1),
        Line("injection_days", "Days with logged insulin", 0),
        Line("long_time", "Usual time of long-acting insulin", style="clock"),
        Line("long_time_spread", "Half of its doses within", style="time"),
        Line("long_on_time", "Doses within an hour of it"),
        Line("long_days_without", "Days without an entry of it", 0),
        Line("meals_with_dose", "Meals with a dose"),
    ),
)
_PUMP_LIFE: Group = (
    "daily-life",
    "Food, pump and activity",
    (
        Line("carbs", "Carbohydrate a day", 0),
        Line("carb_entries", "Carbohydrate entries a day", 1),
        Line("carbs_per_unit", "Carbohydrate for each unit of bolus", 1),
        Line("set_change_days", "Days between set changes", 1),
        Line("suspend_min", "Delivery stopped, a day", style="time"),
        Line("suspend_min_low", "of it on low glucose", style="time", optional=True),
        Line("suspend_min_before_low", "of it before low glucose", style="time", optional=True),
        Line("exercise_min", "Exercise a day", style="time"),
    ),
)
_LIFE: Group = (
    "daily-life",
    "Food and activity",
    (
        Line("carbs_entry_days", "Carbohydrate a day, on days with an entry", 0, optional=True),
        Line("exercise_min", "Exercise a day", style="time"),
    ),
)


def groups(way: Way) -> tuple[Group, ...]:
    """The lists of a person's way, in the order of the page."""
    found = [_SENSOR] if way.has_sensor else []
    if way.has_meter or not way.has_sensor:
        found.append(_METER)
    if way.on_pump:
        found.append(_PUMP)
    if way.on_pens:
        found.append(_BOTH if way.on_pump else _PENS)
    return (*found, _PUMP_LIFE if way.on_pump else _LIFE)


#: Everything that any of the lists may ask for, and what the pictures need.
KEYS = frozenset(
    line.metric
    for lines in (
        SENSOR_TILES,
        METER_TILES,
        HEALTH,
        *(group[2] for group in (_SENSOR, _METER, _PUMP, _BOTH, _PENS, _PUMP_LIFE, _LIFE)),
    )
    for line in lines
)
