"""Writing down, taking back, and keeping favourites."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from glykos.errors import AccessDenied
from glykos.server.logbook.forms import EntryForm, local_now
from glykos.server.logbook.kinds import BY_RECORD
from glykos.server.logbook.queries import in_words
from glykos.server.sharing import Access
from glykos.server.store import decisions, entries, favourites
from glykos.server.store.decisions import Favourite
from glykos.server.web import clock
from glykos.therapy.records import Record

_TITLE_LENGTH = 80


def save(access: Access, form: EntryForm) -> list[UUID]:
    """Write down what a valid form tells."""
    return entries.write_together(access, form.records(), once=form.telling)


def remove(access: Access, ids: Sequence[UUID]) -> None:
    """Take entries out of the logbook; ``bring_back`` undoes it."""
    for entry_id in ids:
        entries.delete(access, entry_id)


def bring_back(access: Access, ids: Sequence[UUID]) -> None:
    """Undo ``remove``."""
    for entry_id in ids:
        entries.restore(access, entry_id)


def keep_favourite(access: Access, ids: Sequence[UUID]) -> Favourite | None:
    """Make a favourite of some entries; None where nothing of them can be repeated.

    What was measured is left out: repeating it would make data up.
    """
    made = _favourite_of(access, [entries.revisions(access, one)[0].record for one in ids])
    if made is not None and not _is_kept(access, made):
        decisions.make(access, made)
    return made


def is_new_favourite(access: Access, records: Iterable[Record]) -> bool:
    """Whether keeping these would give a favourite that is not there yet."""
    made = _favourite_of(access, records)
    return made is not None and not _is_kept(access, made)


def is_repeatable(record: Record) -> bool:
    """Whether a record of this kind may be a favourite."""
    kind = BY_RECORD.get(type(record))
    return kind is not None and kind.is_repeatable


def repeat(access: Access, favourite_id: UUID, once: UUID) -> list[UUID]:
    """Write a favourite down with the time now; the same page sends it only once."""
    told = favourites.records_of(favourite(access, favourite_id), _now(access))
    return entries.write_together(access, told, once=uuid5(once, str(favourite_id)))


def rename(access: Access, favourite_id: UUID, title: str) -> None:
    """Give a favourite another name: a decision is never changed, so another takes its place."""
    known, name = favourite(access, favourite_id), title[:_TITLE_LENGTH]
    if name and name != known.title:
        decisions.make(access, Favourite(title=name, kind=known.kind, fields=known.fields))
        decisions.withdraw(access, favourite_id)


def forget(access: Access, favourite_id: UUID) -> None:
    """Remove a favourite; what was written down with it stays."""
    favourite(access, favourite_id)
    decisions.withdraw(access, favourite_id)


def favourite(access: Access, favourite_id: UUID) -> Favourite:
    """A favourite in force. Raises AccessDenied for one that this record does not have."""
    for made in decisions.made(access, Favourite):
        if made.id == favourite_id:
            return made.what
    raise AccessDenied("This record has no such favourite.", "Go back to the logbook.")


def _favourite_of(access: Access, records: Iterable[Record]) -> Favourite | None:
    kept = {type(one): one for one in records if is_repeatable(one)}
    if not kept:
        return None
    title = in_words(kept.values(), access.person.glucose_unit)[:_TITLE_LENGTH]
    return favourites.favourite_of(title, kept.values())


def _is_kept(access: Access, made: Favourite) -> bool:
    return made.fields in [one.fields for one in decisions.in_force(access, Favourite)]


def _now(access: Access) -> datetime:
    return local_now(clock.now(), access.person.zone_info)
