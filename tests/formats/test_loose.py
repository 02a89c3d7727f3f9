"""Values of JSON as apps write them; nested Python text is read without being evaluated."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.formats._loose import (
    amount_in,
    list_in,
    mapping_in,
    nested,
    number_in,
    text_in,
)
from glykos.formats._text import BelowZero, NotANumber


def test_numbers_come_plain_in_quotes_or_not_at_all() -> None:
    assert [number_in(one) for one in (1, 1.5, "2.5", "3,5", None, "", " ")] == [
        1.0, 1.5, 2.5, 3.5, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("value", [True, {}, [], "NaN", "infinity", float("inf"), 10**400, "1e"])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(NotANumber):
        number_in(value)


def test_amounts_are_not_below_zero() -> None:
    assert amount_in("0") == 0
    with pytest.raises(BelowZero):
        amount_in(-0.5)


def test_texts_lose_control_characters() -> None:
    assert text_in(" a\x00b\u202ec\n") == "a b c"
    assert text_in(5) == ""


def test_python_objects_in_a_cell_are_read() -> None:
    cell = """{'a': [1, -2.5e1, True, None], "b": {'it is "quoted"': 'é'}, 'c': False}"""
    assert nested(cell) == {"a": [1, -25.0, True, None], "b": {'it is "quoted"': "é"}, "c": False}
    assert mapping_in('{"plain": 1}') == {"plain": 1}
    assert list_in("[{'code': 'x'}]") == [{"code": "x"}]


@pytest.mark.parametrize(
    "cell",
    ["__import__('os')", "{'a': f()}", "{1: 2}", "('a',)", "['a\\x41']", "[1,", "{" * 5000,
     "[" * 100_000, "lambda: 0", "'a' 'b'"],
)  # fmt: skip
def test_anything_else_is_nothing(cell: str) -> None:
    assert mapping_in(cell) == {}
    assert list_in(cell) == []


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**50), 2**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\\'\"", exclude_categories=["C", "Z"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdé ", max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1), _VALUES, min_size=1))
def test_the_text_of_a_python_object_means_the_object(value: dict[str, Any]) -> None:
    assert nested(repr(value)) == value
