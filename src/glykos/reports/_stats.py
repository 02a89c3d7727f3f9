"""From metric results to printed statistics: one line of a list for each metric."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from glykos.metrics._metric import NotEnoughData, Result, Value
from glykos.reports._blocks import Cell, Stat
from glykos.reports._format import (
    NONE,
    Formatter,
    decimal,
    duration,
    finite,
    long_duration,
    percent,
    signed,
)

_UNKNOWN = NotEnoughData("not computed")


@dataclass(frozen=True, slots=True)
class Line:
    """One statistic of a report: the metric's key and the words people read beside it.

    ``places`` overrides the number of decimals (of glucose: decimals more than usual); ``style``
    prints minutes as h:mm ("time"), as days and hours ("long time") or as a time of day
    ("clock"), a difference with its sign ("signed"). An ``optional`` line is left out where it
    has nothing to say.
    """

    metric: str
    label: str
    places: int | None = None
    style: Literal["", "time", "long time", "clock", "signed"] = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """A value as printed, with its unit and the number behind it in the reader's unit."""

    text: str
    unit: str
    value: float


def shown(result: Value, line: Line, text: Formatter) -> Printed:
    """A metric's value in the reader's unit: what is printed and the number behind it."""
    value, unit = result.value, result.unit
    if unit == "mg/dL":
        own = text.in_unit(value)
        places = text.places + (line.places or 0)
        return Printed(decimal(own, places), str(text.unit), own)
    if unit == "%":
        shown_text = percent(value) if line.places is None else decimal(value, line.places)
        return Printed(shown_text, unit, value)
    if unit.startswith("min"):
        if line.style == "long time":
            return Printed(long_duration(value), "", value)
        if line.style == "time":
            return Printed(duration(value), "h:mm", value)
        if line.style == "clock":
            return Printed(text.clock(value), "", value)
    if line.style == "signed":
        return Printed(signed(value, _places(line, unit)), _unit_text(unit), value)
    return Printed(decimal(value, _places(line, unit)), _unit_text(unit), value)


def _unit_text(unit: str) -> str:
    """Counted things carry no unit beside their label, which also says "a day"."""
    plain = unit.removesuffix("/day")
    return plain if plain in _PRINTED_UNITS else ""


_PRINTED_UNITS = frozenset({"U", "g", "g/U", "min", "d", "h", "mmol/mol", "mmol/L", "kg", "mmHg"})


def _places(line: Line, unit: str) -> int:
    if line.places is not None:
        return line.places
    return 1 if unit.startswith(("U", "d", "kg")) or "/" in unit else 0


def stat(line: Line, result: Result, text: Formatter, before: Result | None = None) -> Stat:
    """One printed statistic; without a value a dash and the reason.

    ``before`` is the same metric over the previous window; the difference is that of the
    unrounded values.
    """
    if isinstance(result, NotEnoughData) or finite(result.value) is None:
        reason = result.reason if isinstance(result, NotEnoughData) else "no value"
        previous = _previous(line, before, text)
        return Stat(
            key=line.metric,
            label=line.label,
            text=NONE,
            reason=reason,
            metric=line.metric,
            previous=previous,
            difference=NONE if before is not None else "",
        )
    printed = shown(result, line, text)
    return Stat(
        key=line.metric,
        label=line.label,
        text=printed.text,
        unit=printed.unit,
        value=printed.value,
        n=result.n,
        metric=line.metric,
        previous=_previous(line, before, text),
        difference=_difference(line, result, before, text),
    )


def _previous(line: Line, before: Result | None, text: Formatter) -> str:
    if before is None:
        return ""
    if isinstance(before, NotEnoughData) or finite(before.value) is None:
        return NONE
    return shown(before, line, text).text


def _difference(line: Line, now: Value, before: Result | None, text: Formatter) -> str:
    if before is None:
        return ""
    if isinstance(before, NotEnoughData) or finite(before.value) is None:
        return NONE
    change = now.value - before.value
    if now.unit == "mg/dL":
        return signed(text.in_unit(change), text.places + (line.places or 0))
    if now.unit.startswith("min") and line.style:
        sign = "+" if round(change) > 0 else signed(-1)[0] if round(change) < 0 else ""
        show = long_duration if line.style == "long time" else duration
        return f"{sign}{show(abs(change))}"
    places = _places(line, now.unit)
    if now.unit == "%" and line.places is None and abs(change) < 0.95:
        places = 1
    return signed(change, places)


def stats(
    lines: Iterable[Line],
    results: Mapping[str, Result],
    text: Formatter,
    before: Mapping[str, Result] | None = None,
) -> tuple[Stat, ...]:
    """A group of statistics in the order of ``lines``."""
    return tuple(
        stat(
            line,
            results.get(line.metric, _UNKNOWN),
            text,
            None if before is None else before.get(line.metric, _UNKNOWN),
        )
        for line in lines
        if not line.optional
        or number_of(results.get(line.metric))
        or (before is not None and number_of(before.get(line.metric)))
    )


def cell(line: Line, result: Result, text: Formatter) -> Cell:
    """A table cell with the metric's value, or a dash and the reason."""
    if isinstance(result, NotEnoughData) or finite(result.value) is None:
        reason = result.reason if isinstance(result, NotEnoughData) else "no value"
        return Cell(text=NONE, reason=reason)
    printed = shown(result, line, text)
    return Cell(text=printed.text, value=printed.value)


def glucose_cell(mgdl: float | None, text: Formatter, reason: str) -> Cell:
    """A table cell with a glucose value in the reader's unit, or a dash and the reason."""
    if finite(mgdl) is None or mgdl is None:
        return Cell(text=NONE, reason=reason)
    return Cell(text=text.glucose(mgdl), value=text.in_unit(mgdl))


def number_of(result: Result | None) -> float | None:
    """The plain value, or None where there is none."""
    return finite(result.value) if isinstance(result, Value) else None
