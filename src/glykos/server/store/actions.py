"""The single writer of the data plane, and its undoing.

Lock order: the patient's row first, the audit chain last. Everything that can be computed
without the database is computed before the transaction begins.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from glykos.formats._reader import Hints, Reading
from glykos.server.audit.actions import record as audit
from glykos.server.audit.kinds import Action
from glykos.server.sealing import Kind, PatientSeal
from glykos.server.sharing import Access
from glykos.server.store import (
    chunks,
    days,
    devices,
    effects,
    events,
    files,
    mapping,
    places,
    results,
    totals,
)
from glykos.server.store.effects import DayKey, Effect
from glykos.server.store.models import (
    Patient,
    SourceFile,
    Status,
    Stream,
    UploadEffect,
)
from glykos.server.store.results import UploadResult, UploadStatus
from glykos.therapy.clock import date_of
from glykos.therapy.identity import merge
from glykos.therapy.records import Device
from glykos.therapy.sensor import SensorSeries

#: Originals are text; the quickest level already takes four fifths away.
_QUICK = 1
_NOT_EVENTS = frozenset({"settings_snapshot", "basal_schedule"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A reading as it will be stored, before anything is known about what is there."""

    sensor: SensorSeries
    days: list[tuple[str, int, bytes]]  # of sensor: device id, day number, canonical payload
    events: list[mapping.Event]
    devices: dict[str, Device]
    rank: int
    deflated: bytes


def apply_upload(
    access: Access,
    reading: Reading,
    data: bytes,
    *,
    file_name: str,
    received_at: datetime,
    hints: Hints = Hints(),  # noqa: B008 - frozen
) -> UploadResult:
    """Store what a file told: all of it or nothing, once, whatever was uploaded before.

    The same bytes read by the same reader again write nothing but the audit event. The same
    bytes with a newer reader or other ``hints`` replace what they brought the first time.
    """
    seal = access.seal
    digest = files.digest_of(seal, data)
    hints = replace(hints, now=None)
    prepared = _prepare(seal, reading, data)
    with transaction.atomic():
        patient = locked(access.patient_id, received_at)
        known = files.known(access.patient_id, digest)
        if known and files.is_same(seal, known, reading, hints):
            return _repeat(access, known)
        touched = _Touched()
        if known and known.status == Status.ACTIVE:
            _withdraw(seal, known.id, touched)
        upload_id = known.id if known else uuid4()
        outcome = UploadResult(
            upload_id=upload_id,
            status=UploadStatus.ACTIVE,
            file_name=file_name,
            received_at=received_at,
            size_bytes=len(data),
            format_key=reading.format_key,
            format_version=reading.format_version,
            devices=reading.devices,
            counts=reading.counts,
            issues=reading.issues,
            owner=reading.owner,
            hints=hints,
        )
        outcome = _add(seal, patient, prepared, outcome, touched)
        files.save(seal, outcome, digest, prepared.deflated, is_new=known is None)
        _refresh(access, touched)
        audit(
            actor_id=access.actor_id,
            action=Action.UPLOAD_APPLIED,
            patient_id=access.patient_id,
            obj=str(upload_id),
            detail={"new": outcome.new, "known": outcome.known, "days": len(touched.days)},
        )
    return outcome


def reread(access: Access, kept: UploadResult, reading: Reading, data: bytes) -> UploadResult:
    """Put what a file in use tells now in place of what it told before; nothing else changes.

    A file that was undone meanwhile stays undone, and one that somebody answered a question about
    keeps that answer.
    """
    upload_id = kept.upload_id
    seal = access.seal
    prepared = _prepare(seal, reading, data)
    with transaction.atomic():
        patient = locked(access.patient_id, None)
        row = files.row(access.patient_id, upload_id)
        outcome = files.open_summary(seal, row)
        if row.status != Status.ACTIVE or outcome.hints != kept.hints:
            return outcome
        touched = _Touched()
        _withdraw(seal, upload_id, touched)
        outcome = replace(
            outcome,
            format_key=reading.format_key,
            format_version=reading.format_version,
            devices=reading.devices,
            counts=reading.counts,
            issues=reading.issues,
            owner=reading.owner,
        )
        outcome = _add(seal, patient, prepared, outcome, touched)
        files.save(seal, outcome, bytes(row.digest), prepared.deflated, is_new=False)
        _refresh(access, touched)
        audit(
            actor_id=access.actor_id,
            action=Action.UPLOAD_REREAD,
            patient_id=access.patient_id,
            obj=str(upload_id),
            detail={"new": outcome.new, "known": outcome.known, "days": len(touched.days)},
        )
    return outcome


def undo_upload(access: Access, upload_id: UUID) -> UploadResult:
    """Take out what one upload brought, as if it had never happened; other uploads keep theirs.

    The original stays, sealed, so that it can be applied again; ``forget_upload`` removes it.
    """
    with transaction.atomic():
        locked(access.patient_id, None)
        row = files.row(access.patient_id, upload_id)
        outcome = files.open_summary(access.seal, row)
        if row.status != Status.ACTIVE:
            return outcome
        touched = _Touched()
        _withdraw(access.seal, row.id, touched)
        files.at(access.patient_id, upload_id).update(status=Status.UNDONE)
        _refresh(access, touched)
        audit(
            actor_id=access.actor_id,
            action=Action.UPLOAD_UNDONE,
            patient_id=access.patient_id,
            obj=str(upload_id),
            detail={"days": len(touched.days)},
        )
    return replace(outcome, status=UploadStatus.UNDONE)


def hold_upload(
    access: Access,
    data: bytes,
    *,
    file_name: str,
    received_at: datetime,
    hints: Hints = Hints(),  # noqa: B008 - frozen
) -> UploadResult:
    """Keep a file, sealed and unused, while a question about it is open.

    The row of a file that had been in use still names its reader: ``drop_waiting`` spares it.
    """
    seal = access.seal
    digest, deflated = files.digest_of(seal, data), zlib.compress(data, _QUICK)
    with transaction.atomic():
        locked(access.patient_id, received_at)
        known = files.known(access.patient_id, digest)
        if known and known.status == Status.ACTIVE:
            return files.open_summary(seal, known)
        outcome = UploadResult(
            upload_id=known.id if known else uuid4(),
            status=UploadStatus.WAITING,
            file_name=file_name,
            received_at=received_at,
            size_bytes=len(data),
            format_key=known.reader if known else "",
            format_version=known.reader_version if known else 0,
            hints=replace(hints, now=None),
        )
        files.save(seal, outcome, digest, deflated, is_new=known is None)
        audit(
            actor_id=access.actor_id,
            action=Action.UPLOAD_HELD,
            patient_id=access.patient_id,
            obj=str(outcome.upload_id),
        )
    return outcome


def put_back(
    access: Access, kept: UploadResult, data: bytes, reading: Reading | None = None
) -> None:
    """A file of an archive, under its old id and with its old account of what was new.

    Called inside the transaction that puts everything back. Without a reading the file is kept
    and not used.
    """
    seal = access.seal
    digest = files.digest_of(seal, data)
    if reading is None:
        files.save(seal, kept, digest, zlib.compress(data, _QUICK), is_new=True)
        return
    prepared = _prepare(seal, reading, data)
    patient = locked(access.patient_id, kept.received_at)
    touched = _Touched()
    _add(seal, patient, prepared, kept, touched)
    kept = replace(kept, format_key=reading.format_key, format_version=reading.format_version)
    files.save(seal, kept, digest, prepared.deflated, is_new=True)
    _refresh(access, touched)


def drop_waiting(access: Access, *, before: datetime) -> None:
    """Forget files whose question nobody answered in time; what was in use before stays, unused."""
    unanswered = SourceFile.objects.filter(
        patient_id=access.patient_id, status=Status.WAITING, received_at__lt=before
    )
    if not unanswered.exists():  # nearly always; needs no lock
        return
    with transaction.atomic():
        locked(access.patient_id, None)
        for upload_id, reader in unanswered.order_by("id").values_list("id", "reader"):
            row = files.at(access.patient_id, upload_id)
            if reader:
                row.update(status=Status.UNDONE)
            else:
                row.delete()
            audit(
                actor_id=None,
                action=Action.UPLOAD_UNDONE if reader else Action.UPLOAD_DISCARDED,
                patient_id=access.patient_id,
                obj=str(upload_id),
                detail={"unanswered": 1},
            )


def forget_upload(access: Access, upload_id: UUID) -> None:
    """Remove a file for good, with its original bytes; takes its records out first."""
    undo_upload(access, upload_id)
    with transaction.atomic():
        locked(access.patient_id, None)
        row = files.row(access.patient_id, upload_id)
        if row.status != Status.ACTIVE:
            files.at(access.patient_id, upload_id).delete()
        audit(
            actor_id=access.actor_id,
            action=Action.UPLOAD_DISCARDED,
            patient_id=access.patient_id,
            obj=str(upload_id),
        )


def _repeat(access: Access, row: SourceFile) -> UploadResult:
    """The answer to a file that is already in use: nothing is new."""
    audit(
        actor_id=access.actor_id,
        action=Action.UPLOAD_APPLIED,
        patient_id=access.patient_id,
        obj=str(row.id),
        detail={"repeat": 1},
    )
    return files.open_summary(access.seal, row).as_repeat()


def locked(patient_id: int, now: datetime | None) -> Patient:
    """The patient's row, locked until the transaction ends: one writer at a time.

    With ``now`` the row is made on the first upload. SQLite knows no row locks; there the
    transaction itself takes the write lock when it begins (``transaction_mode=IMMEDIATE``).
    """
    if now is not None:
        patient = Patient(id=patient_id, created_at=now)
        Patient.objects.bulk_create([patient], ignore_conflicts=True)
    try:
        return Patient.objects.select_for_update().get(pk=patient_id)
    except Patient.DoesNotExist:
        raise files.not_there() from None


class _Touched:
    """What a transaction changed, so that only that is summed up again.

    ``first`` holds all readings of the changed days where none of them was there before.
    """

    def __init__(self) -> None:
        self.days: set[DayKey] = set()
        self.devices: dict[int, Device] = {}
        self.first: SensorSeries | None = None


def _prepare(seal: PatientSeal, reading: Reading, data: bytes) -> _Prepared:
    records, _ = merge(list(reading.records))
    sensor = reading.sensor.distinct()
    named = {device.id: device for device in reading.devices}
    for device_id in (*reading.sensor.device_ids, *(record.device_id for record in records)):
        if device_id not in named:
            named[device_id] = Device(id=device_id, kind=devices.UNLISTED, model="")
    return _Prepared(
        sensor=sensor,
        days=list(chunks.encode(sensor)),
        events=[mapping.to_event(record, seal.digest) for record in records],
        devices=named,
        rank=reading.rank,
        deflated=zlib.compress(data, _QUICK),
    )


def _add(
    seal: PatientSeal,
    patient: Patient,
    prepared: _Prepared,
    outcome: UploadResult,
    touched: _Touched,
) -> UploadResult:
    """Write days, events and devices, and the effect that can take them out again."""
    used = devices.write(seal, prepared.devices.values())
    numbers = {device.id: number for number, device in used.items()}
    incoming = [
        (DayKey(Stream.SENSOR_GLUCOSE, day, numbers[device_id]), payload)
        for device_id, day, payload in prepared.days
    ]
    day_writes = days.write(seal, incoming)
    event_writes = events.write(seal, patient, prepared.events, numbers, prepared.rank)
    effect = Effect(
        devices=used,
        days=day_writes.digests,
        numbers=event_writes.numbers,
        revs=event_writes.revs,
        rank=prepared.rank,
    )
    body = seal.seal(Kind.SUMMARY, places.of_effect(outcome.upload_id), effects.to_bytes(effect))
    UploadEffect.objects.bulk_create(
        [UploadEffect(patient_id=seal.patient_id, upload=outcome.upload_id, body=body)]
    )
    if day_writes.was_empty and not touched.days:
        touched.first = prepared.sensor
    touched.days |= day_writes.changed
    touched.devices |= used
    kinds = dict(event_writes.kinds)
    if incoming:
        kinds[results.SENSOR_GLUCOSE] = (day_writes.new, day_writes.known)
    first, last = _extent(prepared)
    return replace(outcome, kinds=results.in_order(kinds), first=first, last=last)


def _extent(prepared: _Prepared) -> tuple[date | None, date | None]:
    at_days = [day for _, day, _ in prepared.days]
    at_days += [event.at_s // 86_400 for event in prepared.events if event.kind not in _NOT_EVENTS]
    return (date_of(min(at_days)), date_of(max(at_days))) if at_days else (None, None)


def _withdraw(seal: PatientSeal, upload_id: UUID, touched: _Touched) -> None:
    gone, remaining = files.effects_of(seal, upload_id)
    touched.days |= days.withdraw(seal, gone, remaining)
    events.withdraw(seal, gone, remaining)
    devices.withdraw(seal, gone, remaining)
    still = {number for effect in remaining for number in effect.devices}
    touched.devices |= {n: device for n, device in gone.devices.items() if n in still}
    UploadEffect.objects.filter(patient_id=seal.patient_id, upload=upload_id).delete()


def _refresh(access: Access, touched: _Touched) -> None:
    """Summaries, windows and clocks that follow from what changed."""
    totals.write(access.seal, {key.day for key in touched.days}, touched.first)
    if touched.devices:
        devices.read_clocks(access.seal, touched.devices, access.person.zone_info)
