"""What a file is before any format is chosen: containers, tables, and traps in both."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from glykos.errors import DamagedFile, FormatError, UnknownFormat, WholeRecord
from glykos.formats import files_in, read
from glykos.formats._content import (
    HEAD_ROWS,
    MAX_INFLATED,
    MAX_MEMBERS,
    MAX_RATIO,
    Content,
    unpacked,
)
from glykos.formats._text import MAX_CELL, cells_of
from tests.formats.samples import SAMPLES


def zipped(**members: str | bytes) -> bytes:
    bag = BytesIO()
    with zipfile.ZipFile(bag, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return bag.getvalue()


def workbook(*rows: list[object], sheet: str = "Sheet") -> bytes:
    book, bag = Workbook(), BytesIO()
    book.active.title = sheet  # type: ignore[union-attr]
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(bag)
    return bag.getvalue()


def rows_of(data: bytes) -> list[list[str]]:
    (table,) = Content(data).tables
    return [cells for _, cells in table]


# --- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: b"\xef\xbb\xbf" + "\u00ef\u00bb\u00bf".encode() + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("cp1252"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
    ],
    ids=["utf-8", "mark", "two marks", "16", "16-be mark", "16-le", "16-be", "1252", "crlf", "cr"],
)
def test_every_spelling_of_the_same_text_gives_the_same_cells(
    encode: Callable[[str], bytes],
) -> None:
    text = "Zeit;Größe;Wert\n08:00;1;2,5\n"
    assert rows_of(encode(text)) == [["Zeit", "Größe", "Wert"], ["08:00", "1", "2,5"]]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b,c;d\n", ["a", "b,c", "d"]),
        ("a\tb,c\td\n", ["a", "b,c", "d"]),
        ('a,"b;c;d;e",f\n', ["a", "b;c;d;e", "f"]),
        ("title, and more\na;b;c\n", ["title, and more"]),
        ("only\n", ["only"]),
    ],
)
def test_the_delimiter_is_that_of_the_widest_line(text: str, cells: list[str]) -> None:
    assert rows_of(text.encode())[0] == cells


def test_a_quoted_cell_may_go_over_lines_and_lines_are_counted_as_in_the_file() -> None:
    data = b'time,note\n08:00,"one\ntwo, and ""three"""\n09:00,x\n'
    (table,) = Content(data).tables
    assert list(table) == [
        (1, ["time", "note"]),
        (2, ["08:00", 'one two, and "three"']),
        (4, ["09:00", "x"]),
    ]


def test_a_stray_quotation_mark_costs_its_row_only() -> None:
    rows = "\n".join(f"{n},x" for n in range(200))
    assert len(rows_of(f'a,b\n1,"cut\n{rows}\n'.encode())) == 202


def test_an_even_number_of_stray_marks_costs_its_row_only() -> None:
    data = b'a,b\n"1","2"\nx"y,"z\n3,"4"\n5,6\n'
    assert list(Content(data).tables[0]) == [
        (1, ["a", "b"]),
        (2, ["1", "2"]),
        (3, ['x"y', "z"]),
        (4, ["3", "4"]),
        (5, ["5", "6"]),
    ]


@given(st.lists(st.text('ab",; \t', max_size=12), min_size=1, max_size=12))
def test_rows_are_those_of_each_line_by_itself(lines: list[str]) -> None:
    """The quick way over a whole text gives what reading line by line gives."""
    lines = [",".join("abcdefghijklmn"), *lines]  # the widest line: it decides the delimiter
    if any(line.count('"') % 2 for line in lines):
        return
    found = list(Content("\n".join(lines).encode()).tables[0])
    assert found == [
        (number, cells_of(line, ","))
        for number, line in enumerate(lines, start=1)
        if line.strip(', "\t')
    ]


def test_empty_lines_are_no_rows_and_tables_can_be_walked_again() -> None:
    (table,) = Content(b"a,b\n\n , \n,,\n1,2\n").tables
    assert [line for line, _ in table] == [1, 5]
    assert list(table) == list(table)


def test_a_cell_beyond_any_note_makes_its_row_one_cell() -> None:
    rows = rows_of(b"a,b\n1," + b"x" * (MAX_CELL + 1) + b"\n1,2\n")
    assert [len(cells) for cells in rows] == [2, 1, 2]


def test_control_characters_never_reach_a_cell() -> None:
    text = "a,b\n" + "1,2\n" * 20 + "1\u202e,\x072\n"
    assert rows_of(text.encode())[-1] == ["1", "2"]


def test_the_head_is_short_and_the_table_whole() -> None:
    (table,) = Content(b"a,b\n" + b"1,2\n" * 100).tables
    assert len(table.head) == HEAD_ROWS
    assert len(list(table)) == 101


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\x00" * 50])
def test_nothing_is_called_empty(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"empty|not text"):
        Content(data).tables[0].head  # noqa: B018


@pytest.mark.parametrize("data", [b"{", b'{"a": }', b"[" * 100_000, b'{"a": 1} x'])
def test_broken_json_is_called_broken(data: bytes) -> None:
    assert Content(data).looks_like_json
    with pytest.raises(DamagedFile, match="broken"):
        _ = Content(data).json


# --- archives ----------------------------------------------------------------------------------


def test_members_come_without_folders_and_empty_files() -> None:
    data = zipped(**{"deep__a.csv": "a,b\n1,2", "empty.csv": " \n", "folder__": ""})
    assert unpacked(data) == [("deep/a.csv", b"a,b\n1,2")]


def test_the_tables_of_an_archive_are_those_of_its_texts() -> None:
    data = zipped(**{"a.csv": "a,b\n1,2", "b.png": b"\x89PNG\x00", "c.bin": bytes(range(256))})
    assert [table.name for table in Content(data).tables] == ["a.csv"]


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped(a=b"0" * 30_000_000)
    assert len(bomb) * MAX_RATIO < 30_000_000
    with pytest.raises(DamagedFile, match="too large"):
        _ = Content(bomb).members


def test_many_small_bombs_count_together() -> None:
    part = bytes(range(256)) * 4
    data = zipped(**{f"m{n}": part * 400 for n in range(150)})
    with pytest.raises(DamagedFile, match="too large"):
        _ = Content(data).members
    assert MAX_INFLATED <= 200_000_000


def test_a_lie_about_the_size_changes_nothing() -> None:
    bomb = bytearray(zipped(a=b"0" * 30_000_000))
    at = bomb.rindex(b"PK\x01\x02")  # the directory's entry: its claim of the size
    bomb[at + 24 : at + 28] = (5).to_bytes(4, "little")
    with pytest.raises(DamagedFile):
        _ = Content(bytes(bomb)).members


def test_too_many_members_are_refused() -> None:
    data = zipped(**{f"m{n}": "x" for n in range(MAX_MEMBERS + 1)})
    with pytest.raises(DamagedFile, match=str(MAX_MEMBERS)):
        _ = Content(data).members


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_with_altered_bytes_is_called_broken(packed: int) -> None:
    bag = BytesIO()
    with zipfile.ZipFile(bag, "w", packed) as archive:
        archive.writestr("a.csv", "".join(f"{n},{n * n}\n" for n in range(2000)))
    whole = bytearray(bag.getvalue())
    for at in range(45, len(whole) // 2, 7):
        whole[at] ^= 0xFF
    with pytest.raises(DamagedFile, match="broken"):
        _ = Content(bytes(whole)).members
    assert files_in(bytes(whole)) == [("", bytes(whole))]


def test_an_unknown_way_of_packing_is_no_password() -> None:
    whole = bytearray(zipped(a="1"))
    whole[8] = whole[whole.index(b"PK\x01\x02") + 10] = 97
    with pytest.raises(DamagedFile, match="broken"):
        _ = Content(bytes(whole)).members


# --- everything of a record ---------------------------------------------------------------------


def test_everything_of_a_record_is_told_where_it_belongs_and_never_unpacked() -> None:
    archive = zipped(
        **SAMPLES, **{"manifest.json": b'{"format": "glykos-record", "version": 1, "members": []}'}
    )
    assert files_in(archive) == [("", archive)]
    for data in (archive, files_in(zipped(backup=archive, other=SAMPLES["xdrip"]))[0][1]):
        with pytest.raises(WholeRecord) as told:
            read(data)
        assert "Take everything with you" in told.value.hint


def test_any_other_manifest_makes_no_record() -> None:
    archive = zipped(**SAMPLES, **{"manifest.json": b'{"format": "backup"}'})
    assert len(files_in(archive)) == len(SAMPLES) + 1


def test_a_password_is_named() -> None:
    locked = bytearray(zipped(a="a,b\n1,2\n"))
    locked[6] |= 1  # the flag of the member, and of its entry in the directory
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DamagedFile, match="password"):
        _ = Content(bytes(locked)).members


@pytest.mark.parametrize("keep", [4, 10, 30, -1, -10, -22])
def test_a_cut_archive_is_called_broken(keep: int) -> None:
    with pytest.raises(DamagedFile, match="archive is broken"):
        _ = Content(zipped(a="a,b\n1,2\n" * 20)[:keep]).members


def test_archives_inside_archives_are_files_like_any_other() -> None:
    inner = zipped(**{"in.csv": "time,glucose\n2024-03-01 08:00,100\n"})
    ((name, data),) = files_in(zipped(**{"in.zip": inner}))
    assert (name, data) == ("in.zip", inner)
    assert [name for name, _ in files_in(data)] == ["in.csv"]


@pytest.mark.parametrize("key", sorted(SAMPLES))
def test_an_archive_of_several_exports_loses_none_of_them(key: str) -> None:
    other = "libreview" if key != "libreview" else "dexcom_clarity"
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", SAMPLES[key])
        archive.writestr("b", SAMPLES[other])
    assert [read(data).format_key for _, data in files_in(packed.getvalue())] == [key, other]


@pytest.mark.parametrize("key", ["dexcom_clarity", "ipro", "freestyle_text", "libreview"])
def test_an_archive_of_two_exports_of_one_kind_loses_none_of_them(key: str) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", SAMPLES[key])
        archive.writestr("b", SAMPLES[key])
    assert len(files_in(packed.getvalue())) == 2


def test_paths_that_lead_out_are_only_names() -> None:
    ((name, data),) = unpacked(zipped(**{"..__..__etc__passwd": "x,y"}))
    assert name.endswith("passwd")
    assert data == b"x,y"
    with pytest.raises(UnknownFormat):
        unpacked(b"no archive")


# --- workbooks ---------------------------------------------------------------------------------


def test_cells_of_a_workbook_are_spelled_as_in_a_csv_file() -> None:
    data = workbook(
        ["text", 1, 2.5, True, None, 123456789],
        [
            datetime(2024, 3, 1, 8, 5, 30),
            date(2024, 3, 1),
            time(8, 5),
            timedelta(hours=26, minutes=5),
            "two\nlines",
            -0.1,
        ],
    )
    first, second = rows_of(data)
    assert first == ["text", "1", "2.5", "true", "", "123456789"]
    assert second[:3] == ["2024-03-01 08:05:30", "2024-03-01", "08:05:00"]
    assert second[4:] == ["two lines", "-0.1"]
    assert second[3] in ("26:05:00", "1900-01-01 02:05:00")


def test_a_workbook_is_no_archive_and_an_archive_no_workbook() -> None:
    book, bag = Content(workbook(["a"])), Content(zipped(a="a,b"))
    assert (book.is_workbook, book.is_archive, book.is_text) == (True, False, False)
    assert (bag.is_workbook, bag.is_archive, bag.is_text) == (False, True, False)


def test_a_sheet_that_asks_for_billions_of_cells_is_refused() -> None:
    book, bag = Workbook(), BytesIO()
    book.active["A1"] = "time"  # type: ignore[index]
    book.active["XFD1048576"] = 1  # type: ignore[index]
    book.save(bag)
    with pytest.raises(DamagedFile, match="spreadsheet"):
        _ = Content(bag.getvalue()).tables


def test_lines_of_a_sheet_are_those_people_see() -> None:
    (table,) = Content(workbook([], ["a", "b"], [], [1, 2])).tables
    assert [line for line, _ in table] == [2, 4]


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_cut_workbook_is_damaged_not_a_crash(place: float) -> None:
    data = workbook(*[["2024-03-01 08:00", n] for n in range(500)])
    with pytest.raises(FormatError):
        read(data[: int(len(data) * place)])


def test_an_old_workbook_of_rubbish_is_damaged_not_a_crash() -> None:
    with pytest.raises(DamagedFile):
        _ = Content(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 20).tables
