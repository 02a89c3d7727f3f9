"""The shape of a CareLink multi-section file: preamble, sections, columns of each section.

Source: reference formats.md §2 and genuine exports of 2021 to 2025. Columns differ between
sections and years, so they are found by name; where the header is in a language we do not know,
by position in a layout with the same number of columns.
"""

from dataclasses import dataclass, field

from glykos.formats._reader import Owner
from glykos.formats._text import cells_of, name_of
from glykos.therapy.units import GlucoseUnit

#: Rows before this year come from a clock that was reset; the products are younger.
FIRST_YEAR = 2018

SEPARATOR = "-------"
_AGGREGATED = "aggregated auto insulin data"

#: Column names without their unit, as our code calls them. Order: the 54 columns of 2025.
COLUMNS = (
    "index", "date", "time", "new device time", "bg source", "bg reading", "linked bg meter id",
    "basal rate", "temp basal amount", "temp basal type", "temp basal duration", "bolus type",
    "bolus volume selected", "bolus volume delivered", "bolus duration", "prime type",
    "prime volume delivered", "estimated reservoir volume after fill", "alert",
    "user cleared alerts", "suspend", "rewind", "bwz estimate", "bwz target high bg",
    "bwz target low bg", "bwz carb ratio", "bwz insulin sensitivity", "bwz carb input",
    "bwz bg input", "bwz correction estimate", "bwz food estimate", "bwz active insulin",
    "bwz status", "sensor calibration bg", "sensor glucose", "isig value", "event marker",
    "bolus number", "bolus cancellation reason", "bwz unabsorbed insulin total",
    "final bolus estimate", "scroll step size", "insulin action curve time",
    "sensor calibration rejected reason", "preset bolus", "bolus source", "ble network device",
    "device update event", "network device associated reason",
    "network device disassociated reason", "network device disconnected reason",
    "sensor exception", "preset temp basal name", "sensor state",
)  # fmt: skip
_NOT_IN_53 = {"bg source"}
_NOT_IN_48 = {
    "bg source", "estimated reservoir volume after fill", "user cleared alerts",
    "ble network device", "device update event", "sensor state",
}  # fmt: skip
_LAYOUTS = {
    len(columns): columns
    for columns in (
        COLUMNS,
        tuple(name for name in COLUMNS if name not in _NOT_IN_53),
        tuple(name for name in COLUMNS if name not in _NOT_IN_48),
    )
}
_ALIASES = {"alarm": "alert", "bwz bg/sg input": "bwz bg input"}
_ENOUGH_KNOWN = 10


@dataclass(slots=True)
class SectionHead:
    """A separator line: whose table begins here."""

    model: str
    part: str
    serial: str
    is_aggregated: bool
    line: int
    columns: tuple[str, ...] = ()
    unit: GlucoseUnit = GlucoseUnit.MGDL
    carbs_in_exchanges: bool = False
    rows: int = 0
    place: dict[str, int] = field(default_factory=dict)

    @property
    def device_id(self) -> str:
        """Stable identity of the device, the same in every export."""
        return f"medtronic:{self.serial or self.model}"


def section_head(line: str, delimiter: str, number: int) -> SectionHead | None:
    """The section that a separator line begins, or None when it is damaged."""
    cells = [cell.strip() for cell in cells_of(line, delimiter)]
    if len(cells) < 4 or not cells[1]:
        return None
    label = name_of(cells[4]) if len(cells) > 4 else ""
    return SectionHead(
        model=cells[1],
        part=cells[2],
        serial=cells[3],
        is_aggregated=label == _AGGREGATED,
        line=number,
    )


def read_columns(section: SectionHead, line: str, delimiter: str) -> bool:
    """Take the header row of a section; False when it is not one."""
    cells = cells_of(line, delimiter)
    joined = name_of(line)
    names = [name_of(cell).partition(" (")[0] for cell in cells]
    names = [_ALIASES.get(name, name) for name in names]
    if sum(name in COLUMNS for name in names) < min(_ENOUGH_KNOWN, len(cells) - 1):
        layout = _LAYOUTS.get(len(cells))
        if layout is None:
            return False
        names = list(layout)
    if names[:3] != ["index", "date", "time"]:
        return False
    section.columns = tuple(names)
    section.place = {name: place for place, name in enumerate(names)}
    section.unit = GlucoseUnit.MMOLL if "mmol" in joined else GlucoseUnit.MGDL
    section.carbs_in_exchanges = "carb input (ex" in joined
    return True


def read_owner(preamble: list[str], delimiter: str) -> Owner:
    """Who the file says it belongs to; empty where it does not say."""
    labels: list[str] = []
    name, birth_date = "", ""
    for line in preamble:
        cells = [cell.strip() for cell in cells_of(line, delimiter)]
        if labels and not name:
            by_label = dict(zip(labels, cells, strict=False))
            parts = (by_label.get("first name", ""), by_label.get("last name", ""))
            name = " ".join(part for part in parts if part)
            labels = []
        if name_of(cells[0]) == "last name":
            labels = [name_of(cell) for cell in cells]
        if name_of(cells[0]) == "patient dob" and len(cells) > 1:
            birth_date = cells[1]
    return Owner(name=name, birth_date=birth_date)
