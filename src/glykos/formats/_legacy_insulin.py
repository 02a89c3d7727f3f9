"""Joins bolus rows and bolus calculator rows of CareLink's single-table export.

There is no explicit key between them; the pump's own numbering tells which belong together.
Source: reference formats.md §1 (2,400 linked estimates counted) and Tidepool's reader.
"""

from collections.abc import Sequence

from glykos.formats._legacy_rows import Collected, Row
from glykos.formats._rawtype import Values
from glykos.therapy.records import Bolus, BolusEstimate, BolusKind, BolusSource, Record
from glykos.therapy.units import to_mgdl

#: The rows of one bolus are within this many numbers of its estimate, and within this time.
_NEAR_SEQ = 8
_LINKED_WITHIN_S = 300
#: The extended part is written when the other part is through, at 1.5 U/min or slower.
_DUAL_WITHIN_S = 1500
_DUAL_NEAR_SEQ = 12

_ESTIMATE = "BolusWizardBolusEstimate"
_NOW = "BolusNormal"
_SOURCES = {
    "pump": BolusSource.MANUAL,
    "paradigm link or b key": BolusSource.EASY,
    "remote_transmitter": BolusSource.REMOTE,
}

_Told = tuple[Row, Values]


def join(collected: Collected) -> list[Record]:
    """Boluses and estimates of all uploads, linked where the numbering shows it."""
    groups: dict[tuple[str, str], list[_Told]] = {}
    for row, values in collected.insulin:
        groups.setdefault((row.upload, row.device_id), []).append((row, values))
    records: list[Record] = []
    for told in groups.values():
        records += _join_upload(told, collected)
    return records


def _join_upload(told: Sequence[_Told], collected: Collected) -> list[Record]:
    by_seq = {row.raw_seq: (row, values) for row, values in told}
    squares = _pair_duals(told, by_seq)
    paired = {row.raw_seq for row, _ in squares.values()}
    estimate_of = _link(told, by_seq)
    delivered = set(estimate_of.values())
    records: list[Record] = []
    for row, values in told:
        if row.raw_type == _ESTIMATE:
            records.append(_estimate(row, values, collected, was_delivered=row.raw_id in delivered))
        elif row.raw_seq not in paired:
            records.append(_bolus(row, values, squares.get(row.raw_seq), estimate_of))
    return records


def _pair_duals(told: Sequence[_Told], by_seq: dict[int, _Told]) -> dict[int, _Told]:
    """Number of a dual wave's first part -> its extended part, nearest number first.

    The flag is reliable on the first part only, so extended parts without one stay alone.
    """
    squares: dict[int, _Told] = {}
    taken: set[int] = set()
    for row, values in told:
        if row.raw_type != _NOW or values.text("IS_DUAL_COMPONENT") != "true":
            continue
        for distance in range(1, _DUAL_NEAR_SEQ + 1):
            found = next(
                (
                    by_seq[seq]
                    for seq in (row.raw_seq - distance, row.raw_seq + distance)
                    if seq in by_seq
                    and seq not in taken
                    and by_seq[seq][0].raw_type == "BolusSquare"
                    and abs(by_seq[seq][0].at_s - row.at_s) <= _DUAL_WITHIN_S
                ),
                None,
            )
            if found is not None:
                squares[row.raw_seq] = found
                taken.add(found[0].raw_seq)
                break
    return squares


def _link(told: Sequence[_Told], by_seq: dict[int, _Told]) -> dict[int, str]:
    """Number of a bolus row -> Raw-ID of the estimate that led to it.

    Going down from the estimate's number (later in time), the first bolus within reach is
    taken; another estimate met first ends the search.
    """
    links: dict[int, str] = {}
    for row, _ in told:
        if row.raw_type != _ESTIMATE:
            continue
        for seq in range(row.raw_seq - 1, row.raw_seq - _NEAR_SEQ - 1, -1):
            found = by_seq.get(seq)
            if found is None:
                continue
            if found[0].raw_type == _ESTIMATE:
                break
            if abs(found[0].at_s - row.at_s) <= _LINKED_WITHIN_S and seq not in links:
                links[seq] = row.raw_id
                break
    return links


def _bolus(row: Row, values: Values, square: _Told | None, estimate_of: dict[int, str]) -> Bolus:
    is_now = row.raw_type == _NOW
    extended = square if is_now else (row, values)
    is_dual = is_now and values.text("IS_DUAL_COMPONENT") == "true"
    kind = BolusKind.COMBINATION if is_dual else BolusKind.NORMAL if is_now else BolusKind.EXTENDED
    numbers = [row.raw_seq] + ([square[0].raw_seq] if square else [])
    estimate_id = next((estimate_of[n] for n in numbers if n in estimate_of), "")
    requestor = values.text("ACTION_REQUESTOR")
    programmed_min, delivered_min = _durations(extended[1]) if extended else (None, None)
    return Bolus(
        **row.head,
        bolus_kind=kind,
        programmed_now_u=values.number("PROGRAMMED_AMOUNT") if is_now else None,
        delivered_now_u=values.required("AMOUNT") if is_now else None,
        programmed_extended_u=extended[1].number("PROGRAMMED_AMOUNT") if extended else None,
        delivered_extended_u=extended[1].required("AMOUNT") if extended else None,
        programmed_duration_min=programmed_min,
        delivered_duration_min=delivered_min,
        source=(
            BolusSource.ESTIMATE if estimate_id else _SOURCES.get(requestor, BolusSource.UNKNOWN)
        ),
        estimate_id=estimate_id,
    )


def _durations(values: Values) -> tuple[float | None, float | None]:
    """Programmed duration, and the shorter real one of an interrupted bolus [min]."""
    programmed = values.minutes("DURATION")
    asked, given = values.number("PROGRAMMED_AMOUNT"), values.number("AMOUNT")
    if programmed is None or not asked or given is None:
        return programmed, programmed
    return programmed, programmed * min(1.0, given / asked)


def _estimate(
    row: Row, values: Values, collected: Collected, *, was_delivered: bool
) -> BolusEstimate:
    carbs, ratio = values.number("CARB_INPUT"), values.number("CARB_RATIO")
    in_exchanges = values.text("CARB_UNITS") not in ("", "grams")
    sensitivity = values.number("INSULIN_SENSITIVITY")
    return BolusEstimate(
        **row.head,
        glucose_input=collected.glucose(row, "bwz bg input"),
        carbs_g=None if in_exchanges else carbs,
        carbs_exchanges=carbs if in_exchanges else None,
        carb_ratio_g_per_u=None if in_exchanges else ratio,
        carb_ratio_u_per_exchange=ratio if in_exchanges else None,
        sensitivity_mgdl_per_u=_sensitivity(row, collected, sensitivity),
        target_low=collected.glucose(row, "bwz target low bg"),
        target_high=collected.glucose(row, "bwz target high bg"),
        food_u=values.number("FOOD_ESTIMATE"),
        correction_u=values.number("CORRECTION_ESTIMATE"),
        active_insulin_u=values.number("UNABSORBED_INSULIN_TOTAL"),
        estimate_u=values.number("BOLUS_ESTIMATE"),
        was_delivered=was_delivered,
    )


def _sensitivity(row: Row, collected: Collected, raw_mgdl: float | None) -> float | None:
    """From the table in its unit; Raw-Values, always mg/dL, only where the table is empty."""
    printed = collected.number(row, "bwz insulin sensitivity")
    if printed is None:
        return raw_mgdl
    return to_mgdl(printed, collected.layout.sensitivity_unit)
