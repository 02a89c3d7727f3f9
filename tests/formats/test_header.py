"""Header rows are found by their names."""

from glykos.formats._content import Content
from glykos.formats._header import Columns, by_position, without_unit
from glykos.therapy.units import GlucoseUnit

COLUMNS = Columns(
    {
        "time": ("Device Timestamp", "Gerätezeitstempel"),
        "glucose": ("Historic Glucose", "Glukosewert-Verlauf"),
        "carbs_g": ("Carbohydrates (grams)",),
        "servings": ("Carbohydrates (servings)",),
    },
    needed=("time", "glucose"),
)


def test_the_header_stands_below_any_preamble() -> None:
    for preamble in ("", "a,b\n", "Report,made for\n\nsomebody,1/1/00\n"):
        data = f"{preamble}Device Timestamp,Historic Glucose mg/dL\n2024-01-01 00:00,100\n"
        (table,) = Content(data.encode()).tables
        header = COLUMNS.find(table.head)
        assert header is not None
        assert header.line == data.count("\n") - 1
        assert dict(header.place) == {"time": 0, "glucose": 1}


def test_names_are_known_in_every_spelling_and_order() -> None:
    row = (1, ["Glukosewert-Verlauf mmol/L", " GERÄTEZEITSTEMPEL ", "Other"])
    header = COLUMNS.in_row(row)
    assert dict(header.place) == {"glucose": 0, "time": 1}
    assert header.width == 3
    assert header.unit_of("glucose") is GlucoseUnit.MMOLL
    assert header.unit_of("time") is None
    assert header.unit_of("servings") is None


def test_a_unit_matters_where_the_spelling_has_one() -> None:
    header = COLUMNS.in_row((1, ["Carbohydrates (servings)", "Carbohydrates (grams)"]))
    assert dict(header.place) == {"servings": 0, "carbs_g": 1}


def test_of_two_columns_with_one_meaning_the_first_counts() -> None:
    header = COLUMNS.in_row((1, ["Historic Glucose(mg/dL)", "Historic Glucose mmol/L"]))
    assert dict(header.place) == {"glucose": 0}
    assert header.unit_of("glucose") is GlucoseUnit.MGDL


def test_a_row_without_the_needed_names_is_no_header() -> None:
    assert COLUMNS.find([(1, ["Device Timestamp", "Value"]), (2, ["1", "2"])]) is None


def test_short_rows_and_absent_columns_give_empty_cells() -> None:
    header = COLUMNS.in_row((1, ["Device Timestamp", "Historic Glucose"]))
    assert header.cell([" 08:00 "], "time") == "08:00"
    assert header.cell(["08:00"], "glucose") == ""
    assert header.cell(["08:00"], "servings") == ""
    assert "glucose" in header
    assert "servings" not in header


def test_an_unknown_language_is_read_by_position() -> None:
    row = (3, ["Laite", "Aika", "Glukoosi mmol/L"])
    header = by_position(row, ("", "time", "glucose", "note"))
    assert dict(header.place) == {"time": 1, "glucose": 2}
    assert header.unit_of("glucose") is GlucoseUnit.MMOLL


def test_columns_without_a_known_name_are_taken_by_position() -> None:
    layout = ("time", "glucose", "carbs_g", "")
    row = (1, ["Device Timestamp", "Historic Glucose", "Hiilihydraatit", "Muuta"])
    assert dict(COLUMNS.in_row(row).completed(layout).place) == dict(
        zip(layout[:3], range(3), strict=True)
    )
    moved = (1, ["Historic Glucose", "Device Timestamp", "Hiilihydraatit"])
    assert "carbs_g" not in COLUMNS.in_row(moved).completed(layout)


def test_units_are_cut_in_brackets_or_bare() -> None:
    assert without_unit("glucose value (mg/dl)") == "glucose value"
    assert without_unit("historic glucose(mg/dl)") == "historic glucose"
    assert without_unit("historic glucose mmol/l") == "historic glucose"
    assert without_unit("notes") == "notes"
