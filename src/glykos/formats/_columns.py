"""What the columns of a person's own table can hold, and where they stand in it.

``COLUMNS`` is the one list of our column names: the reader, the page that asks which column is
what, the command line and the reference are all made from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from glykos.errors import UnclearTable
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import NotADate, Order, parse_date
from glykos.formats._text import name_of

#: Not a column: names the sheet of a workbook, or the file of an archive.
SHEET = "sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing that a column can hold; ``names`` are headers taken without being told."""

    key: str
    title: str
    holds: str
    names: tuple[str, ...] = ()


COLUMNS: tuple[Column, ...] = (
    Column(
        key="time",
        title="Time",
        holds="date and time together, or the time of day beside a column of dates",
        names=("time", "timestamp", "datetime", "date time", "date_time", "date-time"),
    ),
    Column(
        key="date",
        title="Date",
        holds="the date, where the time stands in a column of its own",
        names=("date", "day", "datum"),
    ),
    Column(
        key="glucose",
        title="Sensor glucose",
        holds="mg/dL or mmol/L; the words Low and High are understood",
        names=("glucose", "gl", "sg", "cgm", "sensor glucose", "glucose value", "sgv"),
    ),
    Column(
        key="meter",
        title="Meter glucose",
        holds="a finger-stick in mg/dL or mmol/L",
        names=("meter glucose", "blood glucose", "bg", "smbg", "fingerstick", "finger-stick"),
    ),
    Column(
        key="rapid",
        title="Rapid insulin (pen)",
        holds="units injected",
        names=("rapid insulin", "rapid-acting insulin"),
    ),
    Column(
        key="long",
        title="Long-acting insulin (pen)",
        holds="units injected",
        names=("long insulin", "long-acting insulin"),
    ),
    Column(key="bolus", title="Bolus (pump)", holds="units delivered by a pump", names=("bolus",)),
    Column(
        key="carbs",
        title="Carbohydrate",
        holds="grams",
        names=("carbs", "carb", "carbohydrate", "carbohydrates", "carbs_g"),
    ),
    Column(key="ketones", title="Ketones", holds="mmol/L", names=("ketones", "ketone")),
    Column(
        key="weight",
        title="Weight",
        holds="kilograms; pounds where the column name says lb",
        names=("weight", "body weight"),
    ),
    Column(
        key="exercise",
        title="Exercise",
        holds="minutes, or hours and minutes as h:mm",
        names=("exercise minutes", "exercise_min"),
    ),
    Column(key="note", title="Note", holds="any text", names=("note", "notes", "comment")),
    Column(
        key="kind",
        title="What the row is",
        holds="a word such as glucose, meter, carbs; then the number stands in the column value",
    ),
    Column(key="value", title="Number", holds="the number of a row whose kind is told"),
)
BY_KEY = {column.key: column for column in COLUMNS}
#: Columns that say when and what, rather than hold something.
_FRAME = frozenset({"time", "date", "kind", "value"})
#: Columns that hold something, in the order in which a row's contents are told.
MEASURES = tuple(column.key for column in COLUMNS if column.key not in _FRAME)
_KIND_WORDS = {
    word: column.key
    for column in COLUMNS
    if column.key in MEASURES
    for word in (column.key, name_of(column.title), *column.names)
} | {"bg": "meter", "sgv": "glucose", "note": "note"}


def kind_of(word: str) -> str:
    """The measure that a word in the column ``kind`` means; empty where it means none."""
    return _KIND_WORDS.get(name_of(word), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the columns of one table stand, as cell numbers, and how many rows come before."""

    table: Table
    skip: int
    names: tuple[str, ...]  # as compared; "" where the table has no header
    place: Mapping[str, int]

    def name(self, key: str) -> str:
        """The header over one of our columns."""
        return self.names[self.place[key]]


def find_layout(tables: Iterable[Table], wanted: Mapping[str, str]) -> Layout:
    """The first table that has the wanted columns, or common names for time and glucose.

    A wanted column is named by its header, or by its number as ``#3``.

    Raises:
        UnclearTable: no table has them.
    """
    for table in tables:
        if wanted.get(SHEET, table.name) != table.name:
            continue
        for skip, (_, cells) in enumerate(table.head):
            if layout := _layout(table, skip, cells, wanted):
                return layout
    raise UnclearTable(
        "The table has no such columns.",
        "Name the columns exactly as in the file (on the command line: --map time=…,glucose=…).",
    )


def has_common_names(table: Table) -> bool:
    """Whether a header with one of the usual names for time and for glucose is in sight."""
    return any(
        _layout(table, skip, cells, {})
        for skip, (_, cells) in enumerate(table.head)
        if not any(cell[:4].isdigit() for cell in cells)  # a row of values, seen at once
    )


def _layout(
    table: Table, skip: int, cells: Sequence[str], wanted: Mapping[str, str]
) -> Layout | None:
    names = tuple(name_of(cell) for cell in cells)
    place: dict[str, int] = {}
    for key, theirs in wanted.items():
        if key == SHEET:
            continue
        where = _place(names, theirs)
        if where is None:
            return None
        place[key] = where
    for key in _taken_unasked(wanted):
        if key not in place and (found := _common(names, BY_KEY[key])) is not None:
            place[key] = found
    if "time" not in place and "date" in wanted:  # a table of days
        place["time"] = place.pop("date")
    is_complete = "time" in place and any(key in place for key in (*MEASURES, "value"))
    if not is_complete or not (wanted or "glucose" in place):
        return None
    if _is_row(cells, place):  # every column is named by its number and there is no header
        return Layout(table=table, skip=skip, names=("",) * len(names), place=place)
    return Layout(table=table, skip=skip + 1, names=names, place=place)


def _taken_unasked(wanted: Mapping[str, str]) -> Sequence[str]:
    """Somebody who names columns means those and no others; only what a row needs is added."""
    if not wanted.keys() - {SHEET}:
        return ("time", "date", *MEASURES)
    is_bare = not wanted.keys() & {*MEASURES, "value"}
    return ("time", "date", "glucose") if is_bare else ("time", "date")


def _place(names: Sequence[str], theirs: str) -> int | None:
    number = theirs.removeprefix("#")
    if theirs != number and number.isascii() and number.isdigit():
        return int(number) - 1 if 0 < int(number) <= len(names) else None
    wanted = name_of(theirs)
    return names.index(wanted) if wanted in names else None


def _common(names: Sequence[str], column: Column) -> int | None:
    bare = [name.partition(" (")[0] for name in names]
    return next((n for n, name in enumerate(bare) if name in column.names), None)


def _is_row(cells: Sequence[str], place: Mapping[str, int]) -> bool:
    first = cells[place.get("date", place["time"])]
    return looks_like_date(first)


def looks_like_date(cell: str) -> bool:
    """Whether a cell begins with a date under any reading."""
    day = cell.strip().replace("T", " ").partition(" ")[0]
    for order in (Order.DMY, Order.MDY):
        try:
            parse_date(day, order)
        except NotADate:
            continue
        return True
    return False


# --- for the page that asks which column is what -----------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHead:
    """The beginning of a table as people see it; ``columns`` may be used in ``Hints.columns``."""

    sheet: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def samples(self) -> tuple[tuple[str, ...], ...]:
        """The first values of each column."""
        cells = [row for _, row in self.rows]
        return tuple(
            tuple(row[n].strip() for row in cells if n < len(row) and row[n].strip())[:_SAMPLES]
            for n in range(len(self.columns))
        )

    @property
    def guess(self) -> dict[str, str]:
        """What the names of the columns suggest, as ``Hints.columns``."""
        names = [name_of(column) for column in self.columns]
        found = {column.key: _common(names, column) for column in COLUMNS}
        return {key: self.columns[n] for key, n in found.items() if n is not None}

    @property
    def signature(self) -> str:
        """The same for every table with these columns, whatever its rows."""
        return "\t".join(name_of(column) for column in self.columns)


_SHOWN_ROWS = 8
_SAMPLES = 3
_NEARLY = 0.8


def heads_of(content: Content) -> tuple[TableHead, ...]:
    """Every table with at least two columns and a row, with its probable header.

    Empty for what is no table: an archive, JSON, a page of the web, anything broken.
    """
    if content.is_archive or content.looks_like_json or content.head.lstrip().startswith("<"):
        return ()
    return tuple(head for table in content.tables if (head := _head(table)) is not None)


def _head(table: Table) -> TableHead | None:
    rows = table.head
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows]
    widest = max(filled, default=0)
    if widest < 2:
        return None
    top = next(n for n, count in enumerate(filled) if count >= _NEARLY * widest)
    header = rows[top][1]
    has_header = not any(looks_like_date(cell) for cell in header)
    columns = tuple(
        name.strip() if has_header and _is_name(name, header) else f"#{n}"
        for n, name in enumerate(header, start=1)
    )
    shown = rows[top + has_header :][:_SHOWN_ROWS]
    return TableHead(sheet=table.name, columns=columns, rows=tuple(shown)) if shown else None


def _is_name(cell: str, header: Sequence[str]) -> bool:
    """Whether a header cell names its column alone."""
    name = name_of(cell)
    return bool(name) and not name.startswith("#") and [name_of(c) for c in header].count(name) == 1
