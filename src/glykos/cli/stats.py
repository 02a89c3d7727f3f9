"""``glykos stats``: every number of a period from exported files, as a table or as JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

import click

from glykos.cli._input import load, require_one_person
from glykos.cli._options import (
    Period,
    different_people_option,
    glucose_options,
    period_options,
    reading_options,
)
from glykos.formats._reader import Hints
from glykos.metrics import METRICS, Metric, NotEnoughData, Result, Value, compute
from glykos.therapy.clock import Window
from glykos.therapy.targets import Targets
from glykos.therapy.units import GlucoseUnit, from_mgdl

DEFAULT_DAYS = 14
_MGDL = GlucoseUnit.MGDL.value


def _list(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Print the catalogue and end, before files are asked for."""
    if not value or ctx.resilient_parsing:
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("key", "name", "unit", "how it is computed")
    for metric in METRICS:
        table.add_row(metric.key, metric.name, metric.unit, metric.definition)
    Console().print(table)
    ctx.exit()


@click.command()
@reading_options
@period_options
@glucose_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--list",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_list,
    help="List every metric with its definition, and stop.",
)
@different_people_option
def stats(
    *,
    paths: tuple[Path, ...],
    hints: Hints,
    period: Period,
    unit: GlucoseUnit,
    targets: Targets,
    as_json: bool,
    different_people: bool,
) -> None:
    """Compute the statistics of a period: the last 14 days of the data unless told otherwise.

    With --json: "window" {first, last, days} and "metrics" {key: {value, unit, n} or
    {not_enough_data: reason}}, unrounded.

    Exit codes: 0 fine, 2 usage, 3 a file cannot be read, 4 not enough data, 5 day and month
    cannot be told apart.
    """
    loaded = load(paths, hints)
    require_one_person(loaded, different_people=different_people)
    window = period.window(loaded.history, default_days=DEFAULT_DAYS)
    found = {
        key: converted(result, unit)
        for key, result in compute(loaded.history, window, targets).items()
    }
    if as_json:
        click.echo(json.dumps(_as_object(window, found), indent=2, allow_nan=False))
    else:
        _print(window, found, unit)


def converted(result: Result, unit: GlucoseUnit) -> Result:
    """A result with glucose in ``unit``; numbers that are no glucose stay as they are."""
    if isinstance(result, NotEnoughData) or not result.unit.startswith(_MGDL):
        return result
    return Value(from_mgdl(result.value, unit), result.unit.replace(_MGDL, unit.value, 1), result.n)


def _as_object(window: Window, found: dict[str, Result]) -> dict[str, object]:
    return {
        "window": {
            "first": window.first.isoformat(),
            "last": window.last.isoformat(),
            "days": window.days,
        },
        "metrics": {
            key: {"not_enough_data": result.reason}
            if isinstance(result, NotEnoughData)
            else {"value": result.value, "unit": result.unit, "n": result.n}
            for key, result in found.items()
        },
    }


def _print(window: Window, found: dict[str, Result], unit: GlucoseUnit) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    days = "1 day" if window.days == 1 else f"{window.days} days"
    table = Table("", title=f"{window.first} to {window.last} ({days})", title_justify="left")
    for heading, side in (("value", "right"), ("unit", "left"), ("n", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for metric, result in _with_numbers(found):
        table.add_row(metric.name, shown(result, unit), result.unit, str(result.n))
    console.print(table)
    reasons: dict[str, list[str]] = {}
    for metric in METRICS:
        missing = found[metric.key]
        if isinstance(missing, NotEnoughData):
            reasons.setdefault(missing.reason, []).append(metric.name)
    for reason, names in reasons.items():
        console.print(f"[bold]Not computed, {reason}:[/bold] {', '.join(names)}")


def _with_numbers(found: dict[str, Result]) -> Iterable[tuple[Metric, Value]]:
    for metric in METRICS:
        result = found[metric.key]
        if isinstance(result, Value):
            yield metric, result


def shown(result: Value, unit: GlucoseUnit) -> str:
    """A value as a person reads it: counts whole, mg/dL whole, everything else one decimal.

    A mean over nothing, such as the mean duration of no episode, is a dash.
    """
    if result.n == 0 and result.unit == "min":
        return "-"
    if result.unit == unit.value and unit is GlucoseUnit.MGDL:
        return f"{result.value:.0f}"
    if result.unit in _WHOLE and result.value.is_integer():
        return f"{result.value:.0f}"
    return f"{result.value:.2f}" if result.unit in _FINE else f"{result.value:.1f}"


_WHOLE = {"readings", "episodes", "excursions", "pairs", "boluses", "entries"}
_FINE = {"r", "risk", "index", "score"}
