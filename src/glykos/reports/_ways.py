"""How somebody lives with diabetes, as the records of a period show it; reports take that form."""

from dataclasses import dataclass

from glykos.metrics._analysis import Analysis
from glykos.metrics._coverage import has_pump
from glykos.metrics.behaviour import delivered_basal_known
from glykos.therapy import diary
from glykos.therapy import records as r
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


def owns_pump(history: History) -> bool:
    """Whether any device is a pump."""
    return any(device.kind == "pump" for device in history.devices)
