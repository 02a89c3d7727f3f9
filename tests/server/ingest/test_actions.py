"""Files that people bring: read, questioned where something is doubtful, stored."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from glykos import formats
from glykos.formats._reader import Hints, Owner, Reading
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.ingest import actions as ingest
from glykos.server.ingest.actions import FileOutcome, OutcomeState, QuestionKind
from glykos.server.leaving.actions import save_everything
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions as store
from glykos.server.store import models, queries
from glykos.server.store.results import UploadStatus
from glykos.server.web import clock
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from tests.server.cast import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PLAIN = b"time,glucose\n2026-03-05 08:00,100\n2026-03-05 08:05,110\n2026-03-05 08:10,x\n"
UNPROVED = b"time,glucose\n05/03/2026 08:00,100\n06/03/2026 08:05,110\n"


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def alice() -> Access:
    person = make_person("Alice")
    return authorise(person.owner, person, Purpose.UPLOAD)


@pytest.fixture
def eve() -> Access:
    person = make_person("Eve")
    return authorise(person.owner, person, Purpose.UPLOAD)


def multi(*, name: str = "Alice", serial: str = "NG1", glucose: int = 120) -> bytes:
    """A made-up export with sections: one pump, one sensor reading."""
    head = [
        "Last Name;First Name;Patient ID;Start Date;End Date;Device",
        f"{name};Test;;2026/03/01;2026/03/05;Pump",
    ]
    columns = "Index;Date;Time;New Device Time;BG Source;BG Reading (mg/dL);Sensor Glucose (mg/dL)"
    section = [
        f"-------;MiniMed 670G;Pump;{serial};-------",
        columns,
        f"0,00000;2026/03/05;08:00:00;;;;{glucose}",
    ]
    return "\n".join([*head, "", *section, ""]).encode()


def by_state(outcomes: list[FileOutcome]) -> list[OutcomeState]:
    return [one.state for one in outcomes]


def everything(access: Access) -> History:
    return queries.read(access, Window(date(1990, 1, 1), date(2030, 1, 1)))


def test_a_file_ends_in_its_summary(alice: Access) -> None:
    (one,) = ingest.receive(alice, [("C:\\fake\\my day.csv", PLAIN)])
    assert one.state is OutcomeState.IMPORTED
    assert one.result is not None
    assert one.file_name == one.result.file_name == "my day.csv"
    assert one.result.counts.read == 3
    assert one.result.counts.imported == 2
    assert one.result.counts.rejected == 1
    (group,) = one.result.issue_groups
    assert group.rows == 1
    assert [issue.line for issue in group.issues] == [4]
    assert queries.original(alice, one.result.upload_id) == PLAIN


def test_the_same_file_again_says_so(alice: Access) -> None:
    ingest.receive(alice, [("a.csv", PLAIN)])
    (one,) = ingest.receive(alice, [("b.csv", PLAIN)])
    assert one.state is OutcomeState.REPEATED
    assert one.result is not None
    assert (one.result.new, one.result.known) == (0, 2)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff" * 500, b"PK\x03\x04" + bytes(300), b"\x89PNG\r\n", b"hello"]
)
def test_a_file_that_cannot_be_read_harms_no_other(alice: Access, data: bytes) -> None:
    outcomes = ingest.receive(alice, [("bad.csv", data), ("good.csv", PLAIN)])
    assert by_state(outcomes) == [OutcomeState.REFUSED, OutcomeState.IMPORTED]
    assert outcomes[0].message
    assert outcomes[0].hint
    assert [one.file_name for one in queries.uploads(alice)] == ["good.csv"]
    refused = AuditEvent.objects.get(action="upload.refused")
    assert "bad.csv" not in refused.detail


def test_a_file_that_is_too_large_is_not_read(alice: Access, settings: object) -> None:
    settings.MAX_UPLOAD_BYTES = 10  # type: ignore[attr-defined]
    (one,) = ingest.receive(alice, [("a.csv", PLAIN)])
    assert one.state is OutcomeState.REFUSED
    assert "larger" in one.message


def test_unproved_dates_wait_for_an_answer(alice: Access) -> None:
    (asked,) = ingest.receive(alice, [("a.csv", UNPROVED)])
    assert asked.state is OutcomeState.QUESTION
    assert asked.question is QuestionKind.DATE_ORDER
    assert asked.upload_id is not None
    assert {(choice.order, choice.first, choice.last) for choice in asked.choices} == {
        ("dmy", date(2026, 3, 5), date(2026, 3, 6)),
        ("mdy", date(2026, 5, 3), date(2026, 6, 3)),
    }
    assert len(everything(alice).sensor) == 0
    assert queries.upload(alice, asked.upload_id).status is UploadStatus.WAITING
    done = ingest.answer(alice, asked.upload_id, date_order="mdy")
    assert done.state is OutcomeState.IMPORTED
    assert done.result is not None
    assert (done.result.first, done.result.last) == (date(2026, 5, 3), date(2026, 6, 3))
    assert [one.status for one in queries.uploads(alice)] == [UploadStatus.ACTIVE]


def test_an_undone_file_can_be_used_again(alice: Access) -> None:
    (done,) = ingest.receive(alice, [("a.csv", UNPROVED)], Hints(date_order="dmy"))
    assert done.upload_id is not None
    store.undo_upload(alice, done.upload_id)
    again = ingest.answer(alice, done.upload_id)
    assert again.state is OutcomeState.IMPORTED, "the answer given first is remembered"
    assert len(everything(alice).sensor) == 2


def test_unanswered_questions_are_dropped(alice: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest.receive(alice, [("a.csv", UNPROVED)])
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=8))
    ingest.receive(alice, [("b.csv", PLAIN)])
    assert [one.file_name for one in queries.uploads(alice)] == ["b.csv"]


def test_dropping_an_unanswered_question_is_written_down(
    alice: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    (asked,) = ingest.receive(alice, [("a.csv", UNPROVED)])
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=8))
    ingest.receive(alice, [])
    (event,) = AuditEvent.objects.filter(action="upload.discarded")
    assert (event.actor, event.patient) == ("", str(alice.patient_id))
    assert event.obj == str(asked.upload_id)
    ingest.receive(alice, [])
    assert AuditEvent.objects.filter(action="upload.discarded").count() == 1


def test_an_original_that_was_in_use_is_never_dropped_by_itself(
    alice: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    (asked,) = ingest.receive(alice, [("a.csv", UNPROVED)])
    assert asked.upload_id is not None
    ingest.answer(alice, asked.upload_id, date_order="dmy")
    store.undo_upload(alice, asked.upload_id)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))
    (again,) = ingest.receive(alice, [("a.csv", UNPROVED)])
    assert (again.state, again.upload_id) == (OutcomeState.QUESTION, asked.upload_id)
    ingest.receive(alice, [])
    assert queries.upload(alice, asked.upload_id).status is UploadStatus.WAITING, "asked today"
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=38))
    ingest.receive(alice, [])
    assert queries.upload(alice, asked.upload_id).status is UploadStatus.UNDONE
    assert queries.original(alice, asked.upload_id) == UNPROVED
    assert not AuditEvent.objects.filter(action="upload.discarded").exists()
    assert ingest.answer(alice, asked.upload_id).state is OutcomeState.QUESTION


def test_a_reader_that_fails_on_the_second_order_costs_only_that_order(
    alice: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = formats.read

    def failing(data: bytes, hints: Hints = Hints()) -> object:  # noqa: B008 - frozen
        if hints.date_order == "mdy":
            raise ValueError("cells of the file")
        return read(data, hints)

    monkeypatch.setattr(formats, "read", failing)
    asked, other = ingest.receive(alice, [("a.csv", UNPROVED), ("b.csv", PLAIN)])
    assert [choice.order for choice in asked.choices] == ["dmy"]
    assert other.state is OutcomeState.IMPORTED


def test_a_file_of_another_person_waits_for_an_answer(alice: Access) -> None:
    first = ingest.receive(alice, [("a.csv", multi(name="Alice"))])
    assert by_state(first) == [OutcomeState.IMPORTED]
    (asked,) = ingest.receive(alice, [("b.csv", multi(name="Bob", serial="NG2", glucose=130))])
    assert asked.question is QuestionKind.OTHER_PERSON
    assert asked.upload_id is not None
    assert len(everything(alice).sensor) == 1
    done = ingest.answer(alice, asked.upload_id, confirm_owner=True)
    assert done.state is OutcomeState.IMPORTED
    (more,) = ingest.receive(alice, [("c.csv", multi(name="Bob", serial="NG2", glucose=140))])
    assert more.state is OutcomeState.IMPORTED, "a confirmed name is at home here"


def test_two_people_in_one_batch_both_wait(alice: Access) -> None:
    files = [("a.csv", multi(name="Alice")), ("b.csv", multi(name="Bob", serial="NG2"))]
    outcomes = ingest.receive(alice, files)
    assert [one.question for one in outcomes] == [QuestionKind.OTHER_PERSON] * 2
    assert len(everything(alice).sensor) == 0


def test_a_device_of_somebody_else_waits_for_an_answer(alice: Access, eve: Access) -> None:
    ingest.receive(alice, [("a.csv", multi(name="Alice"))])
    (asked,) = ingest.receive(eve, [("a.csv", multi(name="Alice"))])
    assert asked.question is QuestionKind.OTHER_PERSON
    assert len(everything(eve).sensor) == 0
    (done,) = ingest.receive(eve, [("a.csv", multi(name="Alice"))], confirm_owner=True)
    assert done.state is OutcomeState.IMPORTED
    (more,) = ingest.receive(eve, [("b.csv", multi(name="Alice", glucose=99))])
    assert more.state is OutcomeState.IMPORTED, "it is asked once"


def test_the_question_does_not_tell_whether_another_record_knows_a_device(
    alice: Access, eve: Access
) -> None:
    ingest.receive(alice, [("a.csv", multi(name="Alice", serial="NG1"))])
    ingest.receive(eve, [("e.csv", multi(name="Eve", serial="NG9"))])
    (by_device,) = ingest.receive(eve, [("b.csv", multi(name="Eve", serial="NG1"))])
    (by_name,) = ingest.receive(eve, [("c.csv", multi(name="Bob", serial="NG7"))])
    words = [(one.question, one.message, one.hint) for one in (by_device, by_name)]
    assert words[0] == words[1]
    assert "device" not in by_device.message + by_device.hint


@pytest.mark.parametrize(
    ("owner", "earlier", "batch", "is_foreign"),
    [
        (Owner(), [Owner(name="A")], [], False),
        (Owner(name="A"), [], [Owner(name="A"), Owner()], False),
        (Owner(name="A"), [], [Owner(name="B")], True),
        (Owner(name="A"), [Owner(name="A"), Owner(name="B")], [Owner(name="C")], False),
        (Owner(name="C"), [Owner(name="A"), Owner(name="B")], [Owner(name="C")], True),
    ],
)
def test_who_a_file_belongs_to(
    owner: Owner, earlier: list[Owner], batch: list[Owner], *, is_foreign: bool
) -> None:
    assert ingest.is_foreign(owner, earlier, batch) is is_foreign


def test_a_record_from_the_future_is_left_out_and_said(alice: Access) -> None:
    data = PLAIN + b"2031-01-01 00:00,100\n"
    (one,) = ingest.receive(alice, [("a.csv", data)])
    assert one.result is not None
    assert one.result.last == date(2026, 3, 5)
    assert any("future" in group.reason for group in one.result.issue_groups)


# --- real exports ----------------------------------------------------------------------------


def exports(folder: Path) -> list[tuple[str, bytes]]:
    """Every CareLink export of the data folder."""
    paths = sorted((folder / "exports").glob("carelink_*/*.csv"))
    assert paths
    return [(path.name, path.read_bytes()) for path in paths]


def told(history: History) -> tuple[object, ...]:
    series = history.sensor
    names = [series.device_ids[device] for device in series.device.tolist()]
    sensor = list(zip(series.at_s.tolist(), series.count.tolist(), names, strict=True))
    records = sorted(repr(record) for group in history.records.values() for record in group)
    return (sensor, series.flag.tolist(), series.scale.tolist(), records, history.devices)


@pytest.mark.shared_data
@pytest.mark.slow
def test_real_exports_in_any_order_give_the_same_record(
    data_folder: Path, alice: Access, eve: Access
) -> None:
    files = exports(data_folder)
    for name, data in files:
        (one,) = ingest.receive(alice, [(name, data)], confirm_owner=True)
        assert one.state is OutcomeState.IMPORTED
    for name, data in reversed(files):
        ingest.receive(eve, [(name, data)], confirm_owner=True)
    again = ingest.receive(eve, files[:3], confirm_owner=True)
    assert set(by_state(again)) == {OutcomeState.REPEATED}
    hints = Hints(now=NOW.replace(tzinfo=None))
    expected, _ = formats.combine([formats.read(data, hints) for _, data in files])
    assert told(everything(alice)) == told(everything(eve)) == told(expected)
    for one in queries.uploads(alice):
        store.undo_upload(alice, one.upload_id)
    assert not models.Chunk.objects.filter(patient_id=alice.patient_id).exists()
    assert not models.Event.objects.filter(patient_id=alice.patient_id).exists()
    assert told(everything(eve)) == told(expected)


def test_a_mistake_of_a_reader_costs_no_other_file_and_logs_no_cell(
    alice: Access, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = formats.read

    def read(data: bytes, hints: Hints) -> Reading:
        if data == b"odd":
            raise IndexError("cell 417 of Alice")
        return real(data, hints)

    monkeypatch.setattr(formats, "read", read)
    outcomes = ingest.receive(alice, [("a.csv", b"odd"), ("b.csv", PLAIN)])
    assert by_state(outcomes) == [OutcomeState.REFUSED, OutcomeState.IMPORTED]
    (line,) = [one.getMessage() for one in caplog.records if "reader failed" in one.getMessage()]
    number = line.split()[2]
    assert number in outcomes[0].hint
    assert "IndexError" in line
    assert "417" not in caplog.text


def test_a_file_that_waits_is_logged_as_held(alice: Access) -> None:
    [outcome] = ingest.receive(alice, [("a.csv", UNPROVED)])
    held = AuditEvent.objects.get(action="upload.held")
    assert held.obj == str(outcome.upload_id)


def test_everything_of_a_record_is_told_where_it_belongs(alice: Access) -> None:
    archive = b"".join(save_everything(alice))
    outcomes = ingest.receive(alice, [("everything.zip", archive), ("day.csv", PLAIN)])
    assert by_state(outcomes) == [OutcomeState.REFUSED, OutcomeState.IMPORTED]
    assert outcomes[0].file_name == "everything.zip"
    assert "Take everything with you" in outcomes[0].hint


def test_a_broken_archive_costs_no_other_file(alice: Access) -> None:
    bag = BytesIO()
    with ZipFile(bag, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", PLAIN * 50)
    broken = bytearray(bag.getvalue())
    broken[45:60] = bytes(15)
    outcomes = ingest.receive(alice, [("a.zip", bytes(broken)), ("day.csv", PLAIN)])
    assert by_state(outcomes) == [OutcomeState.REFUSED, OutcomeState.IMPORTED]
    assert "broken" in outcomes[0].message
