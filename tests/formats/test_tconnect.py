"""The t:connect therapy timeline: tables below one another, each known by its header."""

from datetime import datetime
from pathlib import Path

import pytest

from glykos.errors import DamagedFile
from glykos.formats import combine
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.tconnect import TConnect
from glykos.therapy.basal import delivered_basal
from glykos.therapy.clock import Window, local_time
from glykos.therapy.history import History
from glykos.therapy.records import (
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    MeterGlucose,
)
from glykos.therapy.units import GlucoseUnit

PREAMBLE = """Tandem Diabetes Care Inc.
t:connect Therapy Timeline Data Export
Patient Name, Sample Name
Patient DOB, 1/1/1990
Report Generated On, 4/24/2021 7:50:04 PM
"""
READINGS = """
DeviceType,SerialNumber,Description,EventDateTime,Readings (CGM / BGM)
"t:slim X2 Insulin Pump","11111111","EGV","2021-04-01T00:01:33","235",
"t:slim X2 Insulin Pump","11111111","EGV","2021-04-01T00:06:33","230",
"t:slim X2 Insulin Pump","11111111","BG","2021-04-01T00:08:00","212",
"""
IOB = """
Type,EventID,EventDateTime,IOB
"IOB","81","2021-04-01T00:00:19","13.24"
"""
BASAL = """
Type,EventDateTime,BasalRate
"Basal","2021-04-01T00:00:00","0.800",
"Basal","2021-04-01T06:00:00","1.200",
"Basal","2021-04-01T08:00:00","0.000",
"Basal","2021-04-01T10:00:00","0.800",
"""
BOLUS_HEADER = (
    "Type,Description,BG,IOB,BolusRequestID,BolusCompletionID,CompletionDateTime,InsulinDelivered,"
    "FoodDelivered,CorrectionDelivered,CompletionStatusID,CompletionStatusDesc,BolusIsComplete,"
    "BolexCompletionID,BolexSize,BolexStartDateTime,BolexCompletionDateTime,BolexInsulinDelivered,"
    "BolexIOB,BolexCompletionStatusID,BolexCompletionStatusDesc,ExtendedBolusIsComplete,"
    "EventDateTime,RequestDateTime,BolusType,BolusRequestOptions,StandardPercent,Duration,CarbSize,"
    "UserOverride,TargetBG,CorrectionFactor,FoodBolusSize,CorrectionBolusSize,"
    "ActualTotalBolusRequested,IsQuickBolus,EventHistoryReportEventDesc,EventHistoryReportDetails,"
    "NoteID,IndexID,Note"
)
BOLUS_COLUMNS = BOLUS_HEADER.split(",")


def bolus(**cells: str) -> str:
    """One row of the table with 41 columns, with the extra comma at its end."""
    made = {
        "Type": "Bolus", "Description": "Standard", "BolusCompletionID": "7001.000",
        "RequestDateTime": "2021-04-01T12:53:36", "CompletionDateTime": "2021-04-01T12:58:26",
        "CompletionStatusDesc": "Completed", "InsulinDelivered": "4.00", "CarbSize": "0",
        "ActualTotalBolusRequested": "4.00", "IsQuickBolus": "0",
    } | cells  # fmt: skip
    return ",".join(f'"{made.get(name, "")}"' for name in BOLUS_COLUMNS) + ",\n"


def timeline(*tables: str) -> bytes:
    return "".join((PREAMBLE, *tables)).encode()


def bolus_table(*rows: str) -> str:
    return f"\n{BOLUS_HEADER}\n" + "".join(rows)


def read(data: bytes, hints: Hints = Hints()) -> Reading:  # noqa: B008 - frozen
    content = Content(data)
    assert TConnect().sniff(content) >= 0.9
    return TConnect().read(content, hints)


def history(*tables: str) -> History:
    reading = read(timeline(*tables))
    return History.build(sensor=reading.sensor, records=reading.records, devices=reading.devices)


@pytest.mark.shared_data
def test_the_shared_timeline_is_read_row_for_row(data_folder: Path) -> None:
    """Independent numbers: the boluses of 2 days in the file's own text, 13.53+1.5+2+2.5 U."""
    found = []
    for path in (data_folder / "exports").rglob("*.csv"):
        content = Content(path.read_bytes())
        if TConnect().sniff(content) > 0.5:
            found.append(TConnect().read(content, Hints()))
    assert found
    for reading in found:
        counts = reading.counts
        assert counts.read == counts.imported + counts.ignored
        assert (counts.imported, counts.ignored) == (7, 3)
        boluses = [r for r in reading.records if isinstance(r, Bolus)]
        assert sum(one.delivered_u for one in boluses) == pytest.approx(19.53)
        estimates = [r for r in reading.records if isinstance(r, BolusEstimate)]
        assert [one.carb_ratio_g_per_u for one in estimates] == [6, 6, 6, 6]
        assert [one.estimate_u for one in estimates] == [13.53, 0, 0.2, 0]
        assert reading.sensor.mgdl.tolist() == [235, 230, 181]
        assert reading.exported_at == datetime(2021, 4, 24, 19, 50, 4)


def test_readings_and_finger_sticks_are_told_apart() -> None:
    found = history(READINGS)
    assert found.sensor.mgdl.tolist() == [235, 230]
    (meter,) = found.of(MeterGlucose)
    assert (meter.glucose.mgdl, meter.device_id) == (212, "tandem:11111111")
    assert [device.model for device in found.devices] == ["t:slim X2"]


@pytest.mark.parametrize(
    "header",
    [
        "DeviceType,SerialNumber,Description,EventDateTime,BG,IOB,Note",
        "DeviceType,SerialNumber,Description,EventDateTime,Readings (mg/dL)",
    ],
)
def test_older_and_newer_tables_of_readings_are_known(header: str) -> None:
    row = '"t:slim Insulin Pump","77","EGV","2021-04-01T00:01:33","99","",""\n'
    assert history(f"\n{header}\n{row}").sensor.mgdl.tolist() == [99]


def test_readings_in_mmol_are_known_by_their_values() -> None:
    found = history(
        READINGS.replace('"235"', '"13.0"').replace('"230"', '"12.8"').replace('"212"', '"11.8"')
    )
    assert found.sensor.rows()[0].glucose.value_in(GlucoseUnit.MMOLL) == 13.0


def test_active_insulin_is_left_out_by_rule() -> None:
    reading = read(timeline(IOB, READINGS))
    assert (reading.counts.read, reading.counts.ignored) == (4, 1)


def test_basal_rates_give_the_delivered_basal() -> None:
    """0.8 U/h for 6 h, 1.2 for 2 h, 0 for 2 h: 7.2 U until ten o'clock."""
    found = history(READINGS, BASAL)
    assert len(found.of(BasalRate)) == 4
    day = datetime(2021, 4, 1).date()
    assert sum(i.units or 0 for i in delivered_basal(found, Window(day, day))) == pytest.approx(7.2)


def test_a_bolus_stands_where_it_was_asked_for_and_keeps_its_end() -> None:
    (one,) = history(bolus_table(bolus())).of(Bolus)
    assert one.at_local == datetime(2021, 4, 1, 12, 53, 36)
    assert one.ended_local == datetime(2021, 4, 1, 12, 58, 26)
    assert (one.delivered_u, one.programmed_u, one.interrupted_parts) == (4, 4, 0)
    assert (one.bolus_kind, one.source) == (BolusKind.NORMAL, BolusSource.ESTIMATE)


def test_an_extended_part_is_added_once_and_an_interruption_is_said() -> None:
    found = history(
        bolus_table(
            bolus(
                Description="Extended 50.00%/2.00", InsulinDelivered="2.00", BolexSize="2.00",
                BolexInsulinDelivered="1.10", Duration="120", ActualTotalBolusRequested="4.00",
                BolexCompletionDateTime="2021-04-01T14:58:26",
            ),
            bolus(
                BolusCompletionID="7002.000", InsulinDelivered="1.82",
                RequestDateTime="2021-04-01T15:00:00", ActualTotalBolusRequested="2.63",
                CompletionStatusDesc="Terminated by Alarm",
            ),
        )
    )  # fmt: skip
    combination, cut = found.of(Bolus)
    assert combination.bolus_kind is BolusKind.COMBINATION
    assert (combination.delivered_now_u, combination.delivered_extended_u) == (2, 1.1)
    assert (combination.programmed_now_u, combination.programmed_extended_u) == (2, 2)
    assert combination.programmed_duration_min == 120
    assert combination.ended_local == datetime(2021, 4, 1, 14, 58, 26)
    assert (cut.interruption, cut.interrupted_parts) == ("Terminated by Alarm", 1)


def test_an_extended_bolus_on_its_way_is_the_same_one_when_it_has_ended() -> None:
    def seen(report: str, *, given: str) -> Reading:
        row = bolus(BolexSize="12.00", BolexInsulinDelivered=given, Duration="120")
        return read(timeline(bolus_table(row)).replace(b"4/24/2021", report.encode()))

    early, late = seen("4/1/2021", given="9.00"), seen("4/2/2021", given="12.00")
    for readings in ([early, late], [late, early]):
        found, _ = combine(readings)
        assert [one.delivered_extended_u for one in found.of(Bolus)] == [12]


def test_what_the_calculator_was_told_is_kept() -> None:
    details = (
        "CF 1:30 - Carb Ratio 1:6 - Target BG 110 | Override: Pump calculated Bolus = 3.5 units"
    )
    (one,) = history(
        bolus_table(
            bolus(
                BG="168", IOB="1.71", CarbSize="21", TargetBG="110", CorrectionFactor="30.00",
                FoodBolusSize="3.50", CorrectionBolusSize="0.00", NoteID=details,
            )
        )
    ).of(BolusEstimate)  # fmt: skip
    assert one.glucose_input is not None
    assert one.target_low is not None
    assert (one.glucose_input.mgdl, one.target_low.mgdl) == (168, 110)
    assert (one.carbs_g, one.carb_ratio_g_per_u, one.sensitivity_mgdl_per_u) == (21, 6, 30)
    assert (one.estimate_u, one.final_estimate_u, one.active_insulin_u) == (3.5, 4, 1.71)


def test_boluses_of_the_algorithm_and_quick_ones_are_marked() -> None:
    rows = (
        bolus(Description="Automatic Bolus/Correction"),
        bolus(BolusCompletionID="2", RequestDateTime="2021-04-01T13:00:00", IsQuickBolus="1"),
        bolus(BolusCompletionID="3", RequestDateTime="2021-04-01T14:00:00", InsulinDelivered=""),
    )
    reading = read(timeline(bolus_table(*rows)))
    sources = [r.source for r in reading.records if isinstance(r, Bolus)]
    assert sources == [BolusSource.AUTO_CORRECTION, BolusSource.EASY]
    assert reading.counts.ignored == 1


def test_two_real_boluses_of_one_minute_survive_and_a_repeated_row_does_not() -> None:
    twin = bolus(BolusCompletionID="7002.000")
    reading = read(timeline(bolus_table(bolus(), twin, twin)))
    assert len([r for r in reading.records if isinstance(r, Bolus)]) == 2
    assert (reading.counts.imported, reading.counts.duplicate) == (2, 1)


def test_every_row_ends_in_one_bucket() -> None:
    broken = (
        '"t:slim X2 Insulin Pump","11111111","EGV","someday","235",\n'
        '"t:slim X2 Insulin Pump","11111111","EGV","2021-04-01T00:11:33","",\n'
        '"t:slim X2 Insulin Pump","11111111","EGV","2099-04-01T00:11:33","100",\n'
    )
    unknown = "\nType,Something,Else\n1,2,3\n"
    reading = read(
        timeline(READINGS + broken, unknown, BASAL.replace('"1.200"', '"-1"')),
        Hints(now=local_time(2026, 1, 1)),
    )
    counts = reading.counts
    assert (counts.read, counts.imported, counts.ignored, counts.rejected) == (11, 6, 3, 2)


def test_a_file_without_any_table_is_refused() -> None:
    with pytest.raises(DamagedFile, match="No table"):
        read(PREAMBLE.encode())
