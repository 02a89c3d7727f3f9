"""Everything out, everything back in: the same record, or nothing at all."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from glykos.demo.cast import CAST, Member
from glykos.errors import ConflictError, DamagedFile, FormatError, UnknownFormat
from glykos.formats._whole_record import MANIFEST
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.ingest import actions as ingest
from glykos.server.leaving import actions
from glykos.server.patients.actions import change_settings, create_person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions as store
from glykos.server.store import decisions, entries, everything, models
from glykos.server.store.decisions import Favourite
from glykos.server.web import clock
from glykos.therapy.clock import local_time
from glykos.therapy.decisions import ClockCorrection, Exclusion, ExclusionReason
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind, Note
from glykos.therapy.records import LOGBOOK, MeterGlucose
from glykos.therapy.units import Glucose
from tests.formats.samples import SAMPLES
from tests.server.cast import make_user

pytestmark = pytest.mark.django_db
AT = local_time(2026, 10, 25, 7)
WHEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
FORMULA = '=HYPERLINK("http://x.example","click")'


@pytest.fixture
def enter() -> Callable[[], Access]:
    owner = make_user("Ben")

    def new() -> Access:
        person = create_person(owner=owner, zone="Europe/Berlin")
        return authorise(owner, person, Purpose.UPLOAD)

    return new


def lived_in(access: Access) -> None:
    """A record with everything that can be in one."""
    for name, data in SAMPLES.items():
        ingest.receive(access, [(f"{name}.x", data)], confirm_owner=True)
    undone, *_ = everything.collect(access).uploads
    store.undo_upload(access, undone.upload_id)
    store.hold_upload(access, b"what is this", file_name="odd", received_at=WHEN)
    porridge = CarbEntry(at_local=AT, device_id=LOGBOOK, carbs_g=40, label=FORMULA)
    meal = entries.write(access, porridge)
    entries.change(access, meal, replace(porridge, carbs_g=45.5), rev=1)
    gone = entries.write(
        access,
        Injection(at_local=AT, device_id=LOGBOOK, dose_u=12, insulin=InsulinKind.LONG),
    )
    entries.delete(access, gone)
    entries.write(
        access,
        MeterGlucose(at_local=AT, device_id=LOGBOOK, glucose=Glucose.mmoll_value(7.2)),
    )
    entries.write(access, Note(at_local=AT.replace(fold=1), device_id=LOGBOOK, text="two\nlines"))
    night = Exclusion(from_s=1_000, to_s=2_000, reason=ExclusionReason.COMPRESSION)
    decisions.withdraw(access, decisions.make(access, night))
    decisions.make(access, night)
    decisions.make(access, Favourite(title="Porridge", kind="carb_entry", fields={"carbs_g": 40}))
    decisions.make(access, ClockCorrection(device_id="x", from_s=0, to_s=9, zone="Asia/Kathmandu"))
    change_settings(
        actor_id=access.actor_id,
        person=access.person,
        changes={"unit": "mmol/L", "name": "Ben", "breakfast_start_min": 300},
    )


def saved(access: Access) -> bytes:
    fresh = authorise(access.person.owner, access.person, Purpose.EXPORT)
    return b"".join(actions.save_everything(fresh))


def whole(access: Access) -> list[object]:
    """Everything that is stored of a record, in an order of its own."""
    found = everything.collect(access)
    rows = [(r.at_local, r.device_id, r.glucose, r.flag) for r in found.sensor.rows()]
    sums = models.DaySummary.objects.filter(patient_id=access.patient_id)
    names = [f.name for f in models.DaySummary._meta.concrete_fields if f.name != "patient"]
    return [
        sorted(map(repr, found.devices)),
        rows,
        found.records,
        sorted(map(repr, found.older)),
        found.uploads,
        sorted(map(repr, found.entries)),
        found.decisions,
        [(one.at_local.fold, one) for one in found.records],
        [everything.original(access, upload.upload_id) for upload in found.uploads],
        sorted(sums.values_list(*(n for n in names if n != "pk"))),
    ]


def test_a_record_is_the_same_after_leaving_and_coming_back(enter: Callable[[], Access]) -> None:
    old, new = enter(), enter()
    lived_in(old)
    brought = actions.bring_in(new, saved(old))
    assert whole(new) == whole(old)
    assert brought.files == len(everything.collect(old).uploads) > 2
    settings = authorise(new.person.owner, new.person, Purpose.VIEW).person
    assert (settings.unit, settings.breakfast_start_min) == ("mmol/L", 300)
    assert settings.name == ""  # who somebody is stays as it was entered here


def test_an_upload_that_came_back_can_be_undone_and_a_reading_repeats(
    enter: Callable[[], Access],
) -> None:
    old, new = enter(), enter()
    lived_in(old)
    actions.bring_in(new, saved(old))
    for access in (old, new):
        for upload in everything.collect(access).uploads:
            store.undo_upload(access, upload.upload_id)
    assert whole(new) == whole(old)
    assert everything.collect(new).records == []


def test_every_json_file_fits_its_schema(enter: Callable[[], Access]) -> None:
    access = enter()
    lived_in(access)
    with zipfile.ZipFile(io.BytesIO(saved(access))) as archive:
        names = [n for n in archive.namelist() if n.startswith("json/")]
        assert len(names) == 8
        for name in names:
            schema = json.loads(archive.read(f"schema/{Path(name).stem}.schema.json"))
            content = json.loads(archive.read(name))
            assert isinstance(content, list)
            validator = jsonschema.Draft202012Validator(schema)
            validator.check_schema(schema)
            validator.validate(content)


def test_nothing_in_the_tables_runs_in_a_spreadsheet(enter: Callable[[], Access]) -> None:
    access = enter()
    lived_in(access)
    with zipfile.ZipFile(io.BytesIO(saved(access))) as archive:
        meals = archive.read("csv/carb_entry.csv").decode("utf-8-sig")
        assert f"'{FORMULA}" in [cell for row in csv.reader(io.StringIO(meals)) for cell in row]
        for name in archive.namelist():
            if name.startswith("csv/"):
                text = io.StringIO(archive.read(name).decode("utf-8-sig"))
                cells = [cell for row in csv.reader(text) for cell in row]
                assert not [c for c in cells if c.startswith(("=", "+", "@", "\t"))]


def test_the_archive_tells_no_file_name_and_counts_the_present_logbook_once(
    enter: Callable[[], Access],
) -> None:
    access = enter()
    lived_in(access)
    with zipfile.ZipFile(io.BytesIO(saved(access))) as archive:
        assert not [name for name in archive.namelist() if "odd" in name]
        injections = (
            archive.read("csv/injection.csv").decode()
            if ("csv/injection.csv" in archive.namelist())
            else ""
        )
        assert LOGBOOK not in injections  # the only one was deleted


def test_a_record_that_holds_something_is_never_mixed(enter: Callable[[], Access]) -> None:
    old, new = enter(), enter()
    lived_in(old)
    archive = saved(old)
    entries.write(new, Note(at_local=AT, device_id=LOGBOOK, text="mine"))
    before = whole(new)
    with pytest.raises(ConflictError):
        actions.bring_in(new, archive)
    assert whole(new) == before


def test_a_cut_or_altered_archive_brings_nothing(enter: Callable[[], Access]) -> None:
    old, new = enter(), enter()
    lived_in(old)
    archive = saved(old)
    parts = [without_a_file(archive, start) for start in ("originals/", "json/entries")]
    for damaged in (archive[: len(archive) // 2], altered(archive), *parts):
        with pytest.raises(DamagedFile):
            actions.bring_in(new, damaged)
        assert everything.is_empty(new)


@pytest.mark.parametrize(
    "data", [b"", b"time,glucose\n", b"PK\x05\x06" + bytes(18), SAMPLES["carelink_multi"]]
)
def test_another_file_is_named_as_such(enter: Callable[[], Access], data: bytes) -> None:
    with pytest.raises(FormatError):
        actions.bring_in(enter(), data)


def test_an_archive_of_a_newer_version_is_left_alone(enter: Callable[[], Access]) -> None:
    access = enter()
    newer = changed(saved(access), "manifest.json", b'"version": 1', b'"version": 2')
    with pytest.raises(UnknownFormat, match="newer"):
        actions.bring_in(enter(), newer)


def test_leaving_and_coming_back_are_written_down(enter: Callable[[], Access]) -> None:
    old, new = enter(), enter()
    entries.write(old, Note(at_local=AT, device_id=LOGBOOK, text="mine"))
    actions.bring_in(new, saved(old))
    for access, action in ((old, "everything.exported"), (new, "everything.imported")):
        assert AuditEvent.objects.filter(patient=access.patient_id, action=action).exists()


@pytest.mark.parametrize("member", CAST, ids=lambda member: member.name)
def test_every_way_of_living_survives_the_journey(
    enter: Callable[[], Access], member: Member
) -> None:
    old, new = enter(), enter()
    told = member.tell(date(2026, 10, 31), 14)
    ingest.receive(old, told.files)
    entries.write_together(old, told.entries)
    actions.bring_in(new, saved(old))
    assert everything.collect(new).records
    assert whole(new) == whole(old)


@pytest.mark.shared_data
@pytest.mark.slow
def test_every_file_of_the_data_folder_survives_the_journey(
    enter: Callable[[], Access], data_folder: Path
) -> None:
    """One record per folder: files of one maker often overlap, and that must survive as well."""
    for folder in sorted(p for p in (data_folder / "exports").iterdir() if p.is_dir()):
        old, new = enter(), enter()
        for path in sorted(folder.iterdir()):
            ingest.receive(old, [(path.name, path.read_bytes())], confirm_owner=True)
        actions.bring_in(new, saved(old))
        assert whole(new) == whole(old), folder.name


def changed(archive: bytes, name: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w") as after:
        for info in before.infolist():
            data = before.read(info)
            after.writestr(info.filename, data.replace(old, new) if info.filename == name else data)
    return out.getvalue()


def altered(archive: bytes) -> bytes:
    """An entry says another amount than it said; the checksums of the zip itself are right."""
    return changed(archive, "json/entries.json", b"45.5", b"95.5")


def without_a_file(archive: bytes, start: str = "originals/") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w") as after:
        [first, *_] = [n for n in before.namelist() if n.startswith(start)]
        for info in before.infolist():
            if info.filename != first:
                after.writestr(info.filename, before.read(info))
    return out.getvalue()


def told_otherwise(archive: bytes, name: str, change: Callable[[list[Any]], object]) -> bytes:
    """The archive with one JSON file rewritten."""
    with zipfile.ZipFile(io.BytesIO(archive)) as before:
        objects = json.loads(before.read(f"json/{name}.json"))
    change(objects)
    return with_member(archive, f"json/{name}.json", json.dumps(objects).encode())


def _of_kind(objects: list[Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one["what"] for one in objects if one["kind"] == kind)
    return found


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("uploads", lambda all_: all_.append(all_[0])),
        ("uploads", lambda all_: all_[0].update(upload_id="x")),
        ("uploads", lambda all_: all_[-1].update(received_at="2026-11-01T12:00:00")),
        ("entries", lambda all_: all_.append(all_[0])),
        ("entries", lambda all_: all_[0].update(rev=10**6)),
        ("entries", lambda all_: all_[0].update(rev=2**70)),
        ("entries", lambda all_: all_[0].update(written_at="2026-11-01T12:00:00")),
        ("entries", lambda all_: all_[0]["record"].update(at_local="9999-12-31T23:00:00")),
        ("entries", lambda all_: all_[0]["record"].update(at_local="0001-01-01T00:00:00")),
        ("entries", lambda all_: all_[0]["record"].update(at_local="2026-11-01T12:00:00Z")),
        ("decisions", lambda all_: all_.append(all_[0])),
        ("decisions", lambda all_: all_[0].update(made_at="2026-11-01T12:00:00")),
        ("decisions", lambda all_: _of_kind(all_, "exclusion").update(to_s=2**70)),
        (
            "decisions",
            lambda all_: _of_kind(all_, "clock_correction").update(zone="Nowhere/At_All"),
        ),
        (
            "decisions",
            lambda all_: _of_kind(all_, "clock_correction").update(zone="", ahead_s=2**70),
        ),
        ("settings", lambda all_: all_[0].update(zone="Nowhere/At_All")),
        ("settings", lambda all_: all_[0].update(unit="stones")),
        ("settings", lambda all_: all_[0].update(breakfast_start_min=-5)),
        ("settings", lambda all_: all_[0].update(target_low_mgdl=2**70)),
    ],
    ids=map(str, range(19)),
)
def test_an_archive_that_somebody_rewrote_brings_nothing(
    enter: Callable[[], Access], name: str, change: Callable[[list[Any]], object]
) -> None:
    old, new = enter(), enter()
    lived_in(old)
    forged = told_otherwise(saved(old), name, change)
    with pytest.raises(DamagedFile):
        actions.bring_in(new, forged)
    assert everything.is_empty(new)


def test_files_are_read_as_on_the_day_they_came(
    enter: Callable[[], Access], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = enter(), enter()
    monkeypatch.setattr(clock, "now", lambda: WHEN)
    table = b"time,glucose\n2026-10-25 08:00,100\n2031-10-25 08:00,100\n"
    ingest.receive(old, [("a clock that ran ahead.csv", table)])
    monkeypatch.setattr(clock, "now", lambda: WHEN.replace(year=2032))
    actions.bring_in(new, saved(old))
    assert whole(new) == whole(old)


def test_endless_lists_are_refused_before_they_fill_the_memory(
    enter: Callable[[], Access],
) -> None:
    old, new = enter(), enter()
    entries.write(old, Note(at_local=AT, device_id=LOGBOOK, text="mine"))
    for name in ("entries", "decisions"):
        endless = b"[" + b"{}," * 11_000_000 + b"{}]"
        bomb = with_member(saved(old), f"json/{name}.json", endless)
        assert len(bomb) < 1_000_000
        with pytest.raises(DamagedFile, match="too large"):
            actions.bring_in(new, bomb)


def with_member(archive: bytes, name: str, content: bytes) -> bytes:
    """The archive with another member, and a list of digests that says it is right."""
    with zipfile.ZipFile(io.BytesIO(archive)) as before:
        members = {one: before.read(one) for one in before.namelist()} | {name: content}
    manifest = json.loads(members[MANIFEST])
    for one in manifest["members"]:
        one["sha256"] = hashlib.sha256(members[one["name"]]).hexdigest()
    members[MANIFEST] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for one, data in members.items():
            after.writestr(one, data)
    return out.getvalue()
