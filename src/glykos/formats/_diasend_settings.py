"""The sheets of settings of diasend: plain settings, day schedules, basal programmes.

The pump's sheet names the pump, but none says when the device was read; the caller gives that.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from glykos.formats._content import Table
from glykos.formats._dates import NotADate, parse_time
from glykos.formats._text import NotANumber, amount
from glykos.therapy.records import (
    BasalSchedule,
    Device,
    Record,
    ScheduleSegment,
    Setting,
    SettingsSnapshot,
)

_TITLE = "insulin pump settings"
_PUMP = re.compile(r"\s*(\S+)\s*\(([^()]+)\)\s*")
_PROGRAMME = re.compile(r"program:\s*(\S+)", re.IGNORECASE)
_ACTIVE = "active basal program"
_MAKERS = (
    ("animas", "animas"),
    ("onetouch ping", "animas"),
    ("paradigm", "medtronic"),
    ("minimed", "medtronic"),
    ("medtronic", "medtronic"),
    ("omnipod", "insulet"),
    ("accu", "roche"),
    ("t:slim", "tandem"),
    ("dana", "sooil"),
)
#: The heading of a schedule's value column, and what we call the setting.
_SCHEDULES = (
    ("rate", "Basal pattern", "U/h"),
    ("1 u: [g]", "Carb ratio", "g/U"),
    ("isf", "Insulin sensitivity", "per U"),
    ("bg target", "Glucose target", ""),
    ("target", "Glucose target", ""),
)
_TARGET = "Glucose target"


@dataclass(slots=True)
class _Schedule:
    """One table of the sheet: a name, a unit, and rows of start, value and, for targets, width."""

    name: str
    unit: str
    programme: str = ""
    rows: list[tuple[int, float, float]] = field(default_factory=list)

    def segments(self, sign: int = 0) -> tuple[ScheduleSegment, ...]:
        """The day schedule; for targets its lower (-1) or upper (+1) border."""
        return tuple(
            ScheduleSegment(start, round(value + sign * width, 3))
            for start, value, width in sorted(self.rows)
        )

    def settings(self) -> list[Setting]:
        """As shown to people: a target range is two settings."""
        if self.name == _TARGET:
            return [
                Setting(name=f"{_TARGET} {word}", unit=self.unit, segments=self.segments(sign))
                for word, sign in (("low", -1), ("high", 1))
            ]
        name = f"{self.name} {self.programme}".strip()
        return [Setting(name=name, unit=self.unit, segments=self.segments())]

    @property
    def is_unused(self) -> bool:
        """A basal programme nobody filled: the pump lists it with nothing but zero."""
        return bool(self.programme) and not any(value for _, value, _ in self.rows)


class SettingsSheet:
    """What a sheet of settings says, before it is known when.

    ``device`` is the one that the title names, else the one given.
    """

    def __init__(self, table: Table, device: Device) -> None:
        rows = [(line, [cell.strip() for cell in cells]) for line, cells in table]
        self.lines = [line for line, _ in rows]
        self.device = _pump_of(rows[0][1]) or device
        self._plain: list[Setting] = []
        self._schedules: list[_Schedule] = []
        self._open: _Schedule | None = None
        self._programme = ""
        for _, cells in rows[1:] if is_settings(table) else rows:
            self._take([*cells, "", "", "", ""][:4], [cell for cell in cells if cell])

    def records(self, at_local: datetime) -> list[Record]:
        """A snapshot of all settings, and each basal programme that is in use."""
        active = next((s.value for s in self._plain if s.name.casefold() == _ACTIVE), None)
        used = [schedule for schedule in self._schedules if not schedule.is_unused]
        settings = self._plain + [setting for schedule in used for setting in schedule.settings()]
        found: list[Record] = [
            BasalSchedule(
                at_local=at_local,
                device_id=self.device.id,
                pattern=schedule.programme,
                segments=schedule.segments(),
                is_active=None if active is None else schedule.programme == active,
            )
            for schedule in used
            if schedule.programme and schedule.rows[0][0] == 0
        ]
        if settings:
            found.append(
                SettingsSnapshot(
                    at_local=at_local, device_id=self.device.id, settings=tuple(settings)
                )
            )
        return found

    def _take(self, cells: list[str], filled: list[str]) -> None:
        if match := _PROGRAMME.fullmatch(cells[0]):
            self._programme = match[1]
        elif cells[0].casefold() == "interval":
            self._open = self._begun(cells)
        elif self._open is not None and cells[0].isdigit():
            self._segment(cells)
        elif len(filled) >= 2:  # a name may hold a comma that was not quoted
            self._plain.append(Setting(name=", ".join(filled[:-1]), value=filled[-1]))
        elif filled and not filled[0].casefold().startswith("sum:"):
            self._open, self._programme = None, ""

    def _begun(self, cells: list[str]) -> _Schedule | None:
        heading = cells[2].casefold()
        known = next((entry for entry in _SCHEDULES if heading.startswith(entry[0])), None)
        if known is None:
            return None
        _, name, unit = known
        glucose = "mmol/L" if "mmol" in heading else "mg/dL"
        if name == _TARGET:
            unit = glucose
        elif unit == "per U":
            unit = f"{glucose} per U"
        is_basal = name == "Basal pattern"
        self._schedules.append(_Schedule(name, unit, self._programme if is_basal else ""))
        return self._schedules[-1]

    def _segment(self, cells: list[str]) -> None:
        """One row of a schedule; a damaged one closes it, so that no wrong schedule is shown."""
        assert self._open is not None  # noqa: S101 - asked by the caller
        try:
            start_min = parse_time(cells[1]) // 60
            width = cells[3].removeprefix("+/-").strip()
            self._open.rows.append((start_min, amount(cells[2]), amount(width) if width else 0.0))
        except (NotADate, NotANumber):
            self._schedules.remove(self._open)
            self._open = None


def is_settings(table: Table) -> bool:
    """Whether the table begins with the title of the settings sheet."""
    return bool(table.head) and table.head[0][1][0].strip().casefold().startswith(_TITLE)


def _pump_of(title: list[str]) -> Device | None:
    """The pump that the title line names."""
    if title[0].casefold().startswith(_TITLE):
        for cell in title[1:]:
            if match := _PUMP.fullmatch(cell):
                return pump(serial=match[1], model=match[2].strip())
    return None


def pump(*, serial: str = "", model: str = "") -> Device:
    """A pump that sent its data to diasend; the same one as through its maker's own export."""
    folded = model.casefold()
    maker = next((maker for word, maker in _MAKERS if word in folded), "diasend")
    return Device(
        id=f"{maker}:{serial or 'pump'}", kind="pump", model=model or "Pump", serial=serial
    )
