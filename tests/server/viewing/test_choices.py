"""What an address asks for, completed, limited and written back."""

from datetime import date
from typing import Literal

import pytest
from django.http import QueryDict

from glykos.errors import NotEnoughForReport
from glykos.reports._report import Report
from glykos.server.viewing.choices import (
    Choice,
    ChoiceError,
    default_choice,
    read_choice,
    weekdays,
    weekend,
)
from glykos.therapy.clock import Window

NEWEST = date(2026, 3, 15)


def report(days: int = 14, chooses: Literal["period", "days", "day"] = "period") -> Report:
    def build(*_: object) -> None:
        raise NotEnoughForReport("not built here")

    return Report(key="any", title="", question="", default_days=days, chooses=chooses, build=build)  # type: ignore[arg-type]


def chosen(query: str, shown: Report) -> Choice:
    return read_choice(QueryDict(query), shown, NEWEST)


def test_without_an_address_the_newest_days_are_shown() -> None:
    expected = Choice(Window(date(2026, 3, 2), date(2026, 3, 15)))
    assert chosen("", report()) == expected == default_choice(report(), NEWEST)


def test_both_ends_of_a_period_are_included() -> None:
    assert chosen("from=2026-02-01&to=2026-02-03", report()).window.days == 3


def test_a_last_day_alone_brings_the_usual_length() -> None:
    assert chosen("to=2026-02-14", report()).window.first == date(2026, 2, 1)


def test_days_are_picked_inside_the_period_only_and_in_order() -> None:
    query = "from=2026-02-01&to=2026-02-07&day=2026-02-05&day=2026-02-02&day=2026-02-28"
    assert chosen(query, report(7, "days")).days == (date(2026, 2, 2), date(2026, 2, 5))


def test_reports_over_a_period_ignore_picked_days() -> None:
    assert chosen("day=2026-02-05", report()).days == ()


def test_one_day_comes_from_day_or_from_the_end_of_a_period() -> None:
    daily = report(1, "day")
    assert chosen("day=2026-02-05", daily).window == Window(date(2026, 2, 5), date(2026, 2, 5))
    assert chosen("from=2026-02-01&to=2026-02-07", daily).window.first == date(2026, 2, 7)
    assert chosen("", daily).window.first == NEWEST


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-02-31",
        "to=yesterday",
        "day=1",
        "from=2026-03-02&to=2026-03-01",
        "from=2020-01-01&to=2026-01-01",
        "to=0001-01-01",
        "to=9999-12-31",
        "to=%00",
    ],
)
def test_dates_that_make_no_sense_are_refused_with_a_next_step(query: str) -> None:
    with pytest.raises(ChoiceError) as refused:
        chosen(query, report(14, "days"))
    assert refused.value.hint


def test_a_choice_survives_its_own_address() -> None:
    shown = report(7, "days")
    first = chosen("from=2026-02-01&to=2026-02-07&day=2026-02-05", shown)
    assert chosen(first.query, shown) == first


def test_steps_are_as_long_as_the_period() -> None:
    choice = Choice(Window(date(2026, 2, 1), date(2026, 2, 14)), (date(2026, 2, 3),))
    assert choice.moved(1) == Choice(Window(date(2026, 2, 15), date(2026, 2, 28)))
    assert choice.moved(-1) == Choice(Window(date(2026, 1, 18), date(2026, 1, 31)))


def test_weekdays_and_weekend_share_out_a_week() -> None:
    week = Window(date(2026, 3, 2), date(2026, 3, 8))  # Monday to Sunday
    assert len(weekdays(week)) == 5
    assert weekend(week) == (date(2026, 3, 7), date(2026, 3, 8))
