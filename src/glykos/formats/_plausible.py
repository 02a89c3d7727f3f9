"""Amounts that can hardly be meant: they are kept and said, never dropped.

Doses of 65 and 77 U are genuine and a cap has lost people their insulin before, so the borders
stand well above them. Source: reference formats.md §0.9.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from glykos.formats._ledger import Ledger
from glykos.therapy.diary import CarbEntry, Injection
from glykos.therapy.records import BasalRate, Bolus, BolusEstimate, DailyTotal, Record, TempBasal

_MOST_U = 100.0  # no pump gives more than 75 U as one bolus
_MOST_U_PER_H = 35.0  # the highest rate that pumps can be set to
_MOST_U_PER_DAY = 1000.0
_MOST_CARBS_G = 500.0

_Rule = tuple[Callable[[Any], float | None], float, str]
_RULES: dict[type[Record], _Rule] = {
    Bolus: (attrgetter("delivered_u"), _MOST_U, "U"),
    Injection: (attrgetter("dose_u"), _MOST_U, "U"),
    BasalRate: (attrgetter("rate_u_per_h"), _MOST_U_PER_H, "U/h"),
    TempBasal: (attrgetter("rate_u_per_h"), _MOST_U_PER_H, "U/h"),
    DailyTotal: (attrgetter("amount_u"), _MOST_U_PER_DAY, "U in a day"),
    CarbEntry: (attrgetter("carbs_g"), _MOST_CARBS_G, "g of carbohydrate"),
    BolusEstimate: (attrgetter("carbs_g"), _MOST_CARBS_G, "g of carbohydrate"),
}


def warn_of_implausible(records: Iterable[Record], ledger: Ledger) -> None:
    """One warning for each border that is passed, with the first amount beyond it."""
    found: dict[tuple[float, str], list[str]] = {}
    for record in records:
        rule = _RULES.get(type(record))
        if rule is None:
            continue
        amount_of, most, unit = rule
        value = amount_of(record)
        if value is not None and value > most:
            shown = f"{record.at_local:%Y-%m-%d %H:%M}: {value:g} {unit}"
            found.setdefault((most, unit), []).append(shown)
    for (most, unit), amounts in found.items():
        ledger.warning(
            f"More than {most:g} {unit}: kept as printed, please check.",
            rows=len(amounts),
            shown_value=amounts[0],
        )
