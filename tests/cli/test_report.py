"""``glykos report``: usage is checked first, files appear whole or not at all."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glykos.cli import _input, main
from glykos.cli import report as command
from glykos.errors import NotEnoughForReport
from glykos.formats._reader import Hints, Owner, Reading
from glykos.reports._blocks import Document
from glykos.reports._report import Options, Report
from glykos.therapy.clock import Window, local_time
from glykos.therapy.history import History
from glykos.therapy.records import MeterGlucose
from glykos.therapy.units import Glucose, GlucoseUnit
from tests.publish.samples import sample

LAST = date(2026, 3, 20)


def fake_read(_data: bytes, _hints: Hints) -> Reading:
    """Twenty days with one finger-stick each."""
    records = [
        MeterGlucose(
            at_local=local_time(2026, 3, n, 8), device_id="m", glucose=Glucose.mgdl_value(100 + n)
        )
        for n in range(1, 21)
    ]
    return Reading(
        format_key="fake", format_version=1, records=tuple(records), owner=Owner(name="Ada Example")
    )


class Calls(list[tuple[Window, Options]]):
    """What the report was asked for."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    made = Calls()

    def build(history: History, window: Window, options: Options) -> Document:
        if not history.within(window).of(MeterGlucose):
            raise NotEnoughForReport("Nothing to show in these days.", "Choose other days.")
        made.append((window, options))
        return sample(name=options.person.name)

    reports = [
        Report(key="quick-view", title="", question="", default_days=14, build=build),
        Report(
            key="sensor-overlay",
            title="",
            question="",
            default_days=14,
            chooses="days",
            build=build,
        ),
        Report(key="daily", title="", question="", default_days=1, chooses="day", build=build),
    ]
    monkeypatch.setattr(command, "REPORTS", reports)
    kinds = next(p for p in command.report.params if p.name == "kind")
    monkeypatch.setattr(kinds.type, "choices", [each.key for each in reports])
    monkeypatch.setattr(_input, "read", fake_read)
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("x", encoding="utf-8")
    return lambda *args: CliRunner().invoke(main, ["report", *args])


def test_four_kinds_of_files(calls: Calls, run: Callable[..., Result], tmp_path: Path) -> None:
    starts = {
        "pdf": b"%PDF-",
        "html": b"<!doctype html>",
        "json": b"{",
        "csv": b"\xef\xbb\xbfblock",
    }
    for ending, start in starts.items():
        result = run("quick-view", "in.csv", "-o", f"out.{ending}")
        assert result.exit_code == 0, result.output
        out = tmp_path / f"out.{ending}"
        assert out.read_bytes().startswith(start)
        assert out.stat().st_mode & 0o077 == 0
    assert [window for window, _ in calls] == [Window.ending(LAST, 14)] * 4
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "in.csv", "out.csv", "out.html", "out.json", "out.pdf",
    ]  # fmt: skip


def test_options_reach_the_report(calls: Calls, run: Callable[..., Result]) -> None:
    run(
        *("quick-view", "in.csv", "-o", "o.json", "--unit", "mmol/L", "--target", "3.9-7.8"),
        *("--clock", "12", "--name", "Somebody", "--born", "1990-01-31", "--from", "2026-03-05"),
    )
    [(window, options)] = calls
    assert window == Window(date(2026, 3, 5), LAST)
    assert options.unit is GlucoseUnit.MMOLL
    assert (options.targets.low.mgdl, options.targets.high.mmoll) == (70, 7.8)
    assert options.clock_24h is False
    assert (options.person.name, options.person.birth_date) == ("Somebody", date(1990, 1, 31))


def test_the_name_comes_from_the_files_unless_given(
    calls: Calls, run: Callable[..., Result]
) -> None:
    run("quick-view", "in.csv", "-o", "o.json")
    run("quick-view", "in.csv", "-o", "o.json", "--name", "")
    assert [options.person.name for _, options in calls] == ["Ada Example", ""]


@pytest.mark.parametrize("output", ["out.docx", "out", "no/such/folder/out.pdf"])
def test_a_bad_output_is_refused_before_reading(
    calls: Calls, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.setattr(_input, "read", lambda *_: pytest.fail("was read"))
    assert run("quick-view", "in.csv", "-o", output).exit_code == 2


def test_daily_is_the_last_day_with_data(calls: Calls, run: Callable[..., Result]) -> None:
    run("daily", "in.csv", "-o", "o.pdf")
    assert calls[0][0] == Window(LAST, LAST)


def test_daily_over_several_days_is_one_pdf(calls: Calls, run: Callable[..., Result]) -> None:
    result = run("daily", "in.csv", "-o", "o.pdf", "--days", "3", "--to", "2026-03-22")
    assert result.exit_code == 0
    assert [window.first for window, _ in calls] == [LAST]  # 21 and 22 March hold nothing
    assert run("daily", "in.csv", "-o", "o.pdf", "--days", "3").exit_code == 0
    assert [w.first for w, _ in calls[1:]] == [LAST - timedelta(days=n) for n in (2, 1, 0)]


def test_several_days_do_not_fit_one_web_page(
    calls: Calls, run: Callable[..., Result], tmp_path: Path
) -> None:
    result = run("daily", "in.csv", "-o", "o.html", "--days", "3")
    assert result.exit_code == 2
    assert "PDF" in result.stderr
    assert not (tmp_path / "o.html").exists()


def test_chosen_days_narrow_an_overlay(calls: Calls, run: Callable[..., Result]) -> None:
    run("sensor-overlay", "in.csv", "-o", "o.pdf", "--day", "2026-03-18", "--day", "2026-03-11")
    [(window, options)] = calls
    assert window == Window.ending(date(2026, 3, 18), 14)
    assert options.days == (date(2026, 3, 18), date(2026, 3, 11))


def test_a_day_does_not_fit_a_period_report(calls: Calls, run: Callable[..., Result]) -> None:
    assert run("quick-view", "in.csv", "-o", "o.pdf", "--day", "2026-03-18").exit_code == 2
    assert (
        run("daily", "in.csv", "-o", "o.pdf", "--day", "2026-03-18", "--days", "2").exit_code == 2
    )


def test_nothing_to_show_is_exit_code_4_and_leaves_the_old_file(
    calls: Calls, run: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "o.pdf").write_bytes(b"old")
    result = run("daily", "in.csv", "-o", "o.pdf", "--day", "2027-01-01")
    assert result.exit_code == 4
    assert result.stderr.splitlines() == ["Nothing to show in these days.", "Choose other days."]
    assert (tmp_path / "o.pdf").read_bytes() == b"old"


def test_a_failing_write_leaves_no_half_file(
    calls: Calls, run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command.os, "fsync", full)
    result = run("quick-view", "in.csv", "-o", "o.pdf")
    assert result.exit_code == 1
    assert "No space left" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
