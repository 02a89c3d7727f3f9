"""Looks for files that make a reader crash, hang or eat memory, guided by the code they reach.

``python fuzz/run.py FORMAT --seconds 60`` starts from the format's sample in
``tests/formats/samples.py``; ``all`` takes every format in turn. What is found interesting stays in
``build/fuzz/FORMAT``, so that the next run goes on from there; a file that breaks something is kept
as ``build/fuzz/FORMAT/broken-…`` and makes the exit status 1. The promise that is checked is that
of ``tests/formats/test_any_input.py``: a reading in which every row is accounted for, or a named
error with a next step, within 10 s and 1 GB.
"""

import argparse
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import atheris  # noqa: E402 - after the path

with atheris.instrument_imports(include=["glykos.formats", "glykos.therapy"]):
    from glykos.formats import FORMATS
    from glykos.formats._reader import Hints
    from glykos.therapy.clock import local_time

from tests.formats._damage import damaged, reads  # noqa: E402
from tests.formats.samples import SAMPLES  # noqa: E402

_LONGEST_S = 10
_MOST_MB = 1_000
_LARGEST = 200_000
_HINTS = Hints(zone="Europe/Berlin", now=local_time(2026, 1, 1))
_OTHER_HINTS = Hints(date_order="mdy")


def look(key: str, seconds: int) -> None:
    """Fuzz one format in this process; it ends with the process."""
    found = ROOT / "build" / "fuzz" / key
    found.mkdir(parents=True, exist_ok=True)
    (found / "sample").write_bytes(SAMPLES[key])

    def one(data: bytes) -> None:
        reads(data, _HINTS)
        reads(data, _OTHER_HINTS, key=key)

    def change(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        return damaged(data or SAMPLES[key], chance)[:most]

    options = [
        f"-max_total_time={seconds}",
        f"-timeout={_LONGEST_S}",
        f"-rss_limit_mb={_MOST_MB}",
        f"-max_len={_LARGEST}",
        f"-artifact_prefix={found}/broken-",
        "-verbosity=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(found)], one, custom_mutator=change)
    atheris.Fuzz()


def main() -> int:
    """One format here, or each in a process of its own."""
    parser = argparse.ArgumentParser(description="Fuzz the readers of exported files.")
    parser.add_argument("format", choices=["all", *(entry.key for entry in FORMATS)])
    parser.add_argument("--seconds", type=int, default=60, help="for each format")
    given = parser.parse_args()
    if given.format != "all":
        look(given.format, given.seconds)
    broken = []
    for entry in FORMATS:
        print(f"== {entry.key}", flush=True)
        call = [sys.executable, __file__, entry.key, "--seconds", str(given.seconds)]
        if subprocess.run(call, check=False).returncode:  # noqa: S603 - our own arguments
            broken.append(entry.key)
    print("broken: " + (", ".join(broken) or "nothing"))
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
