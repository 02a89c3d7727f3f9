"""The group: commands are imported when used, and failures are sentences with exit codes."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from glykos import cli, errors
from glykos.cli import main


def failing(error: Exception) -> click.Command:
    @click.command()
    def fail() -> None:
        raise error

    return fail


def run(monkeypatch: pytest.MonkeyPatch, error: Exception, *options: str) -> Result:
    monkeypatch.setattr(cli.Commands, "get_command", lambda *_: failing(error))
    return CliRunner().invoke(main, [*options, "fail"])


def test_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from glykos.cli import COMMANDS, main;"
        "out = CliRunner().invoke(main, ['--help']).output;"
        "assert all(name in out for name in COMMANDS), out;"
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'django', 'typst', 'rich')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (errors.UnknownFormat("No format we know.", "Export again."), 3),
        (errors.DamagedFile("The file ends early.", "Export again."), 3),
        (errors.NotEnoughForReport("Nothing to show.", "Choose other days."), 4),
        (errors.AmbiguousDates("Day or month?", "Use --date-order."), 5),
        (errors.ConflictError("Two people.", "Give one."), 2),
        (errors.RenderError("The PDF failed.", "Report this."), 1),
    ],
)
def test_a_named_error_is_two_lines_on_stderr_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: errors.GlykosError, exit_code: int
) -> None:
    result = run(monkeypatch, error)
    assert result.exit_code == exit_code
    assert result.stdout == ""
    assert result.stderr.splitlines() == [error.message, error.hint]


def test_an_unnamed_error_shows_its_kind_but_no_traceback_and_no_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = run(monkeypatch, KeyError("Jane Doe 182 mg/dL"))
    assert result.exit_code == 1
    assert "KeyError" in result.stderr
    assert "Jane" not in result.stderr
    assert "Traceback" not in result.stderr


def test_a_failing_disk_names_the_file_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, OSError(28, "No space left on device", "out.pdf"))
    assert result.stderr.splitlines() == ["out.pdf: No space left on device."]


def test_debug_lets_the_error_through(monkeypatch: pytest.MonkeyPatch) -> None:
    error = errors.UnknownFormat("No format we know.")
    assert run(monkeypatch, error, "--debug").exception is error


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(main, ["reprot"])
    assert result.exit_code == 2
    assert "reprot" in result.stderr


def test_missing_server_parts_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "serve", ("not_installed_anywhere:serve", ""))
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert "pip install 'glykos[server]'" in result.stderr
