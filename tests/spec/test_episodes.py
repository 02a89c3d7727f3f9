"""Worked examples: what counts as one episode. One figure is one 5-minute reading [mg/dL]."""

import pytest

from glykos.metrics import Analysis
from glykos.metrics.episodes import hyper_lv1, hypo_extended, hypo_lv1, hypo_lv2
from tests.builders import sensor_history, whole

BEFORE, AFTER = [100.0] * 6, [100.0] * 12


@pytest.mark.parametrize(
    ("readings", "minutes"),
    [
        ([69] * 2, []),  # 10 min is too short
        ([69] * 3, [15]),  # 15 min is enough
        ([70] * 6, []),  # the limit itself is in range
        ([69] * 3 + [75] * 2 + [69] * 2, [35]),  # a recovery of 10 min stays inside
        ([69] * 3 + [75] * 3 + [69] * 2, [15]),  # after 15 min back, 10 min low is a new, short one
        ([69] * 3 + [75] * 3 + [69] * 3, [15, 15]),  # after 15 min back, 15 min low is a second
        ([69] * 2 + [75] + [69] * 2, []),  # two short falls make no start
        ([69] * 2 + [75] + [69] * 3, [15]),  # it starts with the first stretch of 15 min
    ],
)
def test_low_episodes(readings: list[float], minutes: list[float]) -> None:
    history = sensor_history(BEFORE + readings + AFTER)
    found = hypo_lv1(Analysis(history, whole(history)))
    assert found.minutes.tolist() == minutes


@pytest.mark.parametrize(
    ("readings", "low", "very_low", "extended"),
    [
        ([60] * 3, 1, 0, 0),
        ([54] * 3, 1, 0, 0),  # 54 is low, not very low
        ([53] * 3, 1, 1, 0),  # a very low episode is a low one too
        ([60] * 24, 1, 0, 0),  # 120 min is not yet longer than 120 min
        ([60] * 25, 1, 0, 1),
    ],
)
def test_kinds_of_low_episodes(
    readings: list[float], low: int, very_low: int, extended: int
) -> None:
    history = sensor_history(BEFORE + readings + AFTER)
    analysis = Analysis(history, whole(history))
    found = [len(kind(analysis)) for kind in (hypo_lv1, hypo_lv2, hypo_extended)]
    assert found == [low, very_low, extended]


@pytest.mark.parametrize(("reading", "episodes"), [(180, 0), (181, 1)])
def test_high_episodes_begin_above_180(reading: float, episodes: int) -> None:
    history = sensor_history(BEFORE + [reading] * 3 + AFTER)
    assert len(hyper_lv1(Analysis(history, whole(history)))) == episodes
