"""Records of the therapy vocabulary as stored events, and back.

A stored event has plain columns for finding it (kind, wall second, device number, key) and a
sealed payload with the rest. The key is a keyed digest of ``therapy.identity.identity``: the same
thing told by two files meets in one row, in whatever order the files arrive (ADR 0035).

The payload is JSON of the fields that differ from their defaults, so that an event stays small
and the vocabulary can grow: a field added later reads as its default in old events, and a field
this version does not know (written by a newer one) is passed over.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Any, get_args, get_type_hints

import msgspec

from glykos.errors import SealError
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.identity import identity
from glykos.therapy.records import Record, ScheduleSegment, Setting
from glykos.therapy.vocabulary import BY_KIND, RECORD_TYPES

#: Makes 16 keyed bytes of any bytes; ``PatientSeal.digest`` in production.
Digest = Callable[[bytes], bytes]


_OWN_COLUMNS = frozenset({"at_local", "device_id"})
_FOLDED = "_fold"  # names of the times that are in the second pass of a repeated hour
_MICROSECOND = "_us"
_UNREADABLE = "A stored event cannot be read by this version."
_UPDATE = "Update Glykos to the version that wrote it."
#: Versions of one event are told apart within one key, so eight bytes are plenty.
VERSION_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One record, ready to be sealed and stored."""

    key: bytes
    kind: str
    at_s: int
    device_id: str
    payload: bytes
    version: bytes  # digest of everything that may differ between versions of one key
    record: Record


@dataclass(frozen=True, slots=True)
class _Shape:
    """What has to be known about a record class to store it."""

    defaults: tuple[tuple[str, object], ...]
    float_names: tuple[str, ...]
    time_names: tuple[str, ...]
    nested_names: tuple[str, ...]


def _shape(record_type: type[Record]) -> _Shape:
    hints = get_type_hints(record_type)
    own = [field for field in fields(record_type) if field.name not in _OWN_COLUMNS]

    def named(wanted: type) -> tuple[str, ...]:
        return tuple(f.name for f in own if wanted in (hints[f.name], *get_args(hints[f.name])))

    return _Shape(
        defaults=tuple((f.name, None if f.default is MISSING else f.default) for f in own),
        float_names=named(float),
        time_names=named(datetime),
        nested_names=(*named(ScheduleSegment), *named(Setting)),
    )


_SHAPES = {record_type: _shape(record_type) for record_type in RECORD_TYPES}
_encode = msgspec.json.Encoder(order="deterministic").encode


def to_event(record: Record, digest: Digest) -> Event:
    """The stored form of a record."""
    record = _exact(record)
    payload = to_payload(record)
    at_s = record.at_s
    return Event(
        key=digest(b"identity" + _encode(identity(record))),
        kind=record.kind,
        at_s=at_s,
        device_id=record.device_id,
        payload=payload,
        version=digest(b"version%d|" % at_s + payload)[:VERSION_DIGEST_BYTES],
        record=record,
    )


def to_payload(record: Record) -> bytes:
    """Everything of a record that has no column of its own."""
    shape = _SHAPES[type(record)]
    known: dict[str, object] = {}
    for name, default in shape.defaults:
        value = getattr(record, name)
        if value != default:
            known[name] = value
    times = (("at_local", record.at_local), *((n, known.get(n)) for n in shape.time_names))
    folded = [name for name, at in times if isinstance(at, datetime) and at.fold]
    if folded:
        known[_FOLDED] = folded
    if record.at_local.microsecond:
        known[_MICROSECOND] = record.at_local.microsecond
    return _encode(known)


def from_payload(kind: str, at_s: int, device_id: str, payload: bytes) -> Record:
    """The record of a stored event. Raises SealError for what this version does not know."""
    try:
        record_type = BY_KIND[kind]
        known: dict[str, Any] = msgspec.json.decode(payload)
        folded = known.pop(_FOLDED, ())
        at_local = from_wall_seconds(at_s)
        if micro := known.pop(_MICROSECOND, 0):
            at_local = at_local.replace(microsecond=micro)
        known["at_local"] = at_local
        known["device_id"] = device_id
        record = msgspec.convert(known, record_type)
    except (
        KeyError,
        AttributeError,
        TypeError,
        msgspec.DecodeError,
        msgspec.ValidationError,
    ) as error:
        raise SealError(_UNREADABLE, _UPDATE, context={"kind": kind}) from error
    if folded:
        again = {name: getattr(record, name).replace(fold=1) for name in folded}
        return replace(record, **again)
    return record


def _exact(record: Record) -> Record:
    """The record with whole numbers in decimal fields made decimal.

    ``5`` and ``5.0`` are equal, so they must also be the same bytes.
    """
    shape = _SHAPES[type(record)]
    whole: dict[str, Any] = {
        name: float(value)
        for name in shape.float_names
        if type(value := getattr(record, name)) is int
    }
    for name in shape.nested_names:
        whole[name] = _exact_nested(getattr(record, name))
    return replace(record, **whole) if whole else record


def _exact_nested(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_exact_nested(part) for part in value)
    if isinstance(value, Setting):
        return replace(value, segments=_exact_nested(value.segments))
    if isinstance(value, ScheduleSegment):
        return replace(value, value=float(value.value))
    return value
