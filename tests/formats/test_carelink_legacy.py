"""Worked examples of CareLink's single-table export, written by hand."""

import pytest

from glykos.errors import AmbiguousDates
from glykos.formats import combine, read
from glykos.formats._reader import Hints, IssueKind, Reading
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import Injection
from glykos.therapy.records import (
    BasalSchedule,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    MeterGlucose,
    MeterOrigin,
    Record,
    ScheduleSegment,
    SettingsChange,
    SettingsSnapshot,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
)
from glykos.therapy.sensor import FOLD, HIGH, LOW
from glykos.therapy.units import GlucoseScale
from tests.formats._writers import LEGACY_COLUMNS, legacy, raw


def of(reading: Reading, kind: type[Record]) -> list[Record]:
    return [record for record in reading.records if type(record) is kind]


def parsed(*rows: dict[str, str], **options: object) -> Reading:
    return read(legacy(list(rows), **options).encode())  # type: ignore[arg-type]


def test_meter_and_pump_tell_of_one_finger_stick() -> None:
    reading = parsed(
        raw("4/25/15 08:00:00", "BGReceived", "AMOUNT=143, ACTION_REQUESTOR=paradigm link or b key, PARADIGM_LINK_ID=AED763", bg_reading="143"),
        raw("4/25/15 08:00:00", "CalBGForPH", "AMOUNT=143, ACTION_REQUESTOR=paradigm link or b key", sensor_calibration_bg="143"),
        raw("4/25/15 08:01:00", "CalBGForGH", "AMOUNT=143, ORIGIN_TYPE=rf"),
    )  # fmt: skip
    (found,) = of(reading, MeterGlucose)
    assert isinstance(found, MeterGlucose)
    assert found.witnesses == ("meter", "pump")
    assert found.origin is MeterOrigin.LINKED_METER
    assert found.meter_id == "AED763"
    assert found.used_for_calibration
    assert reading.counts.duplicate == 1


@pytest.mark.parametrize("kind", ["CalBGForPH", "BGCapturedOnPump"])
def test_a_finger_stick_typed_at_the_pump_is_typed_under_both_names(kind: str) -> None:
    (found,) = of(
        parsed(raw("4/25/15 08:00:00", kind, "AMOUNT=99, ACTION_REQUESTOR=pump")), MeterGlucose
    )
    assert isinstance(found, MeterGlucose)
    assert found.origin is MeterOrigin.TYPED


ESTIMATE = "BG_INPUT=0, BG_UNITS=mg dl, CARB_INPUT=64, CARB_UNITS=grams, CARB_RATIO=13, INSULIN_SENSITIVITY=45, BG_TARGET_LOW=106, BG_TARGET_HIGH=125, BOLUS_ESTIMATE=5.1, CORRECTION_ESTIMATE=0.2, FOOD_ESTIMATE=4.9, UNABSORBED_INSULIN_TOTAL=0"
NOW = (
    "AMOUNT=3.6, PROGRAMMED_AMOUNT=3.6, ACTION_REQUESTOR=pump, ENABLE=true, IS_DUAL_COMPONENT=true"
)
LATER = "AMOUNT=1.7, PROGRAMMED_AMOUNT=2.3, ACTION_REQUESTOR=pump, DURATION=3600000, IS_DUAL_COMPONENT=true"


@pytest.mark.parametrize("order", [("now", "square"), ("square", "now")], ids=["523", "522"])
def test_a_dual_wave_is_one_bolus_linked_to_its_estimate_in_both_model_orders(
    order: tuple[str, str],
) -> None:
    seq = dict(zip(order, ("301", "302"), strict=True))
    reading = parsed(
        raw("4/25/15 08:00:00", "BolusWizardBolusEstimate", ESTIMATE, raw_seq_num="303"),
        raw("4/25/15 08:00:00", "BolusNormal", NOW, raw_seq_num=seq["now"]),
        raw("4/25/15 08:02:22", "BolusSquare", LATER, raw_seq_num=seq["square"]),
    )
    (estimate,), (found,) = of(reading, BolusEstimate), of(reading, Bolus)
    assert isinstance(found, Bolus)
    assert isinstance(estimate, BolusEstimate)
    assert found.bolus_kind is BolusKind.COMBINATION
    assert found.delivered_parts == (3.6, 1.7)
    assert found.delivered_duration_min == pytest.approx(60 * 1.7 / 2.3)  # stopped early
    assert found.interrupted_parts == 1
    assert found.estimate_id == estimate.source_id
    assert found.source is BolusSource.ESTIMATE
    assert estimate.glucose_input is None  # 0 means none was entered
    assert estimate.was_delivered


def test_an_estimate_without_bolus_is_kept_and_says_so() -> None:
    reading = parsed(
        raw("4/25/15 08:00:00", "BolusWizardBolusEstimate", ESTIMATE, raw_seq_num="303"),
        raw("4/25/15 08:30:00", "BolusNormal", NOW.replace("true", "false"), raw_seq_num="302"),
    )
    (estimate,), (found,) = of(reading, BolusEstimate), of(reading, Bolus)
    assert isinstance(found, Bolus)
    assert isinstance(estimate, BolusEstimate)
    assert found.source is BolusSource.MANUAL  # 30 minutes are too far
    assert estimate.was_delivered is False


def test_a_stop_by_the_uploader_is_not_the_persons() -> None:
    reading = parsed(
        raw("4/25/15 08:00:00", "ChangeSuspendEnable", "ENABLE=user_suspend, ACTION_REQUESTOR=rf_diagnostic, PRE_ENABLE=null"),
        raw("4/25/15 09:00:00", "ChangeSuspendState", "STATE=low_suspend_mode_1, PRESTATE=normal_pumping"),
    )  # fmt: skip
    assert [s.reason for s in of(reading, Suspend) if isinstance(s, Suspend)] == [
        StopReason.COMMUNICATION,
        StopReason.LOW_GLUCOSE,
    ]


def test_temporary_rates_absolute_percent_and_cancelled() -> None:
    reading = parsed(
        raw(
            "4/25/15 08:00:00",
            "ChangeTempBasal",
            "RATE=0.1, DURATION=7200000, ACTION_REQUESTOR=pump",
        ),
        raw("4/25/15 09:00:00", "ChangeTempBasalPercent", "PERCENT_OF_RATE=70, DURATION=3600000"),
        raw("4/25/15 09:30:00", "ChangeTempBasalPercent", "PERCENT_OF_RATE=0, DURATION=0"),
    )
    first, second, third = (t for t in of(reading, TempBasal) if isinstance(t, TempBasal))
    assert (first.rate_u_per_h, first.duration_min) == (0.1, 120)
    assert (second.fraction, second.rate_u_per_h) == (0.7, None)
    assert third.is_cancellation


def test_sensor_limits_keep_their_flag() -> None:
    reading = parsed(
        raw("4/25/15 08:00:00", "GlucoseSensorDataLow", "AMOUNT=40, BACKFILL_INDICATOR=false", sensor_glucose="40"),
        raw("4/25/15 08:05:00", "GlucoseSensorDataHigh", "AMOUNT=400, BACKFILL_INDICATOR=false", sensor_glucose="400"),
    )  # fmt: skip
    assert reading.sensor.flag.tolist() == [LOW, HIGH]


def test_a_repeated_hour_is_told_apart_by_the_pumps_own_numbers() -> None:
    def reading_at(at: str, value: str, seq: str) -> dict[str, str]:
        return raw(
            at, "GlucoseSensorData", f"AMOUNT={value}", sensor_glucose=value, raw_seq_num=seq
        )

    reading = parsed(
        reading_at("1/25/15 01:30:00", "100", "90"),
        reading_at("1/25/15 01:30:00", "120", "80"),
        raw("1/25/15 02:00:00", "ChangeTimeGH", "NEW_TIME=1422147600000", raw_seq_num="85"),
        raw("1/25/15 02:00:10", "ChangeTime", "NEW_TIME=1422147600000, ACTION_REQUESTOR=pump", raw_seq_num="20"),
    )  # fmt: skip
    assert [
        (c, bool(f & FOLD)) for c, f in zip(reading.sensor.count, reading.sensor.flag, strict=True)
    ] == [
        (100, False),
        (120, True),
    ]
    (change,) = of(reading, TimeChange)
    assert isinstance(change, TimeChange)
    assert change.to_local == local_time(2015, 1, 25, 1, 0)  # local, though written as UTC


def test_a_read_basal_pattern_becomes_a_schedule_and_part_of_the_snapshot() -> None:
    at = "4/25/15 20:00:00"
    reading = parsed(
        raw(at, "CurrentActiveBasalProfilePattern", "PATTERN_NAME=standard"),
        raw(at, "CurrentBasalProfilePattern", "PATTERN_NAME=standard, NUM_PROFILES=2", raw_id="77"),
        raw(at, "CurrentBasalProfile", "PATTERN_DATUM=77, PROFILE_INDEX=1, RATE=0.65, START_TIME=7200000"),
        raw(at, "CurrentBasalProfile", "PATTERN_DATUM_ID=77, PROFILE_INDEX=0, RATE=0.8, START_TIME=0"),
        raw(at, "CurrentMaxBolus", "AMOUNT=10"),
    )  # fmt: skip
    (schedule,), (snapshot,) = of(reading, BasalSchedule), of(reading, SettingsSnapshot)
    assert isinstance(schedule, BasalSchedule)
    assert isinstance(snapshot, SettingsSnapshot)
    assert schedule.segments == (ScheduleSegment(0, 0.8), ScheduleSegment(120, 0.65))
    assert schedule.is_active
    assert {s.name: s.value for s in snapshot.settings}["Max bolus"] == "10"
    assert reading.covers is None  # settings are read at upload and are no event


def test_a_changed_pattern_has_its_old_and_new_form() -> None:
    at = "4/25/15 20:00:00"
    reading = parsed(
        raw(at, "ChangeBasalProfilePattern", "PATTERN_NAME=standard, NUM_PROFILES=1", raw_id="80"),
        raw(at, "ChangeBasalProfile", "PATTERN_DATUM=80, PROFILE_INDEX=0, RATE=0.9, START_TIME=0"),
        raw(at, "ChangeBasalProfilePatternPre", "PATTERN_NAME=standard, NUM_PROFILES=1", raw_id="81"),
        raw(at, "ChangeBasalProfilePre", "PATTERN_DATUM=81, PROFILE_INDEX=0, RATE=0.8, START_TIME=0"),
    )  # fmt: skip
    (change,) = of(reading, SettingsChange)
    assert isinstance(change, SettingsChange)
    assert change.old is not None
    assert change.new is not None
    assert change.old.segments[0].value == 0.8
    assert change.new.segments[0].value == 0.9


def test_day_and_month_that_cannot_be_told_apart_are_asked_for() -> None:
    text = legacy([raw("04/05/15 08:00:00", "Rewind")]).encode()
    with pytest.raises(AmbiguousDates, match=r"2015-05-04.*2015-04-05"):
        read(text)
    reading = read(text, Hints(date_order="dmy"))
    assert reading.covers == (local_time(2015, 5, 4, 8), local_time(2015, 5, 4, 8))


@pytest.mark.parametrize(
    ("period", "first"),
    [("3/29/15,to,4/11/15", local_time(2015, 4, 5, 8)), ("29/04/15,to,12/05/15", local_time(2015, 5, 4, 8))],
)  # fmt: skip
def test_the_stated_period_proves_the_order(period: str, first: object) -> None:
    text = legacy([raw("04/05/15 08:00:00", "Rewind")], preamble=f"Report Range,{period}")
    assert read(text.encode()).covers == (first, first)


def test_a_german_account_in_mmol_is_read_by_position() -> None:
    names = [f"Spalte {n}" for n in range(len(LEGACY_COLUMNS) - 6)]
    names[5], names[30], names[22] = (
        "BZ-Messwert (mmol/l)",
        "Sensorglukose (mmol/l)",
        "Empf. (mmol/l)",
    )
    names += ["Raw-Type", "Raw-Values", "Raw-ID", "Raw-Upload ID", "Raw-Seq Num", "Raw-Device Type"]
    text = legacy(
        [raw("25.04.15 08:00:00", "GlucoseSensorData", "AMOUNT=101", sensor_glucose="5,6")],
        header=names,
    )
    reading = read(text.encode("cp1252"))
    assert reading.sensor.count.tolist() == [56]
    assert reading.sensor.scale.tolist() == [GlucoseScale.MMOLL_TENTHS]
    assert reading.sensor.rows()[0].at_local == local_time(2015, 4, 25, 8)


def test_a_cut_file_says_so_and_an_unknown_row_is_shown() -> None:
    reading = parsed(
        raw("4/25/15 08:00:00", "Rewind"),
        raw("4/25/15 08:00:00", "NewThing"),
        preamble="DEVICE DATA (635 records)",
    )
    assert "635" in reading.issues[0].reason
    assert reading.counts.rejected == 1
    assert reading.issues[1].shown_value == "NewThing"


def test_a_stray_quotation_mark_costs_one_row_only() -> None:
    text = legacy(
        [
            raw("4/25/15 08:00:00", "Rewind"),
            raw("4/25/15 09:00:00", "Rewind"),
            raw("4/25/15 10:00:00", "Rewind"),
        ]
    )
    lines = text.split("\n")
    lines[2] = lines[2].replace(",", ',"', 1)
    reading = read("\n".join(lines).encode())
    assert reading.counts.imported == 2
    assert reading.counts.rejected == 1
    assert reading.issues[0].line == 3


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("BolusNormal", "AMOUNT=-5, PROGRAMMED_AMOUNT=5"),
        ("BolusNormal", "AMOUNT=5, PROGRAMMED_AMOUNT=-5"),
        ("BolusSquare", "AMOUNT=5, PROGRAMMED_AMOUNT=5, DURATION=-60000"),
        ("BolusWizardBolusEstimate", "CARB_INPUT=-64, CARB_UNITS=grams, BOLUS_ESTIMATE=5.1"),
        ("JournalEntryInsulinMarker", "AMOUNT=-5"),
        ("JournalEntryMealMarker", "CARB_INPUT=-40, CARB_UNITS=grams"),
        ("JournalEntryExerciseMarker", "DURATION=-60000"),
        ("BasalProfileStart", "RATE=-0.5, PROFILE_INDEX=0, PATTERN_NAME=standard"),
        ("ChangeTempBasal", "RATE=-0.5, DURATION=60000"),
        ("Prime", "AMOUNT=-5, PRIME_TYPE=manual"),
        ("ResultDailyTotal", "AMOUNT=-5"),
    ],
)
def test_an_amount_below_zero_is_rejected_with_the_reason(kind: str, values: str) -> None:
    reading = parsed(
        raw("4/25/15 07:00:00", kind, values), raw("4/25/15 08:00:00", "Rewind"),
    )  # fmt: skip
    assert (reading.counts.imported, reading.counts.rejected) == (1, 1)
    assert [issue.reason for issue in reading.issues] == ["an amount below zero"]


def test_a_correction_below_zero_is_genuine() -> None:
    (estimate,) = of(
        parsed(
            raw(
                "4/25/15 07:00:00",
                "BolusWizardBolusEstimate",
                "CARB_INPUT=64, CARB_UNITS=grams, CORRECTION_ESTIMATE=-0.4, BOLUS_ESTIMATE=5.1",
            )
        ),
        BolusEstimate,
    )
    assert isinstance(estimate, BolusEstimate)
    assert estimate.correction_u == -0.4


def test_a_dose_that_can_hardly_be_meant_is_kept_and_said() -> None:
    reading = parsed(
        raw("4/25/15 07:00:00", "JournalEntryInsulinMarker", "AMOUNT=77"),
        raw("4/25/15 08:00:00", "JournalEntryInsulinMarker", "AMOUNT=100000000000000"),
        raw("4/25/15 09:00:00", "BasalProfileStart", "RATE=948, PROFILE_INDEX=0, PATTERN_NAME=a"),
    )
    assert [getattr(i, "dose_u", None) for i in of(reading, Injection)] == [77, 1e14]
    warnings = [issue for issue in reading.issues if issue.kind is IssueKind.WARNING]
    assert [(issue.rows, issue.reason) for issue in warnings] == [
        (1, "More than 100 U: kept as printed, please check."),
        (1, "More than 35 U/h: kept as printed, please check."),
    ]
    assert warnings[0].shown_value.startswith("2015-04-25 08:00")
    assert reading.counts.imported == 3


def test_rows_of_a_clock_that_was_not_set_are_kept_said_and_outside_the_newest_days() -> None:
    reading = parsed(
        raw("1/1/07 00:10:00", "Rewind"),
        raw("4/24/15 08:00:00", "Rewind"),
        raw("4/25/15 08:00:00", "Rewind"),
        preamble="Medtronic Diabetes CareLink Personal Data Export File\n"
        "Data Exported on,4/26/15 9:05 PM",
    )
    assert reading.counts.imported == 3
    (issue,) = reading.issues
    assert (issue.kind, issue.rows) == (IssueKind.WARNING, 1)
    assert "clock was not set" in issue.reason
    history, _ = combine([reading])
    assert history.span is not None
    newest = Window.ending(history.span.last, 14)
    assert [r.at_local.year for r in reading.records if r.at_local in newest] == [2015, 2015]
