"""A day built by hand, with numbers that can be worked out on paper.

Tue 3 Mar 2026. Sensor every 5 min at 120 mg/dL, except 200 mg/dL from 08:00 to 08:55 (12
readings) and 60 mg/dL from 03:00 to 03:25 (6 readings), and no readings from 20:00 to 20:55.
Basal 1.0 U/h all day; delivery stopped 12:00 to 12:30; a temporary rate of 50 % from 18:00 to
20:00. Boluses: 08:00 by the calculator, 5 U recommended, 6 U programmed and delivered; 13:00 by
hand, 2 U programmed, stopped at 1.2 U; 19:00 combination 2 U now and 1 U over 2 h as recommended.
"""

from datetime import date, datetime, timedelta

from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.clock import local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale

DAY = date(2026, 3, 3)
PUMP, CGM = "pump-1", "cgm-1"
DEVICES = (
    r.Device(id=PUMP, kind="pump", model="MiniMed 640G", serial="NG1234567H"),
    r.Device(id=CGM, kind="cgm", model="Enlite"),
)


def at(hour: float, minute: int = 0, *, days: int = 0) -> datetime:
    return local_time(2026, 3, 3) + timedelta(days=days, hours=hour, minutes=minute)


def mgdl(value: int) -> Glucose:
    return Glucose(value, GlucoseScale.MGDL)


def sensor(day: date = DAY, *, gap: bool = True) -> SensorSeries:
    midnight = wall_seconds(local_time(day.year, day.month, day.day))
    times, counts = [], []
    for minute in range(0, 1440, 5):
        if gap and 1200 <= minute < 1260:
            continue
        value = 200 if 480 <= minute < 540 else 60 if 180 <= minute < 210 else 120
        times.append(midnight + minute * 60)
        counts.append(value)
    return SensorSeries.build(times, counts, scale=GlucoseScale.MGDL, device_id=CGM)


def pump_records() -> list[r.Record]:
    """The pump's day, with records late on the day before and early on the next."""
    schedule = r.BasalSchedule(
        at_local=at(-2),
        device_id=PUMP,
        pattern="1",
        segments=(r.ScheduleSegment(0, 1.0),),
        is_active=True,
    )
    return [
        schedule,
        r.BasalRate(at_local=at(-1), device_id=PUMP, rate_u_per_h=1.0, pattern="1"),
        r.BasalRate(at_local=at(0), device_id=PUMP, rate_u_per_h=1.0, pattern="1"),
        r.BasalRate(at_local=at(24), device_id=PUMP, rate_u_per_h=1.0, pattern="1"),
        r.BasalRate(at_local=at(25), device_id=PUMP, rate_u_per_h=1.0, pattern="1"),
        r.Suspend(at_local=at(12), device_id=PUMP, reason=r.StopReason.LOW_GLUCOSE),
        r.Resume(at_local=at(12, 30), device_id=PUMP),
        r.TempBasal(at_local=at(18), device_id=PUMP, fraction=0.5, duration_min=120),
        *_boluses(),
        r.Alarm(
            at_local=at(3),
            device_id=PUMP,
            text="low glucose",
            alarm_class=r.AlarmClass.GLUCOSE_LOW,
            glucose=mgdl(60),
        ),
        r.DailyTotal(at_local=at(23, 59), device_id=PUMP, scope=r.TotalScope.ALL, amount_u=32.7),
    ]


def _boluses() -> list[r.Record]:
    return [
        r.BolusEstimate(
            at_local=at(8),
            device_id=PUMP,
            source_id="e1",
            glucose_input=mgdl(200),
            carbs_g=40,
            carb_ratio_g_per_u=10,
            sensitivity_mgdl_per_u=50,
            target_low=mgdl(100),
            target_high=mgdl(120),
            food_u=4.0,
            correction_u=1.6,
            active_insulin_u=0.6,
            estimate_u=5.0,
            step_u=0.1,
        ),
        r.Bolus(
            at_local=at(8),
            device_id=PUMP,
            source_id="b1",
            bolus_kind=r.BolusKind.NORMAL,
            programmed_now_u=6.0,
            delivered_now_u=6.0,
            source=r.BolusSource.ESTIMATE,
            estimate_id="e1",
        ),
        r.Bolus(
            at_local=at(13),
            device_id=PUMP,
            source_id="b2",
            bolus_kind=r.BolusKind.NORMAL,
            programmed_now_u=2.0,
            delivered_now_u=1.2,
            source=r.BolusSource.MANUAL,
        ),
        r.BolusEstimate(
            at_local=at(19), device_id=PUMP, source_id="e3", carbs_g=30, food_u=3.0, estimate_u=3.0
        ),
        r.Bolus(
            at_local=at(19),
            device_id=PUMP,
            source_id="b3",
            bolus_kind=r.BolusKind.COMBINATION,
            programmed_now_u=2.0,
            delivered_now_u=2.0,
            programmed_extended_u=1.0,
            delivered_extended_u=1.0,
            programmed_duration_min=120,
            delivered_duration_min=120,
            source=r.BolusSource.ESTIMATE,
            estimate_id="e3",
        ),
    ]


def meter_records() -> list[r.Record]:
    """100, 250 and 60 mg/dL: one in, one above and one below 70-180."""
    origins = (r.MeterOrigin.LINKED_METER, r.MeterOrigin.TYPED, r.MeterOrigin.METER_UPLOAD)
    return [
        r.MeterGlucose(at_local=at(hour), device_id="meter-1", glucose=mgdl(value), origin=origin)
        for hour, value, origin in zip((7, 12, 22), (100, 250, 60), origins, strict=True)
    ]


def people_records() -> list[r.Record]:
    return [
        diary.Exercise(at_local=at(17), device_id=r.LOGBOOK, duration_min=45, label="cycling"),
        diary.Note(at_local=at(15), device_id=r.LOGBOOK, text="Felt <shaky> & tired"),
    ]


def the_day() -> History:
    return History.build(
        sensor=sensor(),
        records=[*pump_records(), *meter_records(), *people_records()],
        devices=DEVICES,
    )


def meter_only() -> History:
    return History.build(sensor=SensorSeries.empty(), records=meter_records())


def empty() -> History:
    return History.build(sensor=SensorSeries.empty(), records=[])
