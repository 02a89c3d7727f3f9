"""The contract of a file reader, and the four buckets every row ends in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from glykos.formats._content import Content
from glykos.therapy.clock import wall_seconds
from glykos.therapy.records import Device, Record
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseUnit


class IssueKind(StrEnum):
    """What happened to a row, or to the file as a whole."""

    REJECTED = "rejected"  # could not be read; the reason says why
    IGNORED = "ignored"  # left out by a stated rule
    WARNING = "warning"  # used, but the person should know


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing a person may want to know about a file.

    ``line`` is the 1-based line (or record) number; ``rows`` how many rows it stands for.
    ``shown_value`` may hold health data: show it to the person, never log it.
    """

    kind: IssueKind
    reason: str
    line: int | None = None
    rows: int = 1
    shown_value: str = ""


@dataclass(slots=True)
class Counts:
    """Rows of a file by what became of them; the four buckets add up to ``read``."""

    read: int = 0
    imported: int = 0
    duplicate: int = 0
    ignored: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the caller knows that the file cannot say.

    ``columns`` maps our column names (``time``, ``date``, ``glucose``) to header names for
    ``plain_csv``; ``date_order`` is "dmy" or "mdy" where the file does not prove it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    unit: GlucoseUnit | None = None
    date_order: str = ""
    zone: str = ""  # IANA name: where the person lived, for sources that know only UTC
    now: datetime | None = None  # wall-clock now, to recognise records from the future


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who the file says it belongs to; used to notice files of different people, never logged."""

    name: str = ""
    birth_date: str = ""

    def conflicts_with(self, other: "Owner") -> bool:
        """Whether both say who they belong to and it cannot be the same person.

        Order of the parts of a name, capitals and commas do not matter; birth dates are compared
        only when both are known, as written.
        """
        if self.birth_date and other.birth_date and self.birth_date != other.birth_date:
            return True
        mine, theirs = (
            sorted(name.casefold().replace(",", " ").split()) for name in (self.name, other.name)
        )
        return bool(mine and theirs and mine != theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table inside a file, as the file itself names it."""

    model: str
    part: str  # "Pump", "Sensor"
    serial: str
    rows: int
    is_aggregated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one file gave: records, and an account of every row.

    ``covers`` is the first and last wall-clock time of any row that tells of an event, rows left
    out by a rule included; settings read from the device do not count. ``row_ids`` and
    ``upload_ids`` are the identities that the source itself gave to rows and device uploads.
    """

    format_key: str
    format_version: int
    devices: tuple[Device, ...] = ()
    sensor: SensorSeries = field(default_factory=SensorSeries.empty)
    records: tuple[Record, ...] = ()
    issues: tuple[Issue, ...] = ()
    counts: Counts = field(default_factory=Counts)
    owner: Owner = field(default_factory=Owner)
    exported_at: datetime | None = None
    covers: tuple[datetime, datetime] | None = None
    sections: tuple[Section, ...] = ()
    row_ids: frozenset[str] = frozenset()
    upload_ids: frozenset[str] = frozenset()
    #: When the rows stood like this; only of sources whose rows people edit. There a row of a later
    #: export replaces the same row of an earlier one; elsewhere the fuller version stays.
    as_of: datetime | None = None

    @property
    def rank(self) -> int:
        """``as_of`` as wall seconds, for choosing between versions; 0 where rows are not edited."""
        return max(1, wall_seconds(self.as_of)) if self.as_of else 0


class Format(Protocol):
    """One file format. ``version`` is raised when the same bytes would give other records.

    ``source`` names the app or site that makes the file, as people know it; ``how_to_get`` says
    in one sentence per step where to click to get it. The guide page is made of both.
    ``proof`` says in a few words how sure we are ("genuine files of 2018 to 2023").
    """

    key: str
    title: str
    version: int
    source: str
    proof: str

    @property
    def how_to_get(self) -> tuple[str, ...]:
        """The steps to the file, a plain attribute in every format."""
        ...

    def sniff(self, content: Content) -> float:
        """How sure we are, 0 to 1, that this file is ours; looks at heads, never at everything."""
        ...

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file. Raises FormatError; a bad row becomes an Issue."""
        ...
