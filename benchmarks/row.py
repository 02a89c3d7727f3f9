"""One measured claim, and interleaved timing so that a drifting machine does not decide."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A claim with its measured value and the limit it must keep."""

    claim: str
    measured: float
    limit: float
    sense: Literal["<=", ">="]
    unit: str = "x"

    @property
    def holds(self) -> bool:
        """Whether the measured value keeps the limit."""
        return self.measured <= self.limit if self.sense == "<=" else self.measured >= self.limit


def interleaved(calls: Sequence[Callable[[], object]], *, rounds: int = 7) -> list[float]:
    """Median seconds of each call, taken in turn after one warm-up each."""
    for call in calls:
        call()
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, seen in zip(calls, times, strict=True):
            gc.collect()
            start = time.perf_counter()
            call()
            seen.append(time.perf_counter() - start)
    return [statistics.median(seen) for seen in times]
