"""Uploads: once, whole, in any order, and undone without a trace."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from glykos import formats
from glykos.errors import AccessDenied
from glykos.formats._reader import Reading
from glykos.server.accounts.models import User
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.patients.actions import create_person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, models, queries
from glykos.server.store.results import UploadResult, UploadStatus
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.diary import CarbEntry, Note
from glykos.therapy.history import History
from glykos.therapy.records import Bolus, BolusKind, DailyTotal, Device, TimeChange, TotalScope
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.server.cast import make_person, make_user
from tests.strategies import readings

pytestmark = pytest.mark.django_db
in_database = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking against a database is slow
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_ID = {"pk", "patient"}
EVERYTHING = Window(date(2026, 1, 1), date(2027, 12, 31))
RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def owner() -> User:
    return make_user("Ben")


def enter(owner: User) -> Access:
    """A new, empty record."""
    person = create_person(owner=owner, zone="Europe/Berlin")
    return authorise(owner, person, Purpose.UPLOAD)


def apply(access: Access, reading: Reading, name: str = "a.csv") -> UploadResult:
    data = name.encode()
    return actions.apply_upload(access, reading, data, file_name=name, received_at=RECEIVED)


def told(history: History) -> tuple[object, ...]:
    """Everything a history says, in an order of its own."""
    rows = [(r.at_local, r.device_id, r.glucose, r.flag) for r in history.sensor.rows()]
    records = sorted(repr(record) for group in history.records.values() for record in group)
    return (rows, records, history.devices)


def derived(access: Access) -> list[object]:
    """Summaries, windows and clocks, by device name instead of number."""
    names = {row.number: bytes(row.fingerprint) for row in mine(access, models.Device)}
    days, windows = (
        [
            tuple(getattr(row, f.name) for f in model._meta.concrete_fields if f.name not in _ID)
            for row in mine(access, model)
        ]
        for model in (models.DaySummary, models.PatientWindow)
    )
    clocks = [
        (len(names[row.device]), row.place, row.from_s, row.utc_offset_s)
        for row in mine(access, models.ClockSegment)
    ]
    return [sorted(map(repr, days)), sorted(map(repr, windows)), sorted(clocks)]


def mine(access: Access, model: type) -> list:  # type: ignore[type-arg]
    return list(model.objects.filter(patient_id=access.patient_id))  # type: ignore[attr-defined]


def state(access: Access) -> list[object]:
    return [told(queries.read(access, EVERYTHING)), *derived(access)]


@given(st.lists(readings(), min_size=1, max_size=3), st.randoms())
@in_database
def test_the_order_of_uploads_does_not_matter(
    owner: User, files: list[Reading], random: object
) -> None:
    first, second = enter(owner), enter(owner)
    named = [(f"{n}.csv", file) for n, file in enumerate(files)]
    for name, file in named:
        apply(first, file, name)
    random.shuffle(named)  # type: ignore[attr-defined]
    for name, file in [*named, named[0]]:
        apply(second, file, name)
    assert state(first) == state(second)
    history, _ = formats.combine(files)
    assert told(queries.read(first, EVERYTHING)) == told(history)


@given(readings(), readings(), readings(), st.permutations(["a", "b", "c"]))
@in_database
def test_undoing_an_upload_leaves_what_the_others_brought(
    owner: User, a: Reading, b: Reading, c: Reading, order: list[str]
) -> None:
    files = {"a": a, "b": b, "c": c}
    full, never = enter(owner), enter(owner)
    done = {name: apply(full, files[name], name) for name in order}
    actions.undo_upload(full, done["b"].upload_id)
    for name in ("a", "c"):
        apply(never, files[name], name)
    assert state(full) == state(never)
    for name in ("a", "c"):
        actions.undo_upload(full, done[name].upload_id)
    left = (models.Chunk, models.ChunkVersion, models.Event, models.EventVersion, models.Device)
    assert [mine(full, model) for model in left] == [[]] * len(left)
    assert derived(full) == [[], [], []]
    assert queries.span(full) is None


@given(readings(), readings(), readings())
@in_database
def test_an_upload_may_be_undone_and_done_again(
    owner: User, a: Reading, b: Reading, c: Reading
) -> None:
    again, once = enter(owner), enter(owner)
    first = apply(again, a, "a")
    apply(again, b, "b")
    actions.undo_upload(again, first.upload_id)
    apply(again, c, "c")
    assert apply(again, a, "a").upload_id == first.upload_id
    for name, file in (("a", a), ("b", b), ("c", c)):
        apply(once, file, name)
    assert state(again) == state(once)


def sensor_file(*counts: int, day: int = 5) -> Reading:
    start = wall_seconds(local_time(2026, 3, day))
    at = start + np.arange(len(counts)) * 300
    return Reading(
        format_key="test",
        format_version=1,
        devices=(Device(id="cgm:1", kind="cgm", model="G", serial="S-1"),),
        sensor=SensorSeries.build(at, counts, scale=GlucoseScale.MGDL, device_id="cgm:1"),
    )


def written(access: Access) -> list[tuple[object, ...]]:
    """Every stored value of the chunk and event tables, seals included."""
    return [
        tuple(bytes(v) if isinstance(v, (bytes, memoryview)) else v for v in row)
        for model in (models.Chunk, models.ChunkVersion, models.Event, models.EventVersion)
        for row in model.objects.filter(patient_id=access.patient_id).values_list()
    ]


def test_the_same_file_twice_writes_no_row(owner: User) -> None:
    access = enter(owner)
    note = Note(at_local=local_time(2026, 3, 5, 8), device_id="cgm:1", text="breakfast")
    file = replace(sensor_file(100, 110), records=(note,))
    first = apply(access, file)
    before = written(access)
    again = apply(access, file)
    assert written(access) == before
    assert again.is_repeat
    assert (again.new, again.known) == (0, 3)
    assert (first.new, first.known) == (3, 0)
    assert len(queries.uploads(access)) == 1


def test_a_file_that_only_repeats_writes_no_chunk_and_no_event(owner: User) -> None:
    access = enter(owner)
    apply(access, sensor_file(100, 110))
    before = written(access)
    other = apply(access, sensor_file(100, 110), "other.csv")
    assert written(access) == before
    assert not other.is_repeat
    assert [(kind.kind, kind.new, kind.known) for kind in other.kinds] == [("sensor_glucose", 0, 2)]


def test_the_answer_counts_what_was_new(owner: User) -> None:
    access = enter(owner)
    apply(access, sensor_file(100, 110))
    longer = apply(access, sensor_file(100, 110, 120), "longer.csv")
    assert [(kind.title, kind.new, kind.known) for kind in longer.kinds] == [
        ("Sensor readings", 1, 2)
    ]
    assert (longer.first, longer.last) == (date(2026, 3, 5), date(2026, 3, 5))
    assert longer.window == Window(date(2026, 3, 5), date(2026, 3, 5))


def test_a_better_reader_replaces_what_the_old_one_made_of_a_file(owner: User) -> None:
    access = enter(owner)
    first = apply(access, sensor_file(100, 110))
    second = apply(access, replace(sensor_file(100, 111), format_version=2))
    assert second.upload_id == first.upload_id
    assert queries.read(access, EVERYTHING).sensor.count.tolist() == [100, 111]


def test_a_daily_total_grows_and_shrinks_back_with_its_uploads(owner: User) -> None:
    access = enter(owner)

    def total(amount: float) -> Reading:
        day = local_time(2026, 3, 5)
        records = (DailyTotal(at_local=day, device_id="p", scope=TotalScope.ALL, amount_u=amount),)
        return Reading(format_key="test", format_version=1, records=records)

    uploads = {amount: apply(access, total(amount), f"{amount}") for amount in (30.5, 41.0, 12.0)}

    def shown() -> list[float]:
        return [record.amount_u for record in queries.read(access, EVERYTHING).of(DailyTotal)]

    assert shown() == [41.0]
    actions.undo_upload(access, uploads[41.0].upload_id)
    assert shown() == [30.5]
    actions.undo_upload(access, uploads[30.5].upload_id)
    assert shown() == [12.0]


def edited(text: str, day: int | None, label: str = "") -> Reading:
    """An app's export of one row that people can edit, standing as on that day."""
    entry = CarbEntry(
        at_local=local_time(2026, 5, 1, 12),
        device_id="app:x",
        source_id="row 1",
        carbs_g=float(text),
        label=label,
    )
    as_of = local_time(2026, 6, day) if day else None
    return Reading(format_key="app", format_version=1, records=(entry,), as_of=as_of)


def shown_grams(access: Access) -> list[float]:
    return [one.carbs_g for one in queries.read(access, EVERYTHING).of(CarbEntry)]


def test_a_later_export_changes_the_row_and_keeps_the_older_version(owner: User) -> None:
    """Also where the later row says less: who took the label off meant it."""
    old, new = edited("30", 1, label="toast"), edited("45", 2)
    for order in itertools.permutations([("old", old), ("new", new)]):
        access = enter(owner)
        done = {name: apply(access, reading, name) for name, reading in order}
        assert shown_grams(access) == [45.0]
        assert len(mine(access, models.EventVersion)) == 1
        actions.undo_upload(access, done["new"].upload_id)
        assert shown_grams(access) == [30.0]
        assert mine(access, models.EventVersion) == []
        apply(access, new, "new")
        assert shown_grams(access) == [45.0]


def test_a_row_that_was_changed_back_shows_what_it_says_now(owner: User) -> None:
    """Three exports, the first and the last alike; each undo leaves what the rest say."""
    files = {"a": edited("30", 1), "b": edited("45", 2), "c": edited("30", 3)}
    for order in itertools.permutations(files):
        access = enter(owner)
        done = {name: apply(access, files[name], name) for name in order}
        assert shown_grams(access) == [30.0]
        actions.undo_upload(access, done["c"].upload_id)
        assert shown_grams(access) == [45.0]
        actions.undo_upload(access, done["b"].upload_id)
        assert shown_grams(access) == [30.0]


def test_without_a_time_of_the_export_the_fuller_row_stays(owner: User) -> None:
    full, bare = edited("30", None, label="toast"), edited("45", None)
    for order in itertools.permutations([("full", full), ("bare", bare)]):
        access = enter(owner)
        for name, reading in order:
            apply(access, reading, name)
        assert shown_grams(access) == [30.0]
        assert formats.combine([one for _, one in order])[0].of(CarbEntry)[0].carbs_g == 30


def test_one_pump_in_two_kinds_of_files_delivers_once(owner: User) -> None:
    """Their ids differ, so that only who told what says that these are not two boluses."""

    def told_as(key: str, seconds: int) -> Reading:
        boluses = tuple(
            Bolus(
                at_local=local_time(2026, 5, 1, 3 * n, 0, seconds),
                device_id="medtronic:1",
                source_id=f"{key} {n}",
                bolus_kind=BolusKind.NORMAL,
                delivered_now_u=units,
            )
            for n, units in enumerate((4.0, 2.5, 7.25, 0.8, 3.0, 5.5))
        )
        return Reading(format_key=key, format_version=1, records=boluses)

    access = enter(owner)
    files = [told_as("carelink_multi", 0), told_as("carelink_connect", 20)]
    for one in files:
        apply(access, one, one.format_key)
    shown = queries.read(access, EVERYTHING).of(Bolus)
    assert sorted(one.delivered_u for one in shown) == [0.8, 2.5, 3.0, 4.0, 5.5, 7.25]
    assert shown == formats.combine(files)[0].of(Bolus)


def test_an_unknown_upload_is_refused_like_somebody_elses(owner: User) -> None:
    access, other = enter(owner), enter(owner)
    theirs = apply(other, sensor_file(100)).upload_id
    apply(access, sensor_file(100))
    for upload_id in (uuid4(), theirs):
        for ask in (actions.undo_upload, queries.upload, queries.original, actions.forget_upload):
            with pytest.raises(AccessDenied):
                ask(access, upload_id)
    assert len(queries.read(other, EVERYTHING).sensor) == 1


def test_two_people_never_meet() -> None:
    alice, eve = make_person("Alice"), make_person("Eve")
    hers = authorise(alice.owner, alice, Purpose.UPLOAD)
    others = authorise(eve.owner, eve, Purpose.UPLOAD)
    apply(hers, sensor_file(100))
    apply(others, sensor_file(200))
    assert queries.read(hers, EVERYTHING).sensor.count.tolist() == [100]
    assert queries.read(others, EVERYTHING).sensor.count.tolist() == [200]
    rows = [bytes(row.digest) for a in (hers, others) for row in mine(a, models.SourceFile)]
    assert rows[0] != rows[1], "the same bytes look different for different people"


def test_forgetting_removes_the_original_too(owner: User) -> None:
    access = enter(owner)
    done = apply(access, sensor_file(100))
    actions.undo_upload(access, done.upload_id)
    assert queries.original(access, done.upload_id) == b"a.csv"
    assert queries.upload(access, done.upload_id).status is UploadStatus.UNDONE
    actions.forget_upload(access, done.upload_id)
    assert mine(access, models.SourceFile) == []


def test_every_step_is_in_the_audit_log(owner: User) -> None:
    access = enter(owner)
    done = apply(access, sensor_file(100))
    queries.read(access, EVERYTHING)
    queries.original(access, done.upload_id)
    actions.undo_upload(access, done.upload_id)
    actions.forget_upload(access, done.upload_id)
    events = AuditEvent.objects.filter(patient=str(access.patient_id)).order_by("seq")
    assert [event.action for event in events][1:] == [
        "upload.applied",
        "history.read",
        "original.read",
        "upload.undone",
        "upload.discarded",
    ]
    assert {event.obj for event in events} == {"", str(done.upload_id)}


def test_a_clock_change_starts_a_segment(owner: User) -> None:
    access = enter(owner)
    change = TimeChange(
        at_local=local_time(2026, 3, 29, 4), device_id="cgm:1", to_local=local_time(2026, 3, 29, 5)
    )
    later = Note(at_local=local_time(2026, 4, 1), device_id="cgm:1", text="x")
    apply(access, replace(sensor_file(100), records=(change, later)))
    rows = mine(access, models.ClockSegment)
    rows.sort(key=lambda row: row.place)
    assert [(row.from_s, row.utc_offset_s) for row in rows] == [
        (0, 3600),  # Berlin in winter
        (wall_seconds(local_time(2026, 3, 29, 5)), 7200),  # and in summer
    ]


def test_days_around_the_window_come_along(owner: User) -> None:
    access = enter(owner)
    for day in range(1, 12):
        apply(access, sensor_file(100 + day, day=day), f"{day}")
    window = Window(date(2026, 3, 7), date(2026, 3, 8))

    def counts(history: History) -> list[int]:
        return [int(count) for count in history.sensor.count]

    assert counts(queries.read(access, window)) == [106, 107, 108, 109]
    assert counts(queries.read(access, window, with_previous=True)) == [
        104,
        105,
        106,
        107,
        108,
        109,
    ]
    assert counts(queries.read(access, window).within(window)) == [107, 108]
    assert queries.span(access) == Window(date(2026, 3, 1), date(2026, 3, 11))


def test_every_order_of_conflicting_readings_gives_the_same_day(owner: User) -> None:
    results = set()
    files = {"a": sensor_file(100, 90), "b": sensor_file(90, 100), "c": sensor_file(95, 95)}
    for order in itertools.permutations(files):
        access = enter(owner)
        for name in order:
            apply(access, files[name], name)
        results.add(tuple(queries.read(access, EVERYTHING).sensor.count.tolist()))
    assert results == {(100, 100)}
