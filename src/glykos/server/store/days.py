"""Writing day chunks: union with what is there, and taking one upload's part out again.

Runs inside the writer's transaction, under the patient's lock. The chunk is always the union of
the versions that active uploads brought; a version that is not the chunk itself is kept beside it.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from glykos.server.sealing import Kind, PatientSeal
from glykos.server.store import bulk, chunks, places
from glykos.server.store.effects import DayKey, Effect
from glykos.server.store.models import Chunk, ChunkVersion, Stream
from glykos.therapy.sensor import SensorSeries

_BATCH = 200
_PREFIX = struct.Struct("<Hih")
_Fresh = tuple[int, int, int, int, int, int, int, bytes, bytes]
_COLUMNS = ("patient_id", "stream", "day", "device", "n", "codec", "rev", "digest", "body")


@dataclass(slots=True)
class DayWrites:
    """What writing the days of one upload came to.

    ``was_empty`` says that nothing was stored before between its first and its last day.
    """

    digests: dict[DayKey, bytes] = field(default_factory=dict)
    changed: set[DayKey] = field(default_factory=set)
    new: int = 0
    known: int = 0
    was_empty: bool = False


@dataclass(slots=True)
class _Row:
    """A chunk as it is stored."""

    digest: bytes
    rev: int
    codec: int
    body: bytes


def write(seal: PatientSeal, incoming: Sequence[tuple[DayKey, bytes]]) -> DayWrites:
    """Add the days (canonical payloads) of one upload. Equal days cost nothing."""
    present = _digests(seal.patient_id, [key for key, _ in incoming])
    done = DayWrites(was_empty=not present)
    fresh: list[_Fresh] = []
    other: list[tuple[DayKey, bytes]] = []
    for key, payload in incoming:
        digest = done.digests[key] = digest_of(seal, key, payload)
        if key not in present:
            fresh.append(_fresh(seal, key, payload, digest))
            done.new += chunks.size(payload)
            done.changed.add(key)
        elif present[key] == digest:
            done.known += chunks.size(payload)
        else:
            other.append((key, payload))
    bulk.insert(Chunk, _COLUMNS, fresh)
    if other:
        stored = _rows(seal.patient_id, [key for key, _ in other])
        for key, payload in other:
            _merge(seal, key, payload, stored[key], done)
    return done


def _merge(seal: PatientSeal, key: DayKey, payload: bytes, row: _Row, done: DayWrites) -> None:
    known_payload = _open(seal, key, row.codec, row.body)
    merged = _union(key, [known_payload, payload])
    digest = digest_of(seal, key, merged)
    new = chunks.size(merged) - chunks.size(known_payload)
    done.new += new
    done.known += chunks.size(payload) - new
    versions = []
    if digest != row.digest:
        done.changed.add(key)
        versions.append(_version(seal.patient_id, key, row.digest, row.codec, row.body))
        _replace(seal, key, merged, digest, row.rev)
    if done.digests[key] != digest:
        body = _sealed(seal, key, payload)
        incoming = done.digests[key]
        versions.append(_version(seal.patient_id, key, incoming, chunks.CODEC, body))
    ChunkVersion.objects.bulk_create(versions, ignore_conflicts=True)


def withdraw(seal: PatientSeal, gone: Effect, remaining: Sequence[Effect]) -> set[DayKey]:
    """Take an upload's days out again; what the remaining uploads brought stays."""
    changed: set[DayKey] = set()
    stored = _rows(seal.patient_id, list(gone.days))
    versions = _versions(seal.patient_id, list(gone.days))
    lonely: list[DayKey] = []
    for key in gone.days:
        wanted = {effect.days[key] for effect in remaining if key in effect.days}
        if not wanted:
            lonely.append(key)
            changed.add(key)
        elif (wanted != {stored[key].digest} or key in versions) and _settle(
            seal, key, wanted, stored[key], versions.get(key, {})
        ):
            changed.add(key)
    _delete(seal.patient_id, lonely)
    return changed


def _settle(
    seal: PatientSeal,
    key: DayKey,
    wanted: set[bytes],
    row: _Row,
    versions: dict[bytes, tuple[int, bytes]],
) -> bool:
    """Make the chunk the union of the wanted versions, and keep no other version."""
    at_hand = {**versions, row.digest: (row.codec, row.body)}
    payloads = {digest: _open(seal, key, *at_hand[digest]) for digest in sorted(wanted)}
    merged = _union(key, list(payloads.values()))
    digest = digest_of(seal, key, merged)
    if digest != row.digest:
        _replace(seal, key, merged, digest, row.rev)
    kept = wanted - {digest}
    everything = ChunkVersion.objects.filter(_at([key]), patient_id=seal.patient_id)
    everything.exclude(digest__in=list(kept)).delete()
    ChunkVersion.objects.bulk_create(
        [_version(seal.patient_id, key, digest, *at_hand[digest]) for digest in kept],
        ignore_conflicts=True,
    )
    return digest != row.digest


def load(seal: PatientSeal, device_ids: dict[int, str], first: int, last: int) -> SensorSeries:
    """The stored sensor readings from one day number to another, both included, as one series."""
    stream = int(Stream.SENSOR_GLUCOSE)
    rows = bulk.select(
        Chunk,
        ("day", "device", "codec", "body"),
        "patient_id = %s AND stream = %s AND day BETWEEN %s AND %s ORDER BY device, day",
        (seal.patient_id, stream, first, last),
    )
    by_device: dict[int, list[tuple[int, bytes]]] = {}
    for day, device, codec, body in rows:
        payload = _open(seal, DayKey(stream, day, device), codec, body)
        by_device.setdefault(device, []).append((day, payload))
    return SensorSeries.concat(
        [chunks.decode(parts).series(device_ids[device]) for device, parts in by_device.items()]
    )


def newest_s(seal: PatientSeal, device: int) -> int | None:
    """Wall second of a device's latest reading."""
    rows = bulk.select(
        Chunk,
        ("stream", "day", "codec", "body"),
        "patient_id = %s AND device = %s ORDER BY day DESC LIMIT 1",
        (seal.patient_id, device),
    )
    for stream, day, codec, body in rows:
        payload = _open(seal, DayKey(stream, day, device), codec, body)
        return int(chunks.decode([(day, payload)]).at_s[-1])
    return None


def digest_of(seal: PatientSeal, key: DayKey, payload: bytes) -> bytes:
    """Keyed digest of a day's canonical payload, different for equal days of different places."""
    return seal.digest(_PREFIX.pack(key.stream, key.day, key.device) + payload)


def _union(key: DayKey, payloads: Sequence[bytes]) -> bytes:
    parts = [chunks.decode([(key.day, payload)]).series("one") for payload in payloads]
    [(_, _, merged)] = chunks.encode(chunks.union(parts))
    return merged


def _sealed(seal: PatientSeal, key: DayKey, payload: bytes) -> bytes:
    return seal.seal(Kind.CHUNK, places.of_day(key, chunks.CODEC), chunks.deflate(payload))


def _open(seal: PatientSeal, key: DayKey, codec: int, body: bytes) -> bytes:
    return chunks.inflate(seal.open(Kind.CHUNK, places.of_day(key, codec), bytes(body)))


def _fresh(seal: PatientSeal, key: DayKey, payload: bytes, digest: bytes) -> _Fresh:
    """A chunk that was not there before, as ``_COLUMNS``."""
    place = (seal.patient_id, key.stream, key.day, key.device)
    return (*place, chunks.size(payload), chunks.CODEC, 0, digest, _sealed(seal, key, payload))


def _replace(seal: PatientSeal, key: DayKey, payload: bytes, digest: bytes, rev: int) -> None:
    Chunk.objects.filter(_at([key]), patient_id=seal.patient_id).update(
        n=chunks.size(payload),
        codec=chunks.CODEC,
        rev=rev + 1,
        digest=digest,
        body=_sealed(seal, key, payload),
    )


def _version(patient_id: int, key: DayKey, digest: bytes, codec: int, body: bytes) -> ChunkVersion:
    return ChunkVersion(
        patient_id=patient_id,
        stream=key.stream,
        day=key.day,
        device=key.device,
        codec=codec,
        digest=digest,
        body=body,
    )


def _digests(patient_id: int, keys: Sequence[DayKey]) -> dict[DayKey, bytes]:
    """Digests of the stored chunks in the range of the keys: one query, no bodies."""
    if not keys:
        return {}
    days = [key.day for key in keys]
    rows = bulk.select(
        Chunk,
        ("stream", "day", "device", "digest"),
        "patient_id = %s AND day BETWEEN %s AND %s",
        (patient_id, min(days), max(days)),
    )
    return {DayKey(stream, day, device): digest for stream, day, device, digest in rows}


def _rows(patient_id: int, keys: Sequence[DayKey]) -> dict[DayKey, _Row]:
    found: dict[DayKey, _Row] = {}
    for at in _places(keys):
        rows = Chunk.objects.filter(at, patient_id=patient_id).values_list(
            "stream", "day", "device", "digest", "rev", "codec", "body"
        )
        for stream, day, device, digest, rev, codec, body in rows:
            row = _Row(bytes(digest), rev, codec, bytes(body))
            found[DayKey(stream, day, device)] = row
    return found


def _versions(
    patient_id: int, keys: Sequence[DayKey]
) -> dict[DayKey, dict[bytes, tuple[int, bytes]]]:
    found: dict[DayKey, dict[bytes, tuple[int, bytes]]] = {}
    for at in _places(keys):
        rows = ChunkVersion.objects.filter(at, patient_id=patient_id).values_list(
            "stream", "day", "device", "digest", "codec", "body"
        )
        for stream, day, device, digest, codec, body in rows:
            versions = found.setdefault(DayKey(stream, day, device), {})
            versions[bytes(digest)] = (codec, bytes(body))
    return found


def _delete(patient_id: int, keys: Sequence[DayKey]) -> None:
    for at in _places(keys):
        Chunk.objects.filter(at, patient_id=patient_id).delete()
        ChunkVersion.objects.filter(at, patient_id=patient_id).delete()


def _places(keys: Sequence[DayKey]) -> Iterator[Q]:
    for start in range(0, len(keys), _BATCH):
        yield _at(keys[start : start + _BATCH])


def _at(keys: Iterable[DayKey]) -> Q:
    """Exactly these days: one list of days per stream and device."""
    groups: dict[tuple[int, int], list[int]] = {}
    for key in keys:
        groups.setdefault((key.stream, key.device), []).append(key.day)
    match = Q()
    for (stream, device), days in groups.items():
        match |= Q(stream=stream, device=device, day__in=days)
    return match
