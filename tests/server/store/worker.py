"""One operating-system process that uploads, for tests of writers that meet or are killed.

Run as ``python -m tests.server.store.worker COMMAND …`` with the environment of an installation
of its own; every command prints one JSON value.
"""

import json
import os
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import django

DAYS = 30
TURNS = 3
FIRST_DAY_S = 1_772_323_200  # 2026-03-01, wall seconds
PER_UPLOAD = 40
NOTES = 5
EDITS = 12


def prepare() -> str:
    """Tables, an account, a record: its public id."""
    from django.core.management import call_command

    from tests.server.cast import make_person

    call_command("migrate", verbosity=0)
    return str(make_person("Alice").public_id)


def _access(public_id: str):  # type: ignore[no-untyped-def]
    from glykos.server.accounts.models import User
    from glykos.server.sharing import Purpose, authorise

    return authorise(User.objects.get(), UUID(public_id), Purpose.UPLOAD)


def _apply(access, name: str, at_s: list[int], note_count: int = 0):  # type: ignore[no-untyped-def]
    from glykos.formats._reader import Reading
    from glykos.server.store import actions
    from glykos.therapy.clock import from_wall_seconds
    from glykos.therapy.diary import Note
    from glykos.therapy.sensor import SensorSeries
    from glykos.therapy.units import GlucoseScale

    sensor = SensorSeries.build(at_s, [100] * len(at_s), scale=GlucoseScale.MGDL, device_id="cgm:1")
    notes = tuple(
        Note(at_local=from_wall_seconds(at_s[0] + n), device_id="cgm:1", text="n")
        for n in range(note_count)
    )
    return actions.apply_upload(
        access,
        Reading(format_key="test", format_version=1, sensor=sensor, records=notes),
        name.encode(),
        file_name=name,
        received_at=datetime(2026, 4, 1, tzinfo=UTC),
    )


def interleave(public_id: str, part: str, parts: str, go: str, lock: str) -> int:
    """Upload every ``parts``-th reading of 30 days in three files, once the file ``go`` exists."""
    from glykos.server.store import actions, models

    if lock == "without-lock":
        actions.locked = lambda patient_id, now: models.Patient.objects.get(pk=patient_id)  # type: ignore[assignment]
    access = _access(public_id)
    Path(f"{go}.{part}").touch()
    while not Path(go).exists():
        time.sleep(0.005)
    for turn in range(TURNS):
        slot = turn * int(parts) + int(part)
        at_s = [FIRST_DAY_S + day * 86_400 + slot * 300 for day in range(DAYS)]
        _apply(access, f"{part}-{turn}", at_s)
    return TURNS * DAYS


def seed(public_id: str) -> int:
    """One reading at the end of each of the 30 days, so that later uploads are merges."""
    at_s = [FIRST_DAY_S + day * 86_400 + 86_000 for day in range(DAYS)]
    _apply(_access(public_id), "seed", at_s)
    return DAYS


def count(public_id: str) -> int:
    """Readings stored."""
    from glykos.server.store import queries
    from glykos.therapy.clock import Window

    window = Window(date(2026, 1, 1), date(2027, 12, 31))
    return len(queries.read(_access(public_id), window).sensor)


def stream(public_id: str, ledger: str, start: str) -> None:
    """Upload without end, one day a file; each acknowledged one is written to the ledger."""
    access = _access(public_id)
    with Path(ledger).open("ab", buffering=0) as acknowledged:
        for number in range(int(start), 10_000):
            at_s = [FIRST_DAY_S + number * 86_400 + n * 300 for n in range(PER_UPLOAD)]
            upload_id = _apply(access, f"file-{number}", at_s, NOTES).upload_id
            acknowledged.write(f"{upload_id} {number}\n".encode())
            os.fsync(acknowledged.fileno())


def inspect(public_id: str) -> dict[str, list[object]]:
    """What is stored: uploads, and per day the readings, notes and summed-up readings."""
    from glykos.server.store import models, queries

    access = _access(public_id)
    happened = models.Event.objects.values_list("at_s", flat=True)
    events = Counter(at_s // 86_400 for at_s in happened)
    return {
        "uploads": [str(one.upload_id) for one in queries.uploads(access)],
        "effects": [str(row.upload) for row in models.UploadEffect.objects.all()],
        "chunks": sorted(models.Chunk.objects.values_list("day", "n")),
        "sums": sorted(models.DaySummary.objects.values_list("day", "n")),
        "events": sorted(events.items()),
        "readings": [count(public_id)],
    }


def note(public_id: str) -> str:
    """One entry of the logbook: its id."""
    from glykos.server.store import entries
    from glykos.therapy.clock import from_wall_seconds
    from glykos.therapy.diary import Note

    empty = Note(at_local=from_wall_seconds(FIRST_DAY_S), device_id="", text="-")
    return str(entries.write(_access(public_id), empty))


def edit(public_id: str, entry: str, part: str, go: str) -> list[str]:
    """Add words to an entry, ``EDITS`` times; after a conflict, look again and try again."""
    from dataclasses import replace

    from glykos.errors import ConflictError
    from glykos.server.store import entries

    access, id_ = _access(public_id), UUID(entry)
    Path(f"{go}.{part}").touch()
    while not Path(go).exists():
        time.sleep(0.005)
    added: list[str] = []
    while len(added) < EDITS:
        stood = entries.revisions(access, id_)[0]
        word = f"{part}-{len(added)}"
        longer = replace(stood.record, text=f"{stood.record.text} {word}")  # type: ignore[attr-defined]
        try:
            entries.change(access, id_, longer, rev=stood.rev)
        except ConflictError:
            continue
        added.append(word)
    return added


def words(public_id: str, entry: str) -> list[object]:
    """The number of revisions of an entry, and the words of the newest."""
    from glykos.server.store import entries

    told = entries.revisions(_access(public_id), UUID(entry))
    return [len(told), told[0].record.text.split()]  # type: ignore[attr-defined]


COMMANDS = {
    command.__name__: command
    for command in (prepare, interleave, seed, count, stream, inspect, note, edit, words)
}

if __name__ == "__main__":
    django.setup()
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
