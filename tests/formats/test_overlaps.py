"""Any order, any repetition, any overlapping pieces of the real exports give the same history."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from glykos.formats import combine
from glykos.formats._reader import Reading
from glykos.therapy.history import History
from tests.formats.overlapping import groups

pytestmark = pytest.mark.shared_data
few = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def told(readings: list[Reading]) -> tuple[object, ...]:
    history: History
    history, _ = combine(readings)
    sensor = history.sensor
    columns = (sensor.at_s, sensor.count, sensor.scale, sensor.flag, sensor.device)
    cells = tuple(column.tobytes() for column in columns)
    return (history.records, history.links, history.devices, sensor.device_ids, cells)


def piece(reading: Reading, start: float, end: float) -> Reading:
    """The part of a reading between two shares of it, as a shorter export would have it."""
    records, sensor = reading.records, reading.sensor
    cut = slice(round(len(sensor) * start), round(len(sensor) * end))
    return replace(
        reading,
        records=records[round(len(records) * start) : round(len(records) * end)],
        sensor=sensor[cut],
    )


def test_the_data_folder_has_overlapping_files(data_folder: Path) -> None:
    assert len(groups(data_folder)) >= 3


@given(st.data())
@few
def test_order_and_repetition_change_nothing(data_folder: Path, data: st.DataObject) -> None:
    for group in groups(data_folder):
        readings = [reading for _, reading in group]
        order = data.draw(st.permutations(readings))
        again = data.draw(st.lists(st.sampled_from(readings), max_size=2))
        assert told([*order, *again]) == told(readings), group[0][0]


@given(st.floats(0.2, 0.8), st.floats(0, 0.2), st.booleans())
@few
def test_overlapping_pieces_are_the_whole(
    data_folder: Path, middle: float, overlap: float, later_first: bool
) -> None:
    for group in groups(data_folder):
        pieces = [
            part
            for _, reading in group
            for part in (
                piece(reading, 0, middle + overlap),
                piece(reading, middle - overlap, 1),
            )
        ]
        whole = [reading for _, reading in group]
        assert told(pieces[::-1] if later_first else pieces) == told(whole), group[0][0]
