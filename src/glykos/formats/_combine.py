"""Several files of one person as one history, each thing once, whatever the order of import."""

from collections.abc import Iterable

from glykos.formats._reader import Reading
from glykos.therapy.history import History
from glykos.therapy.identity import identity, merge_ranked
from glykos.therapy.links import LINKABLE, Sources
from glykos.therapy.records import Device
from glykos.therapy.sensor import SensorSeries


def combine(readings: Iterable[Reading]) -> tuple[History, int]:
    """The history over all files, and how many records more than one file told.

    The result does not depend on the order of the files, and reading a file twice changes
    nothing but the number of duplicates. Of rows that people edit the newest export's version
    stays. What different sources tell of one thing is linked, not counted as repeated.
    """
    parts = list(readings)
    series = SensorSeries.concat([part.sensor for part in parts])
    sensor = series.distinct()
    records, repeated = merge_ranked((part.rank, part.records) for part in parts)
    history = History.build(
        sensor=sensor, records=records, devices=_devices(parts), sources=_sources(parts)
    )
    return history, repeated + len(series) - len(sensor)


def _sources(parts: list[Reading]) -> Sources:
    """Which kinds of files told of a record, for devices that several kinds told of."""
    kinds: dict[str, set[str]] = {}
    for part in parts:
        named = {*(one.id for one in part.devices), *part.sensor.device_ids}
        for device in named.union(record.device_id for record in part.records):
            kinds.setdefault(device, set()).add(part.format_key)
    several = {device for device, keys in kinds.items() if len(keys) > 1}
    found: dict[tuple[object, ...], frozenset[str]] = {}
    for part in parts if several else ():
        for record in part.records:
            if record.device_id in several and isinstance(record, LINKABLE):
                key = identity(record)
                found[key] = found.get(key, frozenset()) | {part.format_key}
    return found


def _devices(parts: list[Reading]) -> tuple[Device, ...]:
    """Each device once, sorted; of two descriptions the one that says more."""
    found: dict[str, Device] = {}
    for part in parts:
        for device in part.devices:
            known = found.get(device.id)
            if known is None or (len(device.model), device.model) > (len(known.model), known.model):
                found[device.id] = device
    return tuple(found[device_id] for device_id in sorted(found))
