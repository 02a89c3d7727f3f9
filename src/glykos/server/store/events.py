"""Writing events: one row per identity, the preferred version in it, the others beside it.

Runs inside the writer's transaction, under the patient's lock. Which version is preferred is
decided by ``therapy.identity.standing`` alone, so the order of uploads does not matter. The rank
of a version is the highest of the uploads in use that told it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from glykos.server.sealing import Kind, PatientSeal
from glykos.server.store import bulk, mapping, places
from glykos.server.store.effects import Effect
from glykos.server.store.models import STANDING_KINDS, Event, EventVersion, Patient
from glykos.therapy.identity import ordered, standing
from glykos.therapy.records import Record

_BATCH = 400
#: Versions of one event agree on the device, so its name does not matter for preferring one.
_SAME_DEVICE = ""


@dataclass(slots=True)
class EventWrites:
    """What writing the events of one upload came to. Kinds count (new, known)."""

    numbers: npt.NDArray[np.int64]
    revs: npt.NDArray[np.int64]
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """One version of an event as it is stored."""

    rev: int
    at_s: int
    digest: bytes
    payload: bytes
    rank: int = 0


def write(
    seal: PatientSeal,
    patient: Patient,
    incoming: Sequence[mapping.Event],
    device_numbers: Mapping[str, int],
    rank: int = 0,
) -> EventWrites:
    """Add the events of one upload; ``patient`` is the locked row and keeps the numbering.

    ``rank`` is the time for which the file stands, where people edit its rows.
    """
    present = _rows(seal.patient_id, [event.key for event in incoming])
    fresh: list[Event] = []
    other: list[tuple[mapping.Event, Event]] = []
    told: list[tuple[int, int]] = []
    raised: list[int] = []
    done = EventWrites(numbers=np.empty(0, np.int64), revs=np.empty(0, np.int64))
    for event in incoming:
        row = present.get(event.key)
        new, known = done.kinds.get(event.kind, (0, 0))
        done.kinds[event.kind] = (new + (row is None), known + (row is not None))
        if row is None:
            number = patient.next_event + len(fresh)
            fresh.append(_row(seal, event, device_numbers[event.device_id], number, rank))
            told.append((number, 0))
        elif bytes(row.version) == event.version:
            told.append((row.number, row.rev))
            if rank > row.rank:
                raised.append(row.number)
        else:
            other.append((event, row))
    Event.objects.bulk_create(fresh, batch_size=_BATCH)
    _set_rank(seal.patient_id, raised, rank)
    told += _add_versions(seal, other, rank)
    told.sort()
    done.numbers, done.revs = np.array(told, np.int64).reshape(-1, 2).T
    done.changed = len(fresh) + len(other)
    if fresh:
        patient.next_event += len(fresh)
        patient.save(update_fields=["next_event"])
    return done


def _add_versions(
    seal: PatientSeal, other: Sequence[tuple[mapping.Event, Event]], rank: int
) -> list[tuple[int, int]]:
    """Keep versions that differ from the row; the preferred one becomes the row."""
    beside = _versions(seal.patient_id, [event.key for event, _ in other])
    told: list[tuple[int, int]] = []
    added: list[EventVersion] = []
    for event, row in other:
        versions = beside.get(event.key, [])
        known = next((v for v in versions if v.digest == event.version), None)
        incoming = known or _Version(
            rev=1 + max([row.rev, *(version.rev for version in versions)]),
            at_s=event.at_s,
            digest=event.version,
            payload=_seal(seal, event, row.device),
        )
        told.append((row.number, incoming.rev))
        if known and known.rank >= rank:
            continue
        incoming = replace(incoming, rank=rank)
        current = _version_of(row)
        known_record = _record(seal, row, current, event.device_id)
        is_better = standing(event.record, rank) > standing(known_record, row.rank)
        if known:
            _beside(row, known).delete()
        added.append(_beside(row, current if is_better else incoming))
        if is_better:
            _become(row, incoming)
    EventVersion.objects.bulk_create(added, batch_size=_BATCH)
    return told


def withdraw(seal: PatientSeal, gone: Effect, remaining: Sequence[Effect]) -> None:
    """Take an upload's events out again; versions that remaining uploads told of stay."""
    still = _told_by(remaining, gone.numbers)
    lonely: list[bytes] = []
    contested: list[Event] = []
    for batch in _batches(gone.numbers.tolist()):
        for row in Event.objects.filter(patient_id=seal.patient_id, number__in=batch):
            if row.number in still:
                contested.append(row)
            else:
                lonely.append(bytes(row.key))
    beside = _versions(seal.patient_id, [bytes(row.key) for row in contested])
    lowered: dict[int, list[int]] = {}
    for row in contested:
        wanted = still[row.number]
        versions = beside.get(bytes(row.key), [])
        if versions:
            _settle(seal, row, versions, wanted)
        elif row.rank != wanted[row.rev]:
            lowered.setdefault(wanted[row.rev], []).append(row.number)
    for rank, numbers in lowered.items():
        _set_rank(seal.patient_id, numbers, rank)
    for keys in _batches(lonely):
        EventVersion.objects.filter(patient_id=seal.patient_id, key__in=keys).delete()
        Event.objects.filter(patient_id=seal.patient_id, key__in=keys).delete()


def _settle(
    seal: PatientSeal, row: Event, versions: Sequence[_Version], wanted: Mapping[int, int]
) -> None:
    """Keep exactly the wanted versions (revision to rank) of an event, the best as the row."""
    kept = [
        replace(version, rank=wanted[version.rev])
        for version in [_version_of(row), *versions]
        if version.rev in wanted
    ]

    def stands(version: _Version) -> tuple[int, float, str]:
        return standing(_record(seal, row, version, _SAME_DEVICE), version.rank)

    chosen = max(kept, key=stands)
    EventVersion.objects.filter(patient_id=seal.patient_id, key=row.key).delete()
    EventVersion.objects.bulk_create(
        [_beside(row, version) for version in kept if version is not chosen]
    )
    if (chosen.rev, chosen.rank) != (row.rev, row.rank):
        _become(row, chosen)


def _told_by(
    effects: Sequence[Effect], numbers: npt.NDArray[np.int64]
) -> dict[int, dict[int, int]]:
    """For each of the numbers that some effect tells of: its revisions, each with its rank."""
    told: dict[int, dict[int, int]] = {}
    for effect in effects:
        both = np.isin(effect.numbers, numbers)
        for number, rev in zip(
            effect.numbers[both].tolist(), effect.revs[both].tolist(), strict=True
        ):
            revs = told.setdefault(number, {})
            revs[rev] = max(effect.rank, revs.get(rev, 0))
    return told


def _set_rank(patient_id: int, numbers: Sequence[int], rank: int) -> None:
    for batch in _batches(numbers):
        Event.objects.filter(patient_id=patient_id, number__in=batch).update(rank=rank)


def versions_of(patient_id: int, effect: Effect) -> dict[bytes, bytes]:
    """The version (digest) of each event, by key, that an upload told."""
    revs = dict(zip(effect.numbers.tolist(), effect.revs.tolist(), strict=True))
    found: dict[bytes, bytes] = {}
    elsewhere: dict[bytes, int] = {}
    for batch in _batches(effect.numbers.tolist()):
        for row in Event.objects.filter(patient_id=patient_id, number__in=batch):
            if row.rev == revs[row.number]:
                found[bytes(row.key)] = bytes(row.version)
            else:
                elsewhere[bytes(row.key)] = revs[row.number]
    beside = _versions(patient_id, list(elsewhere))
    return found | {
        key: version.digest
        for key, rev in elsewhere.items()
        for version in beside[key]
        if version.rev == rev
    }


def numbers_of(patient_id: int, keys: Sequence[bytes]) -> list[tuple[bytes, int]]:
    """Key and number of those of the events that are there."""
    return [
        (bytes(key), number)
        for batch in _batches(keys)
        for key, number in Event.objects.filter(patient_id=patient_id, key__in=batch).values_list(
            "key", "number"
        )
    ]


def newest_s(patient_id: int, device: int) -> int | None:
    """Wall second of a device's latest event."""
    where = "patient_id = %s AND device = %s ORDER BY at_s DESC LIMIT 1"
    rows = bulk.select(Event, ("at_s",), where, (patient_id, device))
    return rows[0][0] if rows else None


def load(
    seal: PatientSeal, device_ids: Mapping[int, str], start_s: int, end_s: int
) -> list[Record]:
    """The events from one wall second until another, and the standing ones of any time, in order."""
    standing = ", ".join(f"'{kind}'" for kind in STANDING_KINDS)  # written out for its index
    return _opened(
        seal,
        device_ids,
        f"patient_id = %s AND (at_s >= %s AND at_s < %s OR kind IN ({standing}))",
        (seal.patient_id, start_s, end_s),
    )


def load_kind(seal: PatientSeal, device_ids: Mapping[int, str], kind: str) -> list[Record]:
    """The events of one kind of any time, in order."""
    return _opened(seal, device_ids, "patient_id = %s AND kind = %s", (seal.patient_id, kind))


def _opened(
    seal: PatientSeal, device_ids: Mapping[int, str], where: str, values: Sequence[int | str]
) -> list[Record]:
    rows = bulk.select(Event, ("key", "kind", "at_s", "device", "payload"), where, values)
    opened = []
    for key, kind, at_s, device, payload in rows:
        plain = seal.open(Kind.EVENT, places.EventPlace(bytes(key), at_s, device), payload)
        opened.append(mapping.from_payload(kind, at_s, device_ids[device], plain))
    return ordered(opened)


def open_record(seal: PatientSeal, row: Event, device_id: str) -> Record:
    """The record of a stored row."""
    return _record(seal, row, _version_of(row), device_id)


def open_version(seal: PatientSeal, row: Event, version: EventVersion, device_id: str) -> Record:
    """The record of a version that stands beside a row."""
    place = places.EventPlace(bytes(row.key), version.at_s, row.device)
    payload = seal.open(Kind.EVENT, place, bytes(version.payload))
    return mapping.from_payload(row.kind, version.at_s, device_id, payload)


def _record(seal: PatientSeal, row: Event, version: _Version, device_id: str) -> Record:
    place = places.EventPlace(bytes(row.key), version.at_s, row.device)
    payload = seal.open(Kind.EVENT, place, version.payload)
    return mapping.from_payload(row.kind, version.at_s, device_id, payload)


def _seal(seal: PatientSeal, event: mapping.Event, device: int) -> bytes:
    return seal.seal(Kind.EVENT, places.EventPlace(event.key, event.at_s, device), event.payload)


def _row(seal: PatientSeal, event: mapping.Event, device: int, number: int, rank: int) -> Event:
    return Event(
        patient_id=seal.patient_id,
        key=event.key,
        number=number,
        kind=event.kind,
        at_s=event.at_s,
        device=device,
        version=event.version,
        rank=rank,
        payload=_seal(seal, event, device),
    )


def _version_of(row: Event | EventVersion) -> _Version:
    return _Version(
        rev=row.rev,
        at_s=row.at_s,
        digest=bytes(row.version),
        payload=bytes(row.payload),
        rank=row.rank,
    )


def _become(row: Event, version: _Version) -> None:
    Event.objects.filter(patient_id=row.patient_id, key=row.key).update(
        rev=version.rev,
        at_s=version.at_s,
        version=version.digest,
        rank=version.rank,
        payload=version.payload,
    )


def _beside(row: Event, version: _Version) -> EventVersion:
    return EventVersion(
        patient_id=row.patient_id,
        key=row.key,
        rev=version.rev,
        at_s=version.at_s,
        version=version.digest,
        rank=version.rank,
        payload=version.payload,
    )


def _rows(patient_id: int, keys: Sequence[bytes]) -> dict[bytes, Event]:
    return {
        bytes(row.key): row
        for batch in _batches(keys)
        for row in Event.objects.filter(patient_id=patient_id, key__in=batch)
    }


def _versions(patient_id: int, keys: Sequence[bytes]) -> dict[bytes, list[_Version]]:
    found: dict[bytes, list[_Version]] = {}
    for batch in _batches(keys):
        for row in EventVersion.objects.filter(patient_id=patient_id, key__in=batch):
            found.setdefault(bytes(row.key), []).append(_version_of(row))
    return found


_T = TypeVar("_T")


def _batches(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Some databases allow fewer than a thousand values in one question."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
