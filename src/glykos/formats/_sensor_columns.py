"""Sensor readings of several devices on their way to columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale

#: A series names its devices by one byte; no person has had so many sensors at once.
MAX_DEVICES = 200


@dataclass(slots=True)
class _Columns:
    at_s: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    flag: list[int] = field(default_factory=list)


def series_of(
    device_id: str,
    at_s: Sequence[int],
    mgdl: Sequence[float],
    flag: Sequence[int] | None = None,
) -> SensorSeries:
    """Readings of one device in mg/dL; whole numbers and tenths are kept exactly."""
    values = np.asarray(mgdl, np.float64)
    flags = np.zeros(len(values), np.uint8) if flag is None else np.asarray(flag, np.uint8)
    at, is_whole = np.asarray(at_s, np.int64), values == np.rint(values)
    parts = [
        SensorSeries.build(
            at[is_whole],
            values[is_whole].astype(np.int16),
            scale=GlucoseScale.MGDL,
            device_id=device_id,
            flag=flags[is_whole],
        )
    ]
    columns = SensorColumns()
    for place in np.flatnonzero(~is_whole):
        value = Glucose.mgdl_value(float(values[place]))
        columns.add(device_id, int(at[place]), value, int(flags[place]))
    return SensorSeries.concat([*parts, columns.series()])


class SensorColumns:
    """Collects readings one by one; every device and scale is a series of its own."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, GlucoseScale], _Columns] = {}
        self._devices: set[str] = set()

    def device(self, device_id: str, otherwise: str) -> str:
        """The device id, or ``otherwise`` where the file names more devices than anybody has."""
        if device_id not in self._devices and len(self._devices) >= MAX_DEVICES:
            return otherwise
        self._devices.add(device_id)
        return device_id

    def add(self, device_id: str, at_s: int, glucose: Glucose, flag: int = 0) -> None:
        """Take one reading at its wall second."""
        key = (device_id, glucose.scale)
        columns = self._columns.get(key)
        if columns is None:
            columns = self._columns[key] = _Columns()
        columns.at_s.append(at_s)
        columns.count.append(glucose.count)
        columns.flag.append(flag)

    def series(self) -> SensorSeries:
        """Every reading as it was told; repeated ones are still in it."""
        return SensorSeries.concat(
            [
                SensorSeries.build(
                    columns.at_s, columns.count, scale=scale, device_id=device_id, flag=columns.flag
                )
                for (device_id, scale), columns in self._columns.items()
            ]
        )
