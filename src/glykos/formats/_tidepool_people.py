"""Rows of a Tidepool export that people wrote themselves, or that a blood test gave."""

from glykos.formats._loose import amount_in, mapping_in, nested, text_in
from glykos.formats._tidepool_pump import Placed, minutes_in, needed
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Ketone
from glykos.therapy.records import Record

_SPEEDS = {
    "rapid": InsulinKind.RAPID,
    "short": InsulinKind.SHORT,
    "intermediate": InsulinKind.INTERMEDIATE,
    "long": InsulinKind.LONG,
    "premixed": InsulinKind.PREMIX,
}
_MINUTES = {"minutes": 1.0, "hours": 60.0, "seconds": 1 / 60}


def ketone(placed: Placed) -> list[Record]:
    """Blood ketones."""
    value = needed(amount_in(placed.row.value), "a ketone reading without a value")
    return [Ketone(**placed.head, mmol_per_l=round(value, 2))]


def injection(placed: Placed) -> list[Record]:
    """Insulin by pen or syringe."""
    dose = needed(amount_in(mapping_in(placed.row.dose).get("total")), "insulin without a dose")
    simple = mapping_in(mapping_in(placed.row.formulation).get("simple"))
    speed = _SPEEDS.get(text_in(simple.get("actingType")), InsulinKind.UNKNOWN)
    return [
        Injection(**placed.head, dose_u=dose, insulin=speed, brand=text_in(simple.get("brand")))
    ]


def food(placed: Placed) -> list[Record]:
    """A meal; without carbohydrate it is rejected."""
    nutrition = mapping_in(placed.row.nutrition)
    amounts = [
        amount_in(mapping_in(nutrition.get(part)).get(key))
        for part, key in (("carbohydrate", "net"), ("fat", "total"), ("protein", "total"))
    ]
    return [
        CarbEntry(
            **placed.head,
            carbs_g=needed(amounts[0], "food without carbohydrate"),
            label=text_in(placed.row.name),
            fat_g=amounts[1],
            protein_g=amounts[2],
        )
    ]


def activity(placed: Placed) -> list[Record]:
    """Activity; its length stands as an object with a unit, or in milliseconds."""
    row = placed.row
    told = nested(row.duration)
    lasts: float | None
    if isinstance(told, dict):
        value = amount_in(told.get("value"))
        per_unit = _MINUTES.get(text_in(told.get("units")))
        lasts = None if value is None or per_unit is None else value * per_unit
    else:
        lasts = minutes_in(row.duration)
    return [
        Exercise(
            **placed.head,
            duration_min=lasts,
            intensity=text_in(row.reported_intensity),
            label=text_in(row.name),
        )
    ]
