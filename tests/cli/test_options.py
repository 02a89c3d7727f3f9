"""Which days, which unit, which target: what people type and what it means."""

from datetime import date

import click
import pytest

from glykos.cli._options import (
    Period,
    column_map,
    day,
    day_count,
    glucose_unit,
    parse_target,
)
from glykos.errors import NotEnoughForReport
from glykos.therapy.clock import Window, local_time
from glykos.therapy.history import History
from glykos.therapy.records import MeterGlucose
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose, GlucoseUnit


def history(*days: int) -> History:
    return History.build(
        sensor=SensorSeries.empty(),
        records=[
            MeterGlucose(
                at_local=local_time(2026, 3, day_, 8),
                device_id="m",
                glucose=Glucose.mgdl_value(100),
            )
            for day_ in days
        ],
    )


def march(first: int, last: int) -> Window:
    return Window(date(2026, 3, first), date(2026, 3, last))


@pytest.mark.parametrize(
    ("period", "window"),
    [
        (Period(), march(7, 20)),
        (Period(days=3), march(18, 20)),
        (Period(days=0), march(1, 20)),
        (Period(first=date(2026, 3, 10)), march(10, 20)),
        (Period(last=date(2026, 3, 15)), march(2, 15)),
        (Period(last=date(2026, 3, 15), days=2), march(14, 15)),
        (Period(first=date(2026, 3, 4), days=2), march(4, 5)),
        (Period(first=date(2026, 3, 4), last=date(2026, 3, 9)), march(4, 9)),
    ],
)
def test_periods_end_on_the_last_day_with_data_unless_told(period: Period, window: Window) -> None:
    assert period.window(history(1, 20), default_days=14) == window


def test_a_first_day_after_the_data_is_named() -> None:
    with pytest.raises(NotEnoughForReport, match="2026-03-20"):
        Period(first=date(2026, 4, 1)).window(history(1, 20), default_days=14)


def test_files_without_any_event_have_no_period() -> None:
    with pytest.raises(NotEnoughForReport):
        Period().window(history(), default_days=14)


@pytest.mark.parametrize(
    "choice",
    [
        {"days": 3, "first": date(2026, 3, 1), "last": date(2026, 3, 2)},
        {"days": 0, "last": date(2026, 3, 2)},
        {"first": date(2026, 3, 3), "last": date(2026, 3, 2)},
    ],
)
def test_contradicting_periods_are_usage_errors(choice: dict[str, object]) -> None:
    with pytest.raises(click.UsageError):
        Period(**choice)  # type: ignore[arg-type]


def test_targets_compare_in_the_reported_unit_in_either_notation() -> None:
    mgdl = parse_target("70-180", GlucoseUnit.MGDL)
    mmoll = parse_target("3.9-10.0", GlucoseUnit.MMOLL)
    assert (mgdl.low, mgdl.high) == (mmoll.low, mmoll.high)


@pytest.mark.parametrize("text", ["", "70", "180-70", "a-b", "5-9", "70-4000", "nan-180"])
def test_impossible_targets_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        parse_target(text, GlucoseUnit.MGDL)


def test_words_become_values() -> None:
    assert glucose_unit("MMOL/l") is GlucoseUnit.MMOLL
    assert glucose_unit("mgdl") is GlucoseUnit.MGDL
    assert day("2026-03-01") == date(2026, 3, 1)
    assert (day_count("14"), day_count("all")) == (14, 0)
    assert column_map("time=Zeit, glucose=Wert (mg/dl)") == {
        "time": "Zeit",
        "glucose": "Wert (mg/dl)",
    }


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (glucose_unit, "mg"),
        (day, "1.3.2026"),
        (day_count, "0"),
        (day_count, "-3"),
        (day_count, "²"),
        (day_count, "99999999999999999999"),
        (column_map, "time"),
        (column_map, "insulin=x"),
    ],
)
def test_words_that_mean_nothing_are_refused(parse, text: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(click.BadParameter):
        parse(text)
