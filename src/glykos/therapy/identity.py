"""When two records are the same thing, which of them is better, and the order they stand in.

One rule for a file that repeats itself, for several files and for the store: nothing depends on
the order of import.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter, itemgetter

from glykos.therapy.records import DailyTotal, Record
from glykos.therapy.vocabulary import RECORD_TYPES

_ENVELOPE = frozenset({"at_local", "device_id", "source_id", "seq"})


def _getter(names: Sequence[str]) -> Callable[[Record], tuple[object, ...]]:
    """The values of these fields as a tuple, whatever their number."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


_PAYLOAD = {
    record_type: _getter([f.name for f in fields(record_type) if f.name not in _ENVELOPE])
    for record_type in RECORD_TYPES
}
_CONTENT = {
    record_type: _getter(record_type.identity_fields) if record_type.identity_fields else getter
    for record_type, getter in _PAYLOAD.items()
}


def payload(record: Record) -> tuple[object, ...]:
    """The record's own fields in order, without the envelope every record has."""
    return _PAYLOAD[type(record)](record)


def identity(record: Record) -> tuple[object, ...]:
    """What makes two records the same thing, whatever file they came in.

    The source's own id where it has one; otherwise device, kind, wall clock, pass of a repeated
    hour, and the identity fields (all of them unless the class names some).
    """
    if record.source_id:
        return (record.kind, record.device_id, record.source_id)
    at_local = record.at_local
    content = _CONTENT[type(record)](record)
    return (record.kind, record.device_id, at_local, at_local.fold, content)


def prefer(first: Record, second: Record) -> Record:
    """The better of two records with the same identity, whichever came first.

    The larger daily total wins (a day's total only grows until the day is complete), otherwise
    the record that knows more fields, then the larger representation, so that the answer does
    not depend on the order of import.
    """
    return max(first, second, key=_weight)


def _weight(record: Record) -> tuple[float, str]:
    if isinstance(record, DailyTotal):
        return (record.amount_u, repr(record))
    known = sum(value not in (None, "", ()) for value in payload(record))
    return (known, repr(record))


def merge(records: list[Record]) -> tuple[list[Record], int]:
    """Distinct records sorted by time, and how many were already there (duplicates)."""
    kept: dict[tuple[object, ...], Record] = {}
    for record in records:
        key = identity(record)
        known = kept.setdefault(key, record)
        if known is not record and known != record:
            kept[key] = prefer(known, record)
    merged = ordered(kept.values())
    return merged, len(records) - len(merged)


def ordered(records: Iterable[Record]) -> list[Record]:
    """Records in the one order they have, whatever order they come in.

    What shares wall clock, own order, kind and device stands by its content: a file and the
    store must not differ.
    """
    keyed = sorted(((order(record), record) for record in records), key=itemgetter(0))
    found = [record for _, record in keyed]
    first = 0
    for place in range(1, len(keyed) + 1):
        if place < len(keyed) and keyed[place][0] == keyed[first][0]:
            continue
        if place - first > 1:
            found[first:place] = sorted(found[first:place], key=repr)
        first = place
    return found


def order(record: Record) -> tuple[datetime, int, int, str, str]:
    """Sort key: wall clock, pass of a repeated hour, the device's own order, then the kind."""
    at_local = record.at_local
    return (at_local, at_local.fold, record.seq or 0, record.kind, record.device_id)
