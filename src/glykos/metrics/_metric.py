"""The contract of a metric: a number with its definition, or a reason why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from glykos.metrics._analysis import Analysis


class Value(NamedTuple):
    """A computed number with its unit and the number of readings, days or events behind it."""

    value: float
    unit: str
    n: int


@dataclass(frozen=True, slots=True)
class NotEnoughData:
    """Why there is no number; a sentence fragment for people ("no meter readings")."""

    reason: str


Result = Value | NotEnoughData
Compute: TypeAlias = "Callable[[Analysis], Result]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One catalogue entry. ``key`` is public and stable; ``version`` rises with the definition."""

    key: str
    name: str
    unit: str
    definition: str  # one or two sentences for people, with the boundary cases
    source: str  # paper with DOI, or "ours" with the reason
    least_data: str
    version: int
    compute: Compute
