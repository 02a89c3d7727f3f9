"""The lower panels of a day: food, boluses, basal delivery, and shading through all panels."""

import math
from collections.abc import Sequence
from itertools import pairwise

from glykos.charts._axes import draw_words
from glykos.charts._day_marks import BasalStep, CarbPill, Dose, Span
from glykos.charts._marks import draw_typed
from glykos.charts._svg import Scale, Scene, steps, text_width

_NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


_DOSE_ROLES = {
    "person": "bolus",
    "auto": "bolus-auto",
    "injection": "injection",
    "injection-long": "injection-long",
}


def nice_top(value: float) -> float:
    """The smallest round number at or above ``value`` (1, 1.5, 2, 2.5, 3 … times a power of ten)."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in _NICE:
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10 * power


def units_text(units: float) -> str:
    """Units with up to three decimals and no trailing zeros: "3.125", "0.25", "5"."""
    text = f"{units:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def draw_washes(
    scene: Scene, spans: Sequence[Span], x: Scale, heights: tuple[float, float]
) -> None:
    """Stops of delivery and exercise as shading through every panel."""
    top, bottom = heights
    for kind in ("exercise", "suspend"):
        for span in spans:
            if span.kind == kind:
                width = max(x(span.end) - x(span.start), 1.5)
                scene.rect((x(span.start), top), (width, bottom - top), kind)


def draw_carbs(scene: Scene, carbs: Sequence[CarbPill], x: Scale, top: float) -> None:
    """Grams in pills above the boluses; a pill that would cover others becomes a dot."""
    size = scene.font
    scene.text((x.start - 6, top + size * 0.95), "g", "carbs-text", anchor="end")
    free_from = [-math.inf, -math.inf]
    for pill in carbs:
        text = f"{pill.grams:.0f}"
        width = text_width(text, size * 0.92) + size * 0.9
        left = min(max(x(pill.minute) - width / 2, x.start), x.end - width)
        row = next((row for row in (0, 1) if left >= free_from[row]), None)
        if row is None:
            scene.circle((x(pill.minute), top + size * 3.1), size * 0.22, "carbs")
            continue
        upper = top + row * size * 1.45
        scene.rect((left, upper), (width, size * 1.35), "carbs", radius=size * 0.65)
        middle = (left + width / 2, upper + size)
        scene.text(middle, text, "pill-text", anchor="middle", scale=0.92)
        if pill.is_typed:
            draw_typed(scene, (left + width, upper + size * 0.1))
        free_from[row] = left + width + 1


def draw_doses(scene: Scene, doses: Sequence[Dose], x: Scale, panel: tuple[float, float]) -> None:
    """Boluses as bars on a unit axis, with the recommendation as an outline."""
    top, bottom = panel
    size = scene.font
    highest = nice_top(max((dose.tallest_u for dose in doses), default=1.0))
    y = Scale(0, highest, bottom, top + size * 4.3)
    scene.line((x.start, bottom), (x.end, bottom), "tick")
    scene.text((x.start - 6, bottom), "0", anchor="end")
    scene.text((x.start - 6, y(highest) + size * 0.35), units_text(highest), anchor="end")
    scene.text(
        (x.start - 6, (y(highest) + bottom) / 2 + size * 0.35), "U", "bolus-text", anchor="end"
    )
    for dose in doses:
        _draw_dose(scene, dose, x, y, bottom)
    _label_doses(scene, doses, x, y)


def _draw_dose(scene: Scene, dose: Dose, x: Scale, y: Scale, bottom: float) -> None:
    at, half = x(dose.minute), scene.font * 0.24
    if dose.extended_u and dose.end_minute is not None:
        height = bottom - y(dose.extended_u)
        width = max(x(dose.end_minute) - at, 2.0)
        scene.rect((at, bottom - height), (width, height), "bolus-extended")
    if dose.now_u:
        correction = min(max(dose.correction_u, 0.0), dose.now_u)
        role = _DOSE_ROLES[dose.source]
        split, peak = y(dose.now_u - correction), y(dose.now_u)
        scene.rect((at - half, split), (2 * half, bottom - split), role)
        if dose.is_typed:
            draw_typed(scene, (at, bottom + scene.font * 0.3))
        if correction:
            scene.rect((at - half, peak), (2 * half, split - peak), "bolus-part")
    if dose.advised_u is not None:
        height = max(bottom - y(dose.advised_u), 0.6)
        outer = half + 2.2
        scene.rect((at - outer, bottom - height), (2 * outer, height), "advised")


def _label_doses(scene: Scene, doses: Sequence[Dose], x: Scale, y: Scale) -> None:
    """Units above the bars, raised where they would collide, left out where that does not help."""
    size = scene.font
    taken: list[tuple[float, float, float]] = []  # left, right, baseline
    for dose in doses:
        total = (dose.now_u or 0.0) + (dose.extended_u or 0.0)
        text = units_text(total)
        mark = size * 0.75 if dose.override else 0.0
        width = text_width(text, size * 0.85) + mark
        left = min(max(x(dose.minute) - width / 2, x.start), x.end - width)
        running = [
            other.extended_u or 0.0
            for other in doses
            if other.minute < dose.minute < (other.end_minute or other.minute)
        ]
        base = y(max(dose.tallest_u, *running, 0.0)) - 3.5
        for baseline in (base, base - size, base - 2 * size):
            box = (left - 1, left + width + 1, baseline)
            if baseline > y.end - size * 1.4 and not any(
                _touch(box, other, size) for other in taken
            ):
                taken.append(box)
                role = "auto-text" if dose.source == "auto" else "bolus-text"
                scene.text((left, baseline), text, role, scale=0.85)
                break
        else:
            baseline = base
        if dose.override:
            tip = (left + width - mark * 0.4, baseline - size * 0.3)
            scene.triangle(tip, size * 0.27, "override", down=dose.override == "minus")


def _touch(box: tuple[float, float, float], other: tuple[float, float, float], size: float) -> bool:
    return box[0] < other[1] and other[0] < box[1] and abs(box[2] - other[2]) < size * 0.95


def draw_basal(
    scene: Scene, basal: Sequence[BasalStep], x: Scale, panel: tuple[float, float], empty: str
) -> None:
    """Delivered basal as an area, the programmed rate dashed over it, the unknown hatched."""
    top, bottom = panel
    size = scene.font
    rates = [step.rate_u_per_h or 0.0 for step in basal]
    rates += [step.scheduled_u_per_h or 0.0 for step in basal]
    highest = nice_top(max(rates, default=1.0))
    y = Scale(0, highest, bottom, top + size * 1.9)  # room for the names of temporary rates
    scene.line((x.start, bottom), (x.end, bottom), "tick")
    scene.text((x.start - 6, bottom), "0", anchor="end")
    scene.text((x.start - 6, y(highest) + size * 0.35), units_text(highest), anchor="end")
    scene.text(
        (x.start - 6, (y(highest) + bottom) / 2 + size * 0.35), "U/h", "basal-text", anchor="end"
    )
    if not basal:
        draw_words(scene, ((x.start + x.end) / 2, (top + bottom) / 2 + size * 0.35), empty)
        return
    for role, run in _runs(basal):
        if role == "unknown":
            _draw_unknown(scene, run, x, panel)
            continue
        corners = [(x(step.start), y(step.rate_u_per_h or 0.0)) for step in run]
        edge = steps(corners, x(run[-1].end))
        scene.path(f"{edge}V{bottom:.1f}H{corners[0][0]:.1f}z", role)
        scene.path(edge, "basal-line" if role == "basal" else "basal-auto-line")
    # While the pump's algorithm decides, the programmed rate is not in force.
    programmed = [
        step for step in basal if step.scheduled_u_per_h is not None and not step.is_automatic
    ]
    for run in _contiguous(programmed):
        corners = [(x(step.start), y(step.scheduled_u_per_h or 0.0)) for step in run]
        scene.path(steps(corners, x(run[-1].end)), "scheduled")


def _draw_unknown(
    scene: Scene, run: Sequence[BasalStep], x: Scale, panel: tuple[float, float]
) -> None:
    """A hatched stretch that says, where there is room, what is not known."""
    top, bottom = panel
    left, right = x(run[0].start), x(run[-1].end)
    scene.hatched((left, top), (right - left, bottom - top))
    is_automatic = all(step.is_automatic for step in run)
    words = "Automatic basal: rate not in the file" if is_automatic else "Not known"
    width = text_width(words, scene.font) + scene.font
    if width < right - left:
        middle, baseline = (left + right) / 2, (top + bottom) / 2 + scene.font * 0.35
        corner = (middle - width / 2, baseline - scene.font * 1.1)
        scene.rect(corner, (width, scene.font * 1.55), "paper", radius=3)
        scene.text((middle, baseline), words, "text", anchor="middle")


def _runs(basal: Sequence[BasalStep]) -> list[tuple[str, list[BasalStep]]]:
    """Neighbouring steps of one appearance: delivered, automatic, unknown."""
    runs: list[tuple[str, list[BasalStep]]] = []
    for step in basal:
        known = "basal-auto" if step.is_automatic else "basal"
        role = "unknown" if step.rate_u_per_h is None else known
        if runs and runs[-1][0] == role and abs(runs[-1][1][-1].end - step.start) < 0.02:
            runs[-1][1].append(step)
        else:
            runs.append((role, [step]))
    return runs


def _contiguous(basal: Sequence[BasalStep]) -> list[list[BasalStep]]:
    runs: list[list[BasalStep]] = [[step] for step in basal[:1]]
    for before, step in pairwise(basal):
        if abs(before.end - step.start) < 0.02:
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs
