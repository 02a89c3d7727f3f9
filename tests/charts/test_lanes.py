"""Marks in lanes: nothing covers anything else."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from glykos.charts._lanes import Mark, place
from glykos.charts._marks import spread
from glykos.charts._svg import text_width

FONT = 12.0


def marks(*items: tuple[float, str]) -> list[tuple[float, Mark]]:
    return [(x, Mark(x, text, n)) for n, (x, text) in enumerate(items, start=1)]


def test_names_that_fit_stand_on_one_row() -> None:
    placed = place(marks((50, "Low glucose"), (400, "Lost signal")), right=900, font=FONT)
    assert [(p.row, p.text) for p in placed] == [(0, "Low glucose"), (0, "Lost signal")]


def test_neighbours_take_turns_on_two_rows() -> None:
    placed = place(marks((50, "Low glucose"), (90, "Lost signal")), right=900, font=FONT)
    assert [(p.row, p.text) for p in placed] == [(0, "Low glucose"), (1, "Lost signal")]


def test_a_name_without_room_gives_way_to_its_number() -> None:
    crowd = marks(*((50 + 25 * n, "Suspend before low") for n in range(5)))
    assert [p.text for p in place(crowd, right=900, font=FONT)][:3] == ["1", "2", "3"]


def test_the_same_alarm_twice_at_once_is_counted() -> None:
    (placed,) = place(marks((50, "Low battery"), (54, "Low battery")), right=900, font=FONT)
    assert placed.text == "2 x Low battery"


def test_a_name_at_the_right_edge_stands_left_of_its_mark() -> None:
    (placed,) = place(marks((880, "Sensor ends tomorrow")), right=900, font=FONT)
    assert placed.is_left
    assert placed.text == "Sensor ends tomorrow"


@given(
    st.lists(
        st.tuples(st.floats(0, 900), st.sampled_from(("Low", "Suspend before low", "x" * 60))),
        max_size=40,
    )
)
def test_texts_never_overlap(items: list[tuple[float, str]]) -> None:
    placed = place(marks(*items), right=900, font=FONT)
    for row in (0, 1):
        spans = []
        for p in (p for p in placed if p.row == row):
            width = text_width(p.text, FONT * 0.92)
            left = p.x - FONT * 0.6 - width if p.is_left else p.x - FONT * 0.36
            right = p.x + FONT * 0.36 if p.is_left else p.x + FONT * 0.6 + width
            spans.append((left, right, p.text))
        for (_, end, text), (start, _, other) in pairwise(spans):
            if text or other:
                assert start >= end - FONT * 0.5


@given(st.lists(st.floats(0, 300), min_size=1, max_size=14))
def test_spread_labels_keep_their_distance(wanted: list[float]) -> None:
    placed = sorted(spread(wanted, 16, 0, 300))
    assert placed[0] >= -1e-6
    assert placed[-1] <= 300 + 1e-6
    assert all(b - a >= 16 - 1e-6 for a, b in pairwise(placed))


def test_a_label_with_room_stays_where_it_belongs() -> None:
    assert spread([100, 20], 16, 0, 300) == [100, 20]
