"""The shape of CareLink's single-table export: preamble and the 39 columns.

Columns are found by their English names; in another language by position, because the order is
the same in every language (reference formats.md §1).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from glykos.formats._dates import Evidence, NotADate, Order, parse_date, parse_time
from glykos.formats._reader import Owner
from glykos.formats._text import cells_of, name_of
from glykos.therapy.clock import day_number
from glykos.therapy.records import Device
from glykos.therapy.units import GlucoseUnit

COLUMNS = (
    "index", "date", "time", "timestamp", "new device time", "bg reading", "linked bg meter id",
    "temp basal amount", "temp basal type", "temp basal duration", "bolus type",
    "bolus volume selected", "bolus volume delivered", "programmed bolus duration", "prime type",
    "prime volume delivered", "suspend", "rewind", "bwz estimate", "bwz target high bg",
    "bwz target low bg", "bwz carb ratio", "bwz insulin sensitivity", "bwz carb input",
    "bwz bg input", "bwz correction estimate", "bwz food estimate", "bwz active insulin", "alarm",
    "sensor calibration bg", "sensor glucose", "isig value", "daily insulin total", "raw-type",
    "raw-values", "raw-id", "raw-upload id", "raw-seq num", "raw-device type",
)  # fmt: skip
_ALIASES = {"bolus duration": "programmed bolus duration"}
_NEEDED = ("date", "time", "raw-type", "raw-values")
_ANNOUNCED = re.compile(r"DEVICE DATA \((\d{1,9})", re.IGNORECASE)
_LAST_SIX = 6


@dataclass(slots=True)
class Layout:
    """Where everything stands."""

    first_row: int  # index of the line after the header
    delimiter: str
    place: dict[str, int]
    width: int
    unit: GlucoseUnit
    sensitivity_unit: GlucoseUnit
    is_by_position: bool = False


@dataclass(slots=True)
class Preamble:
    """What stands above the header; empty where the file begins with the header."""

    owner: Owner = field(default_factory=Owner)
    devices: list[Device] = field(default_factory=list)
    announced_rows: int | None = None
    period: tuple[str, str] | None = None
    data_range: tuple[str, str] | None = None
    exported: str = ""

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every date it states."""
        return (*(self.period or ()), *(self.data_range or ()))


def find_layout(lines: Sequence[str]) -> Layout | None:
    """The header row and its columns, or None where there is none."""
    for number, line in enumerate(lines[:200]):
        folded = line.casefold()
        if "raw-type" not in folded and not folded.lstrip('"').startswith("index"):
            continue
        for delimiter in (",", ";", "\t"):
            cells = cells_of(line, delimiter)
            if len(cells) >= len(COLUMNS) - 6 and (layout := _layout(cells, number, delimiter)):
                return layout
    return None


def _layout(cells: list[str], number: int, delimiter: str) -> Layout | None:
    names = [name_of(cell).partition(" (")[0] for cell in cells]
    names = [_ALIASES.get(name, name) for name in names]
    place = {name: n for n, name in enumerate(names) if name in COLUMNS}
    by_position = not all(name in place for name in _NEEDED)
    if by_position:
        raw_names = [name_of(cell) for cell in cells[-_LAST_SIX:]]
        if len(cells) != len(COLUMNS) or not all(name.startswith("raw") for name in raw_names):
            return None
        place = {name: n for n, name in enumerate(COLUMNS)}
    header = {name: name_of(cells[n]) for name, n in place.items()}
    has_mmol = any("mmol" in cell for cell in header.values())
    return Layout(
        first_row=number + 1,
        delimiter=delimiter,
        place=place,
        width=len(cells),
        unit=GlucoseUnit.MMOLL if has_mmol else GlucoseUnit.MGDL,
        sensitivity_unit=(
            GlucoseUnit.MMOLL
            if "mmol" in header.get("bwz insulin sensitivity", "")
            else GlucoseUnit.MGDL
        ),
        is_by_position=by_position,
    )


def read_preamble(lines: Sequence[str], layout: Layout) -> Preamble:
    """The facts above the header, by their English labels or, for devices, by their shape."""
    found = Preamble()
    for line in lines[: layout.first_row - 1]:
        cells = [cell.strip() for cell in cells_of(line, layout.delimiter)]
        label = name_of(cells[0]).rstrip(":")
        match label:
            case "name" if len(cells) > 1:
                found.owner = Owner(name=cells[1])
            case "report range" if len(cells) >= 4:
                found.period = (cells[1], cells[3])
            case "data range" if len(cells) >= 4:
                found.data_range = (cells[1].partition(" ")[0], cells[3].partition(" ")[0])
            case "data exported on" if len(cells) > 1:
                found.exported = cells[1]
            case "pump" | "meter" | "pompe" | "pumpe" | "pomp" if len(cells) > 2:
                found.devices.append(_device("meter" if label == "meter" else "pump", cells))
        if match := _ANNOUNCED.search(line):
            found.announced_rows = int(match[1])
    return found


def _device(kind: str, cells: list[str]) -> Device:
    serial = cells[2].lstrip("#")
    prefix = "meter" if kind == "meter" else "medtronic"
    return Device(id=f"{prefix}:{serial or cells[1]}", kind=kind, model=cells[1], serial=serial)


def evidence_of(preamble: Preamble, hint: str) -> Evidence:
    """What the preamble tells about the order of day and month."""
    return Evidence(
        period=preamble.period or preamble.data_range,
        exported=preamble.exported,
        hint=hint,
        is_ascending=True,
    )


def exported_s(preamble: Preamble, order: Order) -> int | None:
    """Wall seconds of the time of export, or None where it is not stated or not readable."""
    date_cell, _, time_cell = preamble.exported.partition(" ")
    try:
        return day_number(parse_date(date_cell, order)) * 86_400 + parse_time(time_cell)
    except NotADate:
        return None
