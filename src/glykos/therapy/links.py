"""The same thing told by several sources: shown once, with all its witnesses, nothing deleted.

People wear one pump and see it through three services, and one finger-stick is told by the meter,
the pump and the bolus calculator. Such records are *linked*: one of them stands for all in every
list and number, the others stay and can be seen, and a person can take any two apart again
(``decisions.Apart``). The rules are few, and lean towards two things rather than one:

* finger-sticks: different sources, the same value but for the rounding of its unit, within 5 min
  (15 min where both name the same meter); the calculator's own input is one more witness;
* carbs: different sources, equal grams, within 15 min; a device's calculator and its logbook
  (a pump's marker) are two sources here;
* boluses: only between two sources that are the *same pump seen through two services*
  (:func:`same_pumps`), equal units, within 5 min. Everything else stays two boluses, also in one
  minute.

A source is a device; where several kinds of files told of one device (``Sources``), it is the
device as one kind of file tells of it. Never are two records of one source linked.
Source: reference therapy-events.md §2.1 and §4.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from itertools import combinations
from types import MappingProxyType
from typing import TypeVar

from glykos.therapy._matching import Groups, Told, close_pairs, matched
from glykos.therapy._one_voice import one_voice
from glykos.therapy.decisions import Apart
from glykos.therapy.diary import CarbEntry
from glykos.therapy.identity import identity, order, payload
from glykos.therapy.records import Bolus, BolusEstimate, MeterGlucose, MeterOrigin, Record
from glykos.therapy.units import Glucose, GlucoseScale

R = TypeVar("R", bound=Record)
ByType = dict[type[Record], tuple[Record, ...]]
#: By identity, which kinds of files told of a record; only of devices that several told of.
Sources = Mapping[tuple[object, ...], frozenset[str]]
NO_SOURCES: Sources = MappingProxyType({})
#: What can be linked one by one.
LINKABLE = (MeterGlucose, Bolus, BolusEstimate, CarbEntry)

READING_WITHIN_S = 5 * 60
SAME_METER_WITHIN_S = 15 * 60
CARBS_WITHIN_S = 15 * 60
BOLUS_WITHIN_S = 5 * 60
#: Grams and units told by two services agree to the rounding of two decimals.
SAME_G = 0.05
SAME_U = 0.0101
#: Two device numbers are one pump if at least so many boluses agree, and more than half of each.
LEAST_PUMP_MATCHES = 5
CALCULATOR = "calculator"
_OF = " as told by "


class Why(StrEnum):
    """What makes the members of a link one thing."""

    READING = "reading"
    CARBS = "carbs"
    BOLUS = "bolus"
    CALCULATION = "calculation"  # of one bolus seen twice, without carbs


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Records that tell of one thing.

    ``shown`` stands for them and has the witnesses of all; ``members`` are the records as they
    were told, in time order. A bolus calculator that took a finger-stick is a member of its link
    and stays in the list of estimates.
    """

    why: Why
    shown: Record
    members: tuple[Record, ...]

    @property
    def hidden(self) -> tuple[Record, ...]:
        """The members that ``shown`` stands for."""
        me = identity(self.shown)
        return tuple(
            one
            for one in self.members
            if identity(one) != me and not (self.why is Why.READING and not _is_meter(one))
        )


def name_of(record: Record) -> str:
    """Stable text for a record: a digest of its identity, without any value in it."""
    return blake2b(repr(identity(record)).encode(), digest_size=12).hexdigest()


def linked(
    records: Mapping[type[Record], Sequence[Record]],
    apart: Collection[Apart] = (),
    sources: Sources = NO_SOURCES,
    every_bolus: Sequence[Bolus] = (),
) -> tuple[ByType, tuple[Link, ...]]:
    """The records with one standing for each group of linked ones, and the links, in time order.

    ``records`` are distinct and in time order, by class; ``apart`` names pairs that a person told
    apart. Where ``records`` are a part of what is known, ``every_bolus`` has the boluses of any
    time: which sources are one pump must not depend on the days that somebody looks at. Where
    nothing is linked the records come back as they are.
    """
    by_type: ByType = {kind: tuple(group) for kind, group in records.items()}
    pairs = frozenset(frozenset((a.first, a.second)) for a in apart)
    finder = _Finder(by_type, pairs, sources, every_bolus)
    pumps = finder.same_pumps()
    boluses = finder.boluses(pumps)
    links = [*finder.readings(), *boluses, *finder.carbs(boluses)]
    if links:
        by_type = _shown(by_type, links)
    devices = {frozenset(name.split(_OF, 1)[0] for name in pair) for pair in pumps}
    if twins := {pair for pair in devices if len(pair) > 1}:
        by_type = one_voice(by_type, twins)
    by_type = {kind: group for kind, group in by_type.items() if group}
    return by_type, tuple(sorted(links, key=lambda link: order(link.shown)))


def same_pumps(boluses: Mapping[str, Sequence[Bolus]]) -> frozenset[frozenset[str]]:
    """Pairs of sources (named, each with its boluses in time order) that are one pump.

    In the time for which both told boluses, at least five of them, and more than half of each
    one's, are the same in amount (to 0.01 U) and time (5 min). Two pumps worn side by side do not
    deliver like that by chance.
    """
    return frozenset(
        frozenset((first, second))
        for first, second in combinations(sorted(boluses), 2)
        if _is_same_pump(boluses[first], boluses[second])
    )


def are_one_pump(boluses: Sequence[Bolus], sources: Sources = NO_SOURCES) -> bool:
    """Whether these boluses alone show that whoever told them is one pump; no need to ask others."""
    by_slot = _by_slot(boluses, sources)
    return len(same_pumps(by_slot)) == len(by_slot) * (len(by_slot) - 1) // 2


def _by_slot(boluses: Sequence[Bolus], sources: Sources) -> dict[str, list[Bolus]]:
    found: dict[str, list[Bolus]] = {}
    for one in boluses:
        found.setdefault(_slot(one, sources), []).append(one)
    return found


def _slot(record: Record, sources: Sources) -> str:
    """The source of a record."""
    kinds = sources.get(identity(record)) if sources else None
    return f"{record.device_id}{_OF}{'+'.join(sorted(kinds))}" if kinds else record.device_id


def _is_same_pump(mine: Sequence[Bolus], theirs: Sequence[Bolus]) -> bool:
    start_s = max(mine[0].at_s, theirs[0].at_s) - BOLUS_WITHIN_S
    end_s = min(mine[-1].at_s, theirs[-1].at_s) + BOLUS_WITHIN_S
    parts = [[one for one in all_ if start_s <= one.at_s <= end_s] for all_ in (mine, theirs)]
    most = max(map(len, parts))
    if min(map(len, parts)) < LEAST_PUMP_MATCHES:
        return False
    told = [_told_bolus(one, str(n)) for n, part in enumerate(parts) for one in part]
    agree = len(matched(told, _same_units, BOLUS_WITHIN_S))
    return agree >= LEAST_PUMP_MATCHES and 2 * agree > most


class _Finder:
    """One search for links over a person's records."""

    def __init__(
        self,
        by_type: ByType,
        apart: frozenset[frozenset[str]],
        sources: Sources,
        every_bolus: Sequence[Bolus],
    ) -> None:
        self._by_type = by_type
        self._apart = apart
        self._sources = sources
        self._every_bolus = every_bolus or self.of(Bolus)

    def of(self, kind: type[R]) -> tuple[R, ...]:
        return self._by_type.get(kind, ())  # type: ignore[return-value]  # keyed by class

    def same_pumps(self) -> frozenset[frozenset[str]]:
        return same_pumps(_by_slot(self._every_bolus, self._sources))

    def _slot(self, record: Record) -> str:
        return _slot(record, self._sources)

    def readings(self) -> list[Link]:
        meters = self.of(MeterGlucose)
        if not meters:
            return []
        told = [_told_glucose(one, one.glucose, self._slot(one)) for one in meters]
        for one in self.of(BolusEstimate):
            if one.glucose_input is not None:
                slot = f"{CALCULATOR} {self._slot(one)}"
                told.append(_told_glucose(one, one.glucose_input, slot))
        found = matched(told, self._is_same_reading, SAME_METER_WITHIN_S)
        links = []
        for group in found:
            members = [one.record for one in group]
            sticks = [one for one in members if isinstance(one, MeterGlucose)]
            if sticks:
                links.append(_link(Why.READING, _best_stick(sticks, members), members))
        return links

    def boluses(self, pumps: frozenset[frozenset[str]]) -> list[Link]:
        slots = frozenset().union(*pumps)
        everything = [told for one in self.of(Bolus) if (told := self._told(one)).slot in slots]

        def alike(first: Told, second: Told) -> bool:
            pair = frozenset((first.slot, second.slot))
            return pair in pumps and _same_units(first, second) and self._together(first, second)

        # The same service stands for a pump whatever part is looked at.
        main = Counter(self._slot(one) for one in self._every_bolus)
        main.update(self._slot(one) for one in self._every_bolus if one.estimate_id)
        groups = matched(everything, alike, BOLUS_WITHIN_S)
        return [
            _link(Why.BOLUS, max(group, key=lambda one: (main[one.slot], one.slot)).record, members)
            for group in groups
            for members in [[one.record for one in group]]
        ]

    def carbs(self, boluses: Sequence[Link]) -> list[Link]:
        """Carbs told twice, and calculations of boluses told twice (also without carbs)."""
        estimates = self.of(BolusEstimate)
        place_of = {(e.device_id, e.source_id): n for n, e in enumerate(estimates) if e.source_id}
        entries = [one for one in self.of(CarbEntry) if one.carbs_g > 0]
        told = [
            _told_carbs(one, one.carbs_g or 0.0, f"{CALCULATOR} {self._slot(one)}")
            for one in estimates
        ]
        told += [_told_carbs(one, one.carbs_g, self._slot(one)) for one in entries]
        of_boluses = {
            (n, m)
            for link in boluses
            for n, m in combinations(sorted(_places(link.members, place_of)), 2)
        }
        shown = {identity(link.shown) for link in boluses} | {
            identity(one) for one in self.of(Bolus)
        }.difference(identity(one) for link in boluses for one in link.members)
        used = {
            place_of.get((one.device_id, one.estimate_id))
            for one in self.of(Bolus)
            if one.estimate_id and identity(one) in shown
        }
        preferred = {id(told[place]) for place in used if place is not None}
        allowed = {frozenset((id(told[n]), id(told[m]))) for n, m in of_boluses}

        def alike(first: Told, second: Told) -> bool:
            if not self._together(first, second):
                return False
            return frozenset((id(first), id(second))) in allowed or _same_grams(first, second)

        groups = Groups(told, alike)
        for first, second in [*sorted(of_boluses), *close_pairs(told, CARBS_WITHIN_S)]:
            groups.join(first, second)
        links = []
        for group in groups.found():
            best = _best_carbs(group, preferred)
            has_carbs = isinstance(best, CarbEntry | BolusEstimate) and best.carbs_g
            why = Why.CARBS if has_carbs else Why.CALCULATION
            links.append(_link(why, best, [one.record for one in group]))
        return links

    def _is_same_reading(self, first: Told, second: Told) -> bool:
        apart_s = abs(first.at_s - second.at_s)
        one, other = first.record, second.record
        near = apart_s <= READING_WITHIN_S or (
            isinstance(one, MeterGlucose)
            and isinstance(other, MeterGlucose)
            and _is_same_meter(one, other)
        )
        return (
            near and _same_glucose(_glucose(one), _glucose(other)) and self._together(first, second)
        )

    def _told(self, bolus: Bolus) -> Told:
        return _told_bolus(bolus, self._slot(bolus))

    def _share_source(self, first: Told, second: Told) -> bool:
        if not self._sources or first.record.device_id != second.record.device_id:
            return False
        mine, theirs = (self._sources.get(identity(one.record)) for one in (first, second))
        return not mine or not theirs or bool(mine & theirs)

    def _together(self, first: Told, second: Told) -> bool:
        """Whether nobody told the two apart, and no source told both as two."""
        if type(first.record) is type(second.record) and self._share_source(first, second):
            return False
        if not self._apart:
            return True
        return frozenset((name_of(first.record), name_of(second.record))) not in self._apart


def _shown(by_type: ByType, links: Sequence[Link]) -> ByType:
    """The records without those that others stand for."""
    hidden = {identity(one) for link in links for one in link.hidden}
    stand_in = {identity(link.shown): link.shown for link in links}
    touched = {type(one) for link in links for one in link.members}
    found = dict(by_type)
    for kind in touched:
        keyed = ((identity(one), one) for one in by_type[kind])
        found[kind] = tuple(stand_in.get(key, one) for key, one in keyed if key not in hidden)
    return found


def _link(why: Why, shown: Record, members: Sequence[Record]) -> Link:
    return Link(why=why, shown=shown, members=tuple(sorted(members, key=order)))


def _places(members: Iterable[Record], place_of: Mapping[tuple[str, str], int]) -> Iterable[int]:
    """Where the calculations of these boluses stand."""
    for one in members:
        if isinstance(one, Bolus) and (one.device_id, one.estimate_id) in place_of:
            yield place_of[one.device_id, one.estimate_id]


# --- finger-sticks ---------------------------------------------------------------------------

_STEP_MGDL = {scale: scale.mgdl_per_count for scale in GlucoseScale}
#: Who stands for a finger-stick: the meter itself before those who heard of it.
_CLOSEST = (
    MeterOrigin.METER_UPLOAD,
    MeterOrigin.LINKED_METER,
    MeterOrigin.TYPED,
    MeterOrigin.UNKNOWN,
)
_WITNESS = {
    MeterOrigin.METER_UPLOAD: "meter",
    MeterOrigin.LINKED_METER: "pump",
    MeterOrigin.TYPED: "typed",
}


def _is_meter(record: Record) -> bool:
    return isinstance(record, MeterGlucose)


def _glucose(record: Record) -> Glucose | None:
    if isinstance(record, MeterGlucose):
        return record.glucose
    return record.glucose_input if isinstance(record, BolusEstimate) else None


def _same_glucose(first: Glucose | None, second: Glucose | None) -> bool:
    """The same value; of two scales, one may be the rounded other."""
    if first is None or second is None or first.limit != second.limit:
        return False
    if first.scale is second.scale:
        return first.count == second.count
    rounding_mgdl = (_STEP_MGDL[first.scale] + _STEP_MGDL[second.scale]) / 2
    return abs(first.mgdl - second.mgdl) <= rounding_mgdl


def _is_same_meter(first: MeterGlucose, second: MeterGlucose) -> bool:
    """Whether both say which meter it was, and it is one."""
    mine, theirs = (one.meter_id or _own_number(one.device_id) for one in (first, second))
    return bool(mine) and mine.casefold() == theirs.casefold()


def _own_number(device_id: str) -> str:
    maker, _, number = device_id.partition(":")
    return number if maker == "meter" else ""


def _best_stick(sticks: Sequence[MeterGlucose], members: Sequence[Record]) -> MeterGlucose:
    best = min(sticks, key=lambda one: (_CLOSEST.index(one.origin), order(one), repr(one)))
    witnesses = {word for one in sticks for word in one.witnesses or _words(one)}
    if len(sticks) < len(members):
        witnesses.add(CALCULATOR)
    return replace(
        best,
        meter_id=best.meter_id or max(one.meter_id for one in sticks),
        used_for_calibration=any(one.used_for_calibration for one in sticks),
        witnesses=tuple(sorted(witnesses)),
    )


def _words(stick: MeterGlucose) -> tuple[str, ...]:
    return (_WITNESS[stick.origin],) if stick.origin in _WITNESS else ()


def _told_glucose(record: Record, glucose: Glucose, slot: str) -> Told:
    return Told(record, record.at_s, slot, int(glucose.mgdl))


# --- carbs and boluses -----------------------------------------------------------------------


def _told_carbs(record: BolusEstimate | CarbEntry, grams: float, slot: str) -> Told:
    # What says nothing about carbs stands in a cell of its own, far from every other.
    nothing = -1_000_000
    return Told(record, record.at_s, slot, round(grams * 10) if grams > 0 else nothing)


def _same_grams(first: Told, second: Told) -> bool:
    mine, theirs = (one.record.carbs_g or 0.0 for one in (first, second))  # type: ignore[attr-defined]  # both kinds have it
    return (
        mine > 0 and abs(mine - theirs) < SAME_G and abs(first.at_s - second.at_s) <= CARBS_WITHIN_S
    )


def _best_carbs(group: Sequence[Told], preferred: Collection[int]) -> Record:
    """The calculation that a bolus in use came from, else a calculation, else what says most."""

    def says(one: Told) -> tuple[bool, bool, int]:
        known = sum(value not in (None, "", ()) for value in payload(one.record))
        return (id(one) in preferred, isinstance(one.record, BolusEstimate), known)

    best = max(map(says, group))
    return min(
        (one.record for one in group if says(one) == best), key=lambda r: (order(r), repr(r))
    )


def _told_bolus(bolus: Bolus, slot: str) -> Told:
    return Told(bolus, bolus.at_s, slot, round(_units(bolus) * 100))


def _units(bolus: Bolus) -> float:
    return bolus.delivered_u if bolus.delivered_parts else bolus.programmed_u


def _same_units(first: Told, second: Told) -> bool:
    amounts = [_units(one.record) for one in (first, second) if isinstance(one.record, Bolus)]
    return (
        abs(amounts[0] - amounts[1]) <= SAME_U and abs(first.at_s - second.at_s) <= BOLUS_WITHIN_S
    )
