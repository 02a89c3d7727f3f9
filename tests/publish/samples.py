"""Hand-made documents for the tests of publishing, with charts that are only just pictures."""

from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Literal

from glykos.metrics import METRICS
from glykos.reports._blocks import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Person,
    Stat,
    Stats,
    Table,
)

HOSTILE = '<script>alert(1)</script> #panic("x") *bold* $x$ <lab> =cmd() "quoted" & co'


@dataclass(frozen=True)
class Square:
    """A chart that draws a square."""

    what: dict[str, object] = field(default_factory=dict)

    def svg(
        self, *, skin: Literal["web", "print"], size: Literal["wide", "compact"], uid: str
    ) -> str:
        paint = 'class="g-sensor"' if skin == "web" else 'fill="#1f4e79"'
        width = 400 if size == "compact" else 680
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 200" role="img"'
            f' aria-labelledby="{uid}-t"><title id="{uid}-t">{escape(HOSTILE)}</title>'
            f'<rect {paint} x="10" y="10" width="{width - 20}" height="180"/></svg>'
        )

    def data(self) -> dict[str, object]:
        return self.what


def overlay_data(days: int = 7) -> dict[str, object]:
    return {
        "kind": "sensor-overlay",
        "unit": "mg/dL",
        "x": [0, 1440],
        "plot": {"wide": [46, 900, 20, 180], "compact": [36, 388, 20, 180]},
        "days": [
            {
                "day": f"2026-03-{n + 1:02d}",
                "label": f"Day {n + 1}",
                "n": n % 7 + 1,
                "weekend": n in (0, 6),
                "minutes": [0, 5, 10],
                "values": [100 + n, 101 + n, 102 + n],
            }
            for n in range(days)
        ],
        "average": {"minutes": [0, 5, 10], "values": [103, 104, 105]},
    }


def small_table(title: str = "Per day", columns: int = 3, rows: int = 4) -> Table:
    return Table(
        key="per-day",
        title=title,
        columns=(
            Column(key="day", label="Day", align="start"),
            *(Column(key=f"c{n}", label=f"Column {n}", unit="U") for n in range(1, columns)),
        ),
        rows=tuple(
            (
                Cell(text=f"Day {row}"),
                *(Cell(text=f"{row}.{n}", value=row + n / 10) for n in range(1, columns - 1)),
                Cell(text="—", reason="no meter readings")
                if row == 0
                else Cell(text=str(40 + row), value=40.0 + row, mark="low"),
            )
            for row in range(rows)
        ),
        note="Days without data are left out.",
    )


def stats(style: Literal["tiles", "list"], previous: str = "") -> Stats:
    return Stats(
        key=f"glucose-{style}",
        title="Glucose",
        style=style,
        previous_label=previous,
        items=(
            Stat(
                key="mean",
                label="Average",
                text="154",
                unit="mg/dL",
                value=153.71,
                n=3890,
                metric=METRICS[0].key,
                previous="160 mg/dL" if previous else "",
                difference="\u22126 mg/dL" if previous else "",
            ),
            Stat(key="low", label="Below <54", text="1.2", unit="%", value=1.234, n=3890),
            Stat(key="gmi", label="GMI", text="—", unit="%", reason="needs 14 days"),
            Stat(key="zero", label="Lows at night", text="0", value=0.0, n=14),
        ),
    )


def sample(
    *blocks: Block, name: str = "Ada Example", title: str = "Quick View Summary"
) -> Document:
    return Document(
        key="quick-view",
        title=title,
        person=Person(name=name, birth_date=date(1990, 1, 31)),
        first_day=date(2026, 3, 1),
        last_day=date(2026, 3, 14),
        time_basis="device clock",
        devices=("MiniMed 640G, serial 0000",),
        settings=("Target 70-180 mg/dL",),
        data_hash="0123456789abcdef",
        version="0.1.0",
        blocks=blocks or everything(),
    )


def everything() -> tuple[Block, ...]:
    """One of each kind of block, in every style."""
    return (
        stats("tiles"),
        Heading("Glucose by time of day"),
        Figure(
            key="modal-day",
            title="All days on one clock",
            finding="The highest hour is 9 to 10 in the morning.",
            chart=Square(overlay_data()),
            table=small_table("Values by hour"),
        ),
        Note(kind="missing", text="No insulin: the files hold no pump data."),
        Note(kind="warning", text="The clock was changed on 8 March."),
        PageBreak(),
        Heading("Numbers", 3),
        stats("list"),
        stats("list", previous="14 days before"),
        small_table(),
    )
