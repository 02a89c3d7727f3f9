"""Which uploads told of a record: for the places where single records are shown."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import numpy as np

from glykos.server.sharing import Access
from glykos.server.store import events, files, mapping
from glykos.therapy.links import name_of
from glykos.therapy.records import Record


def told_by(access: Access, records: Iterable[Record]) -> Mapping[str, list[UUID]]:
    """The uploads in use that told of each record, by ``links.name_of``; none for an entry.

    No audit event of its own: whoever asks about records has read them. A record whose clock was
    corrected is found by the id that its source gave it, or not at all.
    """
    by_key = {
        mapping.to_event(record, access.seal.digest).key: name_of(record) for record in records
    }
    names = {
        number: by_key[key] for key, number in events.numbers_of(access.patient_id, list(by_key))
    }
    wanted = np.array(sorted(names), np.int64)
    found: dict[str, list[UUID]] = {}
    for upload, effect in sorted(files.all_effects(access.seal).items()) if names else ():
        for number in wanted[np.isin(wanted, effect.numbers)].tolist():
            found.setdefault(names[number], []).append(upload)
    return found
