"""What a person decided, as it is in force now: for reading, and for the sums kept with the days.

The writer of decisions is ``decisions``; this module only opens them, and needs no door because
whoever calls it holds the person's seal already.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from glykos.server.sealing import Kind, PatientSeal
from glykos.server.store import bulk, places
from glykos.server.store.models import Decision as Row
from glykos.therapy.decisions import Apart, ClockCorrection, Exclusion

#: Stored names of the kinds: never renamed.
KINDS: dict[type, str] = {
    Exclusion: "exclusion",
    ClockCorrection: "clock_correction",
    Apart: "apart",
}
_CLASSES = {name: kind for kind, name in KINDS.items()}

D = TypeVar("D", Exclusion, ClockCorrection)


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """Every decision that changes what a history shows, in the order in which they were made."""

    exclusions: tuple[Exclusion, ...]
    corrections: tuple[ClockCorrection, ...]
    apart: tuple[Apart, ...]


def everything(seal: PatientSeal) -> InForce:
    """All that is in force, in one question: every report asks it."""
    found = _found(seal, KINDS.values())
    return InForce(
        exclusions=tuple(one for one in found if isinstance(one, Exclusion)),
        corrections=tuple(one for one in found if isinstance(one, ClockCorrection)),
        apart=tuple(one for one in found if isinstance(one, Apart)),
    )


def in_force(seal: PatientSeal, kind: type[D]) -> tuple[D, ...]:
    """Decisions of one kind that nobody took back, in the order in which they were made."""
    return tuple(_found(seal, [KINDS[kind]]))


def _found(seal: PatientSeal, kinds: Collection[str]) -> list[Any]:
    rows = bulk.select(
        Row,
        ("id", "kind", "body"),
        f"patient_id = %s AND withdrawn_at IS NULL AND kind IN ({', '.join(['%s'] * len(kinds))})"
        " ORDER BY made_at, id",
        (seal.patient_id, *kinds),
    )
    return [
        msgspec.json.decode(
            seal.open(Kind.DECISION, places.of_decision(bulk.as_uuid(id_)), bytes(body)),
            type=_CLASSES[kind],
        )
        for id_, kind, body in rows
    ]
