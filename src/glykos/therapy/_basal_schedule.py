"""The programmed basal rate of pumps that report patterns instead of single rate changes."""

from dataclasses import dataclass
from itertools import pairwise

from glykos.therapy.clock import DAY_S
from glykos.therapy.pump_clock import PumpClock
from glykos.therapy.records import (
    BasalPatternSelected,
    BasalSchedule,
    ScheduleSegment,
    SettingsChange,
)

#: Elapsed seconds ``[start, end)``.
Piece = tuple[int, int]
Segments = tuple[ScheduleSegment, ...]

#: Name of the setting that holds a pattern's content, followed by the pattern's name.
PATTERN_SETTING = "Basal pattern"
#: Rates are programmed in steps of 0.025 U/h; less than a fifth of a step is the same rate.
CLOSE_U_PER_H = 0.005


@dataclass(frozen=True, slots=True)
class Programme:
    """Contents of the patterns and which one was active, over elapsed time."""

    contents: dict[str, list[tuple[int, BasalSchedule]]]
    selected: list[tuple[int, str, str]]  # elapsed second, pattern, pattern before ("" unknown)
    replaced: dict[tuple[str, int], Segments]  # what a change of a pattern replaced

    @classmethod
    def of(
        cls,
        schedules: list[tuple[int, BasalSchedule]],
        selections: list[tuple[int, BasalPatternSelected]],
        changes: list[tuple[int, SettingsChange]],
    ) -> "Programme":
        """From schedules, selections and changes in the order in which they happened."""
        contents: dict[str, list[tuple[int, BasalSchedule]]] = {}
        for at_s, schedule in schedules:
            contents.setdefault(schedule.pattern, []).append((at_s, schedule))
        selected = [(at_s, s.pattern, s.previous) for at_s, s in selections]
        # A snapshot says what is active when it is read, hence also what was since the last choice.
        selected += [(at_s, s.pattern, s.pattern) for at_s, s in schedules if s.is_active]
        replaced = {
            (change.name.removeprefix(PATTERN_SETTING).strip(), at_s): change.old.segments
            for at_s, change in changes
            if change.name.startswith(PATTERN_SETTING) and change.old is not None
        }
        return cls(contents, sorted(selected), replaced)

    def turns(self) -> list[int]:
        """Elapsed seconds at which the programme may change."""
        changes = {at_s for group in self.contents.values() for at_s, _ in group}
        return sorted(changes | {at_s for at_s, _, _ in self.selected})

    def segments_at(self, at_s: int) -> Segments | None:
        """The segments in force from this elapsed second on, or None when unknown."""
        pattern = self._pattern_at(at_s)
        group = self.contents.get(pattern, []) if pattern is not None else []
        past = [schedule for since_s, schedule in group if since_s <= at_s]
        if past:
            return past[-1].segments or None
        if not group or pattern is None:
            return None
        # Nothing earlier: a snapshot holds back to the last change; a change holds back only
        # where the pump says what it replaced.
        first_s, first = group[0]
        told = first.segments if first.is_active is not None else ()
        return told or self.replaced.get((pattern, first_s)) or None

    def _pattern_at(self, at_s: int) -> str | None:
        past = [pattern for since_s, pattern, _ in self.selected if since_s <= at_s]
        if past:
            return past[-1]
        if self.selected:
            return self.selected[0][2] or None
        return next(iter(self.contents)) if len(self.contents) == 1 else None


def programmed_by_schedule(
    programme: Programme, clock: PumpClock, pieces: list[Piece]
) -> list[tuple[int, float | None]]:
    """Steps (elapsed second, U/h) of the programme, evaluated on the device's wall clock.

    A clock change re-evaluates the segment at the new time at once, because each stretch of the
    wall clock is laid out for itself.
    """
    steps: list[tuple[int, float | None]] = []
    turns = programme.turns()
    for start_s, end_s in pieces:
        edges = [start_s, *(t for t in turns if start_s < t < end_s), end_s]
        for lo, hi in pairwise(edges):
            segments = programme.segments_at(lo)
            if segments is None:
                steps.append((lo, None))
            else:
                steps += _laid_out(segments, clock, lo, hi)
        steps.append((end_s, None))
    return steps


def _laid_out(
    segments: Segments, clock: PumpClock, start_s: int, end_s: int
) -> list[tuple[int, float | None]]:
    steps: list[tuple[int, float | None]] = []
    for stretch in clock.stretches:
        lo = max(start_s - stretch.offset_s, stretch.from_s)
        hi = min(end_s - stretch.offset_s, stretch.to_s)
        if lo >= hi:
            continue
        steps.append((lo + stretch.offset_s, _rate_at(segments, lo % DAY_S)))
        for day in range(lo // DAY_S, (hi - 1) // DAY_S + 1):
            for segment in segments:
                at_s = day * DAY_S + segment.start_min * 60
                if lo < at_s < hi:
                    steps.append((at_s + stretch.offset_s, segment.value))
    return steps


def _rate_at(segments: Segments, second_of_day: int) -> float | None:
    past = [s.value for s in segments if s.start_min * 60 <= second_of_day]
    return past[-1] if past else segments[-1].value
