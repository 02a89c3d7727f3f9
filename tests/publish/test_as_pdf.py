"""PDF: tagged, archivable, the same bytes every time, on both papers."""

import io
import time
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest

from glykos.errors import RenderError, UsageError
from glykos.publish.as_pdf import pdf
from glykos.reports._blocks import Figure, Heading, Note, Person, Stat, Stats
from tests.publish.samples import HOSTILE, Square, everything, sample, small_table, stats


def texts(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)]


def structure(data: bytes) -> list[tuple[str, str]]:
    """(role, alt) of every structure element in reading order."""
    found: list[tuple[str, str]] = []

    def walk(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Array):
            for kid in node:
                walk(kid)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            found.append((str(node.S), str(node.get("/Alt", ""))))
            walk(node.get("/K", pikepdf.Array()))

    with pikepdf.open(io.BytesIO(data)) as file:
        walk(file.Root.StructTreeRoot.K)
    return found


def test_the_file_is_tagged_and_says_which_standards_it_meets() -> None:
    with pikepdf.open(io.BytesIO(pdf([sample()]))) as file:
        assert str(file.Root.Lang) == "en"
        assert bool(file.Root.MarkInfo.Marked)
        assert bool(file.Root.ViewerPreferences.DisplayDocTitle)
        with file.open_metadata() as facts:
            assert facts["pdfuaid:part"] == "1"
            assert (facts["pdfaid:part"], facts["pdfaid:conformance"]) == ("2", "A")
            assert facts["dc:title"] == "Quick View Summary"


def test_headings_figures_and_tables_have_their_roles() -> None:
    roles = structure(pdf([sample()]))
    names = [role for role, _ in roles]
    assert names.count("/H1") == 1
    assert {"/H2", "/Table", "/THead", "/TBody", "/TH", "/TD"} <= set(names)
    alternatives = [alt for role, alt in roles if role == "/Figure"]
    assert alternatives == ["All days on one clock. The highest hour is 9 to 10 in the morning."]


def test_the_same_documents_give_the_same_bytes_in_a_fresh_compiler() -> None:
    from glykos.publish import as_pdf

    first = pdf([sample()])
    pdf([sample(title="Something else")])
    as_pdf._compiler.cache_clear()
    assert pdf([sample()]) == first


def test_the_date_inside_is_the_last_day_of_the_report() -> None:
    with pikepdf.open(io.BytesIO(pdf([sample()]))) as file:
        assert str(file.docinfo["/CreationDate"]).startswith("D:20260314")


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_both_papers(paper: str, size: tuple[int, int]) -> None:
    page = pypdfium2.PdfDocument(pdf([sample()], paper=paper))[0]  # type: ignore[arg-type]
    assert tuple(round(side) for side in page.get_size()) == size


def test_header_and_footer_name_person_period_device_data_and_page() -> None:
    pages = texts(pdf([sample()]))
    assert len(pages) == 2
    for number, text in enumerate(pages, start=1):
        assert "Ada Example, born" in text
        assert "1 Mar 2026 to 14 Mar 2026" in text
        assert "MiniMed 640G" in text
        assert "0123456789abcdef" in text
        assert f"Page {number} of 2" in text


def test_several_documents_are_one_file_with_an_outline() -> None:
    made = pdf([sample(title="First"), sample(title="Second", name="Ada Example")])
    with pikepdf.open(io.BytesIO(made)) as file, file.open_outline() as outline:
        assert [item.title for item in outline.root] == ["First", "Second"]
    assert "Page 4 of 4" in texts(made)[3]


def test_names_are_printed_as_typed_and_never_run() -> None:
    document = sample(
        Heading(HOSTILE),
        Note(kind="info", text=HOSTILE),
        small_table(HOSTILE),
        Figure(key="f", title=HOSTILE, finding=HOSTILE, chart=Square()),
        Stats(key="s", title=HOSTILE, items=(Stat(key="k", label=HOSTILE, text=HOSTILE),)),
        name=HOSTILE,
        title=HOSTILE,
    )
    together = " ".join(" ".join(texts(pdf([document]))).split())
    assert together.count('#panic("x") *bold* $x$') >= 6


def test_less_than_54_keeps_its_direction() -> None:
    assert "<54" in texts(pdf([sample(stats("list"))]))[0]


@pytest.mark.parametrize("columns", [2, 7, 9, 13, 15])
def test_wide_tables_stay_inside_the_page(columns: int) -> None:
    page = pypdfium2.PdfDocument(pdf([sample(small_table(columns=columns))]))[0]
    width = page.get_size()[0]
    text = page.get_textpage()
    boxes = [text.get_charbox(n) for n in range(text.count_chars())]
    assert all(left >= 40 and right <= width - 40 for left, _, right, _ in boxes if right > left)
    assert f"Column {columns - 1}" in " ".join(text.get_text_bounded().split())


def test_a_long_table_repeats_its_header() -> None:
    pages = texts(pdf([sample(small_table(rows=120))]))
    assert len(pages) > 2
    assert all("Column 2" in text for text in pages if "Day " in text)


def test_a_document_without_blocks_or_person_is_still_a_page() -> None:
    empty = sample(Note(kind="missing", text="Nothing here."), name="")
    assert "Nothing here." in texts(pdf([empty]))[0]


def test_no_documents_is_our_own_mistake() -> None:
    with pytest.raises(UsageError):
        pdf([])


def test_a_broken_picture_is_a_named_error_without_its_data() -> None:
    class Broken(Square):
        def svg(self, **_: object) -> str:  # type: ignore[override]
            return "<svg secret 182"

    figure = Figure(key="f", title="T", finding="", chart=Broken())
    with pytest.raises(RenderError) as caught:
        pdf([sample(figure)])
    assert "182" not in str(caught.value) + caught.value.hint


@pytest.mark.slow
def test_fourteen_days_take_well_under_a_second() -> None:
    days = [sample(*everything(), title=f"Day {n}", name=f"P{n}") for n in range(14)]
    pdf(days[:1])
    start = time.perf_counter()
    made = pdf(days)
    assert time.perf_counter() - start < 3  # about 0.2 s alone on a machine; tests share theirs
    assert len(texts(made)) == 28


@pytest.mark.parametrize("name", ["王小明", "Zoë 🙂", "Жанна", "bell\x07", "half \ud83d"])
def test_a_name_that_the_fonts_cannot_draw_does_not_cost_the_pdf(name: str) -> None:
    document = replace(sample(), person=Person(name=name))
    made = pdf([document])
    printed = "".join(texts(made))
    drawable = "".join(letter for letter in name if letter.isprintable() and ord(letter) < 0x530)
    assert drawable.strip() in printed
    assert pdf([document]) == made
