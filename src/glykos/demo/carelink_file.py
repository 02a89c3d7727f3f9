"""An invented person's data as a CareLink multi-section file, the way a 640G export looks.

Semicolons, decimal commas, newest row first, request and delivery rows of each bolus, linked
finger-sticks printed twice, two rate rows where something else than the programme runs. Layout:
reference formats.md §2. The bytes depend on the arguments alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from glykos.demo.events import GivenBolus, Life
from glykos.demo.persona import Persona
from glykos.demo.simulation import simulate
from glykos.therapy.clock import DAY_S

DEFAULT_SEED = 4

_LABELS = "Last Name;First Name;Patient ID;System ID;Start Date;End Date;Device"

COLUMNS = (
    "Index", "Date", "Time", "New Device Time", "BG Reading (mg/dL)", "Linked BG Meter ID",
    "Basal Rate (U/h)", "Temp Basal Amount", "Temp Basal Type", "Temp Basal Duration (h:mm:ss)",
    "Bolus Type", "Bolus Volume Selected (U)", "Bolus Volume Delivered (U)",
    "Bolus Duration (h:mm:ss)", "Prime Type", "Prime Volume Delivered (U)",
    "Estimated Reservoir Volume after Fill (U)", "Alert", "User Cleared Alerts", "Suspend",
    "Rewind", "BWZ Estimate (U)", "BWZ Target High BG (mg/dL)", "BWZ Target Low BG (mg/dL)",
    "BWZ Carb Ratio (g/U)", "BWZ Insulin Sensitivity (mg/dL/U)", "BWZ Carb Input (grams)",
    "BWZ BG Input (mg/dL)", "BWZ Correction Estimate (U)", "BWZ Food Estimate (U)",
    "BWZ Active Insulin (U)", "BWZ Status", "Sensor Calibration BG (mg/dL)",
    "Sensor Glucose (mg/dL)", "ISIG Value", "Event Marker", "Bolus Number",
    "Bolus Cancellation Reason", "BWZ Unabsorbed Insulin Total (U)", "Final Bolus Estimate",
    "Scroll Step Size", "Insulin Action Curve Time", "Sensor Calibration Rejected Reason",
    "Preset Bolus", "Bolus Source", "BLE Network Device", "Device Update Event",
    "Network Device Associated Reason", "Network Device Disassociated Reason",
    "Network Device Disconnected Reason", "Sensor Exception", "Preset Temp Basal Name",
    "Sensor State",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Row:
    """Filled cells of one row; ``rank`` orders rows of one second as the pump writes them."""

    at_s: int
    rank: int
    cells: dict[str, str]
    is_old_clock: bool = False


def carelink_csv(
    persona: Persona, *, last_day: date, days: int = 90, seed: int = DEFAULT_SEED
) -> bytes:
    """The person's last ``days`` days up to and including ``last_day`` as a CareLink file."""
    return as_file(persona, simulate(persona, last_day=last_day, days=days, seed=seed))


def as_file(persona: Persona, life: Life) -> bytes:
    """A life that has been lived as a CareLink file."""
    lines = _preamble(persona, life)
    place = 0
    for part, rows in (("Pump", _pump_rows(persona, life)), ("Sensor", _sensor_rows(life))):
        lines += [
            f"-------;{persona.pump_model};{part};{persona.pump_serial};------- ",
            ";".join(COLUMNS),
        ]
        kept = [row for row in rows if row.at_s < life.clock.end_s]
        for row in sorted(kept, key=lambda r: (r.at_s, r.rank), reverse=True):
            lines.append(_line(place, row, life))
            place += 1
        lines.append("")
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode("utf-8")


def _preamble(persona: Persona, life: Life) -> list[str]:
    first = life.clock.first_day
    last = first + timedelta(days=life.clock.days - 1)
    period = f'"{first:%d/%m/%Y} 00:00:00";"{last:%d/%m/%Y} 23:59:59"'
    serial = f'"Serial Number";{persona.pump_serial}'
    return [
        f"{_LABELS};{persona.pump_model};Hardware Version;A1.01;Firmware Version;3.5",
        f'"{persona.last_name}";"{persona.first_name}";"";"";{period};{serial};Software Version;',
        "Device data shown may exceed selected date range.",
        "",
    ]


def _line(place: int, row: Row, life: Life) -> str:
    at_local = life.clock.local(row.at_s, old_clock=row.is_old_clock)
    cells = [""] * len(COLUMNS)
    cells[:3] = [f"{place},00000", f"{at_local:%Y/%m/%d}", f"{at_local:%H:%M:%S}"]
    for name, text in row.cells.items():
        cells[_PLACE[name]] = text
    return ";".join(cells)


# --- rows ------------------------------------------------------------------------------------


def _pump_rows(persona: Persona, life: Life) -> list[Row]:
    return [
        *_clock_rows(persona, life),
        *_basal_rows(life),
        *(row for bolus in life.boluses for row in _bolus_rows(bolus)),
        *_calculator_rows(persona, life),
        *_meter_rows(persona, life),
        *_device_rows(life),
    ]


def _clock_rows(persona: Persona, life: Life) -> Iterator[Row]:
    clock = life.clock
    last_midnight_s = clock.elapsed_s((clock.days - 1) * DAY_S)
    curve = {"Insulin Action Curve Time": str(persona.active_insulin_min)}
    yield Row(last_midnight_s, 0, curve)
    if clock.change_s is not None:
        new = {"New Device Time": f"{clock.local(clock.change_s):%Y/%m/%d %H:%M:%S}"}
        yield Row(clock.change_s, 0, new, is_old_clock=True)


def _basal_rows(life: Life) -> Iterator[Row]:
    for at_s, code in life.stops:
        yield Row(at_s, 1, {"Basal Rate (U/h)": "0", "Suspend": code})
    for at_s in life.restarts:
        yield Row(at_s, 1, {"Suspend": "NORMAL_PUMPING"})
    for at_s in life.rewinds:
        yield Row(at_s, 1, {"Basal Rate (U/h)": "0", "Rewind": "Rewind"})
    for temp in life.temps:
        percent = {"Temp Basal Amount": _n(temp.fraction * 100), "Temp Basal Type": "Percent"}
        length = {"Temp Basal Duration (h:mm:ss)": _length(temp.minutes * 60)}
        yield Row(temp.at_s, 1, percent | length)
    # What is delivered is printed before what is programmed, so the order of the list counts.
    for n, (at_s, rate) in enumerate(life.printed):
        yield Row(at_s, 2 + n, {"Basal Rate (U/h)": _n(rate)})


def _bolus_rows(bolus: GivenBolus) -> Iterator[Row]:
    name = {"Bolus Type": bolus.kind, "Bolus Number": str(bolus.number)}
    asked = {
        **name,
        "Bolus Volume Selected (U)": _n(bolus.selected_u),
        "Bolus Source": bolus.source,
    }
    planned = {"Bolus Duration (h:mm:ss)": _length(bolus.selected_min * 60)}
    ran = {"Bolus Duration (h:mm:ss)": _length(bolus.delivered_s)}
    end_s = bolus.at_s + bolus.delivered_s
    yield Row(bolus.at_s, 4, asked | (planned if bolus.selected_min else {}))
    if bolus.is_stopped:
        yield Row(end_s, 5, {**name, "Bolus Cancellation Reason": "User Request"})
    given = {"Bolus Volume Delivered (U)": _n(bolus.delivered_u)}
    yield Row(end_s, 6, asked | given | (ran if bolus.selected_min else {}))


def _calculator_rows(persona: Persona, life: Life) -> Iterator[Row]:
    for use in life.estimates:
        yield Row(
            use.at_s,
            1,
            {
                "BWZ Estimate (U)": _n(use.estimate_u),
                "BWZ Target High BG (mg/dL)": str(persona.target_high_mgdl),
                "BWZ Target Low BG (mg/dL)": str(persona.target_low_mgdl),
                "BWZ Carb Ratio (g/U)": _fixed(use.ratio_g_per_u),
                "BWZ Insulin Sensitivity (mg/dL/U)": _n(use.sensitivity_mgdl_per_u),
                "BWZ Carb Input (grams)": _fixed(use.carbs_g),
                "BWZ BG Input (mg/dL)": "" if use.bg_mgdl is None else str(use.bg_mgdl),
                "BWZ Correction Estimate (U)": _n(use.correction_u),
                "BWZ Food Estimate (U)": _n(use.food_u),
                "BWZ Active Insulin (U)": _n(use.active_u),
                "BWZ Status": "Delivered" if use.final_u > 0 else "Not Delivered",
            },
        )
        yield Row(
            use.at_s,
            2,
            {
                "BWZ Unabsorbed Insulin Total (U)": _n(-use.active_u),
                "Final Bolus Estimate": _n(use.final_u),
                "Scroll Step Size": "STEP_0_POINT_05",
            },
        )


def _meter_rows(persona: Persona, life: Life) -> Iterator[Row]:
    for reading in life.meter:
        value = {"BG Reading (mg/dL)": str(reading.mgdl)}
        if reading.is_linked:
            for _ in range(2):
                yield Row(reading.at_s, 3, value | {"Linked BG Meter ID": persona.meter_id})
        else:
            yield Row(reading.at_s, 3, value)
    for at_s, mgdl in life.calibrations:
        yield Row(at_s, 3, {"Sensor Calibration BG (mg/dL)": str(mgdl)})


def _device_rows(life: Life) -> Iterator[Row]:
    for fill in life.fills:
        yield Row(
            fill.at_s,
            3,
            {
                "Prime Type": fill.kind,
                "Prime Volume Delivered (U)": _n(fill.volume_u),
                "Estimated Reservoir Volume after Fill (U)": _n(fill.left_u),
            },
        )
    for alert in life.alerts:
        yield Row(alert.at_s, 3, {"Alert": alert.text})
        if alert.cleared_s is not None:
            yield Row(alert.cleared_s, 3, {"User Cleared Alerts": alert.text.partition(":")[0]})
    for at_s, text in life.markers:
        yield Row(at_s, 3, {"Event Marker": text})


def _sensor_rows(life: Life) -> Iterator[Row]:
    for point in life.sensor:
        cells = {"Sensor Glucose (mg/dL)": str(point.mgdl), "ISIG Value": _fixed(point.isig)}
        yield Row(point.at_s, 0, cells)
    for at_s, code in life.sensor_states:
        yield Row(at_s, 0, {"Sensor Exception": code})


# --- cells -----------------------------------------------------------------------------------


def _n(value: float) -> str:
    return f"{value + 0.0:.6g}".replace(".", ",")  # adding zero turns -0 into 0


def _fixed(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _length(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}"
