"""The palette keeps its colours apart, for every kind of colour vision, on light and on dark."""

from collections.abc import Mapping
from itertools import combinations, pairwise

import numpy as np
import pytest

from glykos.charts import _theme
from glykos.charts._theme import BANDS, DARK, DAY_COLOURS, LIGHT, LOOKS, css, paint
from glykos.errors import UsageError

# Machado, Oliveira & Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
PALETTES = {"light": LIGHT, "dark": DARK}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str) -> np.ndarray:
    seen = np.clip(VISION[vision] @ linear(colour), 0, 1)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    ratio = to_xyz @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, vision: str) -> float:
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))


def contrast(one: str, other: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    high, low = sorted((float(weights @ linear(c)) for c in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# The smallest distances that the reference page computed for this very palette.
@pytest.mark.parametrize(
    ("palette", "vision", "least"),
    [
        ("light", "normal", 36),
        ("light", "protan", 31),
        ("light", "deutan", 22),
        ("light", "tritan", 31),
        ("dark", "normal", 39),
        ("dark", "protan", 28),
        ("dark", "deutan", 25),
        ("dark", "tritan", 34),
    ],
)
def test_neighbouring_bands_stay_apart(palette: str, vision: str, least: float) -> None:
    colours = [PALETTES[palette][band] for band in BANDS]
    assert min(distance(a, b, vision) for a, b in pairwise(colours)) >= least


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(("palette", "least"), [("light", 25), ("dark", 21)])
def test_day_lines_stay_apart(palette: str, least: float, vision: str) -> None:
    days = [PALETTES[palette][f"day-{n}"] for n in range(1, DAY_COLOURS + 1)]
    assert min(distance(a, b, vision) for a, b in combinations(days, 2)) >= least


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_text_reads_on_paper(palette: Mapping[str, str]) -> None:
    texts = [look.fill for role, look in LOOKS.items() if role.endswith("text")]
    for token in {*texts, "ink"} - {"paper"}:
        assert contrast(palette[token], palette["paper"]) >= 4.5, token


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_words_read_on_the_areas_they_stand_on(palette: Mapping[str, str]) -> None:
    for text, area in (
        ("suspend-ink", "suspend"),
        ("exercise-ink", "exercise"),
        ("paper", "carbs"),
        ("bolus", "bolus-extended"),
    ):
        assert contrast(palette[text], palette[area]) >= 3, (text, area)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_lines_are_seen_on_paper(palette: Mapping[str, str]) -> None:
    lines = ["sensor", "meter", "basal", "bolus", "carbs", "scheduled", "separator"]
    days = [f"day-{n}" for n in range(1, DAY_COLOURS + 1)]
    for token in [*lines[:-1], *days]:
        assert contrast(palette[token], palette["paper"]) >= 3, token


def test_both_palettes_name_the_same_tokens() -> None:
    assert LIGHT.keys() == DARK.keys()
    used = {token for look in LOOKS.values() for token in (look.fill, look.stroke) if token}
    assert used <= LIGHT.keys()


def test_the_web_skin_names_a_class_and_the_print_skin_a_colour() -> None:
    assert paint("sensor", "web") == ' class="g-sensor"'
    assert f'stroke="{LIGHT["sensor"]}"' in paint("sensor", "print")


def test_every_class_has_a_rule_with_the_same_properties_as_print() -> None:
    sheet = css()
    for role, look in LOOKS.items():
        assert f".g-{role}{{" in sheet
        for token in filter(None, (look.fill, look.stroke)):
            assert f"var(--g-{token})" in sheet
    assert sheet.count("--g-ink:") == 3  # light, system dark, chosen dark


def test_unknown_role_is_a_bug() -> None:
    with pytest.raises(UsageError):
        paint("no-such-role", "web")


def test_no_other_chart_module_names_a_colour() -> None:
    import re
    from pathlib import Path

    folder = Path(_theme.__file__).parent
    for module in folder.glob("*.py"):
        if module.name != "_theme.py":
            assert not re.search(r"#[0-9a-fA-F]{6}\b", module.read_text()), module.name
