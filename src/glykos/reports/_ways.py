"""How somebody lives with diabetes, as the records of a period show it; reports take that form."""

from dataclasses import dataclass
from datetime import timedelta

from glykos.metrics._analysis import Analysis
from glykos.metrics._coverage import has_pump
from glykos.metrics.behaviour import delivered_basal_known
from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.clock import Window
from glykos.therapy.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What there is to tell. ``on_pump`` and ``on_pens`` may both hold."""

    on_pump: bool
    on_pens: bool
    has_sensor: bool
    has_meter: bool

    @classmethod
    def of(cls, *periods: Analysis) -> "Way":
        """The way of one or more periods: what any of them shows.

        A pump that is known but told nothing counts only while nothing was injected, so that the
        page of somebody who left the pump behind has no rows about it.
        """
        on_pens = any(one.history.of(diary.Injection) for one in periods)
        return cls(
            on_pump=any(is_on_pump(one) for one in periods)
            or (not on_pens and owns_pump(periods[0].whole)),
            on_pens=on_pens,
            has_sensor=any(len(one.sensor) for one in periods),
            has_meter=any(one.history.of(r.MeterGlucose) for one in periods),
        )


def is_on_pump(analysis: Analysis) -> bool:
    """Whether a pump told anything of these days; other days say nothing about it."""
    return (
        has_pump(analysis)
        or delivered_basal_known(analysis)
        or bool(analysis.history.of(r.DailyTotal))
    )


def is_on_pens(analysis: Analysis) -> bool:
    """Whether anything was injected on these days, in the week before, or on the day after.

    A single day without an entry is then one of somebody on pens. No more than that week is asked
    for, because a page reads no more of the data.
    """
    window = analysis.window
    near = Window(window.first - timedelta(days=7), window.last + timedelta(days=1))
    return any(one.at_local in near for one in analysis.whole.of(diary.Injection))


def may_have_sensor(analysis: Analysis) -> bool:
    """Whether readings of a sensor could have been expected: there are some, or a device for them."""
    known = {device.kind for device in analysis.whole.devices}
    return len(analysis.sensor) > 0 or bool(known & {"cgm", "pump"})


def owns_pump(history: History) -> bool:
    """Whether any device is a pump."""
    return any(device.kind == "pump" for device in history.devices)
