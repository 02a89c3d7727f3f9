"""Files of the data folder that tell of the same device and days; found, never named."""

from functools import cache
from itertools import combinations
from pathlib import Path

from glykos import formats
from glykos.errors import FormatError
from glykos.formats._reader import Reading


@cache
def groups(folder: Path) -> tuple[tuple[tuple[str, Reading], ...], ...]:
    """Readings (with their paths) that overlap, directly or through another one."""
    readings = dict(_readings(folder))
    of = {name: {name} for name in readings}
    for first, second in combinations(sorted(readings), 2):
        if of[first] is not of[second] and _overlap(readings[first], readings[second]):
            joined = of[first] | of[second]
            for name in joined:
                of[name] = joined
    found = sorted({tuple(sorted(names)) for names in of.values() if len(names) > 1})
    return tuple(tuple((name, readings[name]) for name in names) for names in found)


def _readings(folder: Path) -> list[tuple[str, Reading]]:
    found = []
    for path in sorted((folder / "exports").rglob("*")):
        if path.is_file():
            for name, data in formats.files_in(path.read_bytes(), path.name):
                try:
                    found.append((f"{path.relative_to(folder)} {name}", formats.read(data)))
                except FormatError:  # what is refused is looked at elsewhere
                    continue
    return found


def _overlap(first: Reading, second: Reading) -> bool:
    return bool(
        _devices(first) & _devices(second)
        and first.covers
        and second.covers
        and first.covers[0] <= second.covers[1]
        and second.covers[0] <= first.covers[1]
    )


def _devices(reading: Reading) -> set[str]:
    return {*reading.sensor.device_ids, *(record.device_id for record in reading.records)}
