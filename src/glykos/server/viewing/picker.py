"""What the bar above a report offers: presets, steps, days, downloads. Links only, no data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse
from django.utils.http import urlencode

from glykos.reports import REPORTS
from glykos.reports._report import Report
from glykos.server.patients.models import Person
from glykos.server.viewing.choices import PRESET_DAYS, WITH_EXCLUDED, Choice, weekdays, weekend
from glykos.therapy.clock import Window
from glykos.therapy.units import GlucoseUnit

Address = Callable[[Choice], str]
_FILES = (("pdf", "PDF"), ("json", "JSON"), ("csv", "CSV"))


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the bar; ``label`` is what is read aloud where ``text`` is short."""

    text: str
    url: str
    is_current: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A day to tick."""

    day: date
    is_checked: bool


def context(person: Person, report: Report, choice: Choice, span: Window) -> dict[str, object]:
    """Everything the report page needs besides the report."""

    def url(to: Choice) -> str:
        return address(person, report, to)

    earlier, later = choice.moved(-1), choice.moved(1)
    return {
        "person": person,
        "tab": "reports",
        "report": report,
        "choice": choice,
        "span": span,
        "target": target_text(person),
        "reports": _reports(person, report, choice),
        "earlier": url(earlier) if earlier.window.last >= span.first else "",
        "later": url(later) if later.window.first <= span.last else "",
        "presets": [] if report.chooses == "day" else _presets(choice, url),
        "boxes": _boxes(report, choice),
        "day_links": _day_links(report, choice, url),
        "files": _files(person, report, choice),
        "all_as_pdf": _all(person, choice),
        "switch": url(replace(choice, with_excluded=not choice.with_excluded)),
    }


def address(person: Person, report: Report, choice: Choice) -> str:
    """Where a report stands for these days."""
    page = reverse("viewing:report", args=[person.public_id, report.key])
    return f"{page}?{_query(report, choice)}"


def day_links(person: Person, report: Report, days: Iterable[date]) -> list[Link]:
    """The report up to each of these days."""
    return [
        Link(
            f"{day:%a} {day.day} {day:%b %Y}",
            address(person, report, Choice(Window.ending(day, report.default_days))),
        )
        for day in days
    ]


def target_text(person: Person) -> str:
    """The range this person aims for, in the unit they read."""
    targets = person.targets
    if person.glucose_unit is GlucoseUnit.MMOLL:
        return f"{targets.low.mmoll:.1f} to {targets.high.mmoll:.1f}"
    return f"{targets.low.mgdl} to {targets.high.mgdl}"


def _query(report: Report, choice: Choice) -> str:
    if report.chooses == "day":
        pairs = [("day", choice.window.last.isoformat())]
        return urlencode([*pairs, WITH_EXCLUDED] if choice.with_excluded else pairs)
    return choice.query


def _reports(person: Person, shown: Report, choice: Choice) -> list[Link]:
    """Every report up to the same day; a chosen period is kept where both show periods."""
    links = []
    for report in REPORTS:
        there = choice.ending_here(report.default_days)
        if report is shown or report.chooses == shown.chooses == "period":
            there = choice
        links.append(Link(report.title, address(person, report, there), report is shown))
    return links


def _presets(choice: Choice, url: Address) -> list[Link]:
    return [
        Link(str(days), url(choice.ending_here(days)), choice.window.days == days, f"{days} days")
        for days in PRESET_DAYS
    ]


def _boxes(report: Report, choice: Choice) -> list[Box]:
    if report.chooses != "days":
        return []
    return [Box(day, not choice.days or day in choice.days) for day in choice.window]


def _day_links(report: Report, choice: Choice, url: Address) -> list[Link]:
    if report.chooses != "days":
        return []
    window, chosen = choice.window, choice.days
    sets = (("All days", ()), ("Weekdays", weekdays(window)), ("Weekend", weekend(window)))
    return [
        Link(text, url(choice.picking(days)), chosen == days)
        for text, days in sets
        if days or text == "All days"
    ]


def _files(person: Person, report: Report, choice: Choice) -> list[Link]:
    query = _query(report, choice)
    return [
        Link(
            text,
            f"{reverse('viewing:download', args=[person.public_id, report.key, kind])}?{query}",
        )
        for kind, text in _FILES
    ]


def _all(person: Person, choice: Choice) -> str:
    whole = choice.picking(())
    if whole.window.days == 1:
        whole = whole.ending_here(REPORTS[0].default_days)
    return f"{reverse('viewing:all_as_pdf', args=[person.public_id])}?{whole.query}"
