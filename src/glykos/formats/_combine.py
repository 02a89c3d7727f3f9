"""Several files of one person as one history, each thing once, whatever the order of import."""

from collections.abc import Iterable

from glykos.formats._reader import Reading
from glykos.therapy.history import History
from glykos.therapy.identity import merge_ranked
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
    history = History.build(sensor=sensor, records=records, devices=_devices(parts))
    return history, repeated + len(series) - len(sensor)


def _devices(parts: list[Reading]) -> tuple[Device, ...]:
    """Each device once, sorted; of two descriptions the one that says more."""
    found: dict[str, Device] = {}
    for part in parts:
        for device in part.devices:
            known = found.get(device.id)
            if known is None or (len(device.model), device.model) > (len(known.model), known.model):
                found[device.id] = device
    return tuple(found[device_id] for device_id in sorted(found))
