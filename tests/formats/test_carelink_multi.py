"""Worked examples of the sectioned CareLink export, written by hand."""

import pytest

from glykos.errors import DamagedFile
from glykos.formats import combine, read
from glykos.formats._reader import Hints, Reading
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Exercise, Injection
from glykos.therapy.records import (
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    DailyTotal,
    MeterGlucose,
    MeterOrigin,
    Record,
    StopReason,
    Suspend,
    TimeChange,
)
from glykos.therapy.sensor import FOLD
from glykos.therapy.units import GlucoseScale
from tests.formats._writers import at_row, multi


def of(reading: Reading, kind: type[Record]) -> list[Record]:
    return [record for record in reading.records if type(record) is kind]


def parsed(*rows: dict[str, str], **options: object) -> Reading:
    return read(multi(list(rows), **options).encode("utf-8-sig"))  # type: ignore[arg-type]


def bolus(at: str, kind: str, asked: str, given: str = "", **more: str) -> dict[str, str]:
    cells = {"bolus_type": kind, "bolus_volume_selected": asked, "bolus_number": "34"}
    if given:
        cells["bolus_volume_delivered"] = given
    return at_row(at, **cells, **more)


DUAL = (
    at_row("2024/03/01 21:04:20", bwz_estimate="3,25", bwz_carb_input="40,00", bwz_status="Delivered"),
    bolus("2024/03/01 21:04:29", "Dual (normal part)", "1,3", bolus_source="BOLUS_WIZARD"),
    bolus("2024/03/01 21:04:29", "Dual (square part)", "1,95", bolus_duration="02:30:00"),
    bolus("2024/03/01 21:05:22", "Dual (normal part)", "1,3", "1,3", bolus_source="BOLUS_WIZARD"),
    at_row(
        "2024/03/01 22:58:10",
        bolus_type="Dual (square part)", bolus_number="34", bolus_cancellation_reason="User Request",
    ),
    bolus("2024/03/01 22:58:10", "Dual (square part)", "1,95", "1,475", bolus_duration="01:53:00"),
)  # fmt: skip


def test_a_dual_wave_is_one_bolus_from_its_five_rows() -> None:
    (found,) = of(parsed(*DUAL), Bolus)
    assert isinstance(found, Bolus)
    assert found.bolus_kind is BolusKind.COMBINATION
    assert found.at_local == local_time(2024, 3, 1, 21, 4, 29)  # when it was asked for
    assert found.ended_local == local_time(2024, 3, 1, 22, 58, 10)
    assert found.delivered_parts == (1.3, 1.475)
    assert found.programmed_u == pytest.approx(3.25)
    assert (found.programmed_duration_min, found.delivered_duration_min) == (150, 113)
    assert found.interruption == "User Request"
    assert found.interrupted_parts == 1
    assert found.source is BolusSource.ESTIMATE


def test_an_estimate_seconds_before_its_dual_wave_is_linked() -> None:
    reading = parsed(*DUAL)
    (estimate,), (found,) = of(reading, BolusEstimate), of(reading, Bolus)
    assert isinstance(found, Bolus)
    assert found.estimate_id == estimate.source_id != ""


def test_a_request_without_delivery_is_not_a_bolus_and_is_accounted_for() -> None:
    reading = parsed(bolus("2024/03/01 08:00:00", "Normal", "2,0"))
    assert of(reading, Bolus) == []
    assert reading.counts.ignored == 1


def test_a_bolus_cut_by_the_export_merges_with_the_whole_one() -> None:
    whole = parsed(
        bolus("2024/03/01 08:00:00", "Normal", "2,0"),
        bolus("2024/03/01 08:01:20", "Normal", "2,0", "2,0"),
    )
    cut = parsed(bolus("2024/03/01 08:01:20", "Normal", "2,0", "2,0"))
    for order in ((whole, cut), (cut, whole)):
        history, _ = combine(order)
        (found,) = history.of(Bolus)
        assert found.delivered_u == 2.0


def test_bolus_numbers_may_repeat_within_a_file() -> None:
    reading = parsed(
        bolus("2024/03/01 08:00:00", "Normal", "2,0"),
        bolus("2024/03/01 08:01:20", "Normal", "2,0", "2,0"),
        bolus("2024/03/20 08:00:00", "Normal", "3,0"),
        bolus("2024/03/20 08:02:00", "Normal", "3,0", "3,0"),
    )
    assert sorted(b.delivered_u for b in of(reading, Bolus) if isinstance(b, Bolus)) == [2.0, 3.0]


def test_echoes_of_a_finger_stick_are_one_reading_that_knows_its_witnesses() -> None:
    reading = parsed(
        at_row("2024/03/01 07:25:30", bg_source="BG_READIN_RECEIVED", bg_reading="134", linked_bg_meter_id="11"),
        at_row("2024/03/01 07:25:42", bg_source="USER_ACCEPTED_REMOTE_BG", bg_reading="134", linked_bg_meter_id="11"),
        at_row("2024/03/01 07:25:42", bg_source="BG_SENT_FOR_CALIB", bg_reading="134", linked_bg_meter_id="11"),
    )  # fmt: skip
    (found,) = of(reading, MeterGlucose)
    assert isinstance(found, MeterGlucose)
    assert found.origin is MeterOrigin.LINKED_METER
    assert found.used_for_calibration
    assert found.meter_id == "11"
    assert reading.counts.duplicate == 2


def test_a_typed_finger_stick_is_typed() -> None:
    (found,) = of(
        parsed(at_row("2024/03/01 07:25:30", bg_source="ENTERED_IN_BG_ENTRY", bg_reading="99")),
        MeterGlucose,
    )
    assert isinstance(found, MeterGlucose)
    assert found.origin is MeterOrigin.TYPED


def test_the_zero_rate_of_a_stop_is_not_a_programmed_rate() -> None:
    reading = parsed(
        at_row("2024/03/01 04:00:00", basal_rate="0,8"),
        at_row("2024/03/01 04:28:15", basal_rate="0", suspend="PLGM_PREDICTED_LOW_SG"),
        at_row("2024/03/01 04:28:15", basal_rate="0"),
        at_row("2024/03/01 05:03:15", suspend="NORMAL_PUMPING"),
        at_row("2024/03/01 05:03:15", basal_rate="0,8"),
        at_row("2024/03/01 06:00:00", basal_rate="0"),  # a segment of 0 U/h is a rate
    )
    assert [r.rate_u_per_h for r in of(reading, BasalRate) if isinstance(r, BasalRate)] == [
        0.8,
        0.8,
        0,
    ]
    (stop,) = of(reading, Suspend)
    assert isinstance(stop, Suspend)
    assert stop.reason is StopReason.BEFORE_LOW


def test_the_basal_row_at_the_cut_off_time_makes_no_change() -> None:
    reading = parsed(
        at_row("2024/03/01 07:17:45", basal_rate="0,6"),
        at_row("2024/03/01 08:00:00", basal_rate="0,7"),
    )
    assert [r.at_local.hour for r in of(reading, BasalRate)] == [8]
    assert reading.counts.ignored == 1


def test_automatic_insulin_is_a_daily_total_and_the_fuller_day_wins() -> None:
    early = parsed(
        at_row("2024/03/01 08:00:00", rewind="Rewind"), auto=[("2024/03/01 00:00:00", "5,675")]
    )
    late = parsed(
        at_row("2024/03/01 08:00:00", rewind="Rewind"), auto=[("2024/03/01 00:00:00", "10,489")]
    )
    assert of(early, Bolus) == []
    for order in ((early, late), (late, early)):
        (total,) = combine(order)[0].of(DailyTotal)
        assert total.amount_u == 10.489


def test_readings_of_a_repeated_hour_are_both_kept() -> None:
    sensor = [("2024/10/27 02:10:00", "100"), ("2024/10/27 02:50:00", "110")]
    sensor += [
        ("2024/10/27 02:10:00", "120"),
        ("2024/10/27 02:50:00", "130"),
        ("2024/10/27 03:10:00", "140"),
    ]
    change = at_row("2024/10/27 03:00:00", new_device_time="2024/10/27 02:00:00")
    reading = parsed(change, sensor=sensor)
    assert reading.sensor.count.tolist() == [100, 120, 110, 130, 140]
    assert [bool(flag & FOLD) for flag in reading.sensor.flag] == [False, True, False, True, False]
    (shift,) = of(reading, TimeChange)
    assert isinstance(shift, TimeChange)
    assert shift.shift.minutes == -60


def test_rows_before_the_product_existed_are_left_out_and_do_not_widen_the_range() -> None:
    reading = parsed(
        at_row("2016/01/01 00:00:00", rewind="Rewind"),
        at_row("2024/03/01 08:00:00", rewind="Rewind"),
    )
    assert reading.counts.ignored == 1
    assert reading.covers == (local_time(2024, 3, 1, 8), local_time(2024, 3, 1, 8))


def test_rows_from_the_future_are_left_out_and_said() -> None:
    text = multi(
        [
            at_row("2024/03/01 08:00:00", rewind="Rewind"),
            at_row("2034/03/01 08:00:00", rewind="Rewind"),
        ]
    )
    reading = read(text.encode(), Hints(now=local_time(2024, 3, 2)))
    assert reading.counts.ignored == 1
    assert "future" in reading.issues[0].reason


def test_the_order_of_lines_does_not_matter() -> None:
    text = multi([*DUAL], [("2024/03/01 08:00:00", "100"), ("2024/03/01 08:05:00", "105")])
    lines = text.split("\r\n")
    shuffled = [*lines[:5], *lines[5:11][::-1], *lines[11:14], *lines[14:16][::-1], ""]
    one, other = read(text.encode()), read("\r\n".join(shuffled).encode())
    assert one.records == other.records
    assert one.sensor.count.tolist() == other.sensor.count.tolist()


def test_marks_of_guardian_connect_count_once() -> None:
    rows = [at_row("2024/03/01 09:35:28", event_marker="Insulin: 27,00")] * 2
    reading = parsed(*rows, at_row("2024/03/01 10:00:00", event_marker="Meal: 45,00grams"))
    (injection,), (meal,) = of(reading, Injection), of(reading, CarbEntry)
    assert isinstance(injection, Injection)
    assert isinstance(meal, CarbEntry)
    assert (injection.dose_u, meal.carbs_g) == (27, 45)
    assert reading.counts.duplicate == 1


@pytest.mark.parametrize(
    ("text", "minutes", "label"),
    [
        ("Exercise: 45min", 45, ""),
        ("Exercise: 45,00minutes", 45, ""),
        ("Exercise: 0:45", 45, ""),
        ("Exercise: 45", None, "Exercise: 45"),
        ("Exercise", None, "Exercise"),
    ],
)
def test_exercise_lasts_as_long_as_its_unit_proves(
    text: str, minutes: float | None, label: str
) -> None:
    reading = parsed(at_row("2024/03/01 17:00:00", event_marker=text))
    (exercise,) = of(reading, Exercise)
    assert isinstance(exercise, Exercise)
    assert (exercise.duration_min, exercise.label) == (minutes, label)


def test_accounts_in_mmol_keep_the_tenths_the_device_printed() -> None:
    reading = parsed(
        at_row("2024/03/01 07:00:00", bg_reading="7,8"),
        unit="mmol/L", sensor=[("2024/03/01 08:00:00", "5,6")],
    )  # fmt: skip
    assert reading.sensor.scale.tolist() == [GlucoseScale.MMOLL_TENTHS]
    assert reading.sensor.count.tolist() == [56]
    (meter,) = of(reading, MeterGlucose)
    assert isinstance(meter, MeterGlucose)
    assert meter.glucose.count == 78


def test_commas_with_decimal_dots_and_utf_16_are_read_too() -> None:
    text = multi([*DUAL], [("2024/03/01 08:00:00", "100")])
    dots = multi([*DUAL], [("2024/03/01 08:00:00", "100")], delimiter=",")
    wanted = read(text.encode()).records
    assert read(dots.encode("utf-16")).records == wanted
    assert read(b"\xef\xbb\xbf" + "ï»¿".encode() + text.encode()).records == wanted


def test_a_spreadsheet_formula_is_refused_with_its_line() -> None:
    reading = parsed(
        at_row("2024/03/01 08:00:00", basal_rate="=1+1"),
        at_row("2024/03/01 09:00:00", basal_rate="0,8"),
    )
    assert reading.counts.rejected == 1
    assert reading.issues[0].line == 7
    assert "formula" in reading.issues[0].reason


def test_the_owner_is_named_but_a_file_without_sections_is_damaged() -> None:
    text = multi([at_row("2024/03/01 08:00:00", rewind="Rewind")])
    assert read(text.encode()).owner.name == "Jo Doe"
    with pytest.raises(DamagedFile):
        read(text.partition("-------")[0].encode())


@pytest.mark.parametrize(
    "cells",
    [
        {"bolus_type": "Normal", "bolus_volume_selected": "2,0", "bolus_volume_delivered": "-2,0"},
        {"bolus_type": "Normal", "bolus_volume_selected": "-2,0", "bolus_volume_delivered": "2,0"},
        {"bwz_estimate": "3,25", "bwz_carb_input": "-40"},
        {"basal_rate": "-0,5"},
        {"temp_basal_amount": "-0,5", "temp_basal_type": "Insulin Rate"},
        {"prime_type": "Tubing Fill", "prime_volume_delivered": "-5"},
    ],
)
def test_an_amount_below_zero_is_rejected_with_the_reason(cells: dict[str, str]) -> None:
    reading = parsed(at_row("2024/03/01 08:00:00", **cells))
    assert (reading.counts.imported, reading.counts.rejected) == (0, 1)
    assert [issue.reason for issue in reading.issues] == ["an amount below zero"]


def test_automatic_insulin_below_zero_is_rejected() -> None:
    reading = parsed(auto=[("2024/03/01 00:00:00", "-4,5")])
    assert (reading.counts.imported, reading.counts.rejected) == (0, 1)


def test_a_bolus_that_can_hardly_be_meant_is_kept_and_said() -> None:
    reading = parsed(bolus("2024/03/01 08:00:00", "Normal", "250", "250"))
    assert [getattr(b, "delivered_u", None) for b in of(reading, Bolus)] == [250]
    assert [issue.reason for issue in reading.issues] == [
        "More than 100 U: kept as printed, please check."
    ]


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("CLOSED_LOOP_BG_CORRECTION", BolusSource.ESTIMATE),  # the person confirms it
        ("CLOSED_LOOP_BG_CORRECTION_AND_FOOD_BOLUS", BolusSource.ESTIMATE),
        ("CLOSED_LOOP_AUTO_BOLUS", BolusSource.AUTO_CORRECTION),
    ],
)
def test_only_what_the_pump_gives_by_itself_is_automatic(printed: str, meant: BolusSource) -> None:
    reading = parsed(bolus("2024/03/01 08:00:00", "Normal", "1,2", "1,2", bolus_source=printed))
    assert [getattr(b, "source", None) for b in of(reading, Bolus)] == [meant]
