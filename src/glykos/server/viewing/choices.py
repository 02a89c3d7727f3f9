"""What the reader chose in the address: a period, some of its days, or one day.

The address holds dates and nothing else, so it can be kept as a bookmark without telling
anything about anybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.http import urlencode

from glykos.errors import GlykosError
from glykos.reports._report import Report
from glykos.therapy.clock import Window

PRESET_DAYS = (7, 14, 30, 90)
LONGEST_DAYS = 366
#: The part of an address that counts what the person left out.
WITH_EXCLUDED = ("with", "excluded")
_SATURDAY = 5


class ChoiceError(GlykosError):
    """The dates in the address make no sense."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The period to show and, where a report lets one pick, the picked days (all: empty)."""

    window: Window
    days: tuple[date, ...] = ()
    with_excluded: bool = False  # count also what the person left out

    @property
    def query(self) -> str:
        """The choice as a query string."""
        pairs = [("from", self.window.first.isoformat()), ("to", self.window.last.isoformat())]
        pairs += [("day", day.isoformat()) for day in self.days]
        if self.with_excluded:
            pairs.append(WITH_EXCLUDED)
        return urlencode(pairs)

    def moved(self, periods: int) -> "Choice":
        """As long a period, so many periods later (negative: earlier); no picked days."""
        shift = timedelta(days=periods * self.window.days)
        window = Window(self.window.first + shift, self.window.last + shift)
        return replace(self, window=window, days=())

    def ending_here(self, days: int) -> "Choice":
        """So many days up to the end of this period."""
        return replace(self, window=Window.ending(self.window.last, days), days=())

    def picking(self, days: Iterable[date]) -> "Choice":
        """The same period with these days picked."""
        return replace(self, days=tuple(days))


def default_choice(report: Report, newest: date) -> Choice:
    """The newest days, as many as the report likes to show."""
    return Choice(Window.ending(newest, report.default_days))


def read_choice(parameters: QueryDict, report: Report, newest: date) -> Choice:
    """The choice in a query string, completed where it says less. Raises ChoiceError."""
    name, value = WITH_EXCLUDED
    choice = _dates(parameters, report, newest)
    return replace(choice, with_excluded=parameters.get(name) == value)


def _dates(parameters: QueryDict, report: Report, newest: date) -> Choice:
    days = tuple(sorted({_date(text) for text in parameters.getlist("day")}))
    if report.chooses == "day":
        day = days[-1] if days else _optional_date(parameters.get("to")) or newest
        return Choice(Window(day, day))
    last = _optional_date(parameters.get("to")) or newest
    first = _optional_date(parameters.get("from")) or last - timedelta(report.default_days - 1)
    window = _window(first, last)
    if report.chooses != "days":
        return Choice(window)
    return Choice(window, tuple(day for day in days if window.first <= day <= window.last))


def weekdays(window: Window) -> tuple[date, ...]:
    """Monday to Friday inside the window."""
    return tuple(day for day in window if day.weekday() < _SATURDAY)


def weekend(window: Window) -> tuple[date, ...]:
    """Saturdays and Sundays inside the window."""
    return tuple(day for day in window if day.weekday() >= _SATURDAY)


def _window(first: date, last: date) -> Window:
    if last < first:
        raise ChoiceError(
            "The period ends before it begins.", "Choose a first day that comes before the last."
        )
    if (last - first).days >= LONGEST_DAYS:
        raise ChoiceError(
            "That period is longer than a year.", f"Choose at most {LONGEST_DAYS} days."
        )
    return Window(first, last)


def _optional_date(text: str | None) -> date | None:
    return _date(text) if text else None


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    # Two centuries are enough for every device, and leave room to step beyond a period.
    if not 1950 <= day.year <= 2150:
        raise ChoiceError(
            "One of the dates is not a date we can read.",
            "Choose the days in the fields of this page.",
        )
    return day
