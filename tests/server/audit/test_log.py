"""The audit log: written with what it describes, never changed, and every attack is found."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from glykos.errors import UsageError
from glykos.server.audit.actions import anchor, record
from glykos.server.audit.chain import GENESIS, Link, detail_text, shard_of
from glykos.server.audit.kinds import SENTENCES, Action, sentence
from glykos.server.audit.models import Event, Head
from glykos.server.audit.queries import Flaw, Verification, events_of, verify
from glykos.server.audit.walls import drop_walls
from glykos.server.sealing import MasterKeys

pytestmark = pytest.mark.django_db
PATIENT = 33  # chain 1


@pytest.fixture(autouse=True)
def anchor_file(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    file = tmp_path / "anchors" / "audit.jsonl"
    settings.GLYKOS_ANCHOR_FILE = str(file)
    return file


def write(count: int = 5, patient_id: int | None = PATIENT) -> None:
    for number in range(count):
        with transaction.atomic():
            record(
                actor_id=7,
                action=Action.HISTORY_READ,
                patient_id=patient_id,
                detail={"days": number},
            )


def flaws(result: Verification | None = None) -> set[Flaw]:
    return {finding.flaw for finding in (result or verify()).findings}


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


# --- writing -------------------------------------------------------------------------------------


def test_an_untouched_log_is_clean() -> None:
    write()
    write(3, None)
    result = verify()
    assert (result.events, result.findings, result.anchors) == (8, (), 0)
    assert result.is_clean


def test_events_of_a_patient_lie_in_one_chain_newest_first() -> None:
    write(3)
    write(2, PATIENT + 16)  # the same chain, somebody else
    write(1, None)
    assert [event.seq for event in events_of(PATIENT)] == [3, 2, 1]
    assert {event.shard for event in Event.objects.filter(patient=str(PATIENT))} == {1}
    assert Event.objects.filter(shard=16).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_a_transaction_is_a_bug() -> None:
    with pytest.raises(UsageError):
        record(actor_id=7, action=Action.HISTORY_READ)


@pytest.mark.django_db(transaction=True)
def test_an_undone_transaction_leaves_no_event_and_no_gap() -> None:
    write(1)
    with transaction.atomic():
        record(actor_id=7, action=Action.UPLOAD_APPLIED, patient_id=PATIENT)
        transaction.set_rollback(True)
    write(1)
    assert [event.seq for event in Event.objects.order_by("seq")] == [1, 2]
    assert verify().is_clean


@pytest.mark.django_db(transaction=True)
def test_emptying_the_test_database_leaves_the_walls_standing() -> None:
    write(1)
    with pytest.raises(DatabaseError):
        sql("DELETE FROM audit_event")


def test_time_of_an_event_comes_from_the_one_clock() -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC), tick=False):
        write(1)
    assert Event.objects.get().at_us == 1_772_366_400_250_000


def test_every_kind_has_its_sentence_and_a_foreign_one_fails() -> None:
    assert set(SENTENCES) == set(Action)
    assert all(sentence(str(action)) for action in Action)
    with pytest.raises(ValueError, match="tea"):
        sentence("tea.drunk")


def test_details_are_exact_text() -> None:
    assert detail_text({"b": 1, "a": "ü", "c": True}) == '{"a":"\\u00fc","b":1,"c":true}'
    with pytest.raises(TypeError):
        detail_text({"share": 0.1})  # type: ignore[dict-item]


def test_canonical_record_is_unambiguous() -> None:
    facts = {"shard": 1, "seq": 2, "at_us": 3, "patient": "", "obj": "", "detail": "{}"}
    one = Link(actor="ab", action="c", **facts)  # type: ignore[arg-type]
    two = Link(actor="a", action="bc", **facts)  # type: ignore[arg-type]
    assert one.canonical() != two.canonical()
    assert one.canonical().startswith(b"glykos-audit-1\x00\x00\x00\x01")
    assert one.hash(GENESIS, b"key") != one.hash(bytes(31) + b"\x01", b"key")
    assert shard_of(None) == 16


# --- walls ---------------------------------------------------------------------------------------

_REPLACE = (
    "INSERT OR REPLACE INTO audit_event (shard, seq, at_us, actor, action, patient, obj, detail,"
    " hash) SELECT shard, seq, at_us, 'x', action, patient, obj, detail, hash FROM audit_event"
    " WHERE seq = 2"
)
_UPSERT = (
    "INSERT INTO audit_event SELECT * FROM audit_event WHERE seq = 2"
    " ON CONFLICT (shard, seq) DO UPDATE SET actor = 'x'"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'x' WHERE seq = 2",
        "DELETE FROM audit_event WHERE seq = 2",
        "UPDATE audit_head SET seq = 2",
        "UPDATE audit_head SET seq = seq",
        "DELETE FROM audit_head",
        "replace",
        "truncate",
    ],
)
def test_the_database_refuses_to_change_the_log(statement: str) -> None:
    write()
    if statement == "replace":
        statement = _REPLACE if connection.vendor == "sqlite" else _UPSERT
    if statement == "truncate":
        is_sqlite = connection.vendor == "sqlite"
        statement = "DELETE FROM audit_event" if is_sqlite else "TRUNCATE audit_event"
    with pytest.raises(DatabaseError), transaction.atomic():
        sql(statement)
    assert verify().is_clean


def test_erasing_everything_is_refused_outside_of_tests(settings) -> None:  # type: ignore[no-untyped-def]
    from django.core.management import call_command

    settings.TESTING = False
    with pytest.raises(UsageError):
        call_command("flush", interactive=False)


# --- attacks by somebody who may drop the walls ---------------------------------------------------


def _swap() -> None:
    sql(
        "UPDATE audit_event SET seq = 99 WHERE shard = 1 AND seq = 2",
        "UPDATE audit_event SET seq = 2 WHERE shard = 1 AND seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE shard = 1 AND seq = 99",
    )


def _edit() -> None:
    sql("UPDATE audit_event SET actor = '8' WHERE shard = 1 AND seq = 2")


def _edit_detail() -> None:
    sql("UPDATE audit_event SET detail = '{}' WHERE shard = 1 AND seq = 5")


def _delete_middle() -> None:
    sql("DELETE FROM audit_event WHERE shard = 1 AND seq = 3")


def _delete_last() -> None:
    sql("DELETE FROM audit_event WHERE shard = 1 AND seq = 5")


def _copy_to_other_chain() -> None:
    sql(
        "INSERT INTO audit_event (shard, seq, at_us, actor, action, patient, obj, detail, hash)"
        " SELECT 2, seq, at_us, actor, action, patient, obj, detail, hash FROM audit_event"
        " WHERE shard = 1 AND seq = 1"
    )


def _forge_at_the_end() -> None:
    sql(
        "INSERT INTO audit_event (shard, seq, at_us, actor, action, patient, obj, detail, hash)"
        " SELECT shard, 6, at_us, actor, action, patient, obj, detail, hash FROM audit_event"
        " WHERE shard = 1 AND seq = 5"
    )


@pytest.mark.parametrize(
    "attack",
    [
        _swap,
        _edit,
        _edit_detail,
        _delete_middle,
        _delete_last,
        _copy_to_other_chain,
        _forge_at_the_end,
    ],
)
def test_chain_alone_finds_what_was_done_without_the_key(attack: Callable[[], None]) -> None:
    write()
    drop_walls(connection)
    attack()
    assert not verify().is_clean


def test_an_edit_is_found_at_its_event() -> None:
    write()
    drop_walls(connection)
    _edit()
    (finding,) = verify().findings
    assert (finding.flaw, finding.shard, finding.seq) == (Flaw.ALTERED, 1, 2)


def _cut_tail_and_set_head_back() -> None:
    last = Event.objects.get(shard=1, seq=3)
    sql("DELETE FROM audit_event WHERE shard = 1 AND seq > 3")
    Head.objects.filter(shard=1).update(seq=3, hash=bytes(last.hash))


def _drop_chain_with_head() -> None:
    sql("DELETE FROM audit_event WHERE shard = 1", "DELETE FROM audit_head WHERE shard = 1")


def _rewrite_with_all_keys() -> None:
    key, previous = MasterKeys.load().fixed_key("audit"), GENESIS
    names = ("shard", "seq", "at_us", "action", "patient", "obj", "detail")
    for event in Event.objects.filter(shard=1).order_by("seq"):
        facts = {name: getattr(event, name) for name in names}
        previous = Link(actor="8", **facts).hash(previous, key)
        Event.objects.filter(shard=1, seq=event.seq).update(actor="8", hash=previous)
    Head.objects.filter(shard=1).update(hash=previous)


@pytest.mark.parametrize(
    "attack", [_cut_tail_and_set_head_back, _drop_chain_with_head, _rewrite_with_all_keys]
)
def test_only_the_anchor_finds_what_was_done_with_all_rights(
    attack: Callable[[], None], tmp_path: Path, anchor_file: Path
) -> None:
    write()
    anchor()
    kept_elsewhere = tmp_path / "copy.jsonl"
    kept_elsewhere.write_bytes(anchor_file.read_bytes())
    drop_walls(connection)
    attack()
    assert flaws(verify([kept_elsewhere])) == {Flaw.ANCHORED}
    # The chains alone look whole: this is what the anchor is for.
    assert flaws(verify([])) - {Flaw.NO_ANCHOR} == set()


# --- anchors -------------------------------------------------------------------------------------


def test_anchors_are_signed_linked_logged_and_private(
    anchor_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write()
    with caplog.at_level(logging.INFO):
        assert anchor() == 1
        write(2)
        anchor()
    first, second = (json.loads(line) for line in anchor_file.read_bytes().splitlines())
    assert first["previous"] == ""
    assert second["number"] == 2
    assert anchor_file.stat().st_mode & 0o777 == 0o600
    assert "audit-anchor 2" in caplog.text
    result = verify()
    assert result.is_clean
    assert result.anchors == 2
    assert result.newest_anchor_us == second["at_us"]


@pytest.mark.parametrize("change", ["edit", "remove first", "rubbish", "foreign signature"])
def test_a_changed_anchor_file_is_found(change: str, anchor_file: Path) -> None:
    write()
    anchor()
    anchor()
    lines = anchor_file.read_bytes().splitlines()
    if change == "edit":
        lines[0] = lines[0].replace(b'"number":1', b'"number":9')
    elif change == "remove first":
        del lines[0]
    elif change == "rubbish":
        lines[1] = b"\xff\xfe not an anchor"
    else:
        body = json.loads(lines[1])
        body["signature"] = json.loads(lines[0])["signature"]
        lines[1] = json.dumps(body).encode()
    anchor_file.write_bytes(b"\n".join(lines) + b"\n")
    assert flaws() & {Flaw.SIGNATURE, Flaw.SEQUENCE}


def test_a_removed_anchor_file_is_found(anchor_file: Path) -> None:
    write()
    anchor()
    anchor_file.unlink()
    assert flaws() == {Flaw.NO_ANCHOR}


def test_a_clock_set_back_is_found_and_a_small_step_is_not() -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), tick=False):
        write(1)
    with time_machine.travel(datetime(2026, 3, 1, 11, 58, tzinfo=UTC), tick=False):
        write(1)
    assert verify().is_clean
    with time_machine.travel(datetime(2026, 3, 1, 11, 40, tzinfo=UTC), tick=False):
        write(1)
    assert flaws() == {Flaw.CLOCK}
