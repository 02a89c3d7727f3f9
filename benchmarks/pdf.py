"""Fourteen pages of daily summaries: our PDF against WeasyPrint setting the same pages.

Each round gets fourteen days that neither has seen, because Typst remembers what it has laid out.
Our time includes drawing the charts; WeasyPrint gets finished HTML with finished pictures, one
size of each and no script data, cards or tables behind pictures, so that it sets the same pages.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from benchmarks.row import Row, interleaved
from glykos.demo.carelink_file import carelink_csv
from glykos.demo.persona import ALEX
from glykos.formats import combine, read
from glykos.publish import as_html, as_pdf
from glykos.reports import REPORTS
from glykos.reports._blocks import Chart, Document, Figure
from glykos.reports._report import Options
from glykos.therapy.clock import Window

DAYS = 14
ROUNDS = 3
LIMIT = 8


@dataclass(frozen=True)
class Printed:
    """A chart that is drawn for paper whoever asks."""

    chart: Chart

    def svg(self, *, skin: str, size: str, uid: str) -> str:  # noqa: ARG002 - always for paper
        return self.chart.svg(skin="print", size="wide", uid=uid)

    def data(self) -> dict[str, object]:
        return {}


def documents() -> Iterator[list[Document]]:
    """Fourteen daily summaries for each round and the warm-up, no day twice."""
    last = date(2026, 3, 31)
    days = DAYS * (ROUNDS + 1)
    history, _ = combine([read(carelink_csv(ALEX, last_day=last, days=days))])
    daily = next(report for report in REPORTS if report.key == "daily")
    first = last - timedelta(days=days - 1)
    for start in range(0, days, DAYS):
        chosen = [first + timedelta(days=start + n) for n in range(DAYS)]
        yield [daily.build(history, Window(day, day), Options()) for day in chosen]


def as_pages(pages: Sequence[Document]) -> str:
    """The same documents as one HTML text for WeasyPrint."""
    bodies = []
    for number, page in enumerate(pages):
        blocks = tuple(
            replace(block, chart=Printed(block.chart)) if isinstance(block, Figure) else block
            for block in page.blocks
        )
        html = as_html.fragment(replace(page, blocks=blocks), uid=f"d{number}")
        html = re.sub(r'<div class="r-narrow">.*?</svg></div>', "", html, flags=re.DOTALL)
        html = re.sub(r"<details>.*?</details>", "", html, flags=re.DOTALL)
        bodies.append(f"<section class=day><h1>{page.title}</h1>{html}</section>")
    style = as_html.style_sheet() + (
        "@page{size:A4;margin:19mm 15mm 17mm}.day{break-after:page}"
        "body{font:9pt Inter,sans-serif}.r-wide svg{width:100%}"
    )
    title = "<title>Daily summaries</title>"
    return f'<html lang="en"><head>{title}<style>{style}</style></head><body>{"".join(bodies)}</body></html>'


def measure() -> list[Row]:
    from weasyprint import HTML

    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    rounds = list(documents())
    ours = iter(rounds)
    theirs = iter([as_pages(pages) for pages in rounds])
    our_s, their_s = interleaved(
        [
            lambda: as_pdf.pdf(next(ours)),
            lambda: HTML(string=next(theirs)).write_pdf(pdf_variant="pdf/ua-1"),
        ],
        rounds=ROUNDS,
    )
    return [
        Row(
            claim=f"{DAYS}-page PDF of daily summaries, speed against WeasyPrint",
            measured=their_s / our_s,
            limit=LIMIT,
            sense=">=",
        )
    ]
