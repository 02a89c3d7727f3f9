"""What can be drawn on one day besides sensor glucose; minutes count from the day's start.

``is_typed`` says that a person entered it into the logbook; it gets a small mark.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDot:
    """A finger-stick: filled when a meter sent it, hollow when typed, triangle for calibration."""

    minute: float
    mgdl: float
    shape: Literal["filled", "hollow", "triangle"] = "filled"
    is_typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbPill:
    """Carbohydrate eaten [g]."""

    minute: float
    grams: float
    text: str
    is_typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """A bolus or an injection [U].

    ``now_u`` is the part given at once, ``correction_u`` the share of it meant for correcting;
    ``extended_u`` runs until ``end_minute``. ``advised_u`` is the calculator's proposal and
    ``override`` whether the person asked for more or less than that.
    """

    minute: float
    text: str
    now_u: float | None = None
    correction_u: float = 0.0
    extended_u: float | None = None
    end_minute: float | None = None
    advised_u: float | None = None
    override: Literal["", "plus", "minus"] = ""
    source: Literal["person", "auto", "injection", "injection-long"] = "person"
    is_typed: bool = False

    @property
    def tallest_u(self) -> float:
        """The height it needs [U]."""
        return max(self.now_u or 0.0, self.extended_u or 0.0, self.advised_u or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasalStep:
    """Constant basal delivery; ``rate_u_per_h`` is None where nobody knows."""

    start: float
    end: float
    rate_u_per_h: float | None
    scheduled_u_per_h: float | None = None
    is_automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that lasted: a stop of delivery, exercise, a temporary rate."""

    start: float
    end: float
    text: str
    kind: Literal["suspend", "exercise", "temp"]
