"""``glykos report``: a report from exported files, as PDF, web page, JSON or CSV."""

import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from glykos.cli._input import Loaded, load, require_one_person
from glykos.cli._options import (
    Period,
    day,
    different_people_option,
    glucose_options,
    period_options,
    reading_options,
)
from glykos.errors import NotEnoughForReport
from glykos.formats._reader import Hints
from glykos.publish import as_csv, as_html, as_json, as_pdf
from glykos.publish._layout import document_period
from glykos.reports import REPORTS
from glykos.reports._blocks import Document, Person
from glykos.reports._report import Options, Report
from glykos.therapy.clock import Window
from glykos.therapy.targets import Targets
from glykos.therapy.units import GlucoseUnit

#: Ending of the output file -> how one document becomes that file. A PDF takes several.
_ONE_DOCUMENT: dict[str, Callable[[Document], bytes]] = {
    ".html": as_html.page,
    ".json": as_json.json,
    ".csv": as_csv.csv,
}
_ENDINGS = (".pdf", *_ONE_DOCUMENT)


def _output(_ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
    """The output file, refused before anything is read."""
    if value.suffix.lower() not in _ENDINGS:
        raise click.BadParameter(f"the file must end in {', '.join(_ENDINGS)}")
    if value.is_dir() or not value.absolute().parent.is_dir():
        raise click.BadParameter("the folder of the file must exist")
    return value


@click.command()
@click.argument("kind", type=click.Choice([report.key for report in REPORTS]))
@reading_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    callback=_output,
    metavar="OUT.{pdf,html,json,csv}",
    help="Where to write; the ending decides the kind of file. Only you can read it.",
)
@period_options
@click.option(
    "--day",
    "chosen",
    multiple=True,
    type=day,
    metavar="DAY",
    help="A single day, YYYY-MM-DD, for daily and sensor-overlay; may be repeated.",
)
@glucose_options
@click.option("--paper", type=click.Choice(["A4", "Letter"]), default="A4", help="Size of a PDF.")
@click.option("--clock", type=click.Choice(["12", "24"]), default="24", help="Hours of the clock.")
@click.option("--name", help="Name in the header; by default the one in the files.")
@click.option("--born", type=day, metavar="DAY", help="Birth date in the header, YYYY-MM-DD.")
@different_people_option
def report(
    *,
    kind: str,
    paths: tuple[Path, ...],
    hints: Hints,
    output: Path,
    period: Period,
    chosen: tuple[date, ...],
    unit: GlucoseUnit,
    targets: Targets,
    paper: as_pdf.Paper,
    clock: str,
    name: str | None,
    born: date | None,
    different_people: bool,
) -> None:
    """Make the report KIND from exported files.

    \b
    quick-view      two weeks at a glance
    sensor-overlay  days on top of each other
    meal-overlay    sensor glucose around meals and at night
    daily           one day in every detail; the last one unless --day or --days is given

    Exit codes: 0 fine, 2 usage, 3 a file cannot be read, 4 not enough data, 5 day and month
    cannot be told apart.
    """  # noqa: D301 - click reads the backspace
    entry = next(entry for entry in REPORTS if entry.key == kind)
    _check_days(entry, chosen, period)
    loaded = load(paths, hints)
    require_one_person(loaded, different_people=different_people)
    options = Options(
        unit=unit,
        targets=targets,
        clock_24h=clock == "24",
        person=Person(name=_name(loaded) if name is None else name, birth_date=born),
        days=chosen if entry.chooses == "days" else (),
    )
    documents = _documents(entry, loaded, _windows(entry, loaded, chosen, period), options)
    _write(output, _render(documents, output, paper))
    click.echo(f"{output}: {documents[0].title}, {_period(documents)}")


def _check_days(entry: Report, days: tuple[date, ...], period: Period) -> None:
    if days and entry.chooses == "period":
        raise click.UsageError(f"--day does not fit {entry.key}: use --days, --from or --to.")
    if days and period != Period():
        raise click.UsageError("Give either --day or a period, not both.")


def _windows(
    entry: Report, loaded: Loaded, days: tuple[date, ...], period: Period
) -> Sequence[Window]:
    """The window of each document to make: single days for a report of one day."""
    if entry.chooses == "day" and days:
        return [Window(each, each) for each in sorted(set(days))]
    if days:
        # Chosen days are a narrower look at the usual period around them.
        first = min(days[0], *days, max(days) - timedelta(days=entry.default_days - 1))
        return [Window(first, max(days))]
    default_days = 1 if entry.chooses == "day" else entry.default_days
    window = period.window(loaded.history, default_days=default_days)
    if entry.chooses == "day":
        return [Window(each, each) for each in window]
    return [window]


def _documents(
    entry: Report, loaded: Loaded, windows: Sequence[Window], options: Options
) -> list[Document]:
    """The documents that have something to show; the reason of the last one where none has."""
    documents: list[Document] = []
    reason: NotEnoughForReport | None = None
    for window in windows:
        try:
            documents.append(entry.build(loaded.history, window, options))
        except NotEnoughForReport as error:
            reason = error
    if reason is not None and not documents:
        raise reason
    return documents


def _render(documents: Sequence[Document], output: Path, paper: as_pdf.Paper) -> bytes:
    ending = output.suffix.lower()
    if ending == ".pdf":
        return as_pdf.pdf(documents, paper=paper)
    if len(documents) > 1:
        raise click.UsageError("Several days fit into one file only as PDF: use -o NAME.pdf.")
    return _ONE_DOCUMENT[ending](documents[0])


def _name(loaded: Loaded) -> str:
    """The name that the files agree on, else none."""
    names = {reading.owner.name for _, reading in loaded.files if reading.owner.name}
    return names.pop() if len(names) == 1 else ""


def _period(documents: Sequence[Document]) -> str:
    ends = [document_period(document) for document in (documents[0], documents[-1])]
    return " to ".join(dict.fromkeys(ends))


def _write(output: Path, data: bytes) -> None:
    """Write beside the target and rename, so that there is never half a file; readable by the owner."""
    handle, temporary = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.absolute().parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(output)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
