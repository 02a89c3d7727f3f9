"""``glykos manage reread``: kept originals through the present readers."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from glykos.errors import GlykosError
from glykos.server.ingest.rereading import Reread, RereadState, reread
from glykos.server.patients.models import Person
from glykos.server.patients.queries import everybody
from glykos.server.sharing import for_maintenance

_WORDS = {
    RereadState.QUESTION: "asks for the order of day and month now; left as it is",
    RereadState.UNREADABLE: "is not read any more; left as it is",
}


class Command(BaseCommand):
    """Shows what would change, in counts; nothing is written without ``--apply``."""

    help = (
        "Read all kept originals again with the present readers. Prints, per upload, how many "
        "records and days would be added, removed and changed; --apply puts that in place."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="write what is different")
        parser.add_argument(
            "--record", type=UUID, help="only the record with this id (as in its address)"
        )

    def handle(self, *, apply: bool, record: UUID | None, **_: Any) -> None:
        people = [one for one in everybody() if record in (None, one.public_id)]
        if record and not people:
            raise CommandError("There is no record with this id.")
        counted = Counter[str]()
        for place, person in enumerate(people, 1):
            self.stdout.write(f"record {place} of {len(people)}: {person.public_id}")
            counted.update(self._one(person, apply=apply))
        total = sum(counted[state] for state in RereadState)
        parts = ", ".join(f"{counted[state]} {state}" for state in RereadState)
        self.stdout.write(f"{total} files read again: {parts}.")
        if counted["failed"]:
            raise CommandError(f"{counted['failed']} records could not be read; see above.")
        if counted[RereadState.DIFFERENT] and not apply:
            self.stdout.write("Nothing was written. Run it again with --apply to do so.")

    def _one(self, person: Person, *, apply: bool) -> Counter[str]:
        counted = Counter[str]()
        try:
            for one in reread(for_maintenance(person), apply=apply):
                counted[one.state] += 1
                self.stdout.write(f"  {line(one)}")
        except GlykosError as error:  # one damaged record must not stop the others
            counted["failed"] += 1
            self.stderr.write(f"  {error.message} {error.hint}".rstrip())
        return counted


def line(one: Reread) -> str:
    """What became of one file: ids and counts, never a name or a value."""
    head = f"upload {one.upload_id}: {_reader(one.before)}"
    if one.after is None or one.difference is None:
        return f"{head}: {_WORDS[one.state]}"
    if one.after != one.before:
        head = f"{head} -> {_reader(one.after)}"
    if not one.difference:
        return f"{head}: the same"
    parts = (("records", one.difference.records), ("days", one.difference.days))
    told = ", ".join(
        f"{name} +{part.added} -{part.removed} ~{part.changed}" for name, part in parts
    )
    return f"{head}: {told}"


def _reader(reader: tuple[str, int]) -> str:
    return f"{reader[0]} {reader[1]}"
