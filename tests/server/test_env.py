"""Every setting is declared, documented and read in one way."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glykos.errors import ConfigurationError, UsageError
from glykos.server.env import SETTINGS, Environment, secret_file

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"\bGLYKOS_[A-Z0-9_]+[A-Z0-9]\b")
#: Of the test suite, not of an installation.
_OF_TESTS = {"GLYKOS_CHROMIUM", "GLYKOS_TEST_DATA", "GLYKOS_TEST_ENGINE", "GLYKOS_TEST_POSTGRES"}


def test_every_variable_in_the_program_is_documented() -> None:
    declared = {setting.name for setting in SETTINGS}
    listed = subprocess.run(
        ["git", "ls-files", "src", "deploy", "Makefile", "scripts"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    used: dict[str, str] = {}
    for name in listed.stdout.split():
        path = ROOT / name
        if path.suffix in {".py", ".html", ".service", ".env", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            used |= dict.fromkeys(_NAME.findall(text), name)
    of_program = {name.removesuffix("_FILE"): file for name, file in used.items()}
    of_program["GLYKOS_ANCHOR_FILE"] = "settings"
    unknown = set(of_program) - declared - _OF_TESTS - {"GLYKOS_ANCHOR"}
    assert not unknown, {name: of_program[name] for name in unknown}


def test_each_setting_explains_itself() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    for setting in SETTINGS:
        assert len(setting.help) > 30
        assert setting.help.endswith(".")


def test_an_undeclared_name_is_a_bug() -> None:
    with pytest.raises(UsageError):
        Environment({}).text("GLYKOS_SURPRISE")


def test_switches_and_numbers() -> None:
    env = Environment({"GLYKOS_TLS": "Yes", "GLYKOS_IDLE_MINUTES": " 5 "})
    assert env.switch("GLYKOS_TLS") is True
    assert env.switch("GLYKOS_SIGN_UP") is True
    assert env.number("GLYKOS_IDLE_MINUTES", 1, 60) == 5
    assert Environment({}).switch("GLYKOS_TLS", default=False) is False
    with pytest.raises(ConfigurationError):
        env.number("GLYKOS_IDLE_MINUTES", 10, 60)


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    made = iter(range(100))
    path = tmp_path / "keys" / "x.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_file(path, lambda: f"k{next(made)}"), range(16)))
    assert len(keys) == 1
    assert [file.name for file in path.parent.iterdir()] == ["x.key"]
