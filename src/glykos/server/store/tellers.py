"""Which uploads told of a record: for linking, and for places where single records are shown."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import numpy as np

from glykos.server.sharing import Access
from glykos.server.store import events, files, mapping
from glykos.server.store.models import SourceFile, Status
from glykos.therapy.identity import identity
from glykos.therapy.links import LINKABLE, NO_SOURCES, Sources, name_of
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


def sources(access: Access, records: Iterable[Record]) -> Sources:
    """Which readers' files told of the records of devices that several readers told of."""
    active = SourceFile.objects.filter(patient_id=access.patient_id, status=Status.ACTIVE)
    readers = dict(active.values_list("id", "reader"))
    if len(set(readers.values())) < 2:  # nearly everybody; needs no effect opened
        return NO_SOURCES
    effects = [(readers[id_], one) for id_, one in files.all_effects(access.seal).items()]
    kinds: dict[str, set[str]] = {}
    for reader, effect in effects:
        for device in effect.devices.values():
            kinds.setdefault(device.id, set()).add(reader)
    several = {device for device, keys in kinds.items() if len(keys) > 1}
    told = [one for one in records if one.device_id in several and isinstance(one, LINKABLE)]
    if not told:
        return NO_SOURCES
    by_key = {mapping.to_event(one, access.seal.digest).key: identity(one) for one in told}
    numbered = events.numbers_of(access.patient_id, list(by_key))
    numbers = np.array([number for _, number in numbered], np.int64)
    found: dict[tuple[object, ...], frozenset[str]] = {}
    for reader, effect in effects:
        for place in np.flatnonzero(np.isin(numbers, effect.numbers)).tolist():
            key = by_key[numbered[place][0]]
            found[key] = found.get(key, frozenset()) | {reader}
    return found
