"""From the cells of a person's own table to readings and records.

An amount of zero insulin, carbohydrate or exercise is no event: tables with a row every five
minutes are full of them. Low and High are limits of the sensor's or meter's range.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt

from glykos.errors import UnclearTable
from glykos.formats._text import NotANumber, amount, duration_min, number
from glykos.therapy.diary import (
    CarbEntry,
    Exercise,
    Injection,
    InsulinKind,
    Ketone,
    Note,
    Weight,
)
from glykos.therapy.records import Bolus, BolusKind, Device, MeterGlucose, Record
from glykos.therapy.sensor import FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale, GlucoseUnit, to_mgdl

SENSOR = Device(id="file:plain_csv", kind="cgm", model="Plain table")
METER = Device(id="file:plain_csv_meter", kind="meter", model="Plain table")
PUMP = Device(id="file:plain_csv_pump", kind="pump", model="Plain table")
DIARY = Device(id="app:plain_csv", kind="app", model="Plain table")
DEVICES = {device.id: device for device in (SENSOR, METER, PUMP, DIARY)}

_LIMITS = {"low": LOW, "lo": LOW, "high": HIGH, "hi": HIGH}
_LIMIT_VALUES = {(LOW, GlucoseUnit.MGDL): 40.0, (HIGH, GlucoseUnit.MGDL): 400.0}
_LIMIT_VALUES |= {(LOW, GlucoseUnit.MMOLL): 2.2, (HIGH, GlucoseUnit.MMOLL): 22.2}
#: From here on a number can only be mg/dL (reference formats.md §0.5).
_UNIT_BORDER = 40
#: No meter or sensor prints more in mmol/L: a low of 38 mg/dL must not be read as that.
_MOST_MMOLL = 33.4
#: Among values in mg/dL a few stand below the border; none stands below what sensors report.
_LOWEST_MGDL = 20
#: No meter or sensor reports more; a larger number is something else.
MOST = {GlucoseUnit.MGDL: 2000.0, GlucoseUnit.MMOLL: 111.0}
#: In place of a limit's flag: the cell holds no glucose. No bit of ``SensorSeries.flag`` is this.
_UNREAD = 128
_EXACT = 1e-6
_KG_PER_LB = 0.45359237
_HEAVIEST_KG = 700
_MOST_KETONES = 50
_LONGEST_MIN = 1_440

_Floats = npt.NDArray[np.float64]


class GlucoseColumn:
    """A column of sensor glucose: ``is_read`` rows have a value, ``is_unread`` something else."""

    def __init__(self, cells: Sequence[str], rows: int) -> None:
        known = {cell: _glucose(cell) for cell in dict.fromkeys(cells)}
        values = {cell: value for cell, (value, _) in known.items()}
        flags = {cell: flag for cell, (_, flag) in known.items()}
        self._value = np.full(rows, np.nan)
        self._limit = np.zeros(rows, np.uint8)
        if cells:
            self._value = np.fromiter(map(values.__getitem__, cells), np.float64, rows)
            self._limit = np.fromiter(map(flags.__getitem__, cells), np.uint8, rows)
        self.is_unread = self._limit == _UNREAD
        self.is_read = ~np.isnan(self._value)

    @property
    def numbers(self) -> _Floats:
        """The values that are no limits, in the unit of the table."""
        numbers: _Floats = self._value[self.is_read & (self._limit == 0)]
        return numbers

    def shown(self, row: int, unit: GlucoseUnit) -> float:
        """One value as it is understood, limits as the number they stand for."""
        return _LIMIT_VALUES.get((int(self._limit[row]), unit), float(self._value[row]))

    def refuse_above(self, most: float) -> None:
        """Numbers above this are no glucose in the unit of the table."""
        is_above = self.is_read & (self._value > most)
        self.is_unread |= is_above
        self.is_read &= ~is_above

    def series(
        self,
        at: npt.NDArray[np.int64],
        rows: npt.NDArray[np.intp],
        unit: GlucoseUnit,
        is_second: npt.NDArray[np.bool_],
    ) -> SensorSeries:
        """The readings of these rows."""
        value, limit = self._value[rows], self._limit[rows]
        for (flag, its_unit), shown in _LIMIT_VALUES.items():
            if its_unit is unit:
                value[limit == flag] = shown
        if unit is GlucoseUnit.MMOLL:
            if np.allclose(value * 10, np.rint(value * 10), atol=_EXACT):
                scale, count = GlucoseScale.MMOLL_TENTHS, np.rint(value * 10)
            else:  # converted by somebody: finer than any device reports
                scale = GlucoseScale.MGDL_TENTHS
                count = np.rint(to_mgdl(1.0, unit) * value * 10)
        elif (value == np.rint(value)).all():
            scale, count = GlucoseScale.MGDL, value
        else:
            scale, count = GlucoseScale.MGDL_TENTHS, np.rint(value * 10)
        limit[is_second[rows]] |= FOLD
        return SensorSeries.build(
            at[rows], count.astype(np.int16), scale=scale, device_id=SENSOR.id, flag=limit
        )


def _glucose(cell: str) -> tuple[float, int]:
    """The number, or 0 with the flag of a limit; NaN for an empty or unreadable cell."""
    if not cell:
        return np.nan, 0
    try:
        return glucose_cell(cell)
    except NotANumber:
        return np.nan, _UNREAD


def glucose_cell(text: str) -> tuple[float, int]:
    """A value in whatever unit, or 0 with the flag of a limit. Raises NotANumber."""
    if limit := _LIMITS.get(text.casefold(), 0):
        return 0.0, limit
    value = number(text)
    if not 0 < value < 2000:
        raise NotANumber(text)
    return value, 0


def unit_of(value: _Floats, header: str, told: GlucoseUnit | None) -> GlucoseUnit:
    """The unit: as told, else by the header, else by the values where they allow only one.

    Raises:
        UnclearTable: the values allow both.
    """
    if told is not None:
        return told
    if "mmol" in header:
        return GlucoseUnit.MMOLL
    if "mg" in header or (value >= _UNIT_BORDER).all():
        return GlucoseUnit.MGDL
    if (value < _MOST_MMOLL).all():
        return GlucoseUnit.MMOLL
    if (value >= _LOWEST_MGDL).all() and float(np.median(value)) >= _UNIT_BORDER:
        return GlucoseUnit.MGDL
    raise UnclearTable(
        "The unit of glucose cannot be told from this table.",
        "Say whether it is mg/dL or mmol/L (on the command line: --file-unit).",
    )


#: Makes a record of a cell that is not empty, or nothing of a zero.
Make = Callable[[datetime, str], Record | None]


def finger_stick_in(unit: GlucoseUnit) -> Make:
    """How cells of meter glucose become records, exactly as the table has them."""

    def make(at_local: datetime, text: str) -> Record:
        value, flag = glucose_cell(text)
        if value > MOST[unit]:
            raise NotANumber(text)
        side: Literal["low", "high"] | None = None
        if flag:
            side = "low" if flag == LOW else "high"
            value = _LIMIT_VALUES[flag, unit]
        if unit is GlucoseUnit.MMOLL and abs(value * 10 - round(value * 10)) > _EXACT:
            glucose = Glucose.mgdl_value(to_mgdl(value, unit), side)
        else:
            glucose = Glucose.reported(value, unit, side)
        return MeterGlucose(at_local=at_local, device_id=METER.id, glucose=glucose)

    return make


def _rapid(at_local: datetime, text: str) -> Record | None:
    return _injection(at_local, text, InsulinKind.RAPID)


def _long(at_local: datetime, text: str) -> Record | None:
    return _injection(at_local, text, InsulinKind.LONG)


def _injection(at_local: datetime, text: str, insulin: InsulinKind) -> Record | None:
    if not (dose := amount(text)):
        return None
    return Injection(at_local=at_local, device_id=DIARY.id, dose_u=dose, insulin=insulin)


def _bolus(at_local: datetime, text: str) -> Record | None:
    if not (dose := amount(text)):
        return None
    return Bolus(
        at_local=at_local, device_id=PUMP.id, bolus_kind=BolusKind.NORMAL, delivered_now_u=dose
    )


def _carbs(at_local: datetime, text: str) -> Record | None:
    if not (carbs := amount(text)):
        return None
    return CarbEntry(at_local=at_local, device_id=DIARY.id, carbs_g=carbs)


def _ketones(at_local: datetime, text: str) -> Record | None:
    value = amount(text)
    if value > _MOST_KETONES:
        raise NotANumber(text)
    return Ketone(at_local=at_local, device_id=DIARY.id, mmol_per_l=value)


def _weight(at_local: datetime, text: str) -> Record | None:
    value = amount(text)
    if not 0 < value < _HEAVIEST_KG:
        raise NotANumber(text)
    return Weight(at_local=at_local, device_id=DIARY.id, kilograms=value)


def _pounds(at_local: datetime, text: str) -> Record | None:
    return _weight(at_local, str(round(amount(text) * _KG_PER_LB, 2)))


def _exercise(at_local: datetime, text: str) -> Record | None:
    minutes = duration_min(text) if ":" in text else amount(text)
    if not minutes:
        return None
    if minutes > _LONGEST_MIN:
        raise NotANumber(text)
    return Exercise(at_local=at_local, device_id=DIARY.id, duration_min=minutes)


def _note(at_local: datetime, text: str) -> Record | None:
    return Note(at_local=at_local, device_id=DIARY.id, text=text)


_MAKES: dict[str, Make] = {
    "rapid": _rapid,
    "long": _long,
    "bolus": _bolus,
    "carbs": _carbs,
    "ketones": _ketones,
    "weight": _weight,
    "exercise": _exercise,
    "note": _note,
}


def make_of(measure: str, header: str) -> Make:
    """How cells of a column become records; the header may name a unit."""
    return _pounds if measure == "weight" and "lb" in header else _MAKES[measure]
