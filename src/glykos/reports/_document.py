"""What every report's document has in common: header facts and the sentence about its clock."""

from collections.abc import Sequence

import numpy as np

import glykos
from glykos.reports._blocks import Block, Document, Note
from glykos.reports._format import Formatter, counted
from glykos.reports._report import Options, data_hash
from glykos.reports._sources import LOGBOOK_TEXT
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.records import LOGBOOK, Device, Record
from glykos.therapy.sensor import EXCLUDED, READMITTED


def document(
    *,
    key: str,
    title: str,
    history: History,
    window: Window,
    options: Options,
    blocks: Sequence[Block],
) -> Document:
    """A finished document over the records of ``window``."""
    inside = history.within(window)
    return Document(
        key=key,
        title=title,
        person=options.person,
        first_day=window.first,
        last_day=window.last,
        time_basis=_time_basis(inside, window),
        devices=_device_texts(inside),
        settings=_settings(options),
        data_hash=data_hash(inside),
        version=glykos.__version__,
        blocks=(*_left_out(inside), *blocks),
    )


def _records(history: History) -> list[Record]:
    return [record for group in history.records.values() for record in group]


def _devices(inside: History) -> list[Device]:
    """Devices that contributed to the window; all known ones where none is named."""
    used = {record.device_id for record in _records(inside)}
    used |= {inside.sensor.device_ids[n] for n in set(inside.sensor.device.tolist())}
    found = [device for device in inside.devices if device.id in used]
    return found or list(inside.devices)


def _device_texts(inside: History) -> tuple[str, ...]:
    """Every device of the window, and the logbook where something was entered there."""
    found = [device for device in _devices(inside) if device.id != LOGBOOK]
    texts = tuple(_device_text(device) for device in found)
    is_typed = any(record.device_id == LOGBOOK for record in _records(inside))
    return (*texts, LOGBOOK_TEXT) if is_typed else texts


def _device_text(device: Device) -> str:
    """Model and serial number as printed in the footer."""
    return f"{device.model}, serial {device.serial}" if device.serial else device.model


def _left_out(inside: History) -> list[Block]:
    """What the person wanted to leave out of the statistics, or counted after all."""
    flag = inside.sensor.flag
    left_out = int(np.count_nonzero(flag & EXCLUDED))
    readmitted = int(np.count_nonzero(flag & READMITTED))
    notes: list[Block] = []
    if left_out:
        was = "was" if left_out == 1 else "were"
        text = (
            f"{counted(left_out, 'sensor reading')} {was} left out of the statistics at your wish."
        )
        notes.append(Note(kind="info", text=text))
    if readmitted:
        is_ = "is" if readmitted == 1 else "are"
        text = f"{counted(readmitted, 'sensor reading')} that you left out {is_} counted here."
        notes.append(Note(kind="info", text=text))
    return notes


def _corrected(inside: History, window: Window, ids: set[str]) -> list[str]:
    """The devices of the window whose clock was corrected in it."""
    names = {device.id: device.model or device.id for device in inside.devices}
    return sorted(
        names.get(device, "a device")
        for device, own in inside.own_clocks.items()
        if device in ids and any(own.view.ahead_within(window.start_s, window.end_s))
    )


def _time_basis(inside: History, window: Window) -> str:
    ids = {record.device_id for record in _records(inside)} - {LOGBOOK}
    ids |= {inside.sensor.device_ids[n] for n in set(inside.sensor.device.tolist())}
    corrected = _corrected(inside, window, ids)
    if corrected and inside.zone is not None:
        clocks = "The clock" if len(corrected) == 1 else "The clocks"
        was = "was" if len(corrected) == 1 else "were"
        place = inside.zone.key.replace("_", " ")
        return (
            f"Days and times are those of {place}. {clocks} of {' and '.join(corrected)} {was}"
            " corrected as you said."
        )
    whose = "the device's own clock" if len(ids) <= 1 else "each device's own clock"
    changes = len(inside.clock_shifts)
    if not changes:
        return f"Days and times are those of {whose}."
    times = "once" if changes == 1 else f"{changes} times"
    return f"Days and times are those of {whose}, which was changed {times} in this period."


def _settings(options: Options) -> tuple[str, ...]:
    text = Formatter(options.unit, options.clock_24h)
    plan = options.plan
    meals = ", ".join(f"{name.lower()} {text.span(span)}" for name, span in plan.meals)
    return (
        f"Target {text.target(options.targets)}",
        f"Meals: {meals}",
        f"Bedtime {text.span(plan.bedtime)}, wake-up {text.span(plan.wake_up)}",
    )


def gap_minutes(interval_min: float) -> float:
    """Longest pause that a line of readings is drawn across [min].

    15 min; for sensors that read every 15 min, one and a half intervals, because their readings
    are never exactly 15 min apart (metrics/definitions.md §0.7).
    """
    return max(15.0, 1.5 * interval_min) if interval_min > 10 else 15.0
