"""Every row of a file ends in exactly one bucket; this is where that is written down."""

from glykos.formats._reader import Counts, Issue, IssueKind

#: Rejected rows shown one by one; a hopeless file does not need a million of them.
MAX_SHOWN = 500
MAX_VALUE_CHARS = 120


class Ledger:
    """Counts rows and collects what the person should know about them.

    Ignored rows are grouped by rule, rejected rows are kept one by one up to ``MAX_SHOWN`` and
    then grouped by reason, so that the rows of all issues always add up to the counts.
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self._rejected: list[Issue] = []
        self._more: dict[str, list[int]] = {}  # reason -> [first line, rows]
        self._ignored: dict[str, list[int]] = {}
        self._warnings: list[Issue] = []

    def imported(self, rows: int = 1) -> None:
        """Rows that gave a record or are part of one."""
        self.counts.read += rows
        self.counts.imported += rows

    def duplicate(self, rows: int = 1) -> None:
        """Rows that tell again what another row of this file already told."""
        self.counts.read += rows
        self.counts.duplicate += rows

    def ignored(self, rule: str, line: int, rows: int = 1) -> None:
        """Rows left out by a stated rule."""
        self.counts.read += rows
        self.counts.ignored += rows
        entry = self._ignored.setdefault(rule, [line, 0])
        entry[1] += rows

    def rejected(self, reason: str, line: int, shown_value: str = "") -> None:
        """A row that cannot be read."""
        self.counts.read += 1
        self.counts.rejected += 1
        if len(self._rejected) < MAX_SHOWN:
            self._rejected.append(
                Issue(
                    kind=IssueKind.REJECTED,
                    reason=reason,
                    line=line,
                    shown_value=shown_value[:MAX_VALUE_CHARS],
                )
            )
        else:
            entry = self._more.setdefault(reason, [line, 0])
            entry[1] += 1

    def moved_to_duplicate(self, rows: int) -> None:
        """Rows first taken for imported turned out to repeat others.

        Callers count records, of which a row may tell two: never more rows than there were.
        """
        rows = min(rows, self.counts.imported)
        self.counts.imported -= rows
        self.counts.duplicate += rows

    def warning(
        self, reason: str, line: int | None = None, rows: int = 0, shown_value: str = ""
    ) -> None:
        """Something about rows that are used, or about the file as a whole (``rows`` 0)."""
        self._warnings.append(
            Issue(
                kind=IssueKind.WARNING,
                reason=reason,
                line=line,
                rows=rows,
                shown_value=shown_value[:MAX_VALUE_CHARS],
            )
        )

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Warnings first, then rejected rows, then what was ignored by which rule."""
        more = [
            Issue(kind=IssueKind.REJECTED, reason=reason, line=line, rows=rows)
            for reason, (line, rows) in self._more.items()
        ]
        ignored = [
            Issue(kind=IssueKind.IGNORED, reason=rule, line=line, rows=rows)
            for rule, (line, rows) in self._ignored.items()
        ]
        return (*self._warnings, *self._rejected, *more, *ignored)
