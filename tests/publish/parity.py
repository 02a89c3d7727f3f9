"""One number, one text: what one output prints, every output prints."""

import csv
import io
import json
import re
from html import unescape

import pypdfium2

from glykos.publish import as_csv, as_html, as_json, as_pdf
from glykos.publish._layout import statistics, tables
from glykos.reports._blocks import Document


def assert_parity(document: Document) -> None:
    """Every statistic and every cell of a document is in page, PDF, JSON and CSV alike."""
    html = unescape(re.sub(r"<[^>]+>", "", as_html.fragment(document)))
    pages = pypdfium2.PdfDocument(as_pdf.pdf([document]))
    # Line breaks of the layout may fall anywhere, so white space does not count.
    paper = _dense("".join(page.get_textpage().get_text_bounded() for page in pages))
    blocks = json.loads(as_json.json(document))["blocks"]
    in_json = {
        (block["key"], item["key"]): item["text"]
        for block in blocks
        if block["kind"] == "stats"
        for item in block["items"]
    }
    lines = list(csv.reader(io.StringIO(as_csv.csv(document).decode("utf-8-sig"))))
    in_csv = {(line[0], line[1]): line[5] for line in lines if line[2] == "now"}
    for group, stat in statistics(document):
        assert stat.text in html
        assert _dense(stat.text) in paper
        assert in_json[group, stat.key] == stat.text
        assert in_csv[group, stat.key] == as_csv.neutral(stat.text)
        assert _dense(stat.reason) in paper
        assert stat.reason in html
    shown = {(line[0], line[5]) for line in lines}
    for table in tables(document.blocks):
        for cell in (cell for row in table.rows for cell in row[1:]):
            assert cell.text in html
            text = f"{cell.text} ({cell.reason})" if cell.reason else cell.text
            assert (table.key, as_csv.neutral(text)) in shown


def _dense(text: str) -> str:
    return re.sub(r"\s|[\u0002\ufffe\u00ad]", "", text)
