"""Real exports through every report: no crash, no slip, small enough for a page."""

import gzip
import json
from pathlib import Path

import pytest

from glykos.errors import FormatError
from glykos.formats import combine, read
from glykos.reports import REPORTS, Options
from glykos.reports._blocks import Figure
from glykos.therapy.clock import Window
from glykos.therapy.history import History


def histories(folder: Path) -> list[History]:
    found = []
    for path in sorted(folder.rglob("*.csv")):
        try:
            history, _ = combine([read(path.read_bytes())])
        except FormatError:
            continue
        if history.span is not None:
            found.append(history)
    return found


@pytest.mark.shared_data
@pytest.mark.slow
def test_real_exports_make_every_report(data_folder: Path) -> None:
    tried = histories(data_folder / "exports")
    assert len(tried) >= 15
    for history in tried:
        assert history.span is not None
        for report in REPORTS:
            window = Window.ending(history.span.last, report.default_days)
            document = report.build(history, window, Options())
            size = 0
            for figure in (b for b in document.blocks if isinstance(b, Figure)):
                for skin, kind in (("web", "wide"), ("web", "compact"), ("print", "wide")):
                    svg = figure.chart.svg(skin=skin, size=kind, uid="a")  # type: ignore[arg-type]
                    size += len(gzip.compress(svg.encode())) if skin == "web" else 0
                data = json.dumps(figure.chart.data(), allow_nan=False)
                size += len(gzip.compress(data.encode()))
            assert size < 25_000, report.key  # both sizes and hover data, of 60 kB for the page
