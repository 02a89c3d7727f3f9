"""Boluses beside what the calculator recommended, and the table that shows both."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from glykos.metrics._analysis import Analysis
from glykos.metrics.behaviour import overrides
from glykos.reports._blocks import Cell, Column, Table
from glykos.reports._format import NONE, Formatter, decimal, insulin, signed
from glykos.therapy import records as r
from glykos.therapy.clock import DAY_S, day_number
from glykos.therapy.reconciliation import extended_minutes
from glykos.therapy.units import Glucose, from_mgdl

_KINDS = {
    r.BolusKind.NORMAL: "Normal",
    r.BolusKind.EXTENDED: "Extended",
    r.BolusKind.COMBINATION: "Combination",
}
_SOURCES = {
    r.BolusSource.MANUAL: "manual",
    r.BolusSource.EASY: "easy",
    r.BolusSource.PRESET: "preset",
    r.BolusSource.REMOTE: "remote",
    r.BolusSource.AUTO_CORRECTION: "automatic correction",
    r.BolusSource.AUTO_BASAL: "automatic basal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBolus:
    """One bolus with the estimate it was made from, if any."""

    bolus: r.Bolus
    estimate: r.BolusEstimate | None
    override: Literal["", "plus", "minus"] = ""

    @property
    def recommended_u(self) -> float | None:
        """The calculator's proposal [U]."""
        return None if self.estimate is None else self.estimate.recommended_u

    @property
    def difference_u(self) -> float | None:
        """Programmed minus recommended [U]; an interruption is not the person's decision."""
        known = (self.bolus.programmed_now_u, self.bolus.programmed_extended_u) != (None, None)
        if self.recommended_u is None or not known:
            return None
        return self.bolus.programmed_u - self.recommended_u

    @property
    def correction_share_u(self) -> float:
        """How much of the now-part was meant for correcting [U], by the estimate's parts."""
        estimate, now = self.estimate, self.bolus.delivered_now_u
        if estimate is None or not now:
            return 0.0
        correction = max(0.0, (estimate.correction_u or 0.0) - (estimate.active_insulin_u or 0.0))
        food = max(0.0, estimate.food_u or 0.0)
        return now * correction / (food + correction) if correction > 0 else 0.0

    @property
    def kind_text(self) -> str:
        """Shape and source in words, with what stopped it."""
        words = _KINDS[self.bolus.bolus_kind]
        source = _SOURCES.get(self.bolus.source, "")
        if source:
            words = f"{words}, {source}"
        if self.bolus.delivered_extended_u and self.bolus.programmed_duration_min:
            hours, minutes = divmod(round(extended_minutes(self.bolus)), 60)
            words = f"{words}, over {hours}:{minutes:02d} h"
        if self.bolus.interrupted_parts:
            words = f"{words}, stopped at {insulin(self.bolus.delivered_u)} of"
            words = f"{words} {insulin(self.bolus.programmed_u)} U"
        return words


def given_boluses(analysis: Analysis, day: date) -> tuple[GivenBolus, ...]:
    """Boluses of one local day, and those of the day before that still run into it.

    Whether a bolus was set higher or lower than recommended is the answer of the metric
    ``overrides``.
    """
    history = analysis.whole
    start_s, end_s = day_number(day) * DAY_S, (day_number(day) + 1) * DAY_S
    estimates = {
        (estimate.device_id, estimate.source_id): estimate
        for estimate in history.of(r.BolusEstimate)
        if estimate.source_id
    }
    changed: dict[int, Literal["plus", "minus"]] = {
        id(one.bolus): "plus" if one.difference_u > 0 else "minus" for one in overrides(analysis)[0]
    }
    return tuple(
        GivenBolus(
            bolus=bolus,
            estimate=estimates.get((bolus.device_id, bolus.estimate_id)),
            override=changed.get(id(bolus), ""),
        )
        for bolus in history.of(r.Bolus)
        if bolus.source is not r.BolusSource.AUTO_BASAL
        and bolus.at_s < end_s
        and bolus.at_s + extended_minutes(bolus) * 60 >= start_s
    )


_COLUMNS = (
    Column(key="time", label="Time", align="start"),
    Column(key="type", label="Type", align="start"),
    Column(key="delivered", label="Delivered", unit="U"),
    Column(key="recommended", label="Recommended", unit="U"),
    Column(key="difference", label="Difference", unit="U"),
    Column(key="carbs", label="Carbs", unit="g"),
    Column(key="ratio", label="Ratio", unit="g/U"),
    Column(key="food", label="Food", unit="U"),
    Column(key="glucose", label="BG"),
    Column(key="target", label="Target"),
    Column(key="sensitivity", label="Sensitivity"),
    Column(key="correction", label="Correction", unit="U"),
    Column(key="active", label="Active insulin", unit="U"),
    Column(key="override", label="Changed", align="start"),
)


def bolus_table(given: tuple[GivenBolus, ...], day: date, text: Formatter) -> Table:
    """The bolus table of a day: what was given beside what was asked of the calculator."""
    unit = str(text.unit)
    units = {"glucose": unit, "target": unit, "sensitivity": f"{unit} per U"}
    return Table(
        key="boluses",
        title="Boluses",
        columns=tuple(
            Column(key=c.key, label=c.label, align=c.align, unit=units.get(c.key, c.unit))
            for c in _COLUMNS
        ),
        rows=tuple(_row(item, text) for item in given if item.bolus.at_local.date() == day),
        note="Difference is what was programmed minus what was recommended. Changed marks a dose"
        " that was set higher or lower than recommended; a bolus that was stopped early is not"
        " counted as changed.",
    )


def _row(item: GivenBolus, text: Formatter) -> tuple[Cell, ...]:
    bolus, estimate = item.bolus, item.estimate
    delivered = bolus.delivered_u if bolus.delivered_parts else None
    unknown = "The file does not say what was delivered." if delivered is None else ""
    first = (
        Cell(text=text.time(bolus.at_local)),
        Cell(text=item.kind_text),
        _units(delivered, unknown),
    )
    if estimate is None:
        reason = "No calculator estimate belongs to this bolus."
        return (*first, *(Cell(text=NONE, reason=reason) for _ in range(10)), Cell(text=""))
    difference = item.difference_u
    marks = {"plus": "more", "minus": "less", "": ""}
    return (
        *first,
        _units(item.recommended_u),
        Cell(text=NONE, reason="Not known what was programmed.")
        if difference is None
        else Cell(text=_signed_units(difference), value=difference),
        _carbs(estimate),
        _ratio(estimate),
        _units(estimate.food_u),
        _glucose(estimate.glucose_input, text),
        _target(estimate, text),
        _sensitivity(estimate.sensitivity_mgdl_per_u, text),
        _units(estimate.correction_u),
        _units(estimate.active_insulin_u),
        Cell(text=marks[item.override], mark="note" if item.override else ""),
    )


def _units(value: float | None, reason: str = "") -> Cell:
    if value is None:
        return Cell(text=NONE, reason=reason or "Not in the estimate.")
    return Cell(text=insulin(value), value=value)


def _signed_units(value: float) -> str:
    if abs(value) < 5e-4:
        return "0"
    return signed(value, 3).rstrip("0").rstrip(".")


def _carbs(estimate: r.BolusEstimate) -> Cell:
    if estimate.carbs_g is not None:
        return Cell(text=decimal(estimate.carbs_g), value=estimate.carbs_g)
    if estimate.carbs_exchanges is not None:
        return Cell(text=f"{decimal(estimate.carbs_exchanges, 1)} exch.", value=None)
    return Cell(text=NONE, reason="No carbohydrate was entered.")


def _ratio(estimate: r.BolusEstimate) -> Cell:
    if estimate.carb_ratio_g_per_u is not None:
        ratio = estimate.carb_ratio_g_per_u
        return Cell(text=insulin(ratio), value=ratio)
    if estimate.carb_ratio_u_per_exchange is not None:
        return Cell(text=f"{insulin(estimate.carb_ratio_u_per_exchange)} U/exch.")
    return Cell(text=NONE, reason="Not in the estimate.")


def _glucose(value: Glucose | None, text: Formatter) -> Cell:
    if value is None or value.count == 0:
        return Cell(text=NONE, reason="No glucose was entered.")
    return Cell(text=text.glucose(value.mgdl), value=value.value_in(text.unit))


def _target(estimate: r.BolusEstimate, text: Formatter) -> Cell:
    ends = [text.glucose(g.mgdl) for g in (estimate.target_low, estimate.target_high) if g]
    if not ends:
        return Cell(text=NONE, reason="Not in the estimate.")
    return Cell(text="-".join(dict.fromkeys(ends)))


def _sensitivity(mgdl_per_u: float | None, text: Formatter) -> Cell:
    if mgdl_per_u is None:
        return Cell(text=NONE, reason="Not in the estimate.")
    return Cell(text=text.glucose(mgdl_per_u), value=from_mgdl(mgdl_per_u, text.unit))
