"""A corrected clock on real pumps: reports move, delivered insulin does not.

The test takes every legacy CareLink export that the data folder lists.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from glykos.formats import read
from glykos.therapy.basal import delivered_basal, pump_ids
from glykos.therapy.clock import Window
from glykos.therapy.corrections import clock_views, corrected
from glykos.therapy.decisions import ClockCorrection
from glykos.therapy.history import History
from glykos.therapy.records import TimeChange

pytestmark = pytest.mark.shared_data
HOME = ZoneInfo("Europe/Berlin")
AHEAD = timedelta(hours=5, minutes=45)


def real_pumps(data_folder: Path) -> Iterator[tuple[History, str]]:
    exports = data_folder / "exports"
    expected = json.loads((exports / "expected.json").read_text())["expected"]
    for name, entry in expected.items():
        path = exports / name
        if entry.get("format") == "carelink_legacy" and path.is_file():
            reading = read(path.read_bytes())
            history = History.build(
                sensor=reading.sensor, records=reading.records, devices=reading.devices, zone=HOME
            )
            pumps = pump_ids(history)
            if len(pumps) == 1:
                yield history, pumps[0]


def test_a_constant_moves_everything_and_changes_no_amount(data_folder: Path) -> None:
    seen = 0
    for told, pump in real_pumps(data_folder):
        seen += 1
        span = told.span
        assert span is not None
        made = ClockCorrection(
            device_id=pump,
            from_s=span.start_s - 86_400 * 400,
            to_s=span.end_s + 86_400 * 400,
            ahead_s=int(AHEAD.total_seconds()),
        )
        moved = corrected(told, clock_views([made], HOME, told.of(TimeChange)))
        wide = Window(span.first - timedelta(days=2), span.last + timedelta(days=2))
        before, after = delivered_basal(told, wide), delivered_basal(moved, wide)
        assert len(after) == len(before)
        assert sum(i.units or 0 for i in after) == pytest.approx(sum(i.units or 0 for i in before))
        assert sum(len(group) for group in moved.records.values()) == sum(
            len(group) for group in told.records.values()
        )
        assert len(moved.sensor) == len(told.sensor)
        mine = [n for n, device in enumerate(told.sensor.device_ids) if device == pump]
        was, now = (
            h.sensor[np.isin(h.sensor.device, mine)].at_s.astype(np.int64) for h in (told, moved)
        )
        assert (was - now == int(AHEAD.total_seconds())).all()
    assert seen >= 5
