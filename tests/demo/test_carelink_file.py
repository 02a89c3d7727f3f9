"""The demo file is read back by the ordinary reader: what was lived is what is found.

The simulator keeps its own account (``Life``), so these tests also check reader and basal
reconstruction against an independent source.
"""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from glykos.demo.carelink_file import COLUMNS, carelink_csv
from glykos.demo.persona import ALEX
from glykos.therapy.basal import daily_basal
from glykos.therapy.diary import CarbEntry, Exercise, Injection, Note
from glykos.therapy.records import (
    Alarm,
    Bolus,
    BolusEstimate,
    Calibration,
    MeterGlucose,
    Prime,
    Resume,
    Rewind,
    SensorState,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
)
from tests.demo.stories import LAST_DAYS, Told


def test_every_row_is_understood(any_story: Told) -> None:
    counts = any_story.reading.counts
    assert counts.rejected == 0
    assert counts.read == (counts.imported + counts.duplicate + counts.ignored + counts.rejected)
    lines = any_story.data.decode("utf-8-sig").split("\r\n")
    assert counts.read == sum(1 for line in lines if re.match(r"\d+,00000;", line))


def test_boluses_come_back(any_story: Told) -> None:
    given = any_story.life.boluses
    found = any_story.history.of(Bolus)
    assert sum(len(bolus.delivered_parts) for bolus in found) == len(given)
    assert sum(b.delivered_u for b in found) == pytest.approx(
        sum(b.delivered_u for b in given), abs=1e-9
    )
    assert sum(bolus.interrupted_parts for bolus in found) == sum(
        b.selected_u != b.delivered_u for b in given
    )
    assert any(b.is_stopped for b in given)
    assert {b.kind for b in given} == {
        "Normal", "Square", "Dual (normal part)", "Dual (square part)",
    }  # fmt: skip


def test_boluses_keep_their_start_on_the_pumps_clock(any_story: Told) -> None:
    clock = any_story.life.clock
    expected = Counter(
        clock.local(b.at_s) for b in any_story.life.boluses if "square" not in b.kind
    )
    found = Counter(b.at_local.replace(fold=0) for b in any_story.history.of(Bolus))
    assert found == expected


def test_calculator_inputs_and_proposals_come_back(any_story: Told) -> None:
    used = any_story.life.estimates
    found = any_story.history.of(BolusEstimate)
    assert len(found) == len(used)
    assert sum(e.carbs_g or 0 for e in found) == sum(u.carbs_g for u in used)
    assert [e.estimate_u for e in found] == [u.estimate_u for u in used]
    assert [e.final_estimate_u for e in found] == [u.final_u for u in used]
    assert [e.was_delivered for e in found] == [u.final_u > 0 for u in used]
    assert any(u.final_u > u.estimate_u for u in used)
    assert any(u.final_u < u.estimate_u for u in used)


def test_finger_sticks_come_back_once(any_story: Told) -> None:
    lived = {(r.at_s, r.mgdl) for r in any_story.life.meter}
    found = any_story.history.of(MeterGlucose)
    assert len(found) == len(lived)
    assert sum(m.glucose.mgdl for m in found) == sum(mgdl for _, mgdl in lived)


def test_every_sensor_reading_comes_back(any_story: Told) -> None:
    lived = any_story.life.sensor
    found = any_story.history.sensor
    assert len(found) == len(lived)
    assert int(found.count.sum()) == sum(point.mgdl for point in lived)


def test_stops_and_their_reasons_come_back(any_story: Told) -> None:
    history, life = any_story.history, any_story.life
    names = {
        "USER_SUSPEND": StopReason.USER,
        "PLGM_PREDICTED_LOW_SG": StopReason.BEFORE_LOW,
        "NOTSEATED_SUSPEND": StopReason.SET_CHANGE,
        "ALARM_SUSPEND": StopReason.ALARM,
    }
    assert Counter(s.reason for s in history.of(Suspend)) == Counter(
        names[code] for _, code in life.stops
    )
    assert len(history.of(Resume)) == len(life.restarts)


def test_the_rest_of_the_day_comes_back(any_story: Told) -> None:
    history, life = any_story.history, any_story.life
    kinds = Counter(text.partition(":")[0] for _, text in life.markers)
    assert len(history.of(TempBasal)) == len(life.temps)
    assert len(history.of(Prime)) == len(life.fills)
    assert len(history.of(Rewind)) == len(life.rewinds)
    assert len(history.of(Calibration)) == len(life.calibrations)
    assert len(history.of(SensorState)) == len(life.sensor_states)
    assert len(history.of(CarbEntry)) == kinds["Meal"]
    assert len(history.of(Exercise)) == kinds["Exercise"]
    assert all(exercise.duration_min for exercise in history.of(Exercise))
    assert len(history.of(Injection)) == kinds["Insulin"]
    assert len(history.of(Note)) == kinds["Other"]
    assert len(history.of(Alarm)) > 0 or not any_story.persona.wears_sensor
    assert len(history.of(TimeChange)) == (life.clock.change_s is not None)


def test_reconstructed_basal_is_the_basal_that_ran(any_story: Told) -> None:
    days = daily_basal(any_story.history, any_story.window)
    for n, day in enumerate(days[:-1]):
        assert day.units == pytest.approx(any_story.life.basal_units(n), abs=0.05), day.day
    assert days[-1].units is None, "nobody has read the pump after its last record"


def test_day_of_a_clock_change_is_lived_in_full(autumn: Told, spring: Told) -> None:
    for story, hours in ((autumn, 25), (spring, 23)):
        change = story.history.of(TimeChange)[0]
        day = next(
            d for d in daily_basal(story.history, story.window) if d.day == change.at_local.date()
        )
        assert day.known_min == pytest.approx(hours * 60)
        assert story.history.day_minutes(day.day) == hours * 60


def test_the_file_stays_inside_its_days(any_story: Told) -> None:
    assert any_story.history.span == any_story.window


def test_the_person_and_the_pump_are_named(autumn: Told) -> None:
    assert autumn.reading.owner.name == "Alex Demo"
    assert [d.serial for d in autumn.reading.devices if d.kind == "pump"] == [ALEX.pump_serial]


def test_same_arguments_give_the_same_bytes() -> None:
    once = carelink_csv(ALEX, last_day=LAST_DAYS[0], days=5)
    assert once == carelink_csv(ALEX, last_day=LAST_DAYS[0], days=5)
    assert once != carelink_csv(ALEX, last_day=LAST_DAYS[0], days=5, seed=77)
    assert once != carelink_csv(ALEX, last_day=LAST_DAYS[0] + timedelta(days=1), days=5)


def test_layout_of_the_file(autumn: Told) -> None:
    text = autumn.data.decode("utf-8")
    assert text.startswith("\ufeffLast Name;First Name;")
    assert "\n" not in text.replace("\r\n", "")
    rows = [line for line in text.split("\r\n") if re.match(r"\d+,00000;", line)]
    assert {line.count(";") for line in rows} == {len(COLUMNS) - 1}
    assert [int(line.partition(",")[0]) for line in rows] == list(range(len(rows)))


def test_another_name_is_another_value() -> None:
    other = replace(ALEX, first_name="Toni", pump_serial="NG0000099D")
    data = carelink_csv(other, last_day=LAST_DAYS[0], days=2)
    assert b"Toni" in data
    assert b"NG0000099D" in data
    assert ALEX.pump_serial.encode() not in data


def test_length_in_days_is_free() -> None:
    for days in (1, 2, 14):
        assert carelink_csv(ALEX, last_day=LAST_DAYS[0], days=days)
