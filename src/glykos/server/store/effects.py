"""What an upload contributed: enough to take it out again and leave everything else.

An effect names, for each day and each event of the file, which *version* the file told. The
versions themselves are in the chunk and event tables; an effect is a few kilobytes. The state of
a person is always the union of the effects of the active uploads (ADR 0037).
"""

import struct
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from glykos.errors import SealError
from glykos.therapy.records import Device


class DayKey(NamedTuple):
    """One device's local day of one stream."""

    stream: int
    day: int
    device: int


def _none() -> npt.NDArray[np.int64]:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect:
    """The days (by digest) and the events (by number and revision) that an upload told of.

    ``numbers`` is ascending and ``revs`` runs along with it. ``rank`` is the time for which the
    file stands where people edit its rows (``Reading.rank``).
    """

    devices: dict[int, Device] = field(default_factory=dict)
    days: dict[DayKey, bytes] = field(default_factory=dict)
    numbers: npt.NDArray[np.int64] = field(default_factory=_none)
    revs: npt.NDArray[np.int64] = field(default_factory=_none)
    rank: int = 0


_HEAD = struct.Struct("<III")
_DAY = struct.Struct("<Hih16s")
_RANK = struct.Struct("<q")  # last, and absent in effects of before


def to_bytes(effect: Effect) -> bytes:
    """The effect as it is sealed: devices as JSON, then fixed-width days and event columns."""
    devices = msgspec.json.encode(sorted(effect.devices.items()))
    days = b"".join(
        _DAY.pack(key.stream, key.day, key.device, digest)
        for key, digest in sorted(effect.days.items())
    )
    steps = np.diff(effect.numbers, prepend=0).astype("<i4").tobytes()
    revs = effect.revs.astype("<i2").tobytes()
    head = _HEAD.pack(len(devices), len(effect.days), len(effect.numbers))
    return zlib.compress(head + devices + days + steps + revs + _RANK.pack(effect.rank), 6)


def from_bytes(data: bytes) -> Effect:
    """An effect back from :func:`to_bytes`."""
    try:
        plain = zlib.decompress(data)
        device_bytes, day_count, event_count = _HEAD.unpack_from(plain)
        at = _HEAD.size
        devices = msgspec.json.decode(plain[at : at + device_bytes], type=list[tuple[int, Device]])
        at += device_bytes
        rows = _DAY.iter_unpack(plain[at : at + day_count * _DAY.size])
        at += day_count * _DAY.size
        steps = np.frombuffer(plain, "<i4", event_count, at)
        revs = np.frombuffer(plain, "<i2", event_count, at + 4 * event_count)
        at += (4 + 2) * event_count
        rank = _RANK.unpack_from(plain, at)[0] if len(plain) > at else 0
    except (zlib.error, struct.error, ValueError, msgspec.DecodeError) as error:
        raise SealError("What an upload changed cannot be read.", "Restore a backup.") from error
    return Effect(
        devices=dict(devices),
        days={DayKey(stream, day, device): digest for stream, day, device, digest in rows},
        numbers=np.cumsum(steps, dtype=np.int64),
        revs=revs.astype(np.int64),
        rank=rank,
    )
