"""What is read after a person's decisions, and that what is stored never changes."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from glykos.formats._reader import Counts, Reading
from glykos.server.patients.actions import create_person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, decisions, models, queries
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.decisions import ClockCorrection, Exclusion, ExclusionReason
from glykos.therapy.records import Bolus, BolusKind, Device, TimeChange
from glykos.therapy.sensor import SensorSeries
from tests.builders import sensor_series
from tests.server.cast import make_user

pytestmark = pytest.mark.django_db
PUMP, CGM = (
    Device(id="pump:1", kind="pump", model="Pump"),
    Device(id="cgm:1", kind="cgm", model="C"),
)
DAY = Window(date(2026, 3, 3), date(2026, 3, 3))


@pytest.fixture
def access() -> Access:
    owner = make_user("Ben")
    person = create_person(owner=owner, zone="Europe/Berlin")
    return authorise(owner, person, Purpose.WRITE)


def bolus(at_local: datetime, device: Device = PUMP) -> Bolus:
    return Bolus(
        at_local=at_local,
        device_id=device.id,
        bolus_kind=BolusKind.NORMAL,
        delivered_now_u=1.0,
    )


def upload(
    access: Access, *records: object, sensor: SensorSeries | None = None, by: str = "test"
) -> None:
    reading = Reading(
        format_key=by,
        format_version=1,
        records=tuple(records),  # type: ignore[arg-type]
        sensor=sensor or SensorSeries.empty(),
        devices=(PUMP, CGM),
        counts=Counts(),
        issues=(),
    )
    actions.apply_upload(
        access,
        reading,
        repr(records).encode(),
        file_name="x.csv",
        received_at=datetime(2026, 4, 1, tzinfo=ZoneInfo("UTC")),
    )


def correction(
    first: datetime, end: datetime, *, ahead: timedelta, device: Device = PUMP
) -> ClockCorrection:
    return ClockCorrection(
        device_id=device.id,
        from_s=wall_seconds(first),
        to_s=wall_seconds(end),
        ahead_s=int(ahead.total_seconds()),
    )


def night(device_id: str = "") -> Exclusion:
    return Exclusion(
        from_s=wall_seconds(local_time(2026, 3, 3, 3)),
        to_s=wall_seconds(local_time(2026, 3, 3, 4)),
        reason=ExclusionReason.COMPRESSION,
        device_id=device_id,
    )


def test_left_out_readings_come_with_their_mark_and_count_again_after_withdrawal(
    access: Access,
) -> None:
    upload(access, sensor=sensor_series([100.0] * 288, start=datetime(2026, 3, 3)))
    made = decisions.make(access, night())
    history = queries.read(access, DAY)
    assert (len(history.sensor), len(history.glucose)) == (288, 276)
    decisions.withdraw(access, made)
    assert len(queries.read(access, DAY).glucose) == 288


def test_the_sums_of_the_day_follow(access: Access) -> None:
    upload(access, sensor=sensor_series([100.0] * 288, start=datetime(2026, 3, 3)))

    def counted() -> int:
        return models.DaySummary.objects.get(patient_id=access.patient_id).n

    made = decisions.make(access, night())
    assert counted() == 276
    decisions.withdraw(access, made)
    assert counted() == 288
    decisions.make(access, night(PUMP.id))  # another device's readings
    assert counted() == 288


def test_sums_of_a_later_upload_leave_out_what_was_left_out_before(access: Access) -> None:
    decisions.make(access, night())
    upload(access, sensor=sensor_series([100.0] * 288, start=datetime(2026, 3, 3)))
    assert models.DaySummary.objects.get(patient_id=access.patient_id).n == 276


def test_a_day_of_a_wrong_year_is_found_where_it_was(access: Access) -> None:
    told = sensor_series([100.0] * 12, start=datetime(2034, 3, 3, 9))
    upload(access, bolus(local_time(2034, 3, 3, 8)), bolus(local_time(2026, 3, 3, 20)), sensor=told)
    wrong = correction(
        local_time(2034, 1, 1),
        local_time(2035, 1, 1),
        ahead=local_time(2034, 3, 3) - local_time(2026, 3, 3),
    )
    made = decisions.make(access, wrong)
    sensor = ClockCorrection(
        device_id=CGM.id, from_s=wrong.from_s, to_s=wrong.to_s, ahead_s=wrong.ahead_s
    )
    also = decisions.make(access, sensor)
    history = queries.read(access, DAY)
    assert [one.at_local for one in history.of(Bolus)] == [
        local_time(2026, 3, 3, 8),
        local_time(2026, 3, 3, 20),
    ]
    assert len(history.glucose) == 12
    assert queries.span(access) == DAY
    assert queries.known_days(access) == [DAY.first]
    future = Window(date(2034, 3, 3), date(2034, 3, 3))
    assert queries.read(access, future).of(Bolus) == ()
    decisions.withdraw(access, made)
    decisions.withdraw(access, also)
    assert queries.span(access) == Window(DAY.first, future.first)
    assert len(queries.read(access, future).sensor) == 12


def test_what_moves_out_of_the_day_is_not_in_it(access: Access) -> None:
    upload(access, bolus(local_time(2026, 3, 3, 1)), bolus(local_time(2026, 3, 3, 12)))
    decisions.make(
        access,
        correction(local_time(2026, 3, 1), local_time(2026, 3, 9), ahead=timedelta(hours=5)),
    )
    inside = queries.read(access, DAY).within(DAY)
    assert [one.at_local for one in inside.of(Bolus)] == [local_time(2026, 3, 3, 7)]
    assert queries.known_days(access) == [date(2026, 3, 2), date(2026, 3, 3)]


def test_nothing_stored_is_touched_by_a_correction(access: Access) -> None:
    upload(
        access,
        bolus(local_time(2026, 3, 3, 12)),
        sensor=sensor_series([100.0] * 12, start=datetime(2026, 3, 3)),
    )

    def rows() -> list[object]:
        events = models.Event.objects.filter(patient_id=access.patient_id)
        chunks = models.Chunk.objects.filter(patient_id=access.patient_id)
        return [
            *((one.at_s, bytes(one.payload)) for one in events),
            *((one.day, bytes(one.body)) for one in chunks),
        ]

    before = rows()
    for device in (PUMP, CGM):
        decisions.make(
            access,
            correction(
                local_time(2026, 3, 1),
                local_time(2026, 3, 9),
                ahead=timedelta(hours=5),
                device=device,
            ),
        )
    assert rows() == before


def segments(access: Access) -> list[tuple[int, str]]:
    rows = models.ClockSegment.objects.filter(patient_id=access.patient_id).order_by(
        "device", "place"
    )
    return [(row.utc_offset_s // 3600, row.origin) for row in rows]


def test_utc_follows_a_correction_and_its_withdrawal(access: Access) -> None:
    """Berlin in March 2026 is UTC+1; Nepal would be UTC+5:45, New York UTC-5 until 8 March."""
    upload(access, bolus(local_time(2026, 3, 3, 12)), bolus(local_time(2026, 3, 20, 12)))
    assert segments(access) == [(1, "zone")]
    zone = ClockCorrection(
        device_id=PUMP.id,
        from_s=wall_seconds(local_time(2026, 3, 1)),
        to_s=wall_seconds(local_time(2026, 3, 15)),
        zone="America/New_York",
    )
    made = decisions.make(access, zone)
    assert segments(access) == [
        (1, "zone"),
        (-5, "correction"),
        (-4, "correction"),
        (1, "zone"),
    ]
    upload(access, bolus(local_time(2026, 3, 21, 12)))  # a later upload keeps it
    assert (-4, "correction") in segments(access)
    decisions.withdraw(access, made)
    assert segments(access) == [(1, "zone")]


def test_a_clock_change_at_the_end_of_a_correction_tells_the_two_passes_apart(
    access: Access,
) -> None:
    change = TimeChange(
        at_local=local_time(2026, 3, 3, 15),
        device_id=PUMP.id,
        to_local=local_time(2026, 3, 3, 14),
    )
    again = local_time(2026, 3, 3, 14, 30)
    upload(access, change, bolus(again), bolus(again.replace(fold=1)))
    decisions.make(
        access, correction(local_time(2026, 3, 1), change.at_local, ahead=timedelta(hours=1))
    )
    found = [one.at_local for one in queries.read(access, DAY).of(Bolus)]
    assert found == [local_time(2026, 3, 3, 13, 30), again]


def test_decisions_of_an_archive_are_in_the_sums_when_they_are_put_back(access: Access) -> None:
    upload(access, sensor=sensor_series([100.0] * 288, start=datetime(2026, 3, 3)))
    decisions.make(access, night())
    kept = decisions.everything(access)
    decisions.withdraw(access, kept[0].id)
    models.Decision.objects.filter(patient_id=access.patient_id).delete()
    assert models.DaySummary.objects.get(patient_id=access.patient_id).n == 288
    decisions.put_back(access, kept)
    assert models.DaySummary.objects.get(patient_id=access.patient_id).n == 276


def test_a_long_correction_shows_every_day_it_moved(access: Access) -> None:
    """Half a day behind: every stored day is shown on two days, over two stretches of time."""
    spring = sensor_series([100.0] * 288, start=datetime(2026, 3, 3))
    autumn = sensor_series([100.0] * 288, start=datetime(2026, 10, 1))
    upload(access, sensor=SensorSeries.concat([spring, autumn]))
    decisions.make(
        access,
        correction(
            local_time(2026, 1, 1), local_time(2027, 1, 1), ahead=-timedelta(hours=12), device=CGM
        ),
    )
    assert queries.known_days(access) == [
        date(2026, 3, 3),
        date(2026, 3, 4),
        date(2026, 10, 1),
        date(2026, 10, 2),
    ]


def test_a_pump_told_by_two_kinds_of_files_delivers_once_after_its_clock_is_corrected(
    access: Access,
) -> None:
    doses = (4.0, 6.5, 2.2, 3.1, 5.4, 7.3, 1.8)
    told = [
        replace(bolus(local_time(2026, 3, 3, 6 + 2 * n)), delivered_now_u=units)
        for n, units in enumerate(doses)
    ]
    later = [replace(one, at_local=one.at_local + timedelta(seconds=20)) for one in told]
    upload(access, *told, by="one")
    upload(access, *later, by="other")
    assert len(queries.read(access, DAY).of(Bolus)) == 7
    made = correction(
        local_time(2026, 3, 1), local_time(2026, 3, 8), ahead=timedelta(days=365, hours=1)
    )
    decisions.make(access, made)
    year_before = Window(date(2025, 3, 3), date(2025, 3, 3))
    found = queries.read(access, year_before).of(Bolus)
    assert [one.delivered_u for one in found] == list(doses)


def test_one_pump_told_twice_delivers_once_however_few_days_are_read(access: Access) -> None:
    told = [
        replace(bolus(local_time(2026, 3, 1) + timedelta(days=3 * n, hours=12)), delivered_now_u=u)
        for n, u in enumerate((4.0, 6.5, 2.2, 3.1, 5.4, 7.3, 1.8))
    ]
    later = [
        replace(one, at_local=one.at_local + timedelta(seconds=20), device_id=CGM.id)
        for one in told
    ]
    upload(access, *told, *later)
    whole = queries.read(access, Window(date(2026, 3, 1), date(2026, 3, 31)))
    assert len(whole.of(Bolus)) == len(told)
    for one in whole.of(Bolus):
        day = one.at_local.date()
        assert queries.read(access, Window(day, day)).within(Window(day, day)).of(Bolus) == (one,)
