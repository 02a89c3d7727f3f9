"""Hypothesis strategies that several test folders share."""

from datetime import datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from glykos.formats._reader import Reading
from glykos.therapy.clock import local_time, wall_seconds
from glykos.therapy.records import Device, Record, ScheduleSegment, Setting
from glykos.therapy.sensor import BACKFILLED, FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale
from glykos.therapy.vocabulary import RECORD_TYPES

_SHORT_TEXT = st.text(max_size=8)
_FLOATS = st.floats(-1e6, 1e6).map(lambda value: value + 0.0)  # + 0.0 turns -0.0 into 0.0


def local_times() -> st.SearchStrategy[datetime]:
    """Wall-clock times of a few days with few distinct minutes, so that records often meet."""
    return st.builds(
        lambda minute, fold: (local_time(2026, 10, 24) + timedelta(minutes=minute)).replace(
            fold=fold
        ),
        st.integers(0, 3 * 1440),
        st.integers(0, 1),
    )


def any_record(record_type: type[Record] | None = None) -> st.SearchStrategy[Record]:
    """A record of the given class, or of any, with every field drawn from its type."""
    if record_type is None:
        return st.one_of([any_record(each) for each in RECORD_TYPES])
    return _of_class(record_type)


def _of_class(cls: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    values = {
        name: _BY_NAME[name] if name in _BY_NAME else _of(hint)
        for name, hint in hints.items()
        if get_origin(hint) is not ClassVar
    }
    return st.builds(cls, **values)


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.one_of([_of(part) for part in parts])
    if origin is tuple:
        return st.lists(_of(parts[0]), max_size=3).map(tuple)
    if origin is Literal:
        return st.sampled_from(parts)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if hint in (Glucose, ScheduleSegment, Setting):
        return _of_class(hint)
    return _PLAIN[hint]


#: Few devices and few ids, so that records often are versions of the same thing.
_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "device_id": st.sampled_from(["pump:1", "cgm:1", "logbook"]),
    "source_id": st.sampled_from(["", "", "1", "2"]),
}
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    float: _FLOATS,
    int: st.integers(-(2**31), 2**31 - 1),
    str: _SHORT_TEXT,
    bool: st.booleans(),
    datetime: local_times(),
    type(None): st.none(),
}


@st.composite
def sensor_series(draw: st.DrawFn) -> SensorSeries:
    """A few readings of two sensors on three days, on few distinct seconds."""
    parts = []
    for device_id in ("pump:1", "cgm:1"):
        rows = draw(
            st.lists(
                st.tuples(
                    st.integers(0, 40),
                    st.integers(40, 400),
                    st.sampled_from([0, 0, 0, LOW, HIGH, FOLD, BACKFILLED]),
                ),
                max_size=12,
            )
        )
        parts.append(
            SensorSeries.build(
                [wall_seconds(local_time(2026, 10, 24)) + slot * 6_300 for slot, _, _ in rows],
                [count for _, count, _ in rows],
                scale=draw(st.sampled_from([GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS])),
                device_id=device_id,
                flag=[flag for _, _, flag in rows],
            )
        )
    return SensorSeries.concat(parts)


def readings() -> st.SearchStrategy[Reading]:
    """What a small file of one person might tell."""
    models = st.sampled_from(["", "A", "BB"])
    return st.builds(
        lambda key, sensor, records, model, as_of: Reading(
            format_key=key,
            format_version=1,
            devices=(Device(id="pump:1", kind="pump", model=model, serial="PLANTED-1"),),
            sensor=sensor,
            records=tuple(records),
            as_of=as_of,
        ),
        st.sampled_from(["test", "other"]),
        sensor_series(),
        st.lists(any_record(), max_size=10),
        models,
        st.sampled_from([None, local_time(2026, 10, 28), local_time(2026, 10, 29)]),
    )
