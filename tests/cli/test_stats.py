"""``glykos stats``: the window, the units, the reasons, and what a person sees."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glykos.cli import _input, main
from glykos.formats._reader import Hints, Reading
from glykos.metrics import METRICS
from glykos.therapy.clock import local_time
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_series


def fake_read(_data: bytes, _hints: Hints) -> Reading:
    """Twenty whole days at 180 mg/dL, hourly, the last of them at 90."""
    values = [180.0] * 24 * 19 + [90.0] * 24
    series = sensor_series(
        values, start=local_time(2026, 3, 1), step_min=60, scale=GlucoseScale.MGDL
    )
    return Reading(format_key="fake", format_version=1, sensor=series)


@pytest.fixture(autouse=True)
def _fake_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_input, "read", fake_read)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    file = tmp_path / "any.csv"
    file.write_bytes(b"x")
    return lambda *args: CliRunner().invoke(main, ["stats", str(file), *args])


Run = Callable[..., Result]


def test_the_default_window_is_the_last_14_days_with_data(run: Run) -> None:
    told = json.loads(run("--json").output)
    assert told["window"] == {"first": "2026-03-07", "last": "2026-03-20", "days": 14}
    assert told["metrics"]["mean"]["n"] == 14 * 24


def test_every_metric_is_a_number_with_unit_or_a_reason(run: Run) -> None:
    told = json.loads(run("--json").output)["metrics"]
    assert list(told) == [metric.key for metric in METRICS]
    for entry in told.values():
        assert set(entry) in ({"value", "unit", "n"}, {"not_enough_data"})
    assert told["bg_mean"] == {"not_enough_data": "no meter readings in this period"}


def test_all_days_and_a_range_of_days_can_be_chosen(run: Run) -> None:
    everything = json.loads(run("--json", "--days", "all").output)
    assert everything["window"]["days"] == 20
    two = json.loads(run("--json", "--from", "2026-03-19", "--to", "2026-03-20").output)
    assert two["metrics"]["mean"]["value"] == pytest.approx(135)


def test_glucose_is_converted_and_percentages_are_not(run: Run) -> None:
    told = json.loads(run("--json", "--days", "1", "--unit", "mmol/L").output)["metrics"]
    assert told["mean"] == {"value": pytest.approx(90 / 18.01559), "unit": "mmol/L", "n": 24}
    assert told["tir"] == {"value": 100.0, "unit": "%", "n": 24}
    assert told["gmi"]["value"] == pytest.approx(3.31 + 0.02392 * 90)


def test_the_target_is_the_persons_own(run: Run) -> None:
    told = json.loads(run("--json", "--days", "2", "--target", "70-140").output)
    assert told["metrics"]["target_above"]["value"] == pytest.approx(50)
    assert told["metrics"]["auc_above"]["value"] == pytest.approx(20)


def test_people_get_a_table_and_the_reasons_for_what_is_missing(run: Run) -> None:
    result = run("--days", "1")
    assert result.exit_code == 0
    assert "Mean sensor glucose" in result.output
    assert "no meter readings in this period" in result.output


def test_the_list_needs_no_files() -> None:
    result = CliRunner().invoke(main, ["stats", "--list"])
    assert result.exit_code == 0
    assert "tir" in result.output


def test_the_mean_duration_of_no_episode_is_a_dash_for_people(run: Run) -> None:
    told = json.loads(run("--json", "--days", "1").output)["metrics"]["ep_hypo_lv1_dur"]
    assert told == {"value": 0, "unit": "min", "n": 0}
    lines = run("--days", "1").output.splitlines()
    (row,) = (line for line in lines if " Low glucose episodes: mean duration" in line)
    assert [cell.strip() for cell in row.split("│")[2:5]] == ["-", "min", "0"]
