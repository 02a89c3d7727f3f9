"""Uploaded files: finding, keeping and opening them. The rows are locked by the caller."""

from dataclasses import replace
from uuid import UUID

from django.db.models import QuerySet

from glykos.errors import AccessDenied
from glykos.formats._reader import Hints, Reading
from glykos.server.sealing import Kind, PatientSeal
from glykos.server.store import effects, places, results
from glykos.server.store.effects import Effect
from glykos.server.store.models import SourceFile, Status, UploadEffect
from glykos.server.store.results import UploadResult, UploadStatus


def digest_of(seal: PatientSeal, data: bytes) -> bytes:
    """Keyed digest by which the same bytes are recognised."""
    return seal.digest(b"file" + data)


def known(patient_id: int, digest: bytes) -> SourceFile | None:
    """The row of the bytes with this digest, whatever became of them."""
    rows = SourceFile.objects.filter(patient_id=patient_id, digest=digest)
    return rows.defer("original").first()


def is_same(seal: PatientSeal, row: SourceFile, reading: Reading, hints: Hints) -> bool:
    """Whether a file in use was read by the same reader with the same answers."""
    return (
        row.status == Status.ACTIVE
        and (row.reader, row.reader_version) == (reading.format_key, reading.format_version)
        and open_summary(seal, row).hints == hints
    )


def at(patient_id: int, upload_id: UUID) -> QuerySet[SourceFile]:
    """The row of one upload, if this patient has it."""
    return SourceFile.objects.filter(patient_id=patient_id, id=upload_id)


def row(patient_id: int, upload_id: UUID) -> SourceFile:
    """One upload of this patient. Raises AccessDenied: what is not there is not yours."""
    found = at(patient_id, upload_id).defer("original").first()
    if found is None:
        raise not_there()
    return found


def not_there() -> AccessDenied:
    """The answer for an upload that does not exist, or is somebody else's."""
    return AccessDenied("This upload does not exist.", "Choose one from the list of uploads.")


def open_summary(seal: PatientSeal, row: SourceFile) -> UploadResult:
    """The summary kept with a file, with its present status."""
    place = places.of_summary(row.id)
    outcome = results.from_bytes(seal.open(Kind.SUMMARY, place, bytes(row.summary)))
    return replace(outcome, status=UploadStatus(Status(row.status).name.lower()))


def save(
    seal: PatientSeal, outcome: UploadResult, digest: bytes, deflated: bytes, *, is_new: bool
) -> None:
    """Keep a file with its summary; the same bytes stay one row."""
    upload_id = outcome.upload_id
    summary = seal.seal(Kind.SUMMARY, places.of_summary(upload_id), results.to_bytes(outcome))
    row = SourceFile(
        patient_id=seal.patient_id,
        id=upload_id,
        digest=digest,
        status=Status[outcome.status.name],
        received_at=outcome.received_at,
        reader=outcome.format_key,
        reader_version=outcome.format_version,
        size_bytes=outcome.size_bytes,
        summary=summary,
        original=seal.seal(Kind.UPLOAD, places.of_original(upload_id), deflated),
    )
    row.save(force_insert=is_new, force_update=not is_new)


def effects_of(seal: PatientSeal, upload_id: UUID) -> tuple[Effect, list[Effect]]:
    """The effect of one upload, and those of all others."""
    opened = all_effects(seal)
    gone = opened.pop(upload_id)
    return gone, list(opened.values())


def all_effects(seal: PatientSeal) -> dict[UUID, Effect]:
    """The effect of every upload in use."""
    return {
        row.upload: effects.from_bytes(
            seal.open(Kind.SUMMARY, places.of_effect(row.upload), bytes(row.body))
        )
        for row in UploadEffect.objects.filter(patient_id=seal.patient_id)
    }
