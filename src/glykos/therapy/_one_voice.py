"""One pump seen through several services is one pump: what it did is not counted twice.

Boluses are linked one by one (``links``). For the rest of what a pump says, kind by kind and day
by day, the service that tells most of it speaks alone: rates, temporary rates and stops belong
together, and half a programme from each would be a programme that never was. What is told is
then told of one device, so that delivered basal is worked out once.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from glykos.therapy.identity import ordered
from glykos.therapy.records import (
    Alarm,
    BasalPatternSelected,
    BasalRate,
    BasalSchedule,
    DailyTotal,
    Prime,
    Record,
    Resume,
    Rewind,
    Suspend,
    TempBasal,
    TimeChange,
)

_Kinds = tuple[type[Record], ...]
_ByType = dict[type[Record], tuple[Record, ...]]

_BASAL: _Kinds = (BasalRate, TempBasal, Suspend, Resume, BasalPatternSelected)
#: Decided together, day by day. Settings stay as each service told them.
_DAILY: tuple[_Kinds, ...] = (_BASAL, (DailyTotal,), (Prime, Rewind), (Alarm,), (TimeChange,))
_DAY_S = 86_400


def one_voice(by_type: _ByType, pumps: Collection[frozenset[str]]) -> _ByType:
    """The records with one service speaking per family and day; ``pumps`` are pairs of one pump."""
    found = dict(by_type)
    for names in _components(pumps):
        told = Counter(one.device_id for one in _of(found, _BASAL) if one.device_id in names)
        main = max(names, key=lambda name: (told[name], name))
        for family in _DAILY:
            _speak(found, family, names, main, _day)
        _speak(found, (BasalSchedule,), names, main, _always)
    return found


def _speak(
    found: _ByType, family: _Kinds, names: frozenset[str], main: str, when: Callable[[Record], int]
) -> None:
    """Keep, of each time, what the service said that told most, as said by ``main``."""
    told = Counter(
        (when(one), one.device_id) for one in _of(found, family) if one.device_id in names
    )
    # Of one time, the last one stays: most told, then the main device.
    speaker = dict(sorted(told, key=lambda at: (told[at], at[1] == main, at[1])))
    for kind in family:
        if kind not in found:
            continue
        kept = [
            _told_by(main, one) if one.device_id in names else one
            for one in found[kind]
            if one.device_id not in names or speaker[when(one)] == one.device_id
        ]
        found[kind] = tuple(ordered(kept))


def _told_by(main: str, record: Record) -> Record:
    # Numbers of one service say nothing about the order of another's.
    return record if record.device_id == main else replace(record, device_id=main, seq=None)


def _day(record: Record) -> int:
    return record.at_s // _DAY_S


def _always(_: Record) -> int:
    return 0


def _components(pumps: Collection[frozenset[str]]) -> list[frozenset[str]]:
    """Devices that are one pump, directly or through a third."""
    of: dict[str, set[str]] = {}
    for pair in pumps:
        joined = set(pair).union(*(of.get(name, {name}) for name in pair))
        for name in joined:
            of[name] = joined
    return sorted({frozenset(joined) for joined in of.values()}, key=sorted)


def _of(found: Mapping[type[Record], tuple[Record, ...]], family: _Kinds) -> Iterable[Record]:
    return (one for kind in family for one in found.get(kind, ()))
