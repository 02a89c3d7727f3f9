"""The four reports of a simulated person say the same in every output, in both units."""

import gzip
from datetime import date

import pytest

from glykos.demo.carelink_file import carelink_csv
from glykos.demo.persona import ALEX
from glykos.formats import combine, read
from glykos.publish import as_html, as_pdf
from glykos.reports import REPORTS
from glykos.reports._blocks import Document, Figure, Person, Stats
from glykos.reports._report import Options
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.units import GlucoseUnit
from tests.publish.parity import assert_parity

LAST = date(2026, 3, 31)


@pytest.fixture(scope="module")
def history() -> History:
    return combine([read(carelink_csv(ALEX, last_day=LAST, days=28))])[0]


def build(history: History, key: str, unit: GlucoseUnit = GlucoseUnit.MGDL) -> Document:
    report = next(report for report in REPORTS if report.key == key)
    person = Person(name="Alex Example", birth_date=date(1990, 1, 31))
    window = Window.ending(LAST, report.default_days)
    return report.build(history, window, Options(unit=unit, person=person))


KEYS = [report.key for report in REPORTS]


@pytest.mark.parametrize("unit", list(GlucoseUnit))
@pytest.mark.parametrize("key", KEYS)
def test_every_number_is_the_same_everywhere(history: History, key: str, unit: GlucoseUnit) -> None:
    assert_parity(build(history, key, unit))


@pytest.mark.parametrize("key", KEYS)
def test_every_picture_has_words_and_a_table(history: History, key: str) -> None:
    figures = [block for block in build(history, key).blocks if isinstance(block, Figure)]
    assert figures
    assert all(figure.finding and figure.table is not None for figure in figures)


@pytest.mark.parametrize("key", KEYS)
def test_every_named_metric_has_its_card(history: History, key: str) -> None:
    document = build(history, key)
    named = [
        stat
        for block in document.blocks
        if isinstance(block, Stats)
        for stat in block.items
        if stat.metric
    ]
    assert as_html.fragment(document).count("How is this computed") == len(named)


@pytest.mark.parametrize("key", KEYS)
def test_a_report_is_a_light_page(history: History, key: str) -> None:
    assert len(gzip.compress(as_html.page(build(history, key)))) < 40_000


def test_all_as_one_pdf_is_the_same_bytes_twice(history: History) -> None:
    documents = [build(history, key) for key in KEYS]
    first = as_pdf.pdf(documents)
    as_pdf._compiler.cache_clear()
    assert as_pdf.pdf([build(history, key) for key in KEYS]) == first
