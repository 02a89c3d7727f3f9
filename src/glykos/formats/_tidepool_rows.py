"""Rows of a Tidepool export: one shape for its JSON, its CSV and its workbook.

In JSON nested values are objects; in tables made with pandas they are the text of Python objects.
Both stay as they came until somebody asks for them (``_loose``).
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Table
from glykos.formats._loose import list_in, mapping_in, text_in
from glykos.formats._text import NotANumber, name_of
from glykos.therapy.sensor import HIGH, LOW
from glykos.therapy.units import MGDL_PER_MMOLL, Glucose

#: Column names that only a table of Tidepool has together.
MARKS = frozenset({"deviceid", "time", "uploadid"})

#: Tidepool rounds to 1e-5 mmol/L, which is 0.0002 mg/dL, and changed its factor in the fifth digit.
_WHOLE_MGDL = 0.002
_WHOLE_TENTH = 1e-7
_MOST_MGDL = 2000.0
#: A smaller number that is called mg/dL is mmol/L under a wrong name.
_LEAST_MGDL = 14.0


class TidepoolRow(msgspec.Struct, rename="camel", gc=False):
    """The fields that are read, of whatever type of row; everything else is skipped."""

    id: Any = ""
    type: Any = ""
    time: Any = None
    device_time: Any = None
    timezone: Any = None
    timezone_offset: Any = None
    device_id: Any = ""
    upload_id: Any = ""
    sub_type: Any = None
    delivery_type: Any = None
    annotations: Any = None
    # glucose and other measurements
    value: Any = None
    units: Any = None
    # bolus
    normal: Any = None
    expected_normal: Any = None
    extended: Any = None
    expected_extended: Any = None
    duration: Any = None
    expected_duration: Any = None
    # wizard
    bg_input: Any = None
    bg_target: Any = None
    bolus: Any = None
    carb_input: Any = None
    carb_units: Any = None
    insulin_carb_ratio: Any = None
    insulin_on_board: Any = None
    insulin_sensitivity: Any = None
    recommended: Any = None
    # basal
    rate: Any = None
    percent: Any = None
    schedule_name: Any = None
    suppressed: Any = None
    # deviceEvent
    alarm_type: Any = None
    status: Any = None
    reason: Any = None
    change: Any = None
    prime_target: Any = None
    volume: Any = None
    # pumpSettings
    active_schedule: Any = None
    basal_schedules: Any = None
    carb_ratio: Any = None
    carb_ratios: Any = None
    bg_targets: Any = None
    insulin_sensitivities: Any = None
    manufacturers: Any = None
    model: Any = None
    serial_number: Any = None
    # upload
    device_manufacturers: Any = None
    device_model: Any = None
    device_serial_number: Any = None
    device_tags: Any = None
    # what people tell
    name: Any = None
    nutrition: Any = None
    reported_intensity: Any = None
    dose: Any = None
    formulation: Any = None

    def settle(self) -> None:
        """Make what rows are sorted by plain text, whatever stood there."""
        try:
            if (self.id + self.type + self.device_id + self.upload_id).isprintable():
                return
        except (TypeError, AttributeError):
            pass
        self.id, self.type = text_in(self.id), text_in(self.type)
        self.device_id, self.upload_id = text_in(self.device_id), text_in(self.upload_id)


_FIELD_OF = {
    name_of(field.encode_name): field.name for field in msgspec.structs.fields(TidepoolRow)
}


class Numbered(NamedTuple):
    """A row with its line (or its number in the array)."""

    line: int
    row: TidepoolRow


def rows_of(content: Content) -> list[Numbered]:
    """Every row of the file.

    Raises:
        DamagedFile: broken, or neither an array of objects nor tables with Tidepool's columns.
    """
    if content.looks_like_json:
        rows: list[TidepoolRow] = content.json_as(list[TidepoolRow])
        for row in rows:
            row.settle()
        return [Numbered(line, row) for line, row in enumerate(rows, start=1)]
    found = [row for table in content.tables for row in _of_table(table)]
    if not found:
        raise DamagedFile(
            "No table of this file has the columns of a Tidepool export.",
            "Export it again and upload it unchanged.",
        )
    return found


def is_tidepool(table: Table) -> bool:
    """Whether a header with Tidepool's columns is in sight."""
    return any(_is_header(cells) for _, cells in table.head)


def _is_header(cells: list[str]) -> bool:
    return {name_of(cell) for cell in cells} >= MARKS


def _of_table(table: Table) -> Iterator[Numbered]:
    width = 0
    for line, cells in table:
        if not width:
            if _is_header(cells):
                width, fields = len(cells), _fields(cells)
            continue
        del cells[width:]
        # Short rows, and one empty cell more for the fields that this table does not have.
        cells.extend([""] * (width + 1 - len(cells)))
        row = TidepoolRow(*fields(cells))
        row.settle()
        # One sheet per type: there the sheet's name says what its rows are.
        row.type = row.type or table.name
        yield Numbered(line, row)


def _fields(header: list[str]) -> Callable[[list[str]], tuple[str, ...]]:
    """Takes the cells of a row in the order of the fields; a column that comes twice counts once."""
    place = {_FIELD_OF.get(name_of(cell)): n for n, cell in reversed([*enumerate(header)])}
    return itemgetter(*(place.get(name, len(header)) for name in TidepoolRow.__struct_fields__))


# --- values --------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def glucose_in(value: float | None, units: str | None = None) -> Glucose | None:
    """A glucose value as the device reported it; Tidepool keeps everything as mmol/L.

    A value that is a whole number of mg/dL divided by Tidepool's factor was reported in mg/dL; one
    with one decimal was reported in mmol/L; others were computed and keep 1/64 mg/dL. Exports that
    were converted back say so in ``units``.

    Raises:
        NotANumber: not a glucose value in the unit stated.
    """
    if value is None:
        return None
    is_mgdl = units is not None and units.casefold() == "mg/dl"
    mgdl = value if is_mgdl else value * MGDL_PER_MMOLL
    if not (_LEAST_MGDL if is_mgdl else 0) < mgdl < _MOST_MGDL:
        raise NotANumber(f"{value:g}")
    if not is_mgdl and abs(value * 10 - round(value * 10)) < _WHOLE_TENTH:
        return Glucose.mmoll_value(value)
    return Glucose.mgdl_value(round(mgdl) if abs(mgdl - round(mgdl)) < _WHOLE_MGDL else mgdl)


def clean_mgdl(mmoll: float) -> float:
    """mg/dL of a setting in mmol/L; whole where it was whole before Tidepool converted it."""
    mgdl = mmoll * MGDL_PER_MMOLL
    return float(round(mgdl)) if abs(mgdl - round(mgdl)) < _WHOLE_MGDL else round(mgdl, 2)


def limit_flag(annotations: object) -> int:
    """``LOW`` or ``HIGH`` where an annotation says that the value is the end of the range."""
    for one in list_in(annotations):
        if mapping_in(one).get("code") == "bg/out-of-range":
            return {"low": LOW, "high": HIGH}.get(str(one.get("value")), 0)
    return 0
