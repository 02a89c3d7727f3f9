"""FreeStyle Libre software, text export: the tab separated file of the older desktop program.

Read: the same rows as LibreView's (``_libre``), and changes of the reader's clock (type 6, columns
"Previous Time" and "Updated Time"). The file names no device and no serial number.
Known from descriptions only; no file with a free licence was found. Header names are English, or
LibreView's in other languages. Source: reference formats.md §5.
"""

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Table
from glykos.formats._dates import Evidence, WallClock
from glykos.formats._harvest import Harvest, order_of
from glykos.formats._header import Columns, Header
from glykos.formats._libre import SPELLINGS, LibreRows, is_masked
from glykos.formats._reader import Hints, Owner, Reading

_COLUMNS = Columns(
    {
        **SPELLINGS,
        "id": (),
        "device timestamp": ("Time", "Zeit", "Uhrzeit", "Heure", "Hora"),
        "record type": (*SPELLINGS["record type"], "Art des Eintrags"),
        "previous time": (),
        "updated time": (),
    },
    needed=("id", "device timestamp", "record type", "historic glucose"),
)


class FreeStyleText:
    """Reader of the text file that the FreeStyle Libre desktop software exports."""

    key = "freestyle_text"
    title = "FreeStyle Libre software, text export"
    version = 1
    source = "FreeStyle Libre software (Windows, macOS)"
    how_to_get = (
        "Connect the reader and open the FreeStyle Libre software.",
        "Choose File, then Export data, and save the text file.",
    )
    proof = "descriptions only"

    def sniff(self, content: Content) -> float:
        """Sure of a header with an ID, a time, a record type and historic glucose."""
        return 0.9 if _find(content) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: no header, a unit nobody can tell, or dates that cannot be placed.
        """
        found = _find(content)
        if found is None:
            raise DamagedFile(
                "This FreeStyle Libre file has no line of column names.",
                "Export it again and upload it unchanged.",
            )
        table, header = found
        harvest = Harvest(hints)
        rows = LibreRows(table, header, harvest, self.key)
        evidence = Evidence(hint=hints.date_order, is_ascending=True)
        rows.read(WallClock(order_of(rows.times(), evidence)), hints)
        return harvest.reading(self, owner=_owner(table, header))


def _find(content: Content) -> tuple[Table, Header] | None:
    if content.is_archive or content.looks_like_json:
        return None
    for table in content.tables:
        if header := _COLUMNS.find(table.head):
            return table, header
    return None


def _owner(table: Table, header: Header) -> Owner:
    """The first line is the name of the person."""
    line, cells = table.head[0]
    name = cells[0].strip() if line < header.line and cells else ""
    return Owner(name="" if is_masked(name) else name)
