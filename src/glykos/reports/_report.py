"""The contract of a report, and the choices a reader can make."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from glykos.reports._blocks import Document, Person
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.targets import STANDARD, DayPlan, Targets
from glykos.therapy.units import GlucoseUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The reader's choices; the same for every report. ``days`` narrows an overlay to chosen days."""

    unit: GlucoseUnit = GlucoseUnit.MGDL
    targets: Targets = STANDARD
    plan: DayPlan = field(default_factory=DayPlan)
    clock_24h: bool = True
    person: Person = field(default_factory=Person)
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One catalogue entry.

    ``build`` gets the whole history it may need (the window and, for comparison, the equally
    long window before it) and never reads a clock or a file. ``chooses`` says what a reader picks:
    a whole period, some days of a period (``Options.days``), or one day.
    """

    key: str
    title: str
    question: str  # what the reader wants to know, in their words
    default_days: int
    chooses: Literal["period", "days", "day"] = "period"
    build: Callable[[History, Window, Options], Document]


def data_hash(history: History) -> str:
    """Sixteen hex digits over everything the history holds; equal data give equal digits."""
    digest = hashlib.blake2b(digest_size=8)
    for column in (
        history.sensor.at_s,
        history.sensor.count,
        history.sensor.scale,
        history.sensor.flag,
    ):
        digest.update(column.tobytes())
    for kind in sorted(history.records, key=lambda k: k.kind):
        for record in history.records[kind]:
            digest.update(repr(record).encode())
    return digest.hexdigest()
