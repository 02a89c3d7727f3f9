"""Who looked at a person's data, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from glykos.server.audit.kinds import sentence
from glykos.server.audit.models import Event
from glykos.server.audit.queries import events_of
from glykos.server.sharing import Access

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PER_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The same thing done by the same person on one day, ``times`` times; ``at`` is the last."""

    at: datetime
    who: str
    what: str
    times: int


def looks(access: Access, page: int = 1) -> tuple[list[Look], bool]:
    """One page of what the log knows about this record, and whether there are older ones.

    Newest first, in the person's own time.
    """
    skip = (page - 1) * _PER_PAGE
    events = events_of(access.patient_id, limit=_PER_PAGE + 1, skip=skip)
    return list(_folded(access, events[:_PER_PAGE])), len(events) > _PER_PAGE


def _folded(access: Access, events: list[Event]) -> Iterator[Look]:
    zone = access.person.zone_info

    def at(event: Event) -> datetime:
        return (_EPOCH + timedelta(microseconds=event.at_us)).astimezone(zone)

    for (_, actor, action), group in groupby(
        events, lambda event: (at(event).date(), event.actor, event.action)
    ):
        same = list(group)
        yield Look(at=at(same[0]), who=_who(access, actor), what=sentence(action), times=len(same))


def _who(access: Access, actor: str) -> str:
    if actor == str(access.actor_id):
        return "You"
    return "Somebody else" if actor else "The system"
