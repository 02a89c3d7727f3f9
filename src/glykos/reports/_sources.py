"""Where a record came from, in the words of the footer: a device, an app, the logbook."""

from glykos.therapy.history import History
from glykos.therapy.records import LOGBOOK, Record

LOGBOOK_TEXT = "Logbook"


def source_names(history: History) -> dict[str, str]:
    """The name of each device, with its serial number where two share a model."""
    models = [device.model for device in history.devices]
    names = {
        device.id: f"{device.model}, {device.serial}"
        if device.serial and models.count(device.model) > 1
        else device.model
        for device in history.devices
    }
    return {**names, LOGBOOK: LOGBOOK_TEXT}


def source_of(record: Record, names: dict[str, str]) -> str:
    """Who told of a record; the id itself where the device is not described."""
    return names.get(record.device_id, record.device_id)


def is_typed(record: Record) -> bool:
    """Whether a person entered it into the logbook themselves."""
    return record.device_id == LOGBOOK
