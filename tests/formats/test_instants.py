"""UTC to the clock on the wall: odd zones, hours that come twice, flights."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.formats._dates import NotADate
from glykos.formats._instants import (
    Zones,
    instant_of,
    local_of,
    offset_told,
    second_pass,
    wall_clock,
    zone_named,
)
from glykos.therapy.clock import from_wall_seconds, local_time, wall_seconds


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    "told",
    ["2024-03-01T08:00:00Z", "2024-03-01T08:00:00.250+00:00", "2024-03-01T13:45:00+0545",
     "2024-03-01T08:00:00", 1709280000000, 1709280000000.5, " 1709280000000 ", 1709280000999],
)  # fmt: skip
def test_an_instant_is_read_from_every_spelling(told: object) -> None:
    assert instant_of(told) == 1709280000


@pytest.mark.parametrize(
    "told", ["yesterday", "", 12, None, True, float("nan"), 1e300, "0001-01-01T00:00:00Z", [], "1" * 999]
)  # fmt: skip
def test_what_is_no_instant_is_refused(told: object) -> None:
    with pytest.raises(NotADate):
        instant_of(told)


def test_the_printed_clock_counts_whatever_offset_stands_behind_it() -> None:
    assert local_of("2024-12-11T20:53:56.000-00:00") == local_time(2024, 12, 11, 20, 53, 56)
    with pytest.raises(NotADate):
        local_of("8 o'clock")


def test_a_zone_of_five_hours_and_three_quarters() -> None:
    zones = Zones([(0, ZoneInfo("Asia/Kathmandu"))])
    assert from_wall_seconds(zones.wall_of(at("2024-03-01T20:00:00Z"))) == local_time(
        2024, 3, 2, 1, 45
    )


def test_both_sides_of_the_date_line() -> None:
    """Samoa had no 30 December 2011: the same instant a day apart from its neighbour."""
    instant = at("2012-01-01T10:30:00Z")
    apia = Zones([(0, ZoneInfo("Pacific/Apia"))]).wall_of(instant)
    pago = Zones([(0, ZoneInfo("Pacific/Pago_Pago"))]).wall_of(instant)
    assert from_wall_seconds(apia) == local_time(2012, 1, 2, 0, 30)
    assert from_wall_seconds(pago) == local_time(2011, 12, 31, 23, 30)


def test_the_hour_after_summer_time_is_a_second_pass() -> None:
    zones = Zones([(0, ZoneInfo("Europe/Berlin"))])
    first = at("2024-10-27T00:00:00Z")  # 02:00 summer time
    instants = [first + 300 * n for n in range(36)]
    walls = [zones.wall_of(one) for one in instants]
    again = second_pass(instants, walls)
    expected = [n for n in range(36) if 12 <= n < 24]  # 02:00 to 02:55 a second time
    assert [n for n, one in enumerate(again) if one] == expected
    stamps = [wall_clock(w, is_second_pass=bool(a)) for w, a in zip(walls, again, strict=True)]
    assert len({(stamp, stamp.fold) for stamp in stamps}) == 36


def test_a_flight_to_the_west_repeats_hours_and_one_to_the_east_none() -> None:
    zones = Zones(
        [
            (0, ZoneInfo("Europe/London")),
            (at("2024-02-01T12:00:00Z"), ZoneInfo("America/New_York")),
            (at("2024-02-10T12:00:00Z"), ZoneInfo("Europe/London")),
        ]
    )
    instants = [at("2024-02-01T11:00:00Z") + 3600 * n for n in range(24 * 12)]
    walls = [zones.wall_of(one) for one in instants]
    again = second_pass(instants, walls)
    assert again.nonzero()[0].tolist() == [1, 2, 3, 4, 5]  # 07:00 to 11:00 in New York


def test_a_clock_set_back_by_years_repeats_nothing() -> None:
    instants = [0, 3600, 7200]
    walls = [10 * 365 * 86_400, 3600, 7200]
    assert not second_pass(instants, walls).any()


def test_drift_repeats_nothing() -> None:
    assert not second_pass([0, 300, 600], [0, 300, 590]).any()
    assert not second_pass([], []).any()


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2018-06-02T00:25:00-0700", -7),
        ("Sat Jun 02 18:25:00 AEDT 2018", 11),
        ("06/02/2018 12:25:00 AM", -7),
        ("02/06/2018 09:25", 2),
        ("2018-06-02T07:25:00Z", 0),
        ("2018-06-03T07:25:00", None),
        ("31/31/2018 00:00:00", None),
        ("Sat Xyz 02 18:25:00 AEDT 2018", None),
        ("noon", None),
    ],
)
def test_the_offset_is_found_in_any_spelling_of_the_local_time(
    text: str, hours: int | None
) -> None:
    told = offset_told(text, at("2018-06-02T07:25:00Z"))
    assert told == (None if hours is None else hours * 3600)


def test_zones_are_found_by_the_names_that_apps_write() -> None:
    assert zone_named("ETC/GMT+4") == ZoneInfo("Etc/GMT+4")
    assert zone_named("Europe/Moscow") == ZoneInfo("Europe/Moscow")
    for name in ("Nowhere/Land", "../../etc/passwd", "", "America"):
        assert zone_named(name) is None


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Europe/London"]),
)
def test_the_wall_clock_agrees_with_the_standard_library(when: datetime, name: str) -> None:
    instant = int(when.replace(tzinfo=UTC).timestamp())
    expected = datetime.fromtimestamp(instant, ZoneInfo(name)).replace(tzinfo=None)
    found = from_wall_seconds(Zones([(0, ZoneInfo(name))]).wall_of(instant))
    assert found == expected
    assert abs(wall_seconds(found) - instant) <= timedelta(hours=14).total_seconds()
