"""Small SVG writer: scales, paths that break at gaps, escaped text, one scene in two skins.

It knows nothing of glucose or insulin. Coordinates are rounded to a tenth of a pixel, paths are
relative, so that a chart stays a few kilobytes.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Literal

from glykos.charts._theme import Skin, paint

Size = Literal["wide", "compact"]
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

#: Mean advance of a character of Inter or a system sans in em; good enough to place labels.
_ADVANCE_EM = 0.58
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def num(value: float) -> str:
    """A coordinate with at most one decimal, as short as possible ("-0.5" becomes "-.5")."""
    tenths = round(value * 10)
    return _tenths(tenths)


def _tenths(tenths: int) -> str:
    whole, tenth = divmod(abs(tenths), 10)
    sign = "-" if tenths < 0 else ""
    if not tenth:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{tenth}"


def text_width(text: str, size: float) -> float:
    """Estimated width of a text in pixels; only for deciding whether a label fits."""
    return len(text) * size * _ADVANCE_EM


def clean(text: str) -> str:
    """Text escaped for SVG, without characters that XML cannot hold."""
    return escape(_NOT_XML.sub("", text), quote=True)


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map from data ``[lo, hi]`` to pixels ``[start, end]``; values outside are clamped."""

    lo: float
    hi: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.lo), self.hi)
        return self.start + (inside - self.lo) / (self.hi - self.lo) * (self.end - self.start)


def polyline(points: Sequence[Point], *, close: bool = False) -> str:
    """Path data through ``points``; a single point becomes a dot (with round line caps)."""
    if not points:
        return ""
    pixels = [(round(x * 10), round(y * 10)) for x, y in points]
    x, y = pixels[0]
    parts = [f"M{_tenths(x)} {_tenths(y)}"]
    if len(pixels) == 1:
        return parts[0] + "h.1"
    for index, (next_x, next_y) in enumerate(pixels[1:]):
        dx, dy = _tenths(next_x - x), _tenths(next_y - y)
        gap = "" if dy.startswith("-") else " "
        lead = "l" if index == 0 else "" if dx.startswith("-") else " "
        parts.append(f"{lead}{dx}{gap}{dy}")
        x, y = next_x, next_y
    return "".join(parts) + ("z" if close else "")


def steps(corners: Sequence[Point], end_x: float) -> str:
    """A staircase: each corner's height holds until the next corner, the last until ``end_x``."""
    if not corners:
        return ""
    parts = [f"M{num(corners[0][0])} {num(corners[0][1])}"]
    for _, (x, y) in pairwise(corners):
        parts.append(f"H{num(x)}V{num(y)}")
    return "".join(parts) + f"H{num(end_x)}"


@dataclass(slots=True)
class Scene:
    """Marks in drawing order; becomes one ``<svg>`` element.

    ``font`` is the base size in pixels. ``uid`` prefixes every id, because many charts stand on
    one page.
    """

    skin: Skin
    width: float
    height: float
    font: float
    uid: str
    parts: list[str] = field(default_factory=list)
    _has_hatch: bool = False

    def line(self, start: Point, end: Point, role: str) -> None:
        """A straight line; horizontal and vertical ones are written short."""
        (x1, y1), (x2, y2) = start, end
        if y1 == y2:
            data = f"M{num(x1)} {num(y1)}H{num(x2)}"
        elif x1 == x2:
            data = f"M{num(x1)} {num(y1)}V{num(y2)}"
        else:
            data = f"M{num(x1)} {num(y1)}L{num(x2)} {num(y2)}"
        self.path(data, role)

    def path(self, data: str, role: str, attributes: str = "") -> None:
        """A path; nothing is written for empty path data."""
        if data:
            self.parts.append(f'<path{paint(role, self.skin)}{attributes} d="{data}"/>')

    def rect(
        self, corner: Point, size: tuple[float, float], role: str, *, radius: float = 0
    ) -> None:
        """A rectangle from its upper left corner; none when it has no area."""
        (x, y), (width, height) = corner, size
        if width <= 0 or height <= 0:
            return
        rounding = f' rx="{num(radius)}"' if radius else ""
        self.parts.append(
            f'<rect{paint(role, self.skin)} x="{num(x)}" y="{num(y)}" '
            f'width="{num(width)}" height="{num(height)}"{rounding}/>'
        )

    def hatched(self, corner: Point, size: tuple[float, float]) -> None:
        """A hatched rectangle: nothing is known here."""
        (x, y), (width, height) = corner, size
        if width <= 0 or height <= 0:
            return
        self._has_hatch = True
        self.parts.append(
            f'<rect fill="url(#{self.uid}-hatch)" x="{num(x)}" y="{num(y)}" '
            f'width="{num(width)}" height="{num(height)}"/>'
        )

    def circle(self, centre: Point, radius: float, role: str) -> None:
        """A filled or hollow dot."""
        x, y = centre
        self.parts.append(
            f'<circle{paint(role, self.skin)} cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'
        )

    def polygon(self, points: Sequence[Point], role: str) -> None:
        """A closed area."""
        if len(points) > 2:
            self.path(polyline(points, close=True), role)

    def triangle(self, tip: Point, size: float, role: str, *, down: bool = False) -> None:
        """A triangle around ``tip``'s centre, pointing up or down."""
        x, y = tip
        half = size if down else -size
        self.polygon([(x, y + half), (x - size, y - half * 0.8), (x + size, y - half * 0.8)], role)

    def text(
        self,
        at: Point,
        text: str,
        role: str = "text",
        *,
        anchor: Anchor = "start",
        scale: float = 1,
    ) -> None:
        """One line of text with its baseline at ``at``; ``scale`` is relative to the font."""
        if not text:
            return
        x, y = at
        attributes = "" if anchor == "start" else f' text-anchor="{anchor}"'
        if not math.isclose(scale, 1):
            attributes += f' font-size="{num(self.font * scale)}"'
        self.parts.append(
            f'<text{paint(role, self.skin)} x="{num(x)}" y="{num(y)}"{attributes}>'
            f"{clean(text)}</text>"
        )

    def words(self, at: Point, pieces: Sequence[tuple[str, str]]) -> None:
        """One line of text in pieces of (text, role), set by the renderer without guessed widths."""
        x, y = at
        spans = "".join(
            f"<tspan{paint(role, self.skin)}>{clean(text)}</tspan>" for text, role in pieces if text
        )
        self.parts.append(f'<text x="{num(x)}" y="{num(y)}" xml:space="preserve">{spans}</text>')

    def open(self, attributes: str) -> None:
        """Start a group, for example ``data-day="2026-03-01"``."""
        self.parts.append(f"<g {attributes}>")

    def close(self) -> None:
        """End the group."""
        self.parts.append("</g>")

    def finish(self, title: str, description: str) -> str:
        """The whole ``<svg>`` with its title (what it is) and description (the finding)."""
        uid = clean(self.uid)
        family = "" if self.skin == "web" else ' font-family="Inter"'
        css_class = ' class="g"' if self.skin == "web" else ""
        size = (
            "" if self.skin == "web" else f' width="{num(self.width)}" height="{num(self.height)}"'
        )
        hatch = self._hatch() if self._has_hatch else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg"{css_class} role="img"{size} '
            f'viewBox="0 0 {num(self.width)} {num(self.height)}" font-size="{num(self.font)}"'
            f'{family} aria-labelledby="{uid}-t {uid}-d"><title id="{uid}-t">{clean(title)}</title>'
            f'<desc id="{uid}-d">{clean(description)}</desc>{hatch}{"".join(self.parts)}</svg>'
        )

    def _hatch(self) -> str:
        return (
            f'<defs><pattern id="{clean(self.uid)}-hatch" width="6" height="6" '
            'patternUnits="userSpaceOnUse">'
            f'<path{paint("hatch", self.skin)} d="M0 6L6 0"/></pattern></defs>'
        )
