"""Codec of day chunks: one device's sensor readings of one local day as a few hundred bytes.

A chunk has two forms. The *payload* is canonical: equal readings give equal bytes on every
machine, so its (keyed) digest says whether a day changed. The *body* is the payload deflated;
deflated bytes differ between zlib builds and are never compared. Sealing is the caller's work.

Payload, codec 1, little-endian::

    u32 n | u8 scale | i32 first second of the day | i16 first count
    4 byte planes of (n - 1) x zigzag(i32 gap to the previous second - 300)
    2 byte planes of (n - 1) x zigzag(i16 second difference of the counts)
    n x u8 flags
    n x u8 scale, only where the header's scale is 0 (a day with several scales)

All differences wrap around, so every input comes back exactly. Second differences with zigzag
are a third smaller on real sensors than the first differences of the measurements behind
``storage.md`` (ADR 0036).
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from glykos.errors import SealError
from glykos.therapy.clock import DAY_S
from glykos.therapy.sensor import SensorSeries

#: Number of the codec above; stored with each chunk, never reused.
CODEC = 1

_HEADER = struct.Struct("<IBih")
_NOMINAL_GAP_S = 300
_MIXED = 0
#: A day has 86,400 seconds, each at most twice; more is not a day chunk but an attack.
_MOST_READINGS = 2 * DAY_S
_DAMAGED = "A stored day of sensor readings cannot be read."
_RESTORE = "Restore it from a backup, or import the file again."


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Readings of one device in plain columns, all of shape (n,)."""

    at_s: npt.NDArray[np.int64]
    count: npt.NDArray[np.int16]
    scale: npt.NDArray[np.uint8]
    flag: npt.NDArray[np.uint8]

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """All parts, one after the other."""
        return cls(
            np.concatenate([part.at_s for part in parts]),
            np.concatenate([part.count for part in parts]),
            np.concatenate([part.scale for part in parts]),
            np.concatenate([part.flag for part in parts]),
        )

    def series(self, device_id: str) -> SensorSeries:
        """The columns as a series of one device; they must be sorted."""
        device = np.zeros(len(self.at_s), np.uint8)
        return SensorSeries(
            self.at_s, self.count, self.scale, self.flag, device, (device_id,) if device_id else ()
        )


def union(parts: Sequence[SensorSeries]) -> SensorSeries:
    """One reading per instant over several versions of a day, whatever their order."""
    return SensorSeries.concat(parts).distinct()


def encode(series: SensorSeries) -> Iterator[tuple[str, int, bytes]]:
    """Each device's local days as (device id, day number, canonical payload).

    Differences are taken over a device's whole series at once and cut into days afterwards.
    """
    for number, device_id in enumerate(series.device_ids):
        mine = series[series.device == number]
        if len(mine):
            alone = Columns(mine.at_s, mine.count, mine.scale, mine.flag).series(device_id)
            for day, payload in _encode_days(alone.distinct()):
                yield device_id, day, payload


def _encode_days(readings: SensorSeries) -> Iterator[tuple[int, bytes]]:
    days = readings.at_s // DAY_S
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    ends = np.append(starts[1:], len(readings))
    gaps = _planes((np.diff(readings.at_s) - _NOMINAL_GAP_S).astype(np.int32))
    slope = np.diff(readings.count)
    bend = np.diff(slope, prepend=np.int16(0))
    has_slope = starts[starts < len(slope)]
    bend[has_slope] = slope[has_slope]
    bends = _planes(bend)
    lowest = np.minimum.reduceat(readings.scale, starts)
    is_mixed = lowest != np.maximum.reduceat(readings.scale, starts)
    seconds = (readings.at_s[starts] - days[starts] * DAY_S).tolist()
    for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        scale = _MIXED if is_mixed[place] else int(lowest[place])
        header = _HEADER.pack(end - start, scale, seconds[place], int(readings.count[start]))
        flags = readings.flag[start:end].tobytes()
        scales = readings.scale[start:end].tobytes() if is_mixed[place] else b""
        within_day = slice(start, end - 1)
        body = gaps[:, within_day].tobytes() + bends[:, within_day].tobytes()
        yield int(days[start]), header + body + flags + scales


def decode(days: Sequence[tuple[int, bytes]]) -> Columns:
    """The readings of one device's days, given as (day number, payload) in ascending order.

    Raises SealError where something is not a payload of ours.
    """
    try:
        heads = [_HEADER.unpack_from(payload) for _, payload in days]
    except struct.error as error:
        raise SealError(_DAMAGED, _RESTORE) from error
    for (_, payload), (n, scale, _, _) in zip(days, heads, strict=True):
        if n == 0 or len(payload) != _HEADER.size + 7 * n - 6 + (n if scale == _MIXED else 0):
            raise SealError(_DAMAGED, _RESTORE)
    sizes = np.array([head[0] for head in heads])
    starts = np.cumsum(sizes) - sizes
    planes = _planes_of(days, starts.tolist(), sizes.tolist())
    at_s = _unzigzag(planes[:4], "<u4").astype(np.int64) + _NOMINAL_GAP_S
    at_s[starts] = [day * DAY_S + head[2] for (day, _), head in zip(days, heads, strict=True)]
    slope = _running_sum(_unzigzag(planes[4:], "<u2"), starts, sizes)
    slope[starts] = [head[3] for head in heads]
    flag, scale = _small_columns(days, heads)
    return Columns(
        _running_sum(at_s, starts, sizes), _running_sum(slope, starts, sizes), scale, flag
    )


def size(payload: bytes) -> int:
    """How many readings a payload of :func:`encode` holds."""
    n: int = _HEADER.unpack_from(payload)[0]
    return n


def _small_columns(
    days: Sequence[tuple[int, bytes]], heads: Sequence[tuple[int, ...]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    flags, scales = [], []
    for (_, payload), (n, scale, _, _) in zip(days, heads, strict=True):
        at = _HEADER.size + 6 * (n - 1)
        flags.append(payload[at : at + n])
        scales.append(payload[at + n :] if scale == _MIXED else bytes((scale,)) * n)
    return np.frombuffer(b"".join(flags), np.uint8), np.frombuffer(b"".join(scales), np.uint8)


_Integers = TypeVar("_Integers", np.int16, np.int64)


def _running_sum(
    values: npt.NDArray[_Integers], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[_Integers]:
    """A sum that starts anew with each day; wraps around as the differences did."""
    total = np.cumsum(values, dtype=values.dtype)
    before = total[starts] - values[starts]
    return total - np.repeat(before, sizes)


def deflate(payload: bytes) -> bytes:
    """The body of a payload: raw deflate, tuned for small signed differences.

    Level 9 would take 1 % off the size and half as long again.
    """
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS, 8, zlib.Z_FILTERED)
    return squeeze.compress(payload) + squeeze.flush()


def inflate(body: bytes) -> bytes:
    """The payload of a body. Raises SealError where it is damaged or far too large."""
    expand = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        payload = expand.decompress(body, _HEADER.size + 8 * _MOST_READINGS)
    except zlib.error as error:
        raise SealError(_DAMAGED, _RESTORE) from error
    if not expand.eof or expand.unused_data:
        raise SealError(_DAMAGED, _RESTORE)
    return payload


def _planes(values: npt.NDArray[np.int32] | npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """Zigzag, as an array of shape (bytes per value, n): all first bytes, all second and so on."""
    width = values.dtype.itemsize
    zigzag = (values << 1) ^ (values >> (width * 8 - 1))
    little = zigzag.astype(values.dtype.newbyteorder("<"), copy=False)
    return little.view(np.uint8).reshape(-1, width).T


def _planes_of(
    days: Sequence[tuple[int, bytes]], starts: Sequence[int], sizes: Sequence[int]
) -> npt.NDArray[np.uint8]:
    """The six byte planes of all days side by side, zero at each day's first reading."""
    planes = np.zeros((6, sum(sizes)), np.uint8)
    for (_, payload), start, n in zip(days, starts, sizes, strict=True):
        of_day = np.frombuffer(payload, np.uint8, 6 * (n - 1), _HEADER.size)
        planes[:, start + 1 : start + n] = of_day.reshape(6, n - 1)
    return planes


def _unzigzag(planes: npt.NDArray[np.uint8], little: str) -> npt.NDArray[np.signedinteger[Any]]:
    """The values of byte planes, signed."""
    zigzag = np.ascontiguousarray(planes.T).view(little).reshape(-1)
    signed: npt.NDArray[np.signedinteger[Any]] = ((zigzag >> 1) ^ -(zigzag & 1)).view(
        little.replace("u", "i")
    )
    return signed
