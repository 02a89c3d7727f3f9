"""HTML: escaped, accessible, free of style and script, complete without JavaScript."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from glykos import publish
from glykos.charts._theme import css
from glykos.metrics import METRICS
from glykos.publish import as_html
from glykos.reports._blocks import Figure, Heading, Note, Stat, Stats
from tests.publish.samples import HOSTILE, Square, overlay_data, sample, small_table, stats

STATIC = Path(publish.__file__).parent / "static" / "glykos"
VOID = {"meta", "input", "br", "hr", "img", "link"}


class Tree(HTMLParser):
    """Checks that tags nest, and collects elements and the text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_tags_nest_and_nothing_carries_style_or_handlers() -> None:
    tree = Tree(as_html.page(sample()).decode())
    for _, attributes in tree.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert tree.all("script") == []


def test_the_fragment_has_only_data_scripts() -> None:
    scripts = Tree(as_html.fragment(sample())).all("script")
    assert [script["type"] for script in scripts] == ["application/json"]


def test_hostile_text_stays_text_everywhere() -> None:
    document = sample(
        Heading(HOSTILE),
        Note(kind="info", text=HOSTILE),
        Stats(
            key="s",
            title=HOSTILE,
            items=(Stat(key='k"x', label=HOSTILE, text=HOSTILE, unit=HOSTILE, reason=HOSTILE),),
            previous_label=HOSTILE,
        ),
        small_table(HOSTILE),
        Figure(
            key="f",
            title=HOSTILE,
            finding=HOSTILE,
            chart=Square({"title": "</script><script>alert(1)</script><!--"}),
        ),
        name=HOSTILE,
        title=HOSTILE,
    )
    tree = Tree(as_html.page(document).decode())
    assert tree.all("script") == []
    assert tree.text.count("<script>alert(1)</script>") >= 10
    fragment = as_html.fragment(document)
    assert fragment.count("<script") == fragment.count("</script>") == 1


def test_every_figure_has_words_and_a_table_and_two_sizes() -> None:
    html = as_html.fragment(sample())
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert "The highest hour is 9 to 10 in the morning." in figure
    assert "Show as table" in figure
    assert figure.count("<svg xmlns") == 2
    assert 'class="r-wide"' in figure
    assert 'class="r-narrow"' in figure


def test_ids_are_unique_and_begin_with_the_given_prefix() -> None:
    html = as_html.fragment(sample(), uid="one") + as_html.fragment(sample(), uid="two")
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {i.split("-")[0] for i in ids} == {"one", "two"}


def test_what_an_id_refers_to_exists() -> None:
    html = as_html.fragment(sample())
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', html)) <= ids


def test_heading_levels_are_never_skipped() -> None:
    html = as_html.page(sample(Heading("Deep", 4), stats("list"), Heading("Up", 2))).decode()
    levels = [int(level) for level in re.findall(r"<h(\d)", html)]
    assert levels == [1, 2, 3, 2]


def test_a_number_opens_the_card_of_its_metric() -> None:
    metric = METRICS[0]
    html = as_html.fragment(sample(stats("tiles")))
    card = html[html.index("<details>") : html.index("</details>")]
    text = Tree(card + "</details>").text
    assert metric.definition in text
    assert metric.source in text
    assert f"{metric.key}, version {metric.version}" in text
    assert "n = 3,890" in text


def test_a_missing_number_shows_its_reason_and_no_unit() -> None:
    html = as_html.fragment(sample(stats("tiles")))
    gmi = html[html.index(">GMI<") :]
    assert "needs 14 days" in gmi[: gmi.index("</div>")]
    assert "%" not in gmi[: gmi.index("</dd>")]


def test_a_zero_is_shown_as_a_number() -> None:
    html = as_html.fragment(sample(stats("tiles")))
    assert '<dt>Lows at night</dt><dd><span class="r-value">0</span>' in html


def test_reasons_of_empty_cells_are_footnotes_told_once() -> None:
    html = as_html.fragment(sample(small_table()))
    assert "—<sup>a</sup>" in html
    assert html.count("no meter readings") == 1


def test_colour_is_never_the_only_sign_of_a_mark() -> None:
    assert '<span class="r-hint"> low</span>' in as_html.fragment(sample(small_table()))


@pytest.mark.parametrize("days", [1, 7, 14])
def test_days_are_toggles_that_css_understands_while_colours_differ(days: int) -> None:
    figure = Figure(key="f", title="Overlay", finding="", chart=Square(overlay_data(days)))
    html = as_html.fragment(sample(figure))
    boxes = [box for box in Tree(html).all("input") if box["type"] == "checkbox"]
    assert len(boxes) == (days if days > 1 else 0)
    assert all(("data-n" in box) == (days <= 7) for box in boxes)


def test_the_file_fetches_nothing_and_its_policy_allows_only_its_own_style() -> None:
    html = as_html.page(sample()).decode()
    assert "default-src 'none'; style-src 'sha256-" in html
    without_namespaces = html.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(
        r"https?://(?!doi\.org)", re.sub(r"<dd class=\"r-card\".*?</dd>", "", without_namespaces)
    )
    assert not re.search(r"\b(src|href)=|@import|url\((?!#)", without_namespaces)


def test_same_document_same_bytes() -> None:
    assert as_html.page(sample()) == as_html.page(sample())


def test_the_style_sheet_of_charts_is_what_the_palette_says() -> None:
    assert (STATIC / "charts.css").read_text(encoding="utf-8") == css(), (
        "write charts._theme.css() into it again"
    )


def test_script_and_style_are_small() -> None:
    assert len(gzip.compress((STATIC / "report.js").read_bytes())) <= 4096
    assert len(gzip.compress((STATIC / "report.css").read_bytes())) <= 4096


def test_script_needs_no_eval_and_sets_no_style() -> None:
    script = (STATIC / "report.js").read_text(encoding="utf-8")
    assert not re.search(
        r"eval\(|new Function|innerHTML|\.style\b|insertRule|setTimeout\(['\"]", script
    )


def test_style_names_no_colour_of_its_own() -> None:
    style = (STATIC / "report.css").read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", style)
