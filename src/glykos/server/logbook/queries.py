"""A day as the page shows it: what was written down, and beside it what devices told."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from glykos.errors import SealError
from glykos.reports._format import Formatter, day_text
from glykos.server.logbook.controls import Frame, pens_in
from glykos.server.logbook.forms import local_now
from glykos.server.logbook.kinds import BY_RECORD
from glykos.server.logbook.words import Said, said
from glykos.server.sharing import Access
from glykos.server.store import decisions, entries, favourites, queries
from glykos.server.store.entries import Revision
from glykos.server.web import clock
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.records import LOGBOOK, Record
from glykos.therapy.units import GlucoseUnit

#: Insulins used within so many days are offered first.
_LATELY_DAYS = 60
#: A sensor reading further away than this says nothing about an entry.
_NEAR_S = 10 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a day. ``entry`` is set for what can be changed; ``source`` names a device."""

    at: datetime
    time: str
    said: Said
    entry: UUID | None = None
    source: str = ""
    sensor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPage:
    """A day of the logbook."""

    day: date
    today: date
    lines: list[Line]
    sensor: str  # what the sensor told in a line; empty without one

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def title(self) -> str:
        return "Today" if self.is_today else day_text(self.day)

    @property
    def earlier(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def later(self) -> date | None:
        return None if self.is_today else self.day + timedelta(days=1)

    @property
    def own(self) -> list[Line]:
        """What was written down."""
        return [line for line in self.lines if line.entry is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FavouriteShown:
    """A favourite as a button: its name, and what pressing it writes down."""

    id: UUID
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionShown:
    """A revision in words, with when it was written."""

    said: Said | None
    at: str
    written: str
    is_deletion: bool
    is_current: bool


def frame(access: Access) -> Frame:
    """What the forms have to know about this person now."""
    zone = access.person.zone_info
    now = local_now(clock.now(), zone)
    lately = Window.ending(now.date(), _LATELY_DAYS)
    used = pens_in(one.record for one in entries.entries(access, lately))
    return Frame(unit=access.person.glucose_unit, now=now, zone=zone, pens=used)


def day(access: Access, shown: date, today: date) -> DayPage:
    """What a day holds, newest first: what was given last is what one looks for at night."""
    window = Window(shown, shown)
    history = queries.read(access, window).within(window)
    written = entries.entries(access, window)
    lines = [*_own(access, written, history), *_of_devices(access, history)]
    return DayPage(
        day=shown,
        today=today,
        lines=sorted(lines, key=lambda line: line.at, reverse=True),
        sensor=_sensor_words(history, access.person.glucose_unit),
    )


def favourites_of(access: Access) -> list[FavouriteShown]:
    """The person's favourites by name."""
    found = []
    for made in decisions.looked_at(access, decisions.Favourite):
        try:
            told = favourites.records_of(made.what, local_now(clock.now(), access.person.zone_info))
        except SealError:
            continue  # brought in from a newer version; it shows up after the update
        text = in_words(told, access.person.glucose_unit)
        found.append(FavouriteShown(id=made.id, title=made.what.title, text=text))
    return sorted(found, key=lambda one: one.title.casefold())


def in_words(records: Iterable[Record], unit: GlucoseUnit) -> str:
    """Some records as one text: "40 g carbs, Porridge + 4 U NovoRapid"."""
    words = [said(record, unit) for record in records]
    return " + ".join(one.text or one.title for one in words if one is not None)


def notice(access: Access, told: Iterable[Revision]) -> str:
    """Some entries with their time, as the page says that they are saved or removed."""
    text = _formatter(access)
    whole = [one.record for one in told]
    if not whole:
        return ""
    at = text.time(whole[0].at_local)
    return f"{in_words(whole, access.person.glucose_unit)}, at {at}"


def history_of(access: Access, entry_id: UUID) -> tuple[list[Revision], list[RevisionShown]]:
    """The revisions of an entry, newest first, and the same in words."""
    text, zone = _formatter(access), access.person.zone_info
    told = entries.revisions(access, entry_id)
    shown = []
    for one in told:
        written = local_now(one.written_at, zone)
        at = one.record.at_local
        shown.append(
            RevisionShown(
                said=said(one.record, access.person.glucose_unit),
                at=f"{day_text(at.date())}, {text.time(at)}",
                written=f"{day_text(written.date())}, {text.time(written)}",
                is_deletion=one.is_deletion,
                is_current=one.is_current,
            )
        )
    return told, shown


def _formatter(access: Access) -> Formatter:
    return Formatter(access.person.glucose_unit, access.person.clock_24h)


def _own(access: Access, written: Iterable[Revision], history: History) -> list[Line]:
    text = _formatter(access)
    near = _Near(history, text)
    return [
        Line(
            at=one.record.at_local,
            time=text.time(one.record.at_local),
            said=said(one.record, access.person.glucose_unit) or Said("Entry", ""),
            entry=one.id if type(one.record) in BY_RECORD else None,
            sensor=near(one.record.at_s),
        )
        for one in written
    ]


def _of_devices(access: Access, history: History) -> list[Line]:
    text = _formatter(access)
    names = {device.id: device.model for device in history.devices}
    return [
        Line(at=record.at_local, time=text.time(record.at_local), said=words, source=source)
        for group in history.records.values()
        for record in group
        if record.device_id != LOGBOOK
        and (words := said(record, access.person.glucose_unit)) is not None
        and (source := names.get(record.device_id) or "Device")
    ]


class _Near:
    """The sensor reading next to a time, in words; empty where there is none."""

    def __init__(self, history: History, text: Formatter) -> None:
        self._at_s: list[int] = history.glucose.at_s.tolist()
        self._mgdl: list[float] = history.glucose.mgdl.tolist()
        self._text = text

    def __call__(self, at_s: int) -> str:
        place = bisect_left(self._at_s, at_s)
        near = [n for n in (place - 1, place) if 0 <= n < len(self._at_s)]
        best = min(near, key=lambda n: abs(self._at_s[n] - at_s), default=None)
        if best is None or abs(self._at_s[best] - at_s) > _NEAR_S:
            return ""
        return f"{self._text.glucose(self._mgdl[best])} {self._text.unit}"


def _sensor_words(history: History, unit: GlucoseUnit) -> str:
    mgdl = history.glucose.mgdl
    if not len(mgdl):
        return ""
    text = Formatter(unit, clock_24h=True)
    low, high = text.glucose(float(mgdl.min())), text.glucose(float(mgdl.max()))
    return f"{len(mgdl)} sensor readings, from {low} to {high} {unit}"
