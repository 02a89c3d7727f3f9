"""From an open door to finished documents and files of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from glykos.errors import NotEnoughForReport
from glykos.publish import as_csv, as_json, as_pdf
from glykos.publish.as_pdf import Paper
from glykos.reports import REPORTS
from glykos.reports._blocks import Document, Figure, Stats
from glykos.reports._report import Options, Report
from glykos.server.audit.actions import record
from glykos.server.audit.kinds import Action
from glykos.server.patients.queries import options_for
from glykos.server.sharing import Access
from glykos.server.store import queries as store
from glykos.server.viewing.choices import Choice, default_choice
from glykos.therapy.clock import Window
from glykos.therapy.corrections import readmitted
from glykos.therapy.history import History
from glykos.therapy.sensor import EXCLUDED, READMITTED

_PACK_DAYS = 7  # how many single days go into "all as one PDF"


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file a document can be saved as."""

    media_type: str
    make: Callable[[Document, Paper], bytes]


FILE_KINDS = {
    "pdf": FileKind("application/pdf", lambda doc, paper: as_pdf.pdf([doc], paper=paper)),
    "json": FileKind("application/json", lambda doc, _paper: as_json.json(doc)),
    "csv": FileKind("text/csv; charset=utf-8", lambda doc, _paper: as_csv.csv(doc)),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One report on the overview: its newest choice, or why it has nothing to show."""

    report: Report
    choice: Choice
    reason: str = ""


def report_named(key: str) -> Report | None:
    """The report with this key."""
    return next((report for report in REPORTS if report.key == key), None)


def document(access: Access, report: Report, choice: Choice) -> Document:
    """The report for the chosen days. Raises NotEnoughForReport."""
    return document_for_page(access, report, choice)[0]


def document_for_page(access: Access, report: Report, choice: Choice) -> tuple[Document, bool]:
    """The report, and whether the person left out readings of these days.

    Raises NotEnoughForReport.
    """
    history = _history(access, choice)
    flags = history.sensor.within(choice.window).flag
    has_left_out = bool((flags & (EXCLUDED | READMITTED)).any())
    return report.build(history, choice.window, _options(access, choice)), has_left_out


def _history(access: Access, choice: Choice) -> History:
    history = store.read(access, choice.window, with_previous=True)
    return readmitted(history) if choice.with_excluded else history


def pack(access: Access, whole: Choice) -> list[Document]:
    """Every report over one period, single days for its last week; those with nothing are left out.

    Raises NotEnoughForReport when none has anything.
    """
    history = _history(access, whole)
    documents: list[Document] = []
    for report in REPORTS:
        for choice in _pack_choices(report, whole.window):
            try:
                documents.append(report.build(history, choice.window, _options(access, choice)))
            except NotEnoughForReport:
                continue
    if not documents:
        raise NotEnoughForReport("There are no data in this period.", "Choose days that have data.")
    return documents


def overview(access: Access, until: date) -> tuple[Document | None, list[Offer]]:
    """The weeks until a day at a glance (big numbers and bars of the first report), and every report."""
    first = REPORTS[0]
    newest = default_choice(first, until)
    history = store.read(access, newest.window, with_previous=True)
    offers, glance = [], None
    for report in REPORTS:
        choice = default_choice(report, until)
        try:
            built = report.build(history, choice.window, _options(access, choice))
        except NotEnoughForReport as nothing:
            offers.append(Offer(report, choice, nothing.message))
            continue
        offers.append(Offer(report, choice))
        if report is first:
            glance = _glance(built)
    return glance, offers


def as_file(access: Access, documents: Sequence[Document], kind: str) -> bytes:
    """One file, made outside of any transaction; that it was handed out is written down."""
    paper: Paper = "Letter" if access.person.paper == "Letter" else "A4"
    if len(documents) == 1:
        content = FILE_KINDS[kind].make(documents[0], paper)
    else:
        content = as_pdf.pdf(documents, paper=paper)
    with transaction.atomic():
        record(
            actor_id=access.actor_id,
            action=Action.REPORT_EXPORTED,
            patient_id=access.patient_id,
            obj=documents[0].key if len(documents) == 1 else "all",
            detail={"kind": kind},
        )
    return content


def _options(access: Access, choice: Choice) -> Options:
    return replace(options_for(access.person), days=choice.days)


def _pack_choices(report: Report, window: Window) -> list[Choice]:
    if report.chooses == "period":
        return [Choice(window)]
    days = list(window)[-_PACK_DAYS:]
    if report.chooses == "days":
        return [Choice(Window(days[0], days[-1]))]
    return [Choice(Window(day, day)) for day in days]


def _glance(document: Document) -> Document:
    """The document's first group of big numbers and the first picture after it."""
    stats = next((b for b in document.blocks if isinstance(b, Stats)), None)
    figure = next((b for b in document.blocks if isinstance(b, Figure)), None)
    return replace(document, blocks=tuple(block for block in (stats, figure) if block))
