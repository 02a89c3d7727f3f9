"""A day of readings comes back exactly, in few bytes, and equal readings give equal bytes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.errors import SealError
from glykos.server.store import chunks
from glykos.therapy.clock import DAY_S
from glykos.therapy.sensor import FOLD, SensorSeries
from glykos.therapy.units import GlucoseScale

DAY = 20_000


@st.composite
def days(draw: st.DrawFn) -> SensorSeries:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, DAY_S - 1),
                st.integers(-(2**15), 2**15 - 1),
                st.integers(0, 255),
                st.sampled_from(GlucoseScale),
            ),
            min_size=1,
            max_size=60,
        )
    )
    return chunks.union(
        [
            SensorSeries.build(
                [DAY * DAY_S + second], [count], scale=scale, device_id="cgm:1", flag=[flag]
            )
            for second, count, flag, scale in rows
        ]
    )


def same(a: SensorSeries, b: SensorSeries) -> bool:
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("at_s", "count", "scale", "flag")
    )


@given(days())
def test_what_goes_in_comes_out(series: SensorSeries) -> None:
    [(device_id, day, payload)] = chunks.encode(series)
    back = chunks.decode([(day, chunks.inflate(chunks.deflate(payload)))]).series(device_id)
    assert same(series, back)
    assert list(chunks.encode(back)) == [("cgm:1", DAY, payload)]


@given(st.lists(days(), min_size=1, max_size=4))
def test_several_days_come_out_together(parts: list[SensorSeries]) -> None:
    moved = [replace(part, at_s=part.at_s + n * DAY_S) for n, part in enumerate(parts)]
    series = SensorSeries.concat(moved)
    days = [(day, payload) for _, day, payload in chunks.encode(series)]
    assert [day for day, _ in days] == [DAY + n for n in range(len(parts))]
    assert same(chunks.decode(days).series("cgm:1"), series)
    alone = [payload for part in moved for _, _, payload in chunks.encode(part)]
    assert [payload for _, payload in days] == alone


@given(st.lists(days(), min_size=1, max_size=4), st.randoms())
def test_a_union_does_not_depend_on_the_order(parts: list[SensorSeries], random: object) -> None:
    mixed = list(parts)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert same(chunks.union(parts), chunks.union(mixed))
    assert same(chunks.union([*parts, chunks.union(parts)]), chunks.union(parts))


@given(days(), days())
def test_a_union_in_steps_is_the_union_at_once(a: SensorSeries, b: SensorSeries) -> None:
    steps = chunks.union([chunks.union([a]), chunks.union([b])])
    assert same(steps, chunks.union([a, b]))


@given(st.binary(max_size=200))
def test_rubbish_is_a_named_error(data: bytes) -> None:
    try:
        chunks.decode([(DAY, data)])
    except SealError:
        pass
    with pytest.raises(SealError):
        chunks.inflate(data + b"\xff\xff")


def test_a_bomb_is_refused_without_filling_the_memory() -> None:
    with pytest.raises(SealError):
        chunks.inflate(chunks.deflate(bytes(50_000_000)))


def test_a_repeated_hour_keeps_both_passes() -> None:
    seconds = [DAY * DAY_S + 7200, DAY * DAY_S + 7200]
    series = SensorSeries.build(
        seconds, [100, 90], scale=GlucoseScale.MGDL, device_id="cgm:1", flag=[0, FOLD]
    )
    [(_, day, payload)] = chunks.encode(series)
    back = chunks.decode([(day, payload)])
    assert back.count.tolist() == [100, 90]
    assert back.flag.tolist() == [0, FOLD]


def test_days_are_split_by_device_and_local_midnight() -> None:
    start = DAY * DAY_S
    first = SensorSeries.build(
        [start - 1, start], [1, 2], scale=GlucoseScale.MGDL, device_id="cgm:a"
    )
    second = SensorSeries.build([start], [3], scale=GlucoseScale.MMOLL_TENTHS, device_id="cgm:b")
    parts = {
        (device_id, day): chunks.decode([(day, payload)]).count.tolist()
        for device_id, day, payload in chunks.encode(SensorSeries.concat([first, second]))
    }
    assert parts == {("cgm:a", DAY - 1): [1], ("cgm:a", DAY): [2], ("cgm:b", DAY): [3]}


def test_a_steady_day_takes_far_less_than_a_byte_per_reading() -> None:
    at = DAY * DAY_S + np.arange(288) * 300
    count = (140 + 40 * np.sin(np.arange(288) / 20)).astype(np.int16)
    series = SensorSeries.build(at, count, scale=GlucoseScale.MGDL, device_id="cgm:1")
    assert sum(len(chunks.deflate(payload)) for _, _, payload in chunks.encode(series)) < 200
