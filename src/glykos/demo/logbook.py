"""What invented people type into the logbook themselves, as records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from glykos.demo.diarist import Diarist, Diary
from glykos.therapy import diary as d
from glykos.therapy.records import LOGBOOK, Record

_MOVED = {"Walk": "light", "Cycling": "medium", "Gym": "hard"}
_ILL_MIN = 3 * 1440.0


def logbook_entries(who: Diarist, diary: Diary) -> list[Record]:
    """Everything that has no place in the person's exported file, in time order."""
    return sorted(_Writer(who, diary).entries(), key=lambda record: record.at_local)


@dataclass(frozen=True, slots=True)
class _Writer:
    who: Diarist
    diary: Diary

    def entries(self) -> Iterator[Record]:
        """All of it, kind by kind."""
        for at_s, one in self.diary.taken:
            yield d.Medication(
                at_local=self.at(at_s),
                device_id=LOGBOOK,
                name=one.name,
                dose=one.dose,
                unit=one.unit,
            )
        for at_s, minutes, label in self.diary.moved:
            yield d.Exercise(
                at_local=self.at(at_s),
                device_id=LOGBOOK,
                duration_min=float(minutes),
                intensity=_MOVED[label],
                label=label,
            )
        for at_s, kilograms in self.diary.weights:
            yield d.Weight(at_local=self.at(at_s), device_id=LOGBOOK, kilograms=kilograms)
        for at_s, percent in self.diary.hba1c:
            yield d.HbA1c(at_local=self.at(at_s), device_id=LOGBOOK, percent=percent)
        if self.who.medicines:
            yield from self._pressures()
        for at_s, kind, text in self.diary.remarks:
            yield self._remark(self.at(at_s), kind, text)

    def at(self, at_s: float) -> datetime:
        """What the phone shows, to the minute."""
        return self.diary.clock.local(at_s).replace(second=0)

    def _pressures(self) -> Iterator[Record]:
        for place, (at_s, _) in enumerate(self.diary.weights):
            yield d.BloodPressure(
                at_local=self.at(at_s) + timedelta(minutes=4),
                device_id=LOGBOOK,
                systolic_mmhg=128.0 + 7 * (place * 5 % 3),
                diastolic_mmhg=78.0 + 3 * (place * 7 % 4),
                pulse_per_min=68.0 + place % 5,
            )

    @staticmethod
    def _remark(at_local: datetime, kind: str, text: str) -> Record:
        if kind == "illness":
            return d.Illness(
                at_local=at_local, device_id=LOGBOOK, label=text, duration_min=_ILL_MIN
            )
        if kind == "alcohol":
            return d.Alcohol(
                at_local=at_local, device_id=LOGBOOK, drinks=2.0, label="Wine with friends"
            )
        if kind == "stress":
            return d.Stress(at_local=at_local, device_id=LOGBOOK, level="high", label=text)
        return d.Cycle(at_local=at_local, device_id=LOGBOOK, mark=text)
