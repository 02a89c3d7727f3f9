"""What a person decided, as it is in force now: for reading, and for the sums kept with the days.

The writer of decisions is ``decisions``; this module only opens them, and needs no door because
whoever calls it holds the person's seal already.
"""

from typing import Any, TypeVar

import msgspec

from glykos.server.sealing import Kind, PatientSeal
from glykos.server.store import places
from glykos.server.store.models import Decision as Row
from glykos.therapy.decisions import ClockCorrection, Exclusion

#: Stored names of the kinds: never renamed.
KINDS: dict[type, str] = {Exclusion: "exclusion", ClockCorrection: "clock_correction"}

D = TypeVar("D", Exclusion, ClockCorrection)


def in_force(seal: PatientSeal, kind: type[D]) -> tuple[D, ...]:
    """Decisions of one kind that nobody took back, in the order in which they were made."""
    rows = Row.objects.filter(patient_id=seal.patient_id, kind=KINDS[kind], withdrawn_at=None)
    found: Any = [
        msgspec.json.decode(
            seal.open(Kind.DECISION, places.of_decision(row.id), bytes(row.body)), type=kind
        )
        for row in rows.order_by("made_at", "id")
    ]
    return tuple(found)
