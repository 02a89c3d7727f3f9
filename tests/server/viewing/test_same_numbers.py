"""The web app reads a slice from the database, the command line a whole file: one answer."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from glykos.errors import NotEnoughForReport
from glykos.formats import combine, read
from glykos.formats._reader import Hints, Reading
from glykos.publish import as_json
from glykos.reports import REPORTS
from glykos.reports._blocks import Document
from glykos.server.ingest.actions import FileOutcome, answer, receive
from glykos.server.patients.queries import options_for
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import queries as store
from glykos.server.viewing import documents
from glykos.server.viewing.choices import Choice
from glykos.therapy.clock import Window
from tests.server.cast import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.shared_data]
#: Larger files tell nothing more and take long.
_LARGEST = 400_000
#: A clock moved further than any change of zone had a wrong date [min].
_WRONG_DATE_MIN = 26 * 60


def exports(folder: Path) -> list[Path]:
    """Exports of pumps of every generation, of a size that a test can afford."""
    found = [
        path
        for path in sorted((folder / "exports").glob("carelink_*/*.csv"))
        if path.stat().st_size <= _LARGEST
    ]
    assert found
    return found


def reading(data: bytes, order: str) -> Reading:
    return read(data, Hints(date_order="dmy") if order else Hints())


def stored(access: Access, path: Path, data: bytes) -> str:
    """Upload the file, answering what it asks; returns the order of dates that was told."""
    (outcome,) = receive(access, [(path.name, data)])
    order = ""
    while outcome.question:
        if outcome.question == "date_order":
            order = "dmy"
            outcome = _told(access, outcome, date_order=order)
        else:
            outcome = _told(access, outcome, confirm_owner=True)
    return order


def _told(access: Access, outcome: FileOutcome, **how: object) -> FileOutcome:
    assert outcome.upload_id is not None
    return answer(access, outcome.upload_id, **how)  # type: ignore[arg-type]


def as_text(document: Document) -> str:
    return as_json.json(document).decode()


def test_the_web_app_and_the_command_line_give_the_same_numbers(data_folder: Path) -> None:
    for number, path in enumerate(exports(data_folder)):
        person = make_person(f"Person{number}")
        access = authorise(person.owner, person.public_id, Purpose.VIEW)
        data = path.read_bytes()
        order = stored(access, path, data)
        history, _ = combine([reading(data, order)])
        if any(abs(one.minutes) > _WRONG_DATE_MIN for one in history.clock_shifts):
            continue  # known limit: such a clock shows one date several times, far apart
        history = replace(history, zone=access.person.zone_info)
        span = store.span(access)
        assert span is not None
        assert span == history.span
        middle = span.first + (span.last - span.first) // 2
        for last in (span.last, middle, span.first + timedelta(days=3)):
            for report in REPORTS:
                window = Window.ending(last, report.default_days)
                try:
                    whole = as_text(report.build(history, window, options_for(access.person)))
                except NotEnoughForReport:
                    with pytest.raises(NotEnoughForReport):
                        documents.document(access, report, Choice(window))
                    continue
                web = as_text(documents.document(access, report, Choice(window)))
                assert web == whole, (report.key, str(window))
