"""Days over each other: each can be shown and hidden by its date."""

import xml.etree.ElementTree as ET

from tests.charts.examples import SVG, overlay


def test_each_day_can_be_toggled_by_its_date() -> None:
    svg = overlay().svg(skin="web", size="wide", uid="a")
    groups = [g for g in ET.fromstring(svg).iter(SVG + "g") if g.get("data-day")]
    assert [g.get("data-day") for g in groups] == [f"2026-03-0{n}" for n in range(1, 8)]
    assert [g.get("data-n") for g in groups] == list("1234567")
    for number, group in enumerate(groups, start=1):
        assert len(group.findall(f"{{*}}path[@class='g-day-{number}']")) == 2  # line and sample
        assert group.findtext("{*}text") == f"Day {number - 1}"


def test_an_eighth_day_starts_the_colours_again() -> None:
    data = overlay(8).data()
    assert [day["n"] for day in data["days"]] == [1, 2, 3, 4, 5, 6, 7, 1]  # type: ignore[index, attr-defined]
