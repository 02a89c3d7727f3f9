"""CareLink Connect: the followers' JSON, in its newer and its older layout."""

import json
from pathlib import Path
from typing import Any

import pytest

from glykos.errors import DamagedFile
from glykos.formats import combine
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.carelink_connect import CareLinkConnect
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    Bolus,
    BolusKind,
    BolusSource,
    Calibration,
    MeterGlucose,
    Resume,
    SensorCondition,
    SensorState,
    StopReason,
    Suspend,
)
from glykos.therapy.sensor import BACKFILLED, HIGH, LOW
from glykos.therapy.units import GlucoseScale


def parse(data: bytes) -> Reading:
    content = Content(data)
    assert CareLinkConnect().sniff(content) >= 0.9
    return CareLinkConnect().read(content, Hints())


def day(**fields: Any) -> bytes:
    base = {
        "firstName": "First",
        "lastName": "Last",
        "medicalDeviceFamily": "NGP",
        "medicalDeviceInformation": {"modelNumber": "MMT-1884", "deviceSerialNumber": "NG1H"},
        "lastConduitDateTime": "2025-11-10T21:22:27",
    }
    return json.dumps(base | fields).encode()


def sample(at: str, sg: float, state: str = "NO_ERROR_MESSAGE", **more: Any) -> dict[str, Any]:
    return {"sg": sg, "sensorState": state, "timestamp": f"2025-11-10T{at}:00"} | more


def marker(type_: str, at: str, **values: Any) -> dict[str, Any]:
    """A mark in the newer layout."""
    return {"type": type_, "timestamp": f"2025-11-10T{at}:00", "data": {"dataValues": values}}


def flat(type_: str, at: str, **values: Any) -> dict[str, Any]:
    """A mark in the older layout, whose offset is not to be believed."""
    return {"type": type_, "dateTime": f"2025-11-10T{at}:00.000-00:00", "index": 1} | values


def of(reading: Reading, kind: type) -> list[Any]:
    return [record for record in reading.records if isinstance(record, kind)]


@pytest.mark.shared_data
def test_the_shared_samples_give_what_their_json_says(data_folder: Path) -> None:
    paths = sorted((data_folder / "exports" / "carelink_connect_json").glob("*.json"))
    assert paths
    for path in paths:
        raw = json.loads(path.read_bytes())
        reading = parse(path.read_bytes())
        values = [one["sg"] for one in raw["sgs"] if one["sg"]]
        assert len(reading.sensor) == len(values)
        assert float(reading.sensor.mgdl.mean()) == pytest.approx(sum(values) / len(values))
        told = {
            kind: sum(
                float(one["data"]["dataValues"][key])
                for one in raw["markers"]
                if one["type"] == kind
            )
            for kind, key in (
                ("INSULIN", "deliveredFastAmount"),
                ("AUTO_BASAL_DELIVERY", "bolusAmount"),
                ("MEAL", "amount"),
            )
        }
        boluses = of(reading, Bolus)
        small = sum(b.delivered_u for b in boluses if b.source is BolusSource.AUTO_BASAL)
        assert small == pytest.approx(told["AUTO_BASAL_DELIVERY"], abs=1e-3)
        assert sum(b.delivered_u for b in boluses) - small == pytest.approx(told["INSULIN"])
        assert sum(one.carbs_g for one in of(reading, CarbEntry)) == told["MEAL"]
        notices = raw["notificationHistory"]
        assert len(of(reading, Alarm)) == sum(len(part) for part in notices.values())
        rows = len(raw["sgs"]) + len(raw["markers"]) + len(of(reading, Alarm))
        assert reading.counts.read == rows == sum(s.rows for s in reading.sections)
        assert reading.counts.rejected == 0
        combine([reading, reading])


def test_sensor_values_states_and_limits() -> None:
    reading = parse(
        day(
            sgs=[
                sample("08:00", 100),
                sample("08:05", 0, "WARM_UP"),
                sample("08:10", 0, "SG_BELOW_40_MGDL"),
                sample("08:15", 0, "SG_ABOVE_400_MGDL"),
                sample("08:20", 110, isBackfill=True),
                sample("08:25", 0, "NEVER_SEEN"),
                sample("08:30", 6000),
                {"sg": 100, "sensorState": "NO_ERROR_MESSAGE"},
            ],
            sgBelowLimit=50,
        )
    )
    assert reading.sensor.count.tolist() == [100, 50, 400, 110]
    assert reading.sensor.flag.tolist() == [0, LOW, HIGH, BACKFILLED]
    assert [(s.condition, s.code) for s in of(reading, SensorState)] == [
        (SensorCondition.WARM_UP, "WARM_UP"),
        (SensorCondition.OTHER, "NEVER_SEEN"),
    ]
    assert reading.counts.rejected == 2


def test_values_in_mmol_stay_in_mmol() -> None:
    reading = parse(day(sgs=[sample("08:00", 5.6), sample("08:05", 12.1)]))
    assert reading.sensor.count.tolist() == [56, 121]
    assert set(reading.sensor.scale) == {GlucoseScale.MMOLL_TENTHS}


@pytest.mark.parametrize("make", [marker, flat])
def test_marks_of_both_layouts(make: Any) -> None:
    reading = parse(
        day(
            sgs=[],
            markers=[
                make("INSULIN", "08:00", bolusType="DUAL", activationType="RECOMMENDED",
                     programmedFastAmount=2, deliveredFastAmount="1.5",
                     programmedExtendedAmount=1, deliveredExtendedAmount=0.5,
                     programmedDuration=60, effectiveDuration=30),
                make("INSULIN", "08:30", bolusType="FAST", activationType="AUTOCORRECTION",
                     programmedFastAmount=0.4, deliveredFastAmount=0.4,
                     programmedExtendedAmount=0, deliveredExtendedAmount=0),
                make("AUTO_BASAL_DELIVERY", "08:35", bolusAmount=0.10000000149011612),
                make("MEAL", "09:00", amount=54),
                make("CALIBRATION", "09:10", value=120, calibrationSuccess=True),
                make("BG_READING", "09:20", value=6.5),
                make("LOW_GLUCOSE_SUSPENDED", "09:30", deliverySuspended=True),
                make("LOW_GLUCOSE_SUSPENDED", "09:40"),
                make("AUTO_MODE_STATUS", "09:50", autoModeOn=True),
                make("INSULIN", "10:00", bolusType="FAST"),
                make("INSULIN", "10:10", bolusType="ROUND", deliveredFastAmount=1),
                make("MEAL", "10:20"),
                make("MEAL", "10:30", amount=-5),
                make("CALIBRATION", "10:40"),
                make("AUTO_BASAL_DELIVERY", "10:50"),
            ],
        )
    )  # fmt: skip
    dual, correction, basal = of(reading, Bolus)
    assert (dual.bolus_kind, dual.source) == (BolusKind.COMBINATION, BolusSource.ESTIMATE)
    assert (dual.programmed_u, dual.delivered_u) == (3, 2)
    assert (dual.programmed_duration_min, dual.delivered_duration_min) == (60, 30)
    assert correction.source is BolusSource.AUTO_CORRECTION
    assert correction.delivered_parts == (0.4,)
    assert (basal.source, basal.delivered_u) == (BolusSource.AUTO_BASAL, 0.1)
    assert of(reading, CarbEntry)[0].carbs_g == 54
    (calibration,) = of(reading, Calibration)
    assert (calibration.glucose.mgdl, calibration.accepted) == (120, True)
    assert of(reading, MeterGlucose)[0].glucose.count == 65
    assert of(reading, Suspend)[0].reason is StopReason.LOW_GLUCOSE
    assert dual.at_local == local_time(2025, 11, 10, 8)
    assert (reading.counts.ignored, reading.counts.rejected) == (2, 6)


def test_a_stop_on_low_glucose_ends_where_the_marks_say_so() -> None:
    marks = [("08:00", False), ("08:10", True), ("08:40", False), ("08:45", False)]
    reading = parse(
        day(
            sgs=[],
            markers=[
                marker("LOW_GLUCOSE_SUSPENDED", at, deliverySuspended=is_on) for at, is_on in marks
            ],
        )
    )
    assert [one.at_local.minute for one in of(reading, Suspend)] == [10]
    assert [one.at_local.minute for one in of(reading, Resume)] == [40]
    assert reading.counts.ignored == 2


def test_a_bolus_on_its_way_is_the_same_one_when_it_has_ended() -> None:
    def seen(at: str, *, given: float) -> Reading:
        square = marker(
            "INSULIN", "08:00", bolusType="SQUARE", activationType="MANUAL",
            programmedExtendedAmount=10, deliveredExtendedAmount=given,
        )  # fmt: skip
        return parse(day(sgs=[], markers=[square], lastConduitDateTime=f"2025-11-10T{at}:00"))

    early, late = seen("08:30", given=9.5), seen("10:30", given=10)
    for readings in ([early, late], [late, early]):
        history, _ = combine(readings)
        assert [bolus.delivered_u for bolus in history.of(Bolus)] == [10]


def test_notifications_and_who_it_is() -> None:
    notices = {
        "clearedNotifications": [
            {"faultId": "802", "dateTime": "2025-11-10T14:45:13", "type": "ALARM",
             "triggeredDateTime": "2025-11-10T14:40:51", "referenceGUID": "G",
             "additionalInfo": {"sg": 80}},
            {"faultId": 999, "dateTime": "2025-11-10T15:00:00", "type": "REMINDER"},
            None,
        ],
        "activeNotifications": None,
    }  # fmt: skip
    reading = parse(day(sgs=[], markers=[], notificationHistory=notices))
    low, other = of(reading, Alarm)
    assert (low.text, low.alarm_class) == ("Alert on low", AlarmClass.GLUCOSE_LOW)
    assert (low.at_local, low.glucose.mgdl) == (local_time(2025, 11, 10, 14, 40, 51), 80)
    assert other.text == "Reminder 999"
    assert reading.owner.name == "First Last"
    assert reading.exported_at == local_time(2025, 11, 10, 21, 22, 27)
    (device,) = reading.devices
    assert (device.id, device.model) == ("medtronic:NG1H", "MMT-1884")


def test_the_answer_of_the_newer_service_is_wrapped() -> None:
    inside = json.loads(day(sgs=[sample("08:00", 100)]))
    reading = parse(json.dumps({"metadata": {}, "patientData": inside}).encode())
    assert reading.sensor.count.tolist() == [100]


def test_a_file_without_data_is_refused() -> None:
    with pytest.raises(DamagedFile):
        parse(day())
    assert CareLinkConnect().sniff(Content(b'{"sgs": 1}')) == 0
    assert CareLinkConnect().sniff(Content(b"sgs,markers\n1,2\n")) == 0
