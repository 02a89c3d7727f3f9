"""Small CareLink texts for worked examples, written cell by cell; none of it is anyone's data."""

from glykos.formats._legacy_layout import COLUMNS as LEGACY_COLUMNS
from glykos.formats._multi_layout import COLUMNS as MULTI_COLUMNS

LEGACY_UNITS = {
    "bg reading": "mg/dL", "sensor glucose": "mg/dL", "sensor calibration bg": "mg/dL",
    "bwz bg input": "mg/dL", "bwz target high bg": "mg/dL", "bwz target low bg": "mg/dL",
    "bwz insulin sensitivity": "mg/dL",
}  # fmt: skip


def legacy(
    rows: list[dict[str, str]],
    *,
    unit: str = "mg/dL",
    preamble: str = "",
    header: list[str] | None = None,
) -> str:
    """A single-table export; rows give cells by our column names."""
    names = header or [
        f"{name} ({unit})" if name in LEGACY_UNITS else name for name in LEGACY_COLUMNS
    ]
    lines = [preamble] if preamble else []
    lines.append(",".join(names))
    for number, row in enumerate(rows, 1):
        cells = {"index": str(number), "raw-device type": "Paradigm 722", "raw-upload id": "7"}
        cells |= {"raw-id": str(1000 + number), "raw-seq num": str(500 - number)} | row
        cells.setdefault("timestamp", f"{cells['date']} {cells['time']}")
        lines.append(",".join(_quoted(cells.get(name, "")) for name in LEGACY_COLUMNS))
    return "\n".join(lines) + "\n"


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell


def raw(at: str, kind: str, values: str = "", **cells: str) -> dict[str, str]:
    """One row of the single-table export: ``raw("4/25/15 08:00:00", "Rewind")``."""
    date_part, _, time_part = at.partition(" ")
    named = {name.replace("_", " "): value for name, value in cells.items()}
    for key in ("raw id", "raw upload id", "raw seq num", "raw device type"):
        if key in named:
            named[key.replace("raw ", "raw-", 1)] = named.pop(key)
    return {"date": date_part, "time": time_part, "raw-type": kind, "raw-values": values} | named


def multi(
    pump: list[dict[str, str]],
    sensor: list[tuple[str, str]] = (),  # type: ignore[assignment]
    *,
    unit: str = "mg/dL",
    delimiter: str = ";",
    serial: str = "NG0000001H",
    auto: list[tuple[str, str]] = (),  # type: ignore[assignment]
) -> str:
    """A sectioned export; pump rows oldest first (printed newest first), readings likewise."""
    model = "MiniMed 780G MMT-1886"
    names = [
        f"{name} ({unit})" if name in ("sensor glucose", "bg reading") else name
        for name in MULTI_COLUMNS
    ]
    lines = [
        delimiter.join(("Last Name", "First Name", "Patient ID", "System ID", "Start Date")),
        delimiter.join(('"Doe"', '"Jo"', '""', '""', '"01/03/2024 00:00:00"')),
        "",
    ]
    number = 0
    tables = [("Pump", "-------", [*pump])]
    if auto:
        tables.append(
            (
                "Pump",
                "Aggregated Auto Insulin Data",
                [
                    at_row(
                        at, bolus_type="Normal", bolus_volume_selected=u, bolus_volume_delivered=u
                    )
                    for at, u in auto
                ],
            )
        )
    if sensor:
        readings = [at_row(at, sensor_glucose=value, isig_value="20,5") for at, value in sensor]
        tables.append(("Sensor", "-------", readings))
    for part, label, rows in tables:
        lines += [delimiter.join(("-------", model, part, serial, label)), delimiter.join(names)]
        for row in reversed(rows):
            cells = {"index": f"{number},00000"} | row
            if delimiter == ",":
                cells = {name: cell.replace(",", ".") for name, cell in cells.items()}
            lines.append(delimiter.join(cells.get(name, "") for name in MULTI_COLUMNS))
            number += 1
        lines.append("")
    return "\r\n".join(lines)


def at_row(at: str, **cells: str) -> dict[str, str]:
    """One row of a section: ``at_row("2024/03/01 08:00:00", rewind="Rewind")``."""
    date_part, _, time_part = at.partition(" ")
    return {"date": date_part, "time": time_part} | {
        name.replace("_", " "): value for name, value in cells.items()
    }
