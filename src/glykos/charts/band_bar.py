"""One stacked bar of shares that add up to 100 %, with a legend in words and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from glykos.charts._axes import Frame
from glykos.charts._svg import Scene, Size, text_width
from glykos.charts._theme import Skin
from glykos.metrics.bands import largest_remainder


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One share of the whole; ``share`` is 0 to 1 and ``role`` a look of the palette."""

    label: str
    share: float
    role: str
    detail: str = ""


def whole_percents(shares: Sequence[float]) -> list[int]:
    """Whole percents of ``shares`` (0 to 1) that add up to 100 (largest remainder).

    Ties go to the earlier part. Only for stacked bars: single numbers are rounded on their own.

    Example:
        >>> whole_percents([1 / 3, 1 / 3, 1 / 3])
        [34, 33, 33]
    """
    total = sum(shares)
    if total <= 0:
        return [0] * len(shares)
    return list(largest_remainder(tuple(share / total * 100 for share in shares)))


def percent_texts(shares: Sequence[float]) -> list[str]:
    """What is printed for each part of a bar: "12 %", or "<1 %" for something below a half.

    Whole percents where rounding each part on its own already adds up to 100. Otherwise tenths,
    so that the bar never contradicts the same number rounded elsewhere on the page.
    """
    total = sum(shares)
    if total <= 0:
        return ["—"] * len(shares)
    exact = [100 * share / total for share in shares]
    whole = whole_percents(shares)
    if all(abs(value - percent) <= 0.5 for value, percent in zip(exact, whole, strict=True)):
        return [
            "<1 %" if value > 0 and percent == 0 else f"{percent} %"
            for value, percent in zip(exact, whole, strict=True)
        ]
    tenths = largest_remainder(tuple(10 * value for value in exact), 1000)
    return [
        "<0.1 %" if value > 0 and tenth == 0 else f"{tenth / 10:.1f} %"
        for value, tenth in zip(exact, tenths, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BandBar:
    """A horizontal stacked bar. A part of 0 % has no width but keeps its place in the legend.

    ``data()`` is ``{}``: everything is already in the picture.
    """

    title: str
    description: str
    parts: tuple[Part, ...]
    empty_text: str = "Nothing to show"

    def svg(self, *, skin: Skin, size: Size, uid: str) -> str:
        """The chart as an ``<svg>`` element."""
        frame = Frame.of(skin, size)
        bar = frame.font * 1.6
        rows = self._legend_rows(frame)
        scene = Scene(skin, frame.width, bar + 4 + rows * frame.line + 4, frame.font, uid)
        if sum(part.share for part in self.parts) > 0:
            self._draw_bar(scene, bar)
        else:
            scene.hatched((1, 1), (frame.width - 2, bar))
            scene.rect((1, 1), (frame.width - 2, bar), "outline")
        self._draw_legend(scene, frame, bar)
        return scene.finish(self.title, self.description)

    def _draw_bar(self, scene: Scene, height: float) -> None:
        width = scene.width - 2
        total = sum(part.share for part in self.parts)
        at = 1.0
        for index, part in enumerate(self.parts):
            span = part.share / total * width
            scene.rect((at, 1), (span, height), part.role)
            if index and part.share > 0 and at > 1:
                scene.line((at, 1), (at, 1 + height), "separator")
            at += span
        scene.rect((1, 1), (width, height), "outline")

    def _columns(self, frame: Frame) -> int:
        """As many legend entries in a row as fit without touching."""
        widest = max((self._entry_width(part, frame) for part in self.parts), default=1)
        return max(1, min(len(self.parts), int(frame.width / widest)))

    @staticmethod
    def _entry_width(part: Part, frame: Frame) -> float:
        words = f"{part.label} 10.0 % {part.detail}"
        return text_width(words, frame.font) + frame.font * 2.4

    def _legend_rows(self, frame: Frame) -> int:
        return -(-len(self.parts) // self._columns(frame))

    def _draw_legend(self, scene: Scene, frame: Frame, bar: float) -> None:
        columns = self._columns(frame)
        pitch = frame.width / columns
        for index, (part, value) in enumerate(
            zip(self.parts, percent_texts([part.share for part in self.parts]), strict=True)
        ):
            row, column = divmod(index, columns)
            at, baseline = 1 + column * pitch, bar + 4 + (row + 0.85) * frame.line
            side = frame.font * 0.8
            scene.rect((at, baseline - side), (side, side), part.role)
            scene.rect((at, baseline - side), (side, side), "outline")
            scene.words(
                (at + frame.font * 1.15, baseline),
                [
                    (f"{part.label} ", "text"),
                    (value, "strong"),
                    (f" {part.detail}".rstrip(), "text"),
                ],
            )

    def data(self) -> dict[str, object]:
        """Nothing: the picture says it all."""
        return {}
