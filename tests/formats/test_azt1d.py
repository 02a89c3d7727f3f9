"""AZT1D: every number of the table comes out of the rows, and each thing counts once."""

import json
from pathlib import Path

import pytest

from glykos.errors import DamagedFile
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.azt1d import Azt1d, rows_of
from glykos.therapy.clock import from_wall_seconds, local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import BasalRate, Bolus, BolusSource
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
_MINE = {n: e for n, e in _TABLE.items() if e["format"].startswith("azt1d")}
_NOT_A_FACT = {"format", "recommended_split"}
_HEADER = (
    "EventDateTime,DeviceMode,BolusType,Basal,CorrectionDelivered,TotalBolusInsulinDelivered,"
    "FoodDelivered,CarbSize,CGM"
)


def parse(*rows: str) -> Reading:
    content = Content("\n".join((_HEADER, *rows, "")).encode())
    assert Azt1d().sniff(content) == 1
    return Azt1d().read(content, Hints())


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_MINE))
def test_every_number_of_the_table_comes_out(name: str, data_folder: Path) -> None:
    """The table counts every printed row, repeated ones too."""
    content = Content((data_folder / "exports" / name).read_bytes())
    rows, reading = rows_of(content), Azt1d().read(content, Hints())
    given = [one.delivered_u for one in rows.records if isinstance(one, Bolus)]
    assert reading.covers is not None
    found = {
        "rows": reading.counts.read,
        "cgm": len(rows.mgdl),
        "mean": sum(rows.mgdl) / len(rows.mgdl),
        "bolus_rows": sum(amount > 0 for amount in given),
        "bolus_units": sum(given),
        "carbs_g": sum(one.carbs_g for one in rows.records if isinstance(one, CarbEntry)),
        "first": str(from_wall_seconds(min(rows.at_s))),
        "last": str(from_wall_seconds(max(rows.at_s))),
    }
    wanted = {fact: v for fact, v in _MINE[name].items() if fact not in _NOT_A_FACT}
    assert set(wanted) <= set(found)
    for fact, expected in wanted.items():
        if isinstance(expected, float):
            expected = pytest.approx(expected, abs=5e-4)
        assert found[fact] == expected, fact
    assert (str(reading.covers[0]), str(reading.covers[1])) == (found["first"], found["last"])


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_MINE))
def test_a_row_printed_again_counts_once(name: str, data_folder: Path) -> None:
    content = Content((data_folder / "exports" / name).read_bytes())
    lines = content.text.content.split("\n")[1:]
    reading = Azt1d().read(content, Hints())
    assert len(reading.sensor) == len({line.partition(",")[0] for line in lines if line})
    boluses = [one for one in reading.records if isinstance(one, Bolus)]
    assert len({(one.at_local, one.delivered_u, one.source) for one in boluses}) == len(boluses)
    assert reading.counts.duplicate > 0
    assert reading.counts.rejected == 0


def test_a_row_may_tell_glucose_basal_bolus_and_carbohydrate() -> None:
    reading = parse(
        "2024-01-01 08:00:00,,,1.2,,,,,100",
        "2024-01-01 08:05:00,,,1.2,,,,,101",
        "2024-01-01 08:10:00,,Standard,1.4,0.0,4.11,4.11,40.0,102.5",
        "2024-01-01 08:15:00,,Automatic Bolus/Correction,,1.3,1.3,0.0,0.0,",
        "2024-01-01 08:20:00,,Extended 50.00%/0.00,,0.0,0.0,0.0,,103",
    )
    assert reading.sensor.mgdl.tolist() == [100, 101, 102.5, 103]
    rates = [one.rate_u_per_h for one in reading.records if isinstance(one, BasalRate)]
    assert rates == [1.2, 1.4]
    first, automatic, cancelled = (one for one in reading.records if isinstance(one, Bolus))
    assert (first.delivered_u, first.source) == (4.11, BolusSource.UNKNOWN)
    assert automatic.source is BolusSource.AUTO_CORRECTION
    assert cancelled.delivered_now_u == 0
    assert [one.carbs_g for one in reading.records if isinstance(one, CarbEntry)] == [40]
    assert reading.covers == (local_time(2024, 1, 1, 8), local_time(2024, 1, 1, 8, 20))
    assert [device.kind for device in reading.devices] == ["cgm", "pump"]


def test_two_different_boluses_of_one_row_time_both_survive() -> None:
    reading = parse(
        "2024-01-01 08:00:00,,Standard,,0.0,2.0,2.0,0.0,100",
        "2024-01-01 08:00:00,,Standard,,0.0,3.0,3.0,0.0,100",
        "2024-01-01 08:00:00,,Standard,,0.0,3.0,3.0,0.0,100",
        "2024-01-01 08:05:00,,,,,,,,100",
        "2024-01-01 08:05:00,,,,,,,,110",
    )
    assert sum(one.delivered_u for one in reading.records if isinstance(one, Bolus)) == 5
    assert (reading.counts.imported, reading.counts.duplicate) == (3, 2)


def test_broken_rows_are_shown() -> None:
    reading = parse(
        "yesterday,,,,,,,,100",
        "2024-01-01 08:00:00,,,,,,,,much",
        "2024-01-01 08:05:00,,,,,,,,0",
        "2024-01-01 08:10:00,,,-1,,,,,100",
        "2024-01-01 08:15:00,,Standard,,,x,,,100",
        "2024-01-01 08:20:00",
        "2024-01-01 08:25:00,,,,,,,,",
        "2024-01-01 08:30:00,,,,,,,,100",
    )
    assert (reading.counts.rejected, reading.counts.ignored, reading.counts.imported) == (6, 1, 1)


def test_other_tables_are_not_taken() -> None:
    content = Content(b"time,glucose\n2024-01-01 08:00,100\n")
    assert Azt1d().sniff(content) == 0
    assert Azt1d().sniff(Content(b'{"CGM": 1}')) == 0
    with pytest.raises(DamagedFile):
        Azt1d().read(content, Hints())
