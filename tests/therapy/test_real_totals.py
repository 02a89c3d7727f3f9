"""Reconstructed insulin against the totals that real pumps wrote, day by day.

The test takes every legacy CareLink export that the data folder lists. Days the pump's record
does not cover are not compared. Known days that differ, and why (measured 2026-11):
the first day in a pump's memory (its earlier boluses are gone), a day on which a new pump was
started (its total begins at the change), a day on which the pump was reset to its factory date
(its total began again), and the day a clock was set forward by two hours.
"""

import json
from pathlib import Path
from statistics import median

import pytest

from glykos.formats import read
from glykos.therapy.history import History
from glykos.therapy.reconciliation import Reconciliation, reconcile
from glykos.therapy.records import DailyTotal, TotalScope

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def compared(data_folder: Path) -> list[Reconciliation]:
    exports = data_folder / "exports"
    expected = json.loads((exports / "expected.json").read_text())["expected"]
    found: list[Reconciliation] = []
    for name, entry in expected.items():
        path = exports / name
        if entry.get("format") != "carelink_legacy" or not path.is_file():
            continue
        reading = read(path.read_bytes())
        history = History.build(
            sensor=reading.sensor, records=reading.records, devices=reading.devices
        )
        days = {
            total.at_local.date()
            for total in history.of(DailyTotal)
            if total.scope is TotalScope.ALL
        }
        found += [reconcile(history, day) for day in sorted(days)]
    return found


def test_nineteen_of_twenty_days_agree_with_the_pump(compared: list[Reconciliation]) -> None:
    whole = [answer for answer in compared if answer.agrees is not None]
    assert len(whole) >= 80
    assert sum(bool(answer.agrees) for answer in whole) / len(whole) >= 0.95


def test_the_usual_difference_is_a_tenth_of_a_unit(compared: list[Reconciliation]) -> None:
    assert median(abs(a.delta_u) for a in compared if a.delta_u is not None) <= 0.1


def test_days_that_cannot_be_compared_say_why(compared: list[Reconciliation]) -> None:
    open_days = [answer for answer in compared if answer.agrees is None]
    assert all("unknown" in answer.reason or "whole day" in answer.reason for answer in open_days)
