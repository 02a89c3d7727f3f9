"""Pieces that several reports share: the glucose axis, bars of shares, the check for data."""

from collections.abc import Sequence

from glykos.charts import BandBar
from glykos.charts._axes import GlucoseAxis
from glykos.charts._theme import BANDS
from glykos.charts.band_bar import Part
from glykos.errors import NotEnoughForReport
from glykos.metrics._analysis import Analysis
from glykos.metrics._metric import NotEnoughData, Result
from glykos.metrics.bands import own_bands, target_bands
from glykos.metrics.meter import meter
from glykos.metrics.wear import wear
from glykos.reports._blocks import Cell, Column, Figure, Note, Table
from glykos.reports._format import Formatter, duration, percent, period_text
from glykos.reports._report import Options
from glykos.reports._stats import Line, shown
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.targets import Targets
from glykos.therapy.units import GlucoseUnit

NO_SENSOR_TEXT = "There are no sensor readings in this period, so this report shows meter readings."

NO_GLUCOSE_TEXT = "No glucose was measured in this period."


def formatter(options: Options) -> Formatter:
    """The reader's formatter."""
    return Formatter(options.unit, options.clock_24h)


def axis(options: Options) -> GlucoseAxis:
    """The reader's glucose axis."""
    return GlucoseAxis(unit=options.unit, targets=options.targets, clock_24h=options.clock_24h)


def need_data(history: History, window: Window) -> History:
    """The part of the history inside the window.

    Raises:
        NotEnoughForReport: nothing at all is known about these days.
    """
    inside = history.within(window)
    if inside.span is not None:
        return inside
    span = history.span
    hint = (
        "Add a file from your pump, sensor or meter first."
        if span is None
        else f"There are data for {period_text(span)}: choose days from that period."
    )
    raise NotEnoughForReport(f"There are no data for {period_text(window)}.", hint)


def band_labels(targets: Targets, unit: GlucoseUnit) -> tuple[str, ...]:
    """Names of the bands that ``metrics.bands.target_bands`` answers, from low to high.

    Example: ``<54``, ``54-69``, ``70-180``, ``181-250``, ``>250``; in mmol/L the conventional
    limits, one tenth apart.
    """

    def text(mgdl: int, mmoll: float, step: int) -> str:
        return f"{mmoll + step / 10:.1f}" if unit is GlucoseUnit.MMOLL else str(mgdl + step)

    very_low, low, high, very_high = (
        targets.very_low,
        targets.low,
        targets.high,
        targets.very_high,
    )
    lowest = low if low.mgdl < very_low.mgdl else very_low
    labels = [
        f"<{text(lowest.mgdl, lowest.mmoll, 0)}",
        f"{text(very_low.mgdl, very_low.mmoll, 0)}-{text(low.mgdl, low.mmoll, -1)}",
        f"{text(low.mgdl, low.mmoll, 0)}-{text(high.mgdl, high.mmoll, 0)}",
    ]
    if very_high is None:
        return (*labels, f">{text(high.mgdl, high.mmoll, 0)}")
    top = high if high.mgdl > very_high.mgdl else very_high
    between = f"{text(high.mgdl, high.mmoll, 1)}-{text(very_high.mgdl, very_high.mmoll, 0)}"
    return (*labels, between, f">{text(top.mgdl, top.mmoll, 0)}")


def _is_band(targets: Targets, index: int) -> bool:
    """Whether a band can hold anything: own ranges may swallow the outer ones."""
    if index == 1:
        return targets.low.mgdl > targets.very_low.mgdl
    if index == 3 and targets.very_high is not None:
        return targets.high.mgdl < targets.very_high.mgdl
    return True


def sensor_bar(analysis: Analysis, options: Options, *, title: str) -> Figure | None:
    """Sensor time in the bands of the person's targets, or None without readings."""
    shares = target_bands(analysis, options.targets)
    own = own_bands(analysis)
    if shares is None or own is None:
        return None
    labels = band_labels(options.targets, options.unit)
    roles = BANDS if len(shares) == 5 else BANDS[:4]
    parts = tuple(
        Part(
            label=label,
            share=share / 100,
            role=f"band-{role}",
            detail=f"({duration(share / 100 * own.minutes)} h)",
        )
        for index, (label, share, role) in enumerate(zip(labels, shares, roles, strict=True))
        if _is_band(options.targets, index)
    )
    finding = (
        f"{percent(own.in_target)} % of sensor time in your target, "
        f"{percent(own.below)} % below, {percent(own.above)} % above."
    )
    return bar_figure("sensor-bands", title, finding, parts)


def meter_bar(analysis: Analysis, *, title: str) -> Figure | None:
    """Meter readings below, in and above the person's range, or None without readings."""
    found = meter(analysis)
    if found is None:
        return None
    counts = (
        ("below target", found.below, "low"),
        ("in target", found.in_target, "in-range"),
        ("above target", found.above, "high"),
    )
    parts = tuple(
        Part(label=label, share=count / found.n, role=f"band-{role}", detail=f"({count})")
        for label, count, role in counts
    )
    finding = (
        f"Of {found.n} meter readings {found.in_target} are in your target, "
        f"{found.below} below and {found.above} above."
    )
    return bar_figure("meter-bands", title, finding, parts)


def bar_figure(key: str, title: str, finding: str, parts: Sequence[Part]) -> Figure:
    """A stacked bar with its shares as a table."""
    return Figure(
        key=key,
        title=title,
        finding=finding,
        chart=BandBar(title=title, description=finding, parts=tuple(parts)),
        table=Table(
            key=key,
            title=title,
            columns=(
                Column(key="part", label="Part", align="start"),
                Column(key="share", label="Share", unit="%"),
            ),
            rows=tuple(
                (
                    Cell(text=f"{part.label} {part.detail}".strip()),
                    Cell(text=percent(100 * part.share), value=100 * part.share),
                )
                for part in parts
            ),
        ),
    )


def wear_note(analysis: Analysis) -> Note | None:
    """Why sensor statistics of this period are less certain, or None."""
    found = wear(analysis)
    if found is None or found.is_sufficient:
        return None
    return Note(
        kind="info",
        text=f"GMI and times in range are less certain here: {found.shortage}.",
    )


def phrase(words: str, result: Result | None, text: Formatter) -> str:
    """A number for a sentence, as in "mean 145 mg/dL"; "" where there is none."""
    if result is None or isinstance(result, NotEnoughData):
        return ""
    printed = shown(result, Line("", ""), text)
    return f"{words} {printed.text} {printed.unit}".strip()


def sentence(parts: Sequence[str], otherwise: str) -> str:
    """Phrases joined to one sentence; ``otherwise`` where there is none."""
    known = [part for part in parts if part]
    if not known:
        return otherwise
    words = ", ".join(known)
    return f"{words[:1].upper()}{words[1:]}."
