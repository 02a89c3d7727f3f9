"""Rows of event tables: units, dates, identities and the account of rows."""

from dataclasses import dataclass

import pytest

from glykos.errors import AmbiguousDates, DamagedFile
from glykos.formats._dates import Evidence, Order
from glykos.formats._harvest import GlucoseCells, Harvest, order_of, unit_of_values
from glykos.formats._reader import Hints
from glykos.formats._text import NotANumber
from glykos.formats.xdrip import XDrip
from glykos.therapy.clock import from_wall_seconds, local_time, wall_seconds
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import Device
from glykos.therapy.sensor import EXCLUDED
from glykos.therapy.units import Glucose, GlucoseScale, GlucoseUnit

_CGM = Device(id="cgm:1", kind="cgm", model="C")
_APP = Device(id="app:1", kind="app", model="A")
_NOON = wall_seconds(local_time(2024, 3, 1, 12))


@dataclass(frozen=True)
class _Told:
    harvest: Harvest

    def meal(self, line: int, grams: float, *, at_s: int = _NOON) -> None:
        row_id = self.harvest.row_id(_APP, "food", at_s, grams)
        at = from_wall_seconds(at_s)
        meal = CarbEntry(at_local=at, device_id=_APP.id, source_id=row_id, carbs_g=grams)
        self.harvest.tell(line, _APP, [meal])


def test_words_for_the_ends_of_the_range_are_limits() -> None:
    mgdl = GlucoseCells(GlucoseUnit.MGDL, highest_mgdl=500)
    assert mgdl.read("Low") == Glucose(40, GlucoseScale.MGDL, "low")
    assert mgdl.read(" HI ") == Glucose(500, GlucoseScale.MGDL, "high")
    mmol = GlucoseCells(GlucoseUnit.MMOLL)
    assert mmol.read("Niedrig") == Glucose(22, GlucoseScale.MMOLL_TENTHS, "low")
    assert mmol.read("Hoch") == Glucose(222, GlucoseScale.MMOLL_TENTHS, "high")
    assert mmol.read("5,8") == mmol.read("5.8") == Glucose(58, GlucoseScale.MMOLL_TENTHS)


@pytest.mark.parametrize("cell", ["0", "-5", "2000", "much", "1.2.3", ""])
def test_what_no_person_can_have_is_no_glucose(cell: str) -> None:
    with pytest.raises(NotANumber):
        GlucoseCells(GlucoseUnit.MGDL).read(cell)


def test_a_unit_is_taken_from_values_only_when_all_agree() -> None:
    assert unit_of_values(["5,5", "", "Low", "22.2"]) is GlucoseUnit.MMOLL
    assert unit_of_values(["100", "40"]) is GlucoseUnit.MGDL
    with pytest.raises(DamagedFile, match="unit"):
        unit_of_values(["5.5", "100"])


def test_a_low_in_mgdl_is_never_taken_for_a_high_in_mmol() -> None:
    # One reading of 39 among others, or alone: no meter prints 39 mmol/L.
    assert unit_of_values(["39", "118", "250"]) is GlucoseUnit.MGDL
    assert unit_of_values(["38"]) is GlucoseUnit.MGDL
    assert unit_of_values(["5.5", "33.3"]) is GlucoseUnit.MMOLL
    for doubtful in (["25", "30"], ["5.5", "38"], ["9", "120"]):
        with pytest.raises(DamagedFile, match="unit"):
            unit_of_values(doubtful)
    assert unit_of_values([]) is GlucoseUnit.MGDL  # nothing that could be wrong


def test_dates_that_a_spreadsheet_rewrote_are_refused() -> None:
    assert order_of(["13-02-2021 08:00", "01-02-2021 08:00"], Evidence()) is Order.DMY
    assert order_of(["2021-02-13T08:00:00", "2021-02-01 08:00"], Evidence()) is Order.YMD
    with pytest.raises(DamagedFile, match="spreadsheet"):
        order_of(["13-02-2021 08:00", "2021-01-02 08:00:00"], Evidence())
    with pytest.raises(DamagedFile, match="spreadsheet"):
        order_of(["13-02-2021 08:00", "1/2/2021 08:00"], Evidence())
    many = [f"{day}-{month:02d}-2021" for day in range(13, 29) for month in (1, 2)]
    assert order_of([*many, "2021-01-02", "never"], Evidence()) is Order.DMY
    with pytest.raises(AmbiguousDates):
        order_of(["03-04-2021 08:00"], Evidence())


def test_rows_told_twice_are_duplicates_whatever_they_hold() -> None:
    harvest = Harvest(Hints())
    trace = harvest.trace(_CGM)
    for line, value in ((1, 100), (2, 100), (3, 110)):
        trace.add(line, _NOON, Glucose.mgdl_value(value))
    _Told(harvest).meal(4, 30)
    _Told(harvest).meal(5, 30)
    trace.add(6, _NOON + 300, Glucose.mgdl_value(90))
    _Told(harvest).meal(6, 30)  # known, but the reading of the row is new
    reading = harvest.reading(XDrip())
    assert reading.sensor.count.tolist() == [110, 90]
    counts = reading.counts
    assert (counts.read, counts.imported, counts.duplicate) == (6, 3, 3)


def test_readings_of_one_minute_are_all_kept_where_only_minutes_are_told() -> None:
    for values in ([100, 110, 110], [110, 100, 110]):
        harvest = Harvest(Hints())
        trace = harvest.trace(_CGM, by_minute=True)
        for line, value in enumerate(values):
            trace.add(line, _NOON, Glucose.mgdl_value(value))
        trace.add(9, _NOON + 60, Glucose.mgdl_value(105))
        reading = harvest.reading(XDrip())
        assert (reading.sensor.at_s - _NOON).tolist() == [0, 1, 60]
        assert reading.sensor.count.tolist() == [100, 110, 105]
        assert (reading.counts.imported, reading.counts.duplicate) == (3, 1)


def test_an_edited_amount_keeps_the_identity_of_its_row() -> None:
    first, second = Harvest(Hints()), Harvest(Hints())
    ids = [first.row_id(_APP, "food", _NOON, grams) for grams in (30, 40, 30)]
    assert ids[0] == ids[2] != ids[1]
    assert second.row_id(_APP, "food", _NOON, 35) == ids[0]
    assert first.row_id(_APP, "insulin", _NOON, 30) != ids[0]


def test_rows_of_the_future_and_excluded_readings_are_told_apart() -> None:
    harvest = Harvest(Hints(now=from_wall_seconds(_NOON)))
    assert harvest.is_future(1, _NOON + 2 * 86_400)
    assert not harvest.is_future(2, _NOON + 3600)
    trace = harvest.trace(_CGM)
    trace.add(2, _NOON, Glucose.mgdl_value(100))
    trace.exclude()
    reading = harvest.reading(XDrip())
    assert reading.sensor.flag.tolist() == [EXCLUDED]
    assert (reading.counts.read, reading.counts.ignored) == (2, 1)
    assert reading.as_of == from_wall_seconds(_NOON)


def test_amounts_that_can_hardly_be_meant_are_said_and_kept() -> None:
    harvest = Harvest(Hints())
    _Told(harvest).meal(1, 900)
    reading = harvest.reading(XDrip())
    assert len(reading.records) == 1
    assert any("please check" in issue.reason for issue in reading.issues)


def test_a_period_that_the_file_states_outweighs_what_the_caller_believes() -> None:
    rows = ["01/02/2025 08:00", "02/02/2025 08:00", "03/02/2025 08:00"]
    period = ("2025-02-01", "2025-02-07")
    assert order_of(rows, Evidence(period=period, hint="mdy")) is Order.DMY
    assert order_of(rows, Evidence(hint="mdy")) is Order.MDY
    # Both readings inside, or neither: the caller's word counts.
    assert order_of(rows, Evidence(period=("2025-01-01", "2025-06-01"), hint="mdy")) is Order.MDY
    assert order_of(rows, Evidence(period=("2020-01-01", "2020-02-01"), hint="mdy")) is Order.MDY
