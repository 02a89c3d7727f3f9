"""A person's decisions about their data: made, listed, withdrawn; never changed.

Exclusions, corrections of a clock and links told apart are applied when a history is read.
Favourites of the logbook and saved column mappings are kept here as well: they, too, are small,
sealed, and the person's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID, uuid4
from zoneinfo import available_timezones

import msgspec
from django.db import transaction
from django.utils import timezone

from glykos.errors import AccessDenied
from glykos.server.audit.actions import record as audit
from glykos.server.audit.kinds import Action
from glykos.server.sealing import Kind
from glykos.server.sharing import Access
from glykos.server.store import actions, decided, devices, places, totals
from glykos.server.store.models import Decision as Row
from glykos.therapy.clock import DAY_S, is_plausible_s
from glykos.therapy.decisions import Apart, ClockCorrection, Exclusion
from glykos.therapy.units import GlucoseUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourite:
    """Logbook entries to repeat: for each kind of record its fields, without time and identity.

    ``kind`` is that of the first one; ``store.favourites`` makes it and reads it.
    """

    title: str
    kind: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMapping:
    """How to read one person's own table: what ``formats.Hints`` says about it, under a name.

    A table with the same ``header`` (``TableHead.signature``) is read so without being asked.
    """

    name: str
    columns: dict[str, str]
    unit: str = ""
    date_order: str = ""
    header: str = ""


#: Stored names of the kinds: never renamed.
_KINDS: dict[type, str] = {
    **decided.KINDS,
    Favourite: "favourite",
    SavedMapping: "mapping",
}
_CLASSES = {name: kind for kind, name in _KINDS.items()}

D = TypeVar("D", Exclusion, ClockCorrection, Apart, Favourite, SavedMapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Generic[D]):
    """A decision as it stands in the record."""

    id: UUID
    what: D
    made_at: datetime
    withdrawn_at: datetime | None = None


_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _Facts(msgspec.Struct, forbid_unknown_fields=True):
    """What an archive says about a decision besides what it is."""

    id: UUID
    made_at: _Instant
    withdrawn_at: _Instant | None = None


def make(access: Access, what: D) -> UUID:
    """Write a decision down; it is in force at once."""
    decision_id, now = uuid4(), timezone.now()
    body = _sealed(access, decision_id, what)
    kind = _KINDS[type(what)]
    with transaction.atomic():
        actions.locked(access.patient_id, now)
        Row.objects.create(
            patient_id=access.patient_id, id=decision_id, kind=kind, made_at=now, body=body
        )
        _apply(access, what)
        _audit(access, Action.DECISION_MADE, decision_id, kind)
    return decision_id


def withdraw(access: Access, decision_id: UUID, *kinds: type) -> None:
    """Take a decision back; with ``kinds``, only one of these.

    Raises AccessDenied for one that this record does not have.
    """
    wanted = {_KINDS[kind] for kind in kinds} or _CLASSES
    with transaction.atomic():
        actions.locked(access.patient_id, timezone.now())
        row = Row.objects.filter(patient_id=access.patient_id, id=decision_id).first()
        if row is None or row.kind not in wanted:
            raise AccessDenied("This record has no such decision.", "Go back to the list.")
        if row.withdrawn_at is None:
            row.withdrawn_at = timezone.now()
            row.save(update_fields=["withdrawn_at"])
            _apply(access, _open(access, row).what)
            _audit(access, Action.DECISION_WITHDRAWN, decision_id, row.kind)


def made(access: Access, kind: type[D], *, with_withdrawn: bool = False) -> list[Made[D]]:
    """Decisions of one kind, oldest first.

    No audit event of its own: a page that shows them reads the data they are about as well.
    """
    rows = Row.objects.filter(patient_id=access.patient_id, kind=_KINDS[kind])
    if not with_withdrawn:
        rows = rows.filter(withdrawn_at=None)
    return [_open(access, row) for row in rows.order_by("made_at", "id")]


def looked_at(access: Access, kind: type[D]) -> list[Made[D]]:
    """:func:`made`, for a page that shows them and nothing else of the record."""
    with transaction.atomic():
        audit(
            actor_id=access.actor_id,
            action=Action.HISTORY_READ,
            patient_id=access.patient_id,
            detail={"kind": _KINDS[kind], "purpose": str(access.purpose)},
        )
    return made(access, kind)


def in_force(access: Access, kind: type[D]) -> tuple[D, ...]:
    """What the decisions of one kind say now, oldest first."""
    return tuple(one.what for one in made(access, kind))


def everything(access: Access) -> list[Made[Any]]:
    """Every decision of every kind, withdrawn ones too, oldest first."""
    rows = Row.objects.filter(patient_id=access.patient_id).order_by("made_at", "id")
    return [_open(access, row) for row in rows]


def put_back(access: Access, kept: Sequence[Made[Any]]) -> None:
    """Decisions of an archive, as they were. Called inside the transaction that puts it all back."""
    Row.objects.bulk_create(
        Row(
            patient_id=access.patient_id,
            id=one.id,
            kind=_KINDS[type(one.what)],
            made_at=one.made_at,
            withdrawn_at=one.withdrawn_at,
            body=_sealed(access, one.id, one.what),
        )
        for one in kept
    )
    for one in kept:
        if one.withdrawn_at is None:
            _apply(access, one.what)


def kinds() -> dict[str, type]:
    """Every kind of decision by its stored name."""
    return dict(_CLASSES)


def to_json(one: Made[Any]) -> dict[str, Any]:
    """A decision as an archive keeps it."""
    shown: dict[str, Any] = msgspec.to_builtins(one)
    return {"kind": _KINDS[type(one.what)]} | shown


def from_json(shown: dict[str, Any]) -> Made[Any]:
    """The decision of :func:`to_json`. Raises ValueError for anything else."""
    known = dict(shown)
    kind = known.pop("kind", None)
    if kind not in _CLASSES:
        raise ValueError("a kind of decision that this version does not know")
    what: Any = msgspec.convert(known.pop("what", None), _CLASSES[kind])
    _check(what)
    facts = msgspec.convert(known, _Facts)
    return Made(id=facts.id, what=what, made_at=facts.made_at, withdrawn_at=facts.withdrawn_at)


def _check(what: object) -> None:
    """Refuse what no form of ours can have said, and no page could show. Raises ValueError."""
    if isinstance(what, Exclusion | ClockCorrection):
        ends = [what.from_s, what.to_s]
        if isinstance(what, ClockCorrection):
            ends.append(what.from_s - (what.ahead_s or 0))
            if what.zone and what.zone not in available_timezones():
                raise ValueError("a zone that is not known here")
        if not all(map(is_plausible_s, ends)) or what.to_s <= what.from_s:
            raise ValueError("a time that no clock on a wall shows")
    if isinstance(what, SavedMapping) and what.unit:
        GlucoseUnit(what.unit)


def _sealed(access: Access, decision_id: UUID, what: object) -> bytes:
    place = places.of_decision(decision_id)
    return access.seal.seal(Kind.DECISION, place, msgspec.json.encode(what))


def _apply(access: Access, what: object) -> None:
    """What is kept beside the readings and follows from a decision: sums of days, UTC of clocks."""
    if isinstance(what, Exclusion):
        totals.write_between(access.seal, what.from_s // DAY_S, (what.to_s - 1) // DAY_S)
    elif isinstance(what, ClockCorrection):
        known = devices.load(access.seal)
        told = {number: one for number, one in known.items() if one.id == what.device_id}
        devices.read_clocks(access.seal, told, access.person.zone_info)


def _open(access: Access, row: Row) -> Made[Any]:
    plain = access.seal.open(Kind.DECISION, places.of_decision(row.id), bytes(row.body))
    what: Any = msgspec.json.decode(plain, type=_CLASSES[row.kind])
    return Made(id=row.id, what=what, made_at=row.made_at, withdrawn_at=row.withdrawn_at)


def _audit(access: Access, action: Action, decision_id: UUID, kind: str) -> None:
    audit(
        actor_id=access.actor_id,
        action=action,
        patient_id=access.patient_id,
        obj=str(decision_id),
        detail={"kind": kind},
    )
