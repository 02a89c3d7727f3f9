"""A mended reader reaches files that were uploaded before it, and only what it changes."""

from collections.abc import Callable
from io import StringIO
from typing import ClassVar

import pytest
from django.core.management import CommandError, call_command

from glykos import formats
from glykos.errors import AmbiguousDates
from glykos.formats._content import Content
from glykos.formats._reader import Counts, Hints, Reading
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.ingest import actions as ingest
from glykos.server.patients.models import Person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, models, queries
from glykos.server.web import clock
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.server.cast import make_person

pytestmark = pytest.mark.django_db

DAY = local_time(2026, 5, 1)


class Diary:
    """A made-up format: each line is an hour and grams; the first version forgets lines and days."""

    key = "diary"
    title = "Diary"
    version = 1
    source = "A test"
    proof = "none"
    how_to_get: ClassVar[tuple[str, ...]] = ("Press the button.",)

    def sniff(self, content: Content) -> float:
        return 1.0 if content.data.startswith(b"DIARY") else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        rows = [line.split() for line in content.data.decode().splitlines()[1:]]
        return Reading(
            format_key=self.key,
            format_version=self.version,
            records=tuple(self.entry(hour, grams) for hour, grams in rows),
            sensor=self.readings(),
            counts=Counts(read=len(rows), imported=len(rows)),
        )

    def entry(self, hour: str, grams: str) -> CarbEntry:
        at = DAY.replace(hour=int(hour))
        return CarbEntry(at_local=at, device_id="app:d", source_id=hour, carbs_g=float(grams))

    def readings(self) -> SensorSeries:
        return sensor(1)


class MendedDiary(Diary):
    """Version 2: carbs are exchanges of 10 g, the first hour is no meal, two more days of readings."""

    version = 2

    def read(self, content: Content, hints: Hints) -> Reading:
        lines = content.data.splitlines(keepends=True)
        return super().read(Content(b"".join(lines[:1] + lines[2:])), hints)

    def entry(self, hour: str, grams: str) -> CarbEntry:
        return super().entry(hour, str(float(grams) * 10))

    def readings(self) -> SensorSeries:
        return sensor(3)


class AskingDiary(Diary):
    def read(self, content: Content, hints: Hints) -> Reading:
        raise AmbiguousDates("Which first?", "Say so.")


class BrokenDiary(Diary):
    def read(self, content: Content, hints: Hints) -> Reading:
        raise ZeroDivisionError("secret cell")


def sensor(days: int) -> SensorSeries:
    at = [wall_seconds(DAY) + n * 86_400 for n in range(days)]
    return SensorSeries.build(at, [100] * days, scale=GlucoseScale.MGDL, device_id="cgm:d")


FILE = b"DIARY\n7 1\n12 5\n18 6\n"
Use = Callable[[Diary], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes one made-up format the only one there is."""

    def of(diary: Diary) -> None:
        monkeypatch.setattr(formats, "FORMATS", (diary,))

    of(Diary())
    return of


def uploaded(name: str) -> tuple[Person, Access]:
    person = make_person(name)
    access = authorise(person.owner, person, Purpose.UPLOAD)
    ingest.receive(access, [("d.txt", FILE)])
    return person, access


def reread(*options: str) -> str:
    out = StringIO()
    call_command("reread", *options, stdout=out, stderr=out)
    return out.getvalue()


def history(access: Access) -> History:
    return queries.read(access, Window(DAY.date(), DAY.date()))


def grams(access: Access) -> list[float]:
    return [one.carbs_g for one in history(access).of(CarbEntry)]


def rows() -> list[object]:
    everything = (models.Chunk, models.Event, models.EventVersion, models.UploadEffect)
    return [sorted(map(repr, model.objects.values())) for model in everything]


def test_a_dry_run_prints_what_would_change_and_writes_nothing(use: Use) -> None:
    _, access = uploaded("Alice")
    use(MendedDiary())
    before = rows()
    told = reread()
    assert "diary 1 -> diary 2: records +0 -1 ~2, days +2 -0 ~0" in told
    assert "Nothing was written" in told
    assert rows() == before
    assert grams(access) == [1, 5, 6]


def test_what_was_read_differently_is_put_in_place_once(use: Use) -> None:
    _, access = uploaded("Alice")
    (kept,) = queries.uploads(access)
    use(MendedDiary())
    reread("--apply")
    assert grams(access) == [50, 60]
    assert len(history(access).sensor) == 2, "the day and the margin after it"
    (now,) = queries.uploads(access)
    assert (now.upload_id, now.file_name, now.received_at) == (
        kept.upload_id,
        kept.file_name,
        kept.received_at,
    )
    assert (now.format_version, now.counts.imported) == (2, 2)
    before = rows()
    assert "1 same" in reread("--apply")
    assert rows() == before
    done = AuditEvent.objects.filter(action="upload.reread")
    assert [(one.actor, one.patient) for one in done] == [("", str(access.patient_id))]


def test_a_reread_file_can_be_undone_like_any_other(use: Use) -> None:
    _, access = uploaded("Alice")
    use(MendedDiary())
    reread("--apply")
    (now,) = queries.uploads(access)
    actions.undo_upload(access, now.upload_id)
    assert grams(access) == []
    assert rows() == [[]] * 4


def test_one_record_alone_and_no_name_in_the_output(use: Use) -> None:
    alice, of_alice = uploaded("Alice")
    _, of_ben = uploaded("Ben")
    use(MendedDiary())
    told = reread("--apply", "--record", str(alice.public_id))
    assert (grams(of_alice), grams(of_ben)) == ([50, 60], [1, 5, 6])
    assert "Alice" not in told
    assert "d.txt" not in told
    with pytest.raises(CommandError):
        reread("--record", "00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize(
    ("diary", "words"),
    [(AskingDiary(), "asks for the order"), (BrokenDiary(), "not read any more")],
)
def test_a_file_that_cannot_be_read_now_keeps_what_it_told(
    use: Use, diary: Diary, words: str
) -> None:
    _, access = uploaded("Alice")
    use(diary)
    told = reread("--apply")
    assert words in told
    assert "secret" not in told
    assert grams(access) == [1, 5, 6]


def test_an_interrupted_run_is_finished_by_the_next(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, access = uploaded("Alice")
    ingest.receive(access, [("e.txt", b"DIARY\n9 1\n20 2\n")])
    use(MendedDiary())
    whole = actions.reread
    calls: list[object] = []

    def only_once(*given: object) -> object:
        calls.append(given)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "reread", only_once)
    with pytest.raises(KeyboardInterrupt):
        reread("--apply")
    monkeypatch.setattr(actions, "reread", whole)
    told = reread("--apply")
    assert "1 same, 1 different" in told
    assert grams(access) == [50, 60, 20]


def test_undone_files_stay_undone(use: Use) -> None:
    _, access = uploaded("Alice")
    (kept,) = queries.uploads(access)
    actions.undo_upload(access, kept.upload_id)
    use(MendedDiary())
    assert "0 files read again" in reread("--apply")
    assert grams(access) == []


def test_reading_an_original_again_is_in_the_log(use: Use) -> None:
    _, access = uploaded("Alice")
    reread()
    seen = AuditEvent.objects.filter(action="original.read", patient=str(access.patient_id))
    assert [one.actor for one in seen] == [""]


def test_an_answer_given_meanwhile_stays(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    _, access = uploaded("Alice")
    use(MendedDiary())
    whole = actions.reread

    def answered_first(*given: object) -> object:
        use(Diary())
        answer = Hints(date_order="dmy", zone=access.person.zone)
        reading = formats.read(b"DIARY\n9 7\n", answer)
        actions.apply_upload(
            access, reading, FILE, file_name="d.txt", received_at=clock.now(), hints=answer
        )
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "reread", answered_first)
    reread("--apply")
    assert grams(access) == [7]
