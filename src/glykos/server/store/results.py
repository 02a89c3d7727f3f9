"""What became of an uploaded file, in the words of the summary page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from glykos.formats._reader import Counts, Hints, Issue, IssueKind, Owner
from glykos.therapy.clock import Window
from glykos.therapy.records import Device

SENSOR_GLUCOSE = "sensor_glucose"
_LINK_DAYS = 14

#: Plural names of the kinds, in the order in which people care.
KIND_TITLES: Mapping[str, str] = {
    SENSOR_GLUCOSE: "Sensor readings",
    "meter_glucose": "Meter values",
    "bolus": "Boluses",
    "bolus_estimate": "Bolus estimates",
    "carb_entry": "Carbohydrate entries",
    "injection": "Injections",
    "basal_rate": "Basal rate changes",
    "temp_basal": "Temporary basal rates",
    "suspend": "Suspends",
    "resume": "Resumes",
    "basal_pattern_selected": "Basal pattern changes",
    "basal_schedule": "Basal patterns",
    "daily_total": "Daily totals of the pump",
    "prime": "Fillings",
    "rewind": "Rewinds",
    "calibration": "Sensor calibrations",
    "sensor_state": "Sensor states",
    "alarm": "Alarms",
    "exercise": "Exercise entries",
    "medication": "Medicines",
    "hba1c": "HbA1c values",
    "ketone": "Ketone values",
    "note": "Notes",
    "time_change": "Clock changes",
    "settings_snapshot": "Settings",
    "settings_change": "Changes of settings",
}
_ORDER = {kind: place for place, kind in enumerate(KIND_TITLES)}


class UploadStatus(StrEnum):
    """Whether a file is in use."""

    ACTIVE = "active"
    UNDONE = "undone"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How many things of one kind a file brought, and how many were there before it."""

    kind: str
    new: int
    known: int

    @property
    def title(self) -> str:
        """The kind in plain words."""
        return KIND_TITLES.get(self.kind, self.kind.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class IssueGroup:
    """All issues of a file with the same kind and reason."""

    kind: IssueKind
    reason: str
    issues: tuple[Issue, ...]

    @property
    def rows(self) -> int:
        """How many rows of the file these are."""
        return sum(issue.rows for issue in self.issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """One uploaded file: where it came from and what it brought. Holds health data: show, never log."""

    upload_id: UUID
    status: UploadStatus
    file_name: str
    received_at: datetime
    size_bytes: int
    format_key: str = ""
    format_version: int = 0
    devices: tuple[Device, ...] = ()
    first: date | None = None
    last: date | None = None
    counts: Counts = field(default_factory=Counts)
    kinds: tuple[KindCount, ...] = ()
    issues: tuple[Issue, ...] = ()
    owner: Owner = field(default_factory=Owner)
    hints: Hints = field(default_factory=Hints)
    is_repeat: bool = False  # these very bytes were already in use; nothing was written

    @property
    def issue_groups(self) -> tuple[IssueGroup, ...]:
        """Issues by reason: rejected rows first, then warnings, then what was left out by rule."""
        groups: dict[tuple[IssueKind, str], list[Issue]] = {}
        for issue in self.issues:
            groups.setdefault((issue.kind, issue.reason), []).append(issue)
        rank = (IssueKind.REJECTED, IssueKind.WARNING, IssueKind.IGNORED)
        ordered = sorted(groups.items(), key=lambda item: rank.index(item[0][0]))
        return tuple(IssueGroup(kind, why, tuple(all_)) for (kind, why), all_ in ordered)

    @property
    def new(self) -> int:
        """How many things were not there before."""
        return sum(count.new for count in self.kinds)

    @property
    def known(self) -> int:
        """How many things were already there."""
        return sum(count.known for count in self.kinds)

    def as_repeat(self) -> "UploadResult":
        """The answer when the same bytes come again: everything is known."""
        kinds = tuple(replace(kind, new=0, known=kind.new + kind.known) for kind in self.kinds)
        return replace(self, kinds=kinds, is_repeat=True)

    @property
    def window(self) -> Window | None:
        """The days that reports of this file show first: its last two weeks."""
        if self.first is None or self.last is None:
            return None
        recent = Window.ending(self.last, _LINK_DAYS)
        return Window(max(self.first, recent.first), self.last)


def in_order(kinds: Mapping[str, tuple[int, int]]) -> tuple[KindCount, ...]:
    """Counts (new, known) by kind, in the order in which people care."""
    ordered = sorted(kinds.items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), item[0]))
    return tuple(KindCount(kind=kind, new=new, known=known) for kind, (new, known) in ordered)


def to_bytes(result: UploadResult) -> bytes:
    """A result as it is sealed with its upload."""
    return msgspec.json.encode(result)


def from_bytes(data: bytes) -> UploadResult:
    """A result back from :func:`to_bytes`, also of an earlier version."""
    return msgspec.json.decode(data, type=UploadResult)
