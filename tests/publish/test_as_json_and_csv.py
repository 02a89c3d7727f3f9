"""JSON keeps everything; CSV is safe to open in a spreadsheet."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.errors import DamagedFile
from glykos.publish import as_csv, as_json
from glykos.reports._blocks import Note, Stat, Stats
from tests.publish.samples import HOSTILE, sample

FORMULAS = [
    "=cmd()",
    "+cmd()",
    "-cmd()",
    "@sum(1)",
    "\t=1",
    "\r=1",
    "=1+1",
    "-1+cmd|' /C'!A0",
    "\uff1d1",
]
NUMBERS = ["-6", "+3.5", "-6 %", "-12:30", "154", "−6 mg/dL", "—"]  # noqa: RUF001


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_json_comes_back_as_it_was() -> None:
    data = as_json.json(sample())
    file = as_json.read(data)
    assert file.report == "quick-view"
    assert [type(part).__name__ for part in file.blocks] == [
        "StatsPart",
        "HeadingPart",
        "FigurePart",
        "NotePart",
        "NotePart",
        "HeadingPart",
        "StatsPart",
        "StatsPart",
        "TablePart",
    ]
    assert as_json.json(sample()) == data


def test_json_holds_value_text_unit_and_reason() -> None:
    block = json.loads(as_json.json(sample()))["blocks"][0]
    assert block["kind"] == "stats"
    mean, _, gmi, zero = block["items"]
    assert (mean["value"], mean["text"], mean["unit"], mean["n"]) == (153.71, "154", "mg/dL", 3890)
    assert gmi["reason"] == "needs 14 days"
    assert "value" not in gmi
    assert zero["value"] == 0.0


@pytest.mark.parametrize("data", [b"", b"{}", b"[1", b'{"shape": "x"}'])
def test_other_json_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(DamagedFile):
        as_json.read(data)


def test_csv_has_one_line_for_each_number_and_cell() -> None:
    found = rows(as_csv.csv(sample()))
    mean = next(row for row in found if row["row"] == "mean" and row["column"] == "now")
    assert (mean["block"], mean["value"], mean["unit"], mean["text"]) == (
        "glucose-tiles",
        "153.71",
        "mg/dL",
        "154",
    )
    cell = next(row for row in found if row["row"] == "Day 1" and row["column"] == "c2")
    assert (cell["value"], cell["text"]) == ("41", "41")
    empty = next(row for row in found if row["row"] == "Day 0" and row["column"] == "c2")
    assert (empty["value"], empty["text"]) == ("", "— (no meter readings)")


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_in_names_and_notes_are_not_run(formula: str) -> None:
    document = sample(
        Note(kind="info", text=formula),
        Stats(key=formula, title="", items=(Stat(key=formula, label="", text=formula),)),
        name=formula,
    )
    fields = [field for row in rows(as_csv.csv(document)) for field in row.values()]
    assert f"'{formula}" in fields
    assert formula not in fields


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_stay_numbers(number: str) -> None:
    assert as_csv.neutral(number) == number


@given(st.text())
def test_no_text_leaves_as_a_formula(text: str) -> None:
    made = as_csv.neutral(text)
    assert made in (text, f"'{text}")
    assert not made.startswith(("=", "@", "\t", "\r"))


def test_hostile_names_survive_unchanged_where_they_are_harmless() -> None:
    found = rows(as_csv.csv(sample(name=HOSTILE)))
    assert any(HOSTILE in row["text"] for row in found)
