"""Files and folders become one history; bad ones are named, and people are not mixed."""

from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from glykos.cli import _input
from glykos.errors import AmbiguousDates, ConflictError, DamagedFile, FormatError, UnknownFormat
from glykos.formats._reader import Hints, Owner, Reading


def fake_read(data: bytes, _hints: Hints) -> Reading:
    """A format whose files say ``owner:NAME``."""
    if not data.startswith(b"owner:"):
        raise UnknownFormat("No format we know.", "Export again.")
    return Reading(
        format_key="fake", format_version=1, owner=Owner(name=data.decode().removeprefix("owner:"))
    )


@pytest.fixture(autouse=True)
def _fake_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_input, "read", fake_read)


def put(folder: Path, name: str, text: str = "owner:") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_gives_its_files_in_order_and_leaves_out_hidden_and_unknown_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "b.csv")
    put(tmp_path, "deep/a.csv")
    put(tmp_path, ".hidden/c.csv")
    put(tmp_path, "notes.txt", "hello")
    loaded = _input.load([tmp_path], Hints())
    assert [path.name for path, _ in loaded.files] == ["b.csv", "a.csv"]
    assert "notes.txt" in capsys.readouterr().err


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv")
    assert len(_input.load([file, tmp_path, file], Hints()).files) == 1


def test_a_named_file_that_is_unknown_fails_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"notes\.txt: No format we know"):
        _input.load([put(tmp_path, "notes.txt", "hello")], Hints())


def test_a_folder_without_anything_readable_fails(tmp_path: Path) -> None:
    put(tmp_path, "notes.txt", "hello")
    with pytest.raises(UnknownFormat):
        _input.load([tmp_path], Hints())


def test_a_missing_file_is_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"gone\.csv: cannot be opened") as caught:
        _input.load([tmp_path / "gone.csv"], Hints())
    assert caught.value.exit_code == 3


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as handle:
        handle.truncate(_input.MAX_FILE_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("was read"))
    with pytest.raises(DamagedFile, match="too large"):
        _input.load([file], Hints())


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (Owner(name="Doe, Jane"), Owner(name="jane doe"), False),
        (Owner(name="Jane Doe"), Owner(name="John Doe"), True),
        (Owner(name="Jane Doe"), Owner(), False),
        (Owner(birth_date="1990-01-01"), Owner(birth_date="1991-01-01"), True),
        (Owner(name="A", birth_date="1990-01-01"), Owner(name="A"), False),
    ],
)
def test_who_is_somebody_else(one: Owner, other: Owner, differ: bool) -> None:
    assert one.conflicts_with(other) is other.conflicts_with(one) is differ


def test_files_of_different_people_are_refused_unless_insisted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [put(tmp_path, "a.csv", "owner:Jane Doe"), put(tmp_path, "b.csv", "owner:John Doe")]
    loaded = _input.load(files, Hints())
    with pytest.raises(ConflictError) as caught:
        _input.require_one_person(loaded, different_people=False)
    assert "Doe" not in caught.value.message + caught.value.hint
    assert caught.value.exit_code == 2
    _input.require_one_person(loaded, different_people=True)
    assert "different people" in capsys.readouterr().err
    _input.require_one_person(replace(loaded, different_people=False), different_people=False)


def zipped(folder: Path, name: str, **members: str) -> Path:
    path = folder / name
    with ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member.replace("__", "/"), text)
    return path


def test_an_archive_that_is_no_export_gives_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = zipped(tmp_path, "mail.zip", deep__a="owner:Jane Doe", b="owner:", photo="hello")
    loaded = _input.load([path], Hints())
    assert [str(file.relative_to(path)) for file, _ in loaded.files] == ["deep/a", "b"]
    told = capsys.readouterr().err
    assert "mail.zip/photo: No format we know. Export again." in told


def test_one_bad_file_in_a_folder_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(data: bytes, hints: Hints) -> Reading:
        if data.startswith(b"two ways"):
            raise AmbiguousDates("Day and month cannot be told apart.", "Use --date-order.")
        if data.startswith(b"cut"):
            raise DamagedFile("The file was cut.", "Export it again.")
        return fake_read(data, hints)

    monkeypatch.setattr(_input, "read", read)
    for name, text in (("a.csv", "two ways"), ("b.csv", "cut"), ("c.csv", "owner:")):
        put(tmp_path, name, text)
    assert [path.name for path, _ in _input.load([tmp_path], Hints()).files] == ["c.csv"]
    told = capsys.readouterr().err
    assert "a.csv: Day and month" in told
    assert "--date-order" in told
    assert "b.csv: The file was cut" in told


def test_the_only_file_of_a_folder_says_itself_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_data: bytes, _hints: Hints) -> Reading:
        raise AmbiguousDates("Day and month cannot be told apart.", "Use --date-order.")

    monkeypatch.setattr(_input, "read", read)
    put(tmp_path, "a.csv", "two ways")
    with pytest.raises(AmbiguousDates) as caught:
        _input.load([tmp_path], Hints())
    assert caught.value.exit_code == 5
