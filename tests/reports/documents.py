"""How tests read a document."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import timedelta

from glykos.reports import REPORTS, Report
from glykos.reports._blocks import Cell, Document, Figure, Note, Stat, Stats, Table
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from tests.reports.days import DAY, sensor

SKINS = (("web", "wide"), ("web", "compact"), ("print", "wide"))


WEEK = Window.ending(DAY, 7)


def texts(document: Document, skins: Sequence[tuple[str, str]] = SKINS) -> list[str]:
    """Everything a person may read in the document."""
    found = [document.title, document.time_basis, *document.devices, *document.settings]
    for block in document.blocks:
        if isinstance(block, Stats):
            found += [part for s in block.items for part in _of_stat(s)]
        elif isinstance(block, Table):
            found += _of_table(block)
        elif isinstance(block, Figure):
            found += [block.title, block.finding, *(_of_table(block.table) if block.table else [])]
            for skin, size in skins:
                svg = block.chart.svg(skin=skin, size=size, uid="x")  # type: ignore[arg-type]
                found += [text for text in ET.fromstring(svg).itertext() if text]
        elif isinstance(block, Note):
            found.append(block.text)
    return found


def _of_stat(stat: Stat) -> list[str]:
    return [stat.label, stat.text, stat.unit, stat.reason, stat.previous, stat.difference]


def _of_table(table: Table) -> list[str]:
    cells: list[Cell] = [cell for row in table.rows for cell in row]
    return [table.title, table.note, *(c.label for c in table.columns), *(c.text for c in cells)]


def stats(document: Document) -> list[Stat]:
    return [item for b in document.blocks if isinstance(b, Stats) for item in b.items]


def fortnight() -> History:
    days = [DAY - timedelta(days=n) for n in range(14)]
    return History.build(sensor=SensorSeries.concat([sensor(day) for day in days]), records=[])


def figure(document: Document, key: str) -> Figure:
    return next(b for b in document.blocks if isinstance(b, Figure) and b.key == key)


def report_of(key: str) -> Report:
    return next(report for report in REPORTS if report.key == key)
