"""The one palette: every colour of page and paper, and how each kind of mark looks.

``LIGHT`` and ``DARK`` give colours to tokens; ``LOOKS`` says how a kind of mark ("role") uses
them. The web skin writes only class names and :func:`css` writes the rules for them; the print
skin writes the same looks as literal attributes. Nothing else in the project names a colour.
Band colours follow the order and hue family of the ambulatory glucose profile; separation under
protanopia, deuteranopia and tritanopia is checked by a test (reference presentation/charts.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from glykos.errors import UsageError

Skin = Literal["web", "print"]

#: Band roles from lowest to highest, as drawn from left to right and from bottom to top.
BANDS = ("very-low", "low", "in-range", "high", "very-high")

#: Number of day colours; each also has its own dash pattern.
DAY_COLOURS = 7

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "ink": "#17202c",
    "muted": "#566070",
    "grid": "#e3e6ea",
    "axis": "#98a2b0",
    "target": "#e9f4ee",
    "limit": "#4f9d77",
    "very-low": "#7a0022",
    "low": "#c8281e",
    "in-range": "#2fb574",
    "high": "#ffd23f",
    "very-high": "#e8750a",
    "separator": "#3d4654",
    "band-outer": "#d9e7f5",
    "band-inner": "#a4c8e8",
    "sensor": "#1f4e79",
    "meter": "#b3261e",
    "trace": "#6d89a8",
    "bolus": "#5b3fa0",
    "bolus-part": "#a793d6",
    "bolus-extended": "#d9d2ee",
    "auto": "#0b7a75",
    "auto-fill": "#cdeae6",
    "carbs": "#a35c00",
    "basal": "#2f6fa8",
    "basal-fill": "#cfe1f3",
    "scheduled": "#2b3442",
    "temp": "#7b46a8",
    "suspend": "#f6dfdb",
    "suspend-ink": "#9a231a",
    "exercise": "#dcebe6",
    "exercise-ink": "#1f6f59",
    "alarm": "#7a5200",
    "note": "#445066",
    "hatch": "#c3c9d2",
    "day-1": "#1a1a1a",
    "day-2": "#9c2f12",
    "day-3": "#2f8fd0",
    "day-4": "#b58900",
    "day-5": "#7c3aed",
    "day-6": "#ea6b70",
    "day-7": "#1f4e79",
}

DARK: Mapping[str, str] = {
    "paper": "#141a21",
    "ink": "#eef2f7",
    "muted": "#a9b4c2",
    "grid": "#2a323c",
    "axis": "#66717f",
    "target": "#172c22",
    "limit": "#4f9d77",
    "very-low": "#974d64",
    "low": "#d75c3a",
    "in-range": "#68cc8f",
    "high": "#ffec6c",
    "very-high": "#dc9100",
    "separator": "#0b0f14",
    "band-outer": "#1d3650",
    "band-inner": "#2c5d8a",
    "sensor": "#a9d1ff",
    "meter": "#ff8a80",
    "trace": "#6f8fb3",
    "bolus": "#b39dff",
    "bolus-part": "#7562bd",
    "bolus-extended": "#3a3366",
    "auto": "#4fd1c5",
    "auto-fill": "#16403d",
    "carbs": "#e0a04a",
    "basal": "#79b4ea",
    "basal-fill": "#1f3b57",
    "scheduled": "#d5dce5",
    "temp": "#cfa3f5",
    "suspend": "#452824",
    "suspend-ink": "#ff9f94",
    "exercise": "#1f3a33",
    "exercise-ink": "#7fd6bb",
    "alarm": "#e8bd5c",
    "note": "#b7c2d3",
    "hatch": "#47515e",
    "day-1": "#ffffff",
    "day-2": "#8cc2ff",
    "day-3": "#3f9e6a",
    "day-4": "#f0e442",
    "day-5": "#cc79a7",
    "day-6": "#8a63ff",
    "day-7": "#6f8f00",
}

#: Dash pattern of each day line, so that colour is never the only sign.
DAY_DASHES = ("", "5 2.5", "1.5 2", "7 2.5 1.5 2.5", "10 3", "4 2 1 2 1 2", "2.5 2.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one kind of mark is painted; ``fill`` and ``stroke`` are tokens of the palette."""

    fill: str = ""
    stroke: str = ""
    width: float = 0.0
    dash: str = ""
    opacity: float = 1.0
    weight: int = 0
    round: bool = False


def _line(token: str, width: float, dash: str = "", *, opacity: float = 1.0) -> Look:
    return Look(stroke=token, width=width, dash=dash, opacity=opacity, round=True)


def _area(token: str, *, opacity: float = 1.0) -> Look:
    return Look(fill=token, opacity=opacity)


def _text(token: str, weight: int = 0) -> Look:
    return Look(fill=token, weight=weight)


LOOKS: Mapping[str, Look] = {
    # frame
    "grid": Look(stroke="grid", width=1),
    "tick": Look(stroke="axis", width=1),
    "limit": Look(stroke="limit", width=1.2),
    "limit-dashed": Look(stroke="limit", width=1.2, dash="6 3"),
    "paper": _area("paper"),
    "target": _area("target"),
    "target-tint": _area("in-range", opacity=0.1),
    "separator": Look(stroke="separator", width=1),
    "marker": Look(stroke="muted", width=1.4),
    "text": _text("muted"),
    "strong": _text("ink", 600),
    "ink": _text("ink"),
    "hatch": Look(stroke="hatch", width=1),
    # glucose
    "band-outer": _area("band-outer"),
    "band-inner": _area("band-inner"),
    "median": _line("sensor", 2.4),
    "mean": _line("ink", 2.6, "7 4"),
    "sensor": _line("sensor", 1.6),
    "trace": _line("trace", 1, opacity=0.75),
    "average": _line("sensor", 2.8),
    "meter": Look(fill="meter", stroke="paper", width=1),
    "meter-hollow": Look(fill="paper", stroke="meter", width=1.6),
    "meter-cloud": Look(fill="meter", opacity=0.6),
    "range-sensor": _area("band-inner"),
    "range-meter": _line("meter", 1.5),
    "sensor-dot": Look(fill="sensor", stroke="paper", width=1),
    "sensor-left-out": Look(fill="paper", stroke="sensor", width=0.8),
    **{f"band-{band}": _area(band) for band in BANDS},
    **{f"over-{band}": _area(band, opacity=0.6) for band in BANDS},
    "outline": Look(stroke="separator", width=1),
    # insulin and food
    "bolus": _area("bolus"),
    "bolus-part": _area("bolus-part"),
    "bolus-auto": _area("auto"),
    "bolus-extended": Look(fill="bolus-extended", stroke="bolus", width=0.8),
    "injection": Look(fill="paper", stroke="bolus", width=1.4),
    "injection-long": Look(fill="basal-fill", stroke="basal", width=1.4),
    "advised": Look(stroke="ink", width=1, dash="2.5 2"),
    "bolus-text": _text("bolus"),
    "auto-text": _text("auto"),
    "override": _area("ink"),
    "carbs": _area("carbs"),
    "carbs-text": _text("carbs"),
    "pill-text": _text("paper", 600),
    "basal": _area("basal-fill"),
    "basal-bar": _area("basal"),
    "basal-line": Look(stroke="basal", width=1.4),
    "basal-auto-line": Look(stroke="auto", width=1.4),
    "basal-auto": _area("auto-fill"),
    "basal-text": _text("basal"),
    "scheduled": Look(stroke="scheduled", width=1, dash="3 2"),
    "temp": Look(stroke="temp", width=3),
    "temp-text": _text("temp"),
    "suspend": _area("suspend", opacity=0.85),
    "suspend-text": _text("suspend-ink"),
    "exercise": _area("exercise", opacity=0.9),
    "exercise-text": _text("exercise-ink"),
    "alarm": _area("alarm"),
    "alarm-text": _text("alarm"),
    "note": _area("note"),
    "logbook": _area("note"),
    "note-text": _text("note"),
    # days of an overlay
    **{f"day-{n}": _line(f"day-{n}", 1.5, dash) for n, dash in enumerate(DAY_DASHES, start=1)},
}


@cache
def paint(role: str, skin: Skin) -> str:
    """The attributes that paint ``role``: a class on the web, literal light colours in print."""
    look = LOOKS.get(role)
    if look is None:
        raise UsageError(f"charts know no role named {role!r}")
    if skin == "web":
        return f' class="g-{role}"'
    return "".join(f' {name}="{value}"' for name, value in _attributes(look, LIGHT))


def _attributes(look: Look, palette: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """Presentation attributes of a look; CSS custom properties where no palette is given."""

    def colour(token: str) -> str:
        if not token:
            return "none"
        return palette[token] if palette is not None else f"var(--g-{token})"

    pairs = [("fill", colour(look.fill))]
    if look.stroke:
        pairs += [("stroke", colour(look.stroke)), ("stroke-width", f"{look.width:g}")]
    if look.dash:
        pairs.append(("stroke-dasharray", look.dash))
    if look.round:
        pairs += [("stroke-linecap", "round"), ("stroke-linejoin", "round")]
    if look.opacity < 1:
        pairs.append(("opacity", f"{look.opacity:g}"))
    if look.weight:
        pairs.append(("font-weight", str(look.weight)))
    return pairs


def css() -> str:
    """The style sheet of every chart: custom properties for light, dark and paper, then roles.

    ``data-theme`` on the root element decides where it is set, otherwise the system's wish.
    """

    def properties(palette: Mapping[str, str]) -> str:
        return "".join(f"--g-{token}:{value};" for token, value in palette.items())

    lines = [
        "/* Generated from glykos.charts._theme; change colours there. */",
        f":root{{{properties(LIGHT)}}}",
        "@media screen and (prefers-color-scheme:dark){",
        f":root:not([data-theme=light]){{{properties(DARK)}}}}}",
        f"@media screen{{:root[data-theme=dark]{{{properties(DARK)}}}}}",
        ".g{display:block;inline-size:100%;block-size:auto;direction:ltr}",
        ".g{font-variant-numeric:tabular-nums;forced-color-adjust:none}",
    ]
    lines += [
        f".g-{role}{{{';'.join(f'{name}:{value}' for name, value in _attributes(look, None))}}}"
        for role, look in LOOKS.items()
    ]
    return "\n".join(lines) + "\n"
