"""Builders that several test folders share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from glykos.therapy.clock import Window, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale


def sensor_series(
    values: Sequence[float],
    *,
    start: datetime = datetime(2024, 3, 4),
    step_min: float = 5,
    scale: GlucoseScale = GlucoseScale.MGDL,
    flag: Sequence[int] | None = None,
    device_id: str = "cgm:1",
) -> SensorSeries:
    """Equally spaced readings given in the scale's own unit."""
    per_unit = {
        GlucoseScale.MMOLL_TENTHS: 10,
        GlucoseScale.MGDL_TENTHS: 10,
        GlucoseScale.MGDL_64THS: 64,
    }
    first = wall_seconds(start)
    return SensorSeries.build(
        [first + round(n * step_min * 60) for n in range(len(values))],
        [round(value * per_unit.get(scale, 1)) for value in values],
        scale=scale,
        device_id=device_id,
        flag=flag,
    )


def sensor_history(values: Sequence[float], **how: Any) -> History:
    """A history of equally spaced sensor readings and nothing else."""
    records, zone = how.pop("records", ()), how.pop("zone", None)
    return History.build(sensor=sensor_series(values, **how), records=records, zone=zone)


def whole(history: History) -> Window:
    """The window of everything a history holds."""
    span = history.span
    assert span is not None
    return span
