"""One person's records in time order: what metrics and reports read."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from glykos.therapy.clock import DAY_MIN, ClockShift, Window, date_of, day_minutes
from glykos.therapy.clock_view import ClockView
from glykos.therapy.decisions import Apart
from glykos.therapy.identity import merge
from glykos.therapy.links import NO_SOURCES, Link, Sources, linked
from glykos.therapy.records import Bolus, Device, Record, TimeChange
from glykos.therapy.sensor import SensorSeries

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, eq=False)
class OwnClock:
    """A device whose clock somebody corrected: how it is read, and its records as it told them."""

    view: ClockView
    records: Mapping[type[Record], tuple[Record, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Sensor columns and typed records of one person, sorted, each thing once.

    ``sensor`` holds every device's readings; statistics use :attr:`glucose`, which has one
    reading per instant. ``zone`` is the person's time zone where known; days are local days of
    the devices' wall clocks. What several sources told of one thing is in ``records`` once, with
    the witnesses of all; ``links`` says who told it. Devices in ``own_clocks`` are shown at their
    corrected times (``corrections``); what runs on a device's own clock finds its records as told
    there.
    """

    sensor: SensorSeries
    records: dict[type[Record], tuple[Record, ...]]
    devices: tuple[Device, ...] = ()
    zone: ZoneInfo | None = None
    links: tuple[Link, ...] = ()
    own_clocks: Mapping[str, OwnClock] = field(default_factory=dict)
    _primary: list[SensorSeries] = field(default_factory=list, repr=False)

    @classmethod
    def build(
        cls,
        *,
        sensor: SensorSeries,
        records: Iterable[Record],
        devices: Iterable[Device] = (),
        zone: ZoneInfo | None = None,
        apart: Collection[Apart] = (),
        sources: Sources = NO_SOURCES,
    ) -> "History":
        """A history from records in any order; the same thing told twice is kept once.

        ``apart`` names records that are two things although they look like one; ``sources`` says
        which kinds of files told of what, where several told of one device.
        """
        distinct, _ = merge(list(records))
        by_type: dict[type[Record], list[Record]] = {}
        for record in distinct:
            by_type.setdefault(type(record), []).append(record)
        history = cls(
            sensor=sensor.distinct(),
            records={kind: tuple(group) for kind, group in by_type.items()},
            devices=tuple({device.id: device for device in devices}.values()),
            zone=zone,
        )
        return history.linked(apart, sources)

    def linked(
        self,
        apart: Collection[Apart] = (),
        sources: Sources = NO_SOURCES,
        every_bolus: Sequence[Bolus] = (),
    ) -> "History":
        """The history with what several sources told of one thing shown once (``links``).

        The last step of building one: what is linked depends on the times that are shown, and on
        ``every_bolus`` of any time where the history is a part of what is known.
        """
        records, links = linked(self.records, apart, sources, every_bolus)
        return replace(self, records=records, links=links, _primary=[])

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """All records of one class, in time order."""
        return self.records.get(kind, ())  # type: ignore[return-value]  # the dict is keyed by class

    def times(self, kind: type[R]) -> npt.NDArray[np.int64]:
        """Wall seconds of :meth:`of`, shape (n,), sorted."""
        return np.fromiter((record.at_s for record in self.of(kind)), np.int64)

    def column(self, kind: type[R], name: str) -> npt.NDArray[np.float64]:
        """A numeric field of :meth:`of` as a column, shape (n,), NaN where unknown."""
        values = (getattr(record, name) for record in self.of(kind))
        return np.fromiter((np.nan if v is None else float(v) for v in values), np.float64)

    @property
    def glucose(self) -> SensorSeries:
        """Sensor readings, one per instant, without those the person excluded."""
        if not self._primary:
            self._primary.append(self.sensor.primary())
        return self._primary[0]

    def within(self, window: Window) -> "History":
        """The part inside the window's local days."""
        return History(
            sensor=self.sensor.within(window),
            records={
                kind: part
                for kind, group in self.records.items()
                if (part := tuple(r for r in group if r.at_local in window))
            },
            devices=self.devices,
            zone=self.zone,
            links=tuple(link for link in self.links if link.shown.at_local in window),
            own_clocks=self.own_clocks,
        )

    @property
    def clock_shifts(self) -> tuple[ClockShift, ...]:
        """Every clock change of every device that moved it; a corrected clock need not move."""
        return tuple(c.shift for c in self.of(TimeChange) if c.shift.minutes)

    def day_minutes(self, day: date) -> float:
        """Real length of a local day [min]: 1,380, 1,440 or 1,500 around a change of time.

        Where several devices were set, the one with most records that day speaks: an hour is
        lived twice once, however many clocks show it.
        """
        by_device: dict[str, list[ClockShift]] = {}
        for change in self.of(TimeChange):
            by_device.setdefault(change.device_id, []).append(change.shift)
        lengths = {
            device: length
            for device, shifts in by_device.items()
            if (length := day_minutes(day, shifts=shifts)) != DAY_MIN
        }
        if not lengths:
            return day_minutes(day, zone=self.zone)
        return lengths[self._speaker(lengths, Window(day, day))]

    def shifts_within(self, window: Window) -> tuple[ClockShift, ...]:
        """Clock changes inside a window, of the one device that speaks for it.

        Of several devices that were set, it is the one with most records and readings in the
        window, as in :meth:`day_minutes`.
        """
        by_device: dict[str, list[ClockShift]] = {}
        for change in self.of(TimeChange):
            shift = change.shift
            if shift.minutes and shift.before in window and shift.after in window:
                by_device.setdefault(change.device_id, []).append(change.shift)
        if not by_device:
            return ()
        return tuple(by_device[self._speaker(by_device, window)])

    def _speaker(self, device_ids: Iterable[str], window: Window) -> str:
        """The device that contributed most records and readings to the window."""
        found = sorted(device_ids)
        if len(found) == 1:
            return found[0]
        inside = self.within(window)
        weight = Counter(r.device_id for group in inside.records.values() for r in group)
        names = inside.sensor.device_ids
        counts = np.bincount(inside.sensor.device, minlength=len(names)).tolist()
        weight.update(dict(zip(names, counts, strict=True)))
        return max(found, key=lambda device: (weight[device], device))

    def window_minutes(self, window: Window) -> float:
        """Real length of a window [min]."""
        return sum(self.day_minutes(day) for day in window)

    @property
    def span(self) -> Window | None:
        """The local days from the first to the last thing known, or None for an empty history.

        Settings snapshots carry the time of the upload rather than of an event and do not widen it.
        """
        at = [
            group[n].at_s
            for kind, group in self.records.items()
            if kind.kind not in _NOT_EVENTS
            for n in (0, -1)
        ]
        if len(self.sensor):
            at += [int(self.sensor.at_s[0]), int(self.sensor.at_s[-1])]
        return Window(date_of(min(at) // 86_400), date_of(max(at) // 86_400)) if at else None


_NOT_EVENTS = frozenset({"settings_snapshot", "basal_schedule"})
