"""The logbook: what somebody wrote down, with every revision of it. The only writer of ``Entry``.

Nothing is overwritten. A change, a deletion and taking a deletion back are revisions of their own,
written under the patient's lock; the newest one counts unless it is a deletion. Uploads and their
undoing never come here. A record of the logbook has ``records.LOGBOOK`` as its device and the id
of its entry as ``source_id``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import Max, Min

from glykos.errors import AccessDenied, ConflictError, UsageError
from glykos.server.audit.actions import record as audit
from glykos.server.audit.kinds import Action
from glykos.server.sealing import Kind, PatientSeal
from glykos.server.sharing import Access
from glykos.server.store import actions, bulk, mapping
from glykos.server.store.models import STANDING_KINDS, Entry
from glykos.server.store.places import EntryPlace
from glykos.server.web import clock
from glykos.therapy.clock import DAY_S, Window, date_of
from glykos.therapy.identity import ordered
from glykos.therapy.records import LOGBOOK, Device, MeterGlucose, Record

#: How the logbook stands among the devices of a history.
LOGBOOK_DEVICE = Device(id=LOGBOOK, kind="logbook", model="Logbook")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of an entry. A deletion holds what was deleted."""

    id: UUID
    rev: int
    is_current: bool
    is_deletion: bool
    written_at: datetime
    record: Record


# --- writing ---------------------------------------------------------------------------------


def write(access: Access, record: Record) -> UUID:
    """Write one entry down; its device and source become the logbook's."""
    return write_together(access, [record])[0]


def write_together(
    access: Access, records: Sequence[Record], *, once: UUID | None = None
) -> list[UUID]:
    """Several entries that were told in one breath: all of them or none.

    ``once`` names the telling: the same one again, sent twice by a nervous thumb or a bad
    connection, writes nothing and gives the same answer.
    """
    ids = [uuid5(once, str(place)) if once else uuid4() for place in range(len(records))]
    now = clock.now()
    with transaction.atomic():
        actions.locked(access.patient_id, now)
        if once and Entry.objects.filter(patient_id=access.patient_id, id__in=ids).exists():
            return ids
        for id_, record in zip(ids, records, strict=True):
            first = Revision(
                id=id_,
                rev=1,
                is_current=True,
                is_deletion=False,
                written_at=now,
                record=_of_entry(record, id_),
            )
            _row(access.seal, first).save(force_insert=True)
        for id_ in ids:
            _audit(access, Action.ENTRY_WRITTEN, id_, rev=1)
    return ids


def change(access: Access, entry_id: UUID, record: Record, *, rev: int) -> int:
    """Replace an entry as it was in revision ``rev``; returns its revision now.

    Raises:
        ConflictError: somebody changed or deleted it since; nothing is written.
        AccessDenied: this record has no such entry.
    """
    with transaction.atomic():
        stood = _newest_locked(access, entry_id)
        record = _of_entry(record, entry_id)
        if type(record) is not type(stood.record):
            raise UsageError("An entry keeps its kind; write another one instead.")
        if stood.is_deletion or stood.rev != rev:
            raise _conflict(stood)
        if record == stood.record and record.at_local.fold == stood.record.at_local.fold:
            return stood.rev
        return _add(access, stood, replace(stood, record=record), Action.ENTRY_WRITTEN)


def delete(access: Access, entry_id: UUID, *, rev: int | None = None) -> None:
    """Take an entry out of the logbook; its history stays, and ``restore`` brings it back.

    With ``rev``, only if that is how it still stands. Raises as :func:`change` does.
    """
    with transaction.atomic():
        stood = _newest_locked(access, entry_id)
        if stood.is_deletion:
            return
        if rev is not None and stood.rev != rev:
            raise _conflict(stood)
        gone = replace(stood, is_deletion=True, is_current=False)
        _add(access, stood, gone, Action.ENTRY_DELETED)


def restore(access: Access, entry_id: UUID) -> None:
    """Bring a deleted entry back as it was. Raises AccessDenied for one that never was."""
    with transaction.atomic():
        stood = _newest_locked(access, entry_id)
        if stood.is_deletion:
            back = replace(stood, is_deletion=False, is_current=True)
            _add(access, stood, back, Action.ENTRY_WRITTEN)


def put_back(access: Access, kept: Sequence[Revision]) -> None:
    """Revisions of an archive, as they were. Called inside the transaction that puts it all back."""
    Entry.objects.bulk_create(
        _row(access.seal, replace(one, record=_of_entry(one.record, one.id))) for one in kept
    )


# --- reading ---------------------------------------------------------------------------------


def entries(access: Access, window: Window) -> list[Revision]:
    """The entries in force on some days, in order of time."""
    _audit(access, Action.HISTORY_READ, first=str(window.first), last=str(window.last))
    found = {one.record: one for one in _current(access.seal, window.start_s, window.end_s)}
    return [found[record] for record in ordered(found)]


def revisions(access: Access, entry_id: UUID) -> list[Revision]:
    """How an entry stands and how it stood, newest first. Raises AccessDenied if it never was."""
    _audit(access, Action.HISTORY_READ, entry_id)
    rows = Entry.objects.filter(patient_id=access.patient_id, id=entry_id)
    found = [_opened(access.seal, row) for row in rows.order_by("-rev")]
    if not found:
        raise _not_there()
    return found


def all_revisions(access: Access) -> list[Revision]:
    """Every revision of every entry, for an export of everything, which is logged as such."""
    rows = Entry.objects.filter(patient_id=access.patient_id)
    return [_opened(access.seal, row) for row in rows.order_by("at_s", "id", "rev")]


def with_entries(
    seal: PatientSeal, told: list[Record], start_s: int, end_s: int
) -> tuple[list[Record], tuple[Device, ...]]:
    """What devices told, joined in order by what was written down, and the logbook as a device.

    Of standing kinds, those of any time, as of devices.
    """
    written = list(_written(seal, start_s, end_s))
    if not written:
        return told, ()
    return ordered([*told, *written]), (LOGBOOK_DEVICE,)


def extent_s(patient_id: int) -> list[int]:
    """Wall seconds of the first and the last entry in force; empty where there is none."""
    current = Entry.objects.filter(patient_id=patient_id, is_current=True)
    found = current.aggregate(first=Min("at_s"), last=Max("at_s"))
    return [at_s for at_s in (found["first"], found["last"]) if at_s is not None]


def glucose_days_after(patient_id: int, day: int) -> int:
    """On how many days after a day number a glucose value was written down."""
    told = Entry.objects.filter(
        patient_id=patient_id, is_current=True, kind=MeterGlucose.kind, at_s__gte=(day + 1) * DAY_S
    )
    return len({at_s // DAY_S for at_s in told.values_list("at_s", flat=True)})


def days(patient_id: int) -> set[date]:
    """Every day with an entry in force."""
    current = Entry.objects.filter(patient_id=patient_id, is_current=True)
    return {date_of(at_s // DAY_S) for at_s in current.values_list("at_s", flat=True)}


# --- parts -----------------------------------------------------------------------------------


def _of_entry(record: Record, entry_id: UUID) -> Record:
    return replace(record, device_id=LOGBOOK, source_id=str(entry_id), seq=None)


def _newest_locked(access: Access, entry_id: UUID) -> Revision:
    actions.locked(access.patient_id, clock.now())
    rows = Entry.objects.filter(patient_id=access.patient_id, id=entry_id)
    row = rows.order_by("-rev").first()
    if row is None:
        raise _not_there()
    return _opened(access.seal, row)


def _add(access: Access, stood: Revision, now_so: Revision, action: Action) -> int:
    """Write the revision that follows, and leave the one before to the history."""
    following = replace(now_so, rev=stood.rev + 1, written_at=clock.now())
    mine = Entry.objects.filter(patient_id=access.patient_id, id=stood.id)
    mine.filter(is_current=True).update(is_current=False)
    _row(access.seal, following).save(force_insert=True)
    _audit(access, action, stood.id, rev=following.rev)
    return following.rev


def _row(seal: PatientSeal, one: Revision) -> Entry:
    record = one.record
    place = EntryPlace(one.id, one.rev, record.at_s)
    return Entry(
        patient_id=seal.patient_id,
        id=one.id,
        rev=one.rev,
        is_current=one.is_current,
        is_deletion=one.is_deletion,
        kind=record.kind,
        at_s=record.at_s,
        written_at=one.written_at,
        payload=seal.seal(Kind.ENTRY, place, mapping.to_payload(record)),
    )


def _opened(seal: PatientSeal, row: Entry) -> Revision:
    place = EntryPlace(row.id, row.rev, row.at_s)
    plain = seal.open(Kind.ENTRY, place, bytes(row.payload))
    return Revision(
        id=row.id,
        rev=row.rev,
        is_current=row.is_current,
        is_deletion=row.is_deletion,
        written_at=row.written_at,
        record=mapping.from_payload(row.kind, row.at_s, LOGBOOK, plain),
    )


def _current(seal: PatientSeal, start_s: int, end_s: int) -> list[Revision]:
    """The entries in force of some time."""
    rows = Entry.objects.filter(
        patient_id=seal.patient_id, is_current=True, at_s__gte=start_s, at_s__lt=end_s
    )
    return [_opened(seal, row) for row in rows]


def _written(seal: PatientSeal, start_s: int, end_s: int) -> Iterator[Record]:
    """The records in force of some time, and those of standing kinds of any time."""
    marks = ", ".join(["%s"] * len(STANDING_KINDS))
    rows = bulk.select(
        Entry,
        ("id", "rev", "kind", "at_s", "payload"),
        f"patient_id = %s AND is_current AND (at_s >= %s AND at_s < %s OR kind IN ({marks}))",
        (seal.patient_id, start_s, end_s, *STANDING_KINDS),
    )
    for id_, rev, kind, at_s, payload in rows:
        place = EntryPlace(bulk.as_uuid(id_), rev, at_s)
        plain = seal.open(Kind.ENTRY, place, bytes(payload))
        yield mapping.from_payload(kind, at_s, LOGBOOK, plain)


def _conflict(stood: Revision) -> ConflictError:
    what = "deleted" if stood.is_deletion else "changed"
    return ConflictError(
        f"This entry was {what} in the meantime.", "Compare the two, then save again."
    )


def _not_there() -> AccessDenied:
    return AccessDenied("This record has no such entry.", "Go back to the logbook.")


def _audit(
    access: Access, action: Action, entry_id: UUID | None = None, **detail: str | int
) -> None:
    with transaction.atomic():
        audit(
            actor_id=access.actor_id,
            action=action,
            patient_id=access.patient_id,
            obj=str(entry_id or ""),
            detail={**detail, "purpose": str(access.purpose)},
        )
