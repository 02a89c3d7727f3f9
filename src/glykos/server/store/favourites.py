"""Favourites of the logbook: what somebody writes down often, kept to be repeated.

A favourite is a decision of the person (``decisions.Favourite``): its ``fields`` hold, for each kind
of record, the fields of one record without time and identity.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from glykos.server.store import mapping
from glykos.server.store.decisions import Favourite
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.records import LOGBOOK, Record

_AT = from_wall_seconds(0)


def favourite_of(title: str, records: Iterable[Record]) -> Favourite:
    """What is to be repeated of some records of different kinds."""
    fields: dict[str, Any] = {}
    for record in records:
        blank = replace(record, at_local=_AT, device_id=LOGBOOK, source_id="", seq=None)
        fields[record.kind] = msgspec.json.decode(mapping.to_payload(blank))
    return Favourite(title=title, kind=next(iter(fields)), fields=fields)


def records_of(favourite: Favourite, at_local: datetime) -> list[Record]:
    """The favourite as records of a time. Raises SealError for what this version does not know."""
    return [
        replace(
            mapping.from_payload(kind, wall_seconds(at_local), LOGBOOK, msgspec.json.encode(told)),
            at_local=at_local,
        )
        for kind, told in favourite.fields.items()
    ]
