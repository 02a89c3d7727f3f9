"""Carbohydrate: grams per day and grams per unit of bolus insulin."""

from datetime import date

from glykos.metrics._analysis import Analysis
from glykos.metrics._coverage import COMPLETE, PUMP_COMPLETE, amount_per_logbook_day
from glykos.metrics._intake import intakes
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.therapy.records import Bolus, BolusSource

_OURS = "ours, after CareLink's Quick View and Logbook reports"
_DAYS = PUMP_COMPLETE + COMPLETE
NO_CARBS = NotEnoughData("no carbohydrate was entered in this period")


def carbs_by_day(analysis: Analysis) -> dict[date, float]:
    """Carbs of each local day with at least one entry [g]; the same intake told twice is once."""
    grams: dict[date, float] = {}
    for entry in intakes(analysis).entries:
        grams[entry.day] = grams.get(entry.day, 0.0) + entry.carbs_g
    return grams


def _per_day(analysis: Analysis) -> Result:
    grams = carbs_by_day(analysis)
    return amount_per_logbook_day(analysis, grams.items(), "g/day") if grams else NO_CARBS


def _per_entry_day(analysis: Analysis) -> Result:
    grams = carbs_by_day(analysis)
    return Value(sum(grams.values()) / len(grams), "g/day", len(grams)) if grams else NO_CARBS


def _entries(analysis: Analysis) -> Result:
    entries = intakes(analysis).entries
    if not entries:
        return NO_CARBS
    return amount_per_logbook_day(analysis, ((one.day, 1.0) for one in entries), "entries/day")


def _per_unit(analysis: Analysis) -> Result:
    entries = intakes(analysis).entries
    if not entries:
        return NO_CARBS
    boluses = [
        one for one in analysis.history.of(Bolus) if one.source is not BolusSource.AUTO_BASAL
    ]
    units = sum(bolus.delivered_u for bolus in boluses)
    if units <= 0:
        return NotEnoughData("no bolus was delivered in this period")
    return Value(sum(one.carbs_g for one in entries) / units, "g/U", len(boluses))


def _merged(analysis: Analysis) -> Result:
    found = intakes(analysis)
    return Value(float(found.merged), "entries", len(found.entries)) if found.entries else NO_CARBS


METRICS: tuple[Metric, ...] = (
    Metric(
        key="carbs",
        name="Carbs per day",
        unit="g/day",
        definition="All carbohydrate entered, per complete day, days without an entry included:"
        f" complete days of pump data where a pump was worn, else of any data.{_DAYS} The same"
        " grams told to the bolus calculator and to the logbook within 15 min count once.",
        source=_OURS,
        least_data="1 carb entry and 1 complete day",
        version=2,
        compute=_per_day,
    ),
    Metric(
        key="carbs_entry_days",
        name="Carbs per day with entries",
        unit="g/day",
        definition="All carbohydrate entered, per day on which there is at least one entry.",
        source=_OURS,
        least_data="1 carb entry",
        version=1,
        compute=_per_entry_day,
    ),
    Metric(
        key="carb_entries",
        name="Carb entries per day",
        unit="entries/day",
        definition="How often carbohydrate was entered, per complete day: complete days of pump"
        f" data where a pump was worn, else of any data.{_DAYS}",
        source=_OURS,
        least_data="1 carb entry and 1 complete day",
        version=2,
        compute=_entries,
    ),
    Metric(
        key="carbs_per_unit",
        name="Carbs per unit of bolus",
        unit="g/U",
        definition="All carbohydrate divided by all bolus insulin delivered, corrections included;"
        " not the carb ratio set in the pump.",
        source=_OURS,
        least_data="1 carb entry and 1 bolus",
        version=1,
        compute=_per_unit,
    ),
    Metric(
        key="carbs_merged",
        name="Carb entries told twice",
        unit="entries",
        definition="How many logbook or marker entries were left out because the bolus calculator"
        " was told the same grams within 15 min.",
        source=_OURS,
        least_data="1 carb entry",
        version=1,
        compute=_merged,
    ),
)
