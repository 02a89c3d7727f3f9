"""What must never be in the repository, and what must."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        pinned = re.findall(r"^([\w.\-\[\],]+==[^\s\\]+)", text, re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)


def test_no_large_data_file_is_tracked() -> None:
    large = [
        p
        for p in tracked()
        if p.suffix in {".csv", ".xls", ".xlsx", ".zip", ".json"} and p.stat().st_size > 200_000
    ]
    assert large == []


def test_no_modules_for_leftovers() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}
    assert [p for p in tracked() if p.name in vague] == []


def test_no_module_is_over_600_lines() -> None:
    long = [
        (p.name, n)
        for p in tracked()
        if p.suffix == ".py"
        and "src" in p.parts
        and "migrations" not in p.parts
        and (n := len(p.read_text("utf-8").splitlines())) > 600
    ]
    assert long == []
