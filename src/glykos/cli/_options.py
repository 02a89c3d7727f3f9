"""The options that the commands working on files share: which files, which days, which unit.

A decorator adds options to a command and hands it one typed value for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from glykos.cli._input import wall_clock_now
from glykos.errors import NotEnoughForReport
from glykos.formats._columns import BY_KEY, SHEET
from glykos.formats._reader import Hints
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.targets import STANDARD, Limit, Targets, custom_target
from glykos.therapy.units import GlucoseUnit, to_mgdl

MAX_DAYS = 36_600


def reading_options(command: Callable[..., object]) -> Callable[..., object]:
    """``FILE…`` and how to read them; the command receives ``paths`` and ``hints``."""

    @wraps(command)
    def collect(
        *,
        columns: dict[str, str] | None,
        date_order: str | None,
        file_unit: GlucoseUnit | None,
        **others: object,
    ) -> object:
        hints = Hints(
            columns=columns or {}, unit=file_unit, date_order=date_order or "", now=wall_clock_now()
        )
        return command(hints=hints, **others)

    return _with(
        collect,
        click.argument(
            "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…"
        ),
        click.option(
            "--map",
            "columns",
            type=column_map,
            metavar="OURS=THEIRS,…",
            help="Which column of your own table is what: time=…,glucose=… Ours: "
            f"{', '.join(BY_KEY)}. Theirs: a header or #3 for the third column."
            f" {SHEET}=… names a sheet.",
        ),
        click.option(
            "--date-order",
            type=click.Choice(["dmy", "mdy"]),
            help="Order of day and month where a file does not show it.",
        ),
        click.option(
            "--file-unit",
            type=glucose_unit,
            metavar="UNIT",
            help="Glucose unit of a plain table that does not name it.",
        ),
    )


def period_options(command: Callable[..., object]) -> Callable[..., object]:
    """``--days``, ``--from`` and ``--to``; the command receives ``period``."""

    @wraps(command)
    def collect(
        *, days: int | None, first: date | None, last: date | None, **others: object
    ) -> object:
        return command(period=Period(days=days, first=first, last=last), **others)

    return _with(
        collect,
        click.option(
            "--days",
            type=day_count,
            metavar="N|all",
            help="The last N days with data, or all of them.",
        ),
        click.option("--from", "first", type=day, metavar="DAY", help="First day, YYYY-MM-DD."),
        click.option("--to", "last", type=day, metavar="DAY", help="Last day, YYYY-MM-DD."),
    )


def glucose_options(command: Callable[..., object]) -> Callable[..., object]:
    """``--unit`` and ``--target``; the command receives ``unit`` and ``targets``."""

    @wraps(command)
    def collect(*, unit: GlucoseUnit, target: str | None, **others: object) -> object:
        targets = parse_target(target, unit) if target else STANDARD
        return command(unit=unit, targets=targets, **others)

    return _with(
        collect,
        click.option(
            "--unit",
            type=glucose_unit,
            metavar="UNIT",
            default=GlucoseUnit.MGDL,
            help="Unit of glucose in the result: mg/dL (default) or mmol/L.",
        ),
        click.option(
            "--target",
            metavar="LO-HI",
            help="Target range in the chosen unit, both ends included. Default: 70-180 mg/dL.",
        ),
    )


def _with(
    command: Callable[..., object], *parameters: Callable[[Callable[..., object]], Any]
) -> Callable[..., object]:
    """The command with these parameters, listed in its help in this order."""
    for parameter in reversed(parameters):
        command = parameter(command)
    return command


different_people_option = click.option(
    "--different-people", is_flag=True, help="Go on although the files name different people."
)


def glucose_unit(text: str) -> GlucoseUnit:
    """``mg/dL`` or ``mmol/L`` in any case, with or without the slash."""
    known = {unit.value.lower().replace("/", ""): unit for unit in GlucoseUnit}
    unit = known.get(text.lower().replace("/", ""))
    if unit is None:
        raise click.BadParameter("give mg/dL or mmol/L")
    return unit


def day(text: str) -> date:
    """A calendar day as ``YYYY-MM-DD``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("give a day as YYYY-MM-DD") from None


def day_count(text: str) -> int:
    """A positive number of days, or ``all`` as 0."""
    if text == "all":
        return 0
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_DAYS):
        raise click.BadParameter(f"give a number of days from 1 to {MAX_DAYS}, or all")
    return int(text)


def column_map(text: str) -> dict[str, str]:
    """``time=Zeit,glucose=Glukose``: our column names to those of the file."""
    mapping: dict[str, str] = {}
    for pair in text.split(","):
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not equals or not theirs:
            raise click.BadParameter("give it like time=Timestamp,glucose=Value")
        if ours not in BY_KEY and ours != SHEET:
            raise click.BadParameter(f"{ours} is none of {', '.join(BY_KEY)}, {SHEET}")
        mapping[ours] = theirs
    return mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days somebody asked for; ``days`` 0 means all."""

    days: int | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.days is not None and self.first is not None and self.last is not None:
            raise click.UsageError("Give two of --days, --from and --to, not all three.")
        if self.days == 0 and (self.first or self.last):
            raise click.UsageError("--days all leaves no room for --from or --to.")
        if self.first and self.last and self.last < self.first:
            raise click.UsageError("--to is before --from.")

    def window(self, history: History, *, default_days: int) -> Window:
        """The window, counted back from the last day with data where no end is given.

        Raises:
            NotEnoughForReport: nothing in the history has a time, or all of it ends before the
                first day asked for.
        """
        span = history.span
        if span is None:
            raise NotEnoughForReport(
                "These files hold no readings or events.",
                "Check with `glykos read` what is in them.",
            )
        if self.days == 0:
            return span
        count = self.days or default_days
        if self.first and not self.last and self.days:
            return Window(self.first, self.first + timedelta(days=count - 1))
        last = self.last or span.last
        first = self.first or Window.ending(last, count).first
        if last < first:
            raise NotEnoughForReport(
                f"The data end on {span.last}, before the first day asked for.",
                "Choose an earlier --from.",
            )
        return Window(first, last)


def parse_target(text: str, unit: GlucoseUnit) -> Targets:
    """A target range like ``70-180`` or ``3.9-10.0`` in ``unit``.

    Raises:
        click.BadParameter: not two numbers, the first smaller, within 40 to 400 mg/dL.
    """
    low_text, _, high_text = text.replace("–", "-").partition("-")  # noqa: RUF001 - people paste it
    try:
        low, high = float(low_text), float(high_text)
    except ValueError:
        low = high = 0.0
    low_mgdl, high_mgdl = to_mgdl(low, unit), to_mgdl(high, unit)
    if not 40 <= low_mgdl < high_mgdl <= 401:  # 400 mg/dL is 22.2 mmol/L
        raise click.BadParameter(
            f"give two numbers in {unit.value} like "
            + ("3.9-10.0" if unit is GlucoseUnit.MMOLL else "70-180")
        )
    if unit is GlucoseUnit.MGDL:
        return custom_target(round(low), round(high))
    return Targets(
        "custom",
        f"Own ({low:.1f}-{high:.1f} mmol/L)",
        Limit(_conventional_mgdl(low), round(low, 1)),
        Limit(_conventional_mgdl(high), round(high, 1)),
    )


def _conventional_mgdl(mmoll: float) -> int:
    """70 for 3.9 and 180 for 10.0, as everywhere; otherwise the nearest whole mg/dL."""
    known = {3.0: 54, 3.5: 63, 3.9: 70, 7.8: 140, 10.0: 180, 13.9: 250}
    return known.get(round(mmoll, 1)) or round(to_mgdl(mmoll, GlucoseUnit.MMOLL))
