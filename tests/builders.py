"""Builders that several test folders share."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.records import RECORD_TYPES, Record, ScheduleSegment, Setting
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale

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
    return st.builds(
        cls,
        **{
            name: _of(hint)
            for name, hint in get_type_hints(cls).items()
            if get_origin(hint) is not ClassVar
        },
    )


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


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    float: _FLOATS,
    int: st.integers(-(2**31), 2**31 - 1),
    str: _SHORT_TEXT,
    bool: st.booleans(),
    datetime: local_times(),
    type(None): st.none(),
}


def sensor_series(
    values: Sequence[float],
    *,
    start: datetime = datetime(2024, 3, 4),
    step_min: float = 5,
    scale: GlucoseScale = GlucoseScale.MGDL,
    flag: Sequence[int] | None = None,
    device_id: str = "cgm:1",
) -> SensorSeries:
    """Equally spaced readings given in the scale's own unit."""
    per_unit = {
        GlucoseScale.MMOLL_TENTHS: 10,
        GlucoseScale.MGDL_TENTHS: 10,
        GlucoseScale.MGDL_64THS: 64,
    }
    first = wall_seconds(start)
    return SensorSeries.build(
        [first + round(n * step_min * 60) for n in range(len(values))],
        [round(value * per_unit.get(scale, 1)) for value in values],
        scale=scale,
        device_id=device_id,
        flag=flag,
    )


def sensor_history(values: Sequence[float], **how: Any) -> History:
    """A history of equally spaced sensor readings and nothing else."""
    records, zone = how.pop("records", ()), how.pop("zone", None)
    return History.build(sensor=sensor_series(values, **how), records=records, zone=zone)


def whole(history: History) -> Window:
    """The window of everything a history holds."""
    span = history.span
    assert span is not None
    return span
