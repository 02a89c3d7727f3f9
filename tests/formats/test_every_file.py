"""Every file of the data folder, whatever it is: read and accounted for, or refused with a reason.

No file is named here: what the folder holds is found, and what must come out of it stands in its
own table of expected values.
"""

import json
import re
from functools import cache
from pathlib import Path
from time import perf_counter

import pytest

from glykos.errors import FormatError
from glykos.formats import combine, files_in, read
from glykos.formats._reader import Hints, IssueKind, Reading
from tests.conftest import shared_data

pytestmark = pytest.mark.shared_data
_ROOT = shared_data()
_EXPORTS = _ROOT / "exports" if _ROOT else Path()
_ABOUT = {"expected.json", "PROVENANCE.tsv"}
FILES = sorted(
    str(path.relative_to(_EXPORTS))
    for path in (_EXPORTS.rglob("*") if _ROOT else ())
    if path.is_file() and path.name not in _ABOUT
)
_EXPECTED = json.loads((_EXPORTS / "expected.json").read_bytes())["expected"] if _ROOT else {}
#: No file may take longer, however slow the machine.
_LONGEST_S = 10


@cache
def told(name: str) -> Reading | FormatError:
    """What a file gives. A person who is asked for the order of dates answers."""
    data = (_EXPORTS / name).read_bytes()
    try:
        return read(data, Hints(zone="Europe/Berlin", date_order="dmy"))
    except FormatError as error:
        return error


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_or_refused_with_a_reason(name: str) -> None:
    began = perf_counter()
    found = told(name)
    assert perf_counter() - began < _LONGEST_S
    if isinstance(found, FormatError):
        assert found.message.endswith(".")
        assert found.hint.endswith(".")
    else:
        assert found.counts.read > 0


@pytest.mark.parametrize("name", FILES)
def test_every_row_ends_in_one_bucket(name: str) -> None:
    found = told(name)
    if isinstance(found, FormatError):
        return
    counts = found.counts
    parts = (counts.imported, counts.duplicate, counts.ignored, counts.rejected)
    assert min(parts) >= 0
    assert sum(parts) == counts.read
    for kind, rows in ((IssueKind.IGNORED, counts.ignored), (IssueKind.REJECTED, counts.rejected)):
        assert sum(issue.rows for issue in found.issues if issue.kind is kind) == rows
    assert all(issue.reason for issue in found.issues)


@pytest.mark.parametrize("name", FILES)
def test_reading_again_gives_the_same_and_adds_nothing(name: str) -> None:
    found = told(name)
    if isinstance(found, FormatError):
        return
    again = read((_EXPORTS / name).read_bytes(), Hints(zone="Europe/Berlin", date_order="dmy"))
    assert again.records == found.records
    assert again.counts == found.counts
    once, _ = combine([found])
    twice, duplicates = combine([found, again])
    assert len(twice.sensor) == len(once.sensor)
    assert twice.records == once.records
    assert duplicates == len(found.sensor) + len(found.records)


@pytest.mark.parametrize("name", FILES)
def test_an_archive_that_is_no_export_is_its_files(name: str) -> None:
    data = (_EXPORTS / name).read_bytes()
    parts = files_in(data, name)
    assert parts == [(name, data)] or isinstance(told(name), FormatError)


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_every_expected_entry_is_claimed_by_a_format(name: str) -> None:
    """An entry is about one file, or about the union of several named in its format."""
    stated = _EXPECTED[name]["format"]
    files = [name] if (_EXPORTS / name).is_file() else []
    files += [part.strip() for part in re.split(r" of |,", stated) if "/" in part]
    assert files
    for file in files:
        found = told(file)
        assert isinstance(found, Reading), found
        assert len(found.sensor) or found.records
