"""The small SVG writer: geometry, gaps, escaping."""

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from glykos.charts._svg import Scale, Scene, num, polyline, steps
from glykos.charts._traces import Trace, beyond

X, Y = Scale(0, 100, 0, 100), Scale(40, 400, 360, 0)


def test_numbers_are_short() -> None:
    assert [num(v) for v in (0, 1.04, 1.05001, -0.5, 12.0, -3.26)] == [
        "0",
        "1",
        "1.1",
        "-.5",
        "12",
        "-3.3",
    ]


def test_scale_clamps_outside_its_range() -> None:
    assert (Y(20), Y(40), Y(220), Y(400), Y(900)) == (360, 360, 180, 0, 0)


def points_of(path: str) -> list[tuple[float, float]]:
    """Absolute corners of a path made by ``polyline``."""
    number = r"-?(?:\d+\.?\d*|\.\d+)"
    corners: list[tuple[float, float]] = []
    for run in path.split("M")[1:]:
        values = [float(v) for v in re.findall(number, run.split("h")[0])]
        x, y = values[:2]
        corners.append((x, y))
        for dx, dy in zip(values[2::2], values[3::2], strict=True):
            x, y = x + dx, y + dy
            corners.append((x, y))
    return corners


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 500)), min_size=1, max_size=50))
def test_path_returns_to_its_points(points: list[tuple[float, float]]) -> None:
    for (x, y), (drawn_x, drawn_y) in zip(points, points_of(polyline(points)), strict=True):
        assert abs(x - drawn_x) <= 0.051
        assert abs(y - drawn_y) <= 0.051


def test_staircase_holds_each_height() -> None:
    assert steps([(0, 10), (20, 5)], 50) == "M0 10H20V5H50"


def test_line_is_not_drawn_over_a_gap_of_more_than_15_minutes() -> None:
    trace = Trace((0, 5, 20, 36, 40), (100, 100, 100, 100, 100))
    assert [len(run) for run in trace.runs()] == [3, 2]
    assert trace.path(X, Y).count("M") == 2


def test_single_reading_is_a_dot() -> None:
    assert Trace((10,), (100,)).path(X, Y).endswith("h.1")


def test_step_back_of_the_clock_starts_a_new_run() -> None:
    assert len(list(Trace((10, 15, 5), (1, 2, 3)).runs())) == 2


def test_area_above_a_limit_is_cut_at_the_crossing() -> None:
    run = [(0.0, 160.0), (10.0, 200.0), (20.0, 160.0)]
    (polygon,) = beyond(run, 180.0, above=True)
    assert polygon == [(5.0, 180.0), (10.0, 200.0), (15.0, 180.0)]


def test_nothing_is_filled_where_readings_only_touch_the_limit() -> None:
    run = [(0.0, 180.0), (5.0, 170.0), (10.0, 180.0)]
    assert list(beyond(run, 180.0, above=True)) == []


def test_area_below_reaches_the_edges_of_its_run() -> None:
    (polygon,) = beyond([(0.0, 60.0), (10.0, 50.0)], 70.0, above=False)
    assert polygon == [(0.0, 70.0), (0.0, 60.0), (10.0, 50.0), (10.0, 70.0)]


@given(
    st.lists(st.floats(40, 400), min_size=2, max_size=60),
    st.sampled_from((54.0, 70.0, 180.0, 250.0)),
    st.booleans(),
)
def test_areas_never_cross_their_limit(values: list[float], limit: float, above: bool) -> None:
    run = [(5.0 * n, value) for n, value in enumerate(values)]
    for polygon in beyond(run, limit, above=above):
        assert polygon[0][1] == polygon[-1][1] == limit
        assert all((v >= limit if above else v <= limit) for _, v in polygon)


def test_text_is_escaped_and_control_characters_are_left_out() -> None:
    scene = Scene("web", 100, 50, 12, "u")
    scene.text((1, 2), '<script>&"\x00\x0b')
    svg = scene.finish("a <b>", "c & d")
    root = ET.fromstring(svg)
    assert root.findtext("{*}text") == '<script>&"'
    assert root.findtext("{*}title") == "a <b>"
    assert root.findtext("{*}desc") == "c & d"


def test_an_area_without_width_is_not_drawn() -> None:
    scene = Scene("web", 100, 50, 12, "u")
    scene.rect((1, 1), (0, 20), "bolus")
    scene.hatched((1, 1), (5, 0))
    assert scene.parts == []
