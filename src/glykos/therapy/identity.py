"""When two records are the same thing, which of them is better, and the order they stand in.

One rule for a file that repeats itself, for several files and for the store: nothing depends on
the order of import.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from glykos.therapy.records import DailyTotal, Record
from glykos.therapy.vocabulary import RECORD_TYPES

_AT = attrgetter("at_local")
_ENVELOPE = frozenset({"at_local", "device_id", "source_id", "seq"})


def _getter(names: Sequence[str]) -> Callable[[Record], tuple[object, ...]]:
    """The values of these fields as a tuple, whatever their number."""
    if len(names) > 1:
        return attrgetter(*names)
    if len(names) == 1:
        only = attrgetter(*names)
        return lambda record: (only(record),)
    return lambda _record: ()


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
    return max(first, second, key=standing)


def standing(record: Record, rank: int = 0) -> tuple[int, float, str]:
    """How a version of a record stands against others with its identity: the largest is shown.

    ``rank`` is the time for which its file stands, for sources whose rows people edit: there the
    later version wins, even where it says less. Elsewhere it is 0 and :func:`prefer` decides.
    """
    if isinstance(record, DailyTotal):
        return (rank, record.amount_u, repr(record))
    known = sum(value not in (None, "", ()) for value in payload(record))
    return (rank, known, repr(record))


def merge(records: Iterable[Record]) -> tuple[list[Record], int]:
    """Distinct records sorted by time, and how many were already there (duplicates)."""
    return merge_ranked([(0, records)])


def merge_ranked(parts: Iterable[tuple[int, Iterable[Record]]]) -> tuple[list[Record], int]:
    """Distinct records of several files, each with its rank (see :func:`standing`)."""
    kept: dict[tuple[object, ...], tuple[int, Record]] = {}
    told = 0
    for rank, records in parts:
        for record in records:
            told += 1
            key = identity(record)
            known = kept.setdefault(key, (rank, record))
            if known[1] is record or known == (rank, record):
                continue
            if standing(record, rank) > standing(known[1], known[0]):
                kept[key] = (rank, record)
    merged = ordered(record for _, record in kept.values())
    return merged, told - len(merged)


def ordered(records: Iterable[Record]) -> list[Record]:
    """Records in the one order they have, whatever order they come in.

    What shares wall clock, own order, kind and device stands by its content: a file and the
    store must not differ.
    """
    found: list[Record] = []
    for _, at_once in groupby(sorted(records, key=_AT), key=_AT):
        same = list(at_once)
        found += _of_one_instant(same) if len(same) > 1 else same
    return found


def _of_one_instant(records: list[Record]) -> list[Record]:
    found: list[Record] = []
    for _, alike in groupby(sorted(records, key=order), key=order):
        same = list(alike)
        found += sorted(same, key=repr) if len(same) > 1 else same  # repr() is slow
    return found


def order(record: Record) -> tuple[datetime, int, int, str, str]:
    """Sort key: wall clock, pass of a repeated hour, the device's own order, then the kind."""
    at_local = record.at_local
    return (at_local, at_local.fold, record.seq or 0, record.kind, record.device_id)
