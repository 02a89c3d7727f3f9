"""When things of a Nightscout site happened on the person's own clock.

A site knows instants. The wall clock comes, in this order, from the time zone of the profile that
was in force, from the offsets that the rows tell, from what the caller knows, and else it is UTC,
which is said. An offset of zero alone tells nothing: most apps send their times in UTC. It counts
where the same app also tells another offset.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from glykos.formats._dates import NotADate
from glykos.formats._instants import Zones, instant_of, offset_told, second_pass, zone_named
from glykos.formats._loose import number_in, text_in
from glykos.formats._nightscout_rows import Document, Shape
from glykos.formats._text import NotANumber

_FIELDS = {
    Shape.ENTRY: ("date", "date_string", "sys_time", "created_at"),
    Shape.PROFILE: ("start_date", "mills", "created_at"),
    Shape.PUMP_HISTORY: ("timestamp",),
}
_OTHERS = ("created_at", "date", "mills", "timestamp")
_WIDEST_MIN = 14 * 60


def happened_s(document: Document, shape: Shape) -> int:
    """The instant of a document [s since 1970 UTC]. Raises NotADate."""
    problem: NotADate | None = None
    for name in _FIELDS.get(shape, _OTHERS):
        told = getattr(document, name)
        if told is None or told == "":
            continue
        try:
            return instant_of(told)
        except NotADate as error:
            problem = problem or error
    raise problem or NotADate("no time")


def offset_s(document: Document, at_s: int) -> int | None:
    """How far east of UTC a document says it was [s]; None where it says nothing."""
    try:
        minutes = number_in(document.utc_offset)
    except NotANumber:
        minutes = None
    if minutes and abs(minutes) <= _WIDEST_MIN:
        return round(minutes * 60)
    for text in (document.date_string, document.created_at, document.timestamp):
        if isinstance(text, str) and text:
            if text.endswith("Z"):
                continue
            told = offset_told(text, at_s)
            if told is not None:
                return told
    return None if minutes is None else 0


class WallClocks:
    """The wall clock of every document of one file."""

    def __init__(
        self, told: Sequence[tuple[Document, Shape, int]], profiles: Zones, zone_name: str
    ) -> None:
        zone = zone_named(zone_name) if zone_name else None
        self._zones = profiles or Zones([(0, zone)] if zone is not None else [])
        self.in_utc = 0
        self.wall_s = [at_s for _, _, at_s in told]
        if profiles:
            self.wall_s = [profiles.wall_of(at_s) for _, _, at_s in told]
        else:
            self._by_offsets(told)
        self.is_second_pass = second_pass([at_s for _, _, at_s in told], self.wall_s).tolist()

    def _by_offsets(self, told: Sequence[tuple[Document, Shape, int]]) -> None:
        offsets = [offset_s(document, at_s) for document, _, at_s in told]
        apps = [_app(document, shape) for document, shape, _ in told]
        trusted = {app for app, offset in zip(apps, offsets, strict=True) if offset}
        known = sorted(
            (at_s, offset)
            for (_, _, at_s), app, offset in zip(told, apps, offsets, strict=True)
            if app in trusted and offset is not None
        )
        times = [at_s for at_s, _ in known]
        for place, ((_, _, at_s), app, offset) in enumerate(zip(told, apps, offsets, strict=True)):
            if app in trusted and offset is not None:
                self.wall_s[place] = at_s + offset
            elif self._zones:
                self.wall_s[place] = self._zones.wall_of(at_s)
            elif known:
                self.wall_s[place] = at_s + known[_nearest(times, at_s)][1]
            else:
                self.in_utc += 1


def _app(document: Document, shape: Shape) -> tuple[str, str]:
    told = document.app or document.entered_by or document.device
    return shape.value, told if isinstance(told, str) else ""


def _nearest(times: Sequence[int], at_s: int) -> int:
    after = bisect_left(times, at_s)
    if after == 0 or (after < len(times) and times[after] - at_s < at_s - times[after - 1]):
        return after
    return after - 1


def zones_of(profiles: Iterable[tuple[Document, int]]) -> Zones:
    """The zones of the profiles, each from its start on."""
    found = []
    for document, at_s in profiles:
        store = document.store if isinstance(document.store, dict) else {}
        named = store.get(text_in(document.default_profile)) or next(iter(store.values()), None)
        name = text_in(named.get("timezone")) if isinstance(named, dict) else ""
        zone = zone_named(name) if name else None
        if zone is not None:
            found.append((at_s, zone))
    return Zones(found)
