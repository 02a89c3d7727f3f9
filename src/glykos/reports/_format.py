"""The one formatter: numbers, glucose, insulin, times, dates and differences as people read them.

Every printed text of every report comes from here, so that page, PDF, JSON and CSV agree.
"""

from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite

from glykos.charts._axes import clock_text
from glykos.therapy.clock import DaySpan, Window
from glykos.therapy.targets import Limit, Targets
from glykos.therapy.units import GlucoseUnit, from_mgdl

#: Printed where there is no number; the reason stands beside it.
NONE = "—"
MINUS = "\u2212"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def decimal(value: float, places: int = 0) -> str:
    """A number with a real minus sign; never "-0"."""
    text = f"{value:.{places}f}"
    if float(text) == 0:
        return text.lstrip("-")
    return text.replace("-", MINUS)


def insulin(units: float) -> str:
    """Units of one delivery: up to three decimals, as pumps step ("3.125", "0.05", "5")."""
    return decimal(units, 3).rstrip("0").rstrip(".")


def percent(value: float) -> str:
    """A percentage without its sign: whole from 1 on, one decimal below, never 0 for something."""
    if 0 < value < 0.05:
        return "<0.1"
    # 0.96 would become "1.0" between "0.9" and "1".
    return decimal(value, 1 if 0 < value < 0.95 else 0)


def duration(minutes: float) -> str:
    """Hours and minutes: "1:05"; 90 minutes are "1:30"."""
    whole = round(minutes)
    if whole == 0 and minutes > 0:
        return "<0:01"
    return f"{whole // 60}:{whole % 60:02d}"


def long_duration(minutes: float) -> str:
    """Days and hours: "13 d 2 h"; below a day "5 h 10 min"."""
    whole = round(minutes)
    if whole >= 1440:
        hours = round(whole / 60)
        return f"{hours // 24} d {hours % 24} h"
    return f"{whole // 60} h {whole % 60:02d} min"


def day_label(day: date) -> str:
    """A day for tables and lines: "Sun 1 Mar"."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def day_text(day: date) -> str:
    """A day in full: "Sun 1 Mar 2026"."""
    return f"{day_label(day)} {day.year}"


def date_text(day: date) -> str:
    """A day without its weekday: "1 Mar 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def period_text(window: Window) -> str:
    """A period: "1 Mar 2026 to 14 Mar 2026", or one day."""
    if window.days == 1:
        return day_text(window.first)
    return f"{date_text(window.first)} to {date_text(window.last)}"


def days_text(number: int) -> str:
    """A number of days in words."""
    return counted(number, "day")


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form: "1 meal", "0 meals"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Formatter:
    """What depends on the reader: glucose unit and clock."""

    unit: GlucoseUnit
    clock_24h: bool

    @property
    def places(self) -> int:
        """Decimals of a glucose value."""
        return 1 if self.unit is GlucoseUnit.MMOLL else 0

    def in_unit(self, mgdl: float) -> float:
        """A glucose value, or a difference of two, in the reader's unit, unrounded."""
        return from_mgdl(mgdl, self.unit)

    def glucose(self, mgdl: float) -> str:
        """A glucose value without its unit."""
        return decimal(self.in_unit(mgdl), self.places)

    def difference(self, mgdl: float) -> str:
        """A signed difference of two glucose values without its unit."""
        return signed(self.in_unit(mgdl), self.places)

    def limit(self, limit: Limit) -> str:
        """A limit as it is known in the reader's unit: 70 or 3.9."""
        return f"{limit.mmoll:.1f}" if self.unit is GlucoseUnit.MMOLL else str(limit.mgdl)

    def target(self, targets: Targets) -> str:
        """A target range with its unit."""
        return f"{self.limit(targets.low)} to {self.limit(targets.high)} {self.unit}"

    def clock(self, minute: float) -> str:
        """A time of day from minutes after midnight."""
        return clock_text(minute, clock_24h=self.clock_24h)

    def short_clock(self, minute: float) -> str:
        """A time of day for an axis: "14:00", or "2 pm"."""
        return clock_text(minute, clock_24h=self.clock_24h, short=True)

    def time(self, at_local: datetime) -> str:
        """The time of day of a wall-clock time."""
        return self.clock(at_local.hour * 60 + at_local.minute)

    def span(self, span: DaySpan) -> str:
        """A window of the day."""
        return f"{self.clock(span.start_min)} to {self.clock(span.end_min)}"


def signed(value: float, places: int = 0) -> str:
    """A difference with its sign; zero has none."""
    text = decimal(value, places)
    return text if value < 0 or float(f"{value:.{places}f}") == 0 else f"+{text}"


def finite(value: float | None) -> float | None:
    """The number, or None where it is missing or not a number at all."""
    return None if value is None or not isfinite(value) else float(value)
