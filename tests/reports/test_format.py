"""Numbers as people read them."""

from datetime import date

import pytest

from glykos.reports._format import (
    Formatter,
    counted,
    day_label,
    decimal,
    duration,
    insulin,
    long_duration,
    percent,
    period_text,
    signed,
)
from glykos.therapy.clock import DaySpan, Window, local_time
from glykos.therapy.targets import STANDARD, VERY_HIGH, VERY_LOW
from glykos.therapy.units import GlucoseUnit

MGDL = Formatter(GlucoseUnit.MGDL, clock_24h=True)
MMOLL = Formatter(GlucoseUnit.MMOLL, clock_24h=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.01, "<0.1"), (0.4, "0.4"), (0.96, "1"), (1.4, "1"), (99.6, "100")],
)
def test_percent(value: float, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5"), (3.125, "3.125"), (0.05, "0.05"), (10, "10")]
)
def test_insulin(value: float, text: str) -> None:
    assert insulin(value) == text


def test_minus_is_a_minus_sign_and_zero_has_none() -> None:
    assert decimal(-3.26, 1) == "\u22123.3"
    assert decimal(-0.01, 1) == "0.0"
    assert [signed(v, 1) for v in (2.26, -2.26, 0.0, -0.01)] == ["+2.3", "\u22122.3", "0.0", "0.0"]


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0:00"), (0.2, "<0:01"), (65, "1:05"), (1440, "24:00")]
)
def test_duration(minutes: float, text: str) -> None:
    assert duration(minutes) == text


def test_long_duration() -> None:
    assert long_duration(310) == "5 h 10 min"
    assert long_duration(13 * 1440 + 119) == "13 d 2 h"


def test_glucose_in_both_units() -> None:
    assert MGDL.glucose(154.4) == "154"
    assert MMOLL.glucose(180) == "10.0"
    assert MMOLL.difference(-18.01559) == "\u22121.0"
    assert [MMOLL.limit(limit) for limit in (VERY_LOW, VERY_HIGH)] == ["3.0", "13.9"]
    assert MMOLL.target(STANDARD) == "3.9 to 10.0 mmol/L"


def test_times_and_dates() -> None:
    assert MGDL.time(local_time(2026, 3, 1, 14, 5)) == "14:05"
    assert MMOLL.time(local_time(2026, 3, 1, 14, 5)) == "2:05 pm"
    assert MMOLL.span(DaySpan(20 * 60, 24 * 60)) == "8:00 pm to 12:00 am"
    assert day_label(date(2026, 3, 1)) == "Sun 1 Mar"
    assert period_text(Window(date(2026, 2, 16), date(2026, 3, 1))) == "16 Feb 2026 to 1 Mar 2026"
    assert counted(1, "meal") == "1 meal"
    assert counted(0, "meal") == "0 meals"
