"""A table of your own: CSV, tab text or a workbook, with columns that the caller names.

Read: sensor and meter glucose, insulin by pen and pump, carbohydrate, ketones, weight, exercise
and notes, from a column each or from a column that names the kind of each row. A table with usual
names for time and glucose needs no help; every other one is read when it is said which column is
what. The unit of glucose comes from the caller, the header, or the values when all of them allow
only one. ``Low`` and ``High`` are limits, a zero dose or amount is no event, a cell that cannot be
read is said while the rest of its row is used. A time zone behind a time is said and the time kept
as printed; rows of another zone are rejected, except the hour that summer and winter time differ.
A column of dates beside times is used. Left out: rows without a value, kinds that are not known.
Known from research data sets and the tables people keep themselves.
"""

from glykos.formats._columns import has_common_names
from glykos.formats._content import Content
from glykos.formats._own_table import OwnTable
from glykos.formats._reader import Hints, Reading


class PlainCsv:
    """Reader of a table whose columns the caller names."""

    key = "plain_csv"
    title = "Your own table, CSV or XLSX"
    version = 2
    source = "Your own table"
    how_to_get = (
        "Save the table as CSV or XLSX, with one row per value and a line of column names.",
        "After the upload, say which column is what; the first rows show whether it is right.",
    )
    proof = "research data sets and tables people keep"

    def sniff(self, content: Content) -> float:
        """Weakly sure of a header with usual names; never surer than a real export."""
        if content.is_archive or content.looks_like_json:
            return 0.0
        return 0.5 if any(has_common_names(table) for table in content.tables) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All readings and records of the first table that has the columns.

        Raises:
            FormatError: no such columns, an unknown unit, or dates that cannot be placed.
        """
        return OwnTable(content.tables, hints).reading(self.key, self.version)
