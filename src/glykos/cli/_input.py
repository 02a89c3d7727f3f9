"""Files and folders into one person's history, for every command that works on files.

Used by ``read``, ``stats`` and ``report``; it prints nothing but a progress bar and warnings on
standard error, so that standard output stays the result.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

import click

from glykos.errors import ConflictError, DamagedFile, FormatError, UnknownFormat
from glykos.formats import combine, files_in, read
from glykos.formats._reader import Hints, Reading
from glykos.therapy.history import History

#: Larger files are refused before they are read: years of pump data are below 50 MB.
MAX_FILE_BYTES = 100_000_000
_BAR_FROM_BYTES = 2_000_000
_BAR_FROM_FILES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the files gave: one reading per file, and everything combined."""

    files: tuple[tuple[Path, Reading], ...]
    history: History
    duplicates: int  # records that an earlier file already had
    different_people: bool  # the files name more than one person


def load(paths: Sequence[Path], hints: Hints) -> Loaded:
    """Read files, and the files inside folders, into one history.

    Raises:
        FormatError: a file is missing, too large, unknown or damaged; its name is in the message.
            Such a file inside a folder or an archive is left out with a warning instead, unless
            nothing else is left.
    """
    readings: list[tuple[Path, Reading]] = []
    refused: list[FormatError] = []
    wanted = list(_expand(paths))
    with _progress(wanted) as done:
        for path, was_named in wanted:
            for reading in _readings(path, hints):
                if not isinstance(reading, FormatError):
                    readings.append(reading)
                elif was_named and not reading.context.get("member"):
                    raise reading
                else:
                    refused.append(reading)
            done(path)
    if len(refused) == 1 and not readings:
        raise refused[0]
    for error in refused:
        click.echo(f"Left out: {error.message} {error.hint}", err=True)
    if not readings:
        raise UnknownFormat(
            "There is no file here that Glykos can read.",
            "Give one or more exported files; `glykos read --help` lists what is understood.",
        )
    history, duplicates = combine(reading for _, reading in readings)
    people = [reading.owner for _, reading in readings]
    return Loaded(
        files=tuple(readings),
        history=history,
        duplicates=duplicates,
        different_people=any(a.conflicts_with(b) for a, b in combinations(set(people), 2)),
    )


def require_one_person(loaded: Loaded, *, different_people: bool) -> None:
    """Refuse to mix people in one result unless the caller insists.

    Raises:
        ConflictError: the files name different people and ``different_people`` is not set.
    """
    if not loaded.different_people:
        return
    if not different_people:
        raise ConflictError(
            "These files name different people, and their data would be mixed.",
            "Give the files of one person, or add --different-people if you are sure.",
        )
    click.echo("Warning: these files name different people.", err=True)


def wall_clock_now() -> datetime:
    """The local wall-clock time, to recognise records from the future."""
    return datetime.now()  # noqa: TID251, DTZ005 - the command line is the edge where time comes in


# --- files -----------------------------------------------------------------------------------


def _expand(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, with whether it was named itself rather than found in a folder."""
    seen: set[Path] = set()
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else None
        for file in [path] if inside is None else inside:
            hidden = inside is not None and any(
                part.startswith(".") for part in file.relative_to(path).parts
            )
            if not hidden and file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, inside is None


def _readings(path: Path, hints: Hints) -> Iterator[tuple[Path, Reading] | FormatError]:
    """What a file gave, or each file of an archive that is no export; refusals carry the name."""
    try:
        data = _bytes_of(path)
    except FormatError as error:
        yield error
        return
    for name, part in files_in(data):
        inside = path / name if name else path
        try:
            yield inside, read(part, hints)
        except FormatError as error:
            context = {**error.context, "member": bool(name)}
            yield type(error)(f"{inside}: {error.message}", error.hint, context=context)


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DamagedFile(
                f"{path}: The file is too large ({size / 1e6:.0f} MB; at most"
                f" {MAX_FILE_BYTES / 1e6:.0f} MB).",
                "Export a shorter period and try again.",
            )
        return path.read_bytes()
    except OSError as error:
        raise FormatError(
            f"{path}: cannot be opened ({error.strerror or type(error).__name__}).",
            "Check the name of the file and that you may read it.",
        ) from error


@contextmanager
def _progress(wanted: Sequence[tuple[Path, bool]]) -> Iterator[Callable[[Path], None]]:
    """A bar on standard error for long work at a terminal; otherwise nothing."""
    sizes = {path: path.stat().st_size if path.exists() else 0 for path, _ in wanted}
    total = sum(sizes.values())
    is_long = total > _BAR_FROM_BYTES or len(wanted) >= _BAR_FROM_FILES
    if not (is_long and sys.stderr.isatty()):
        yield lambda _path: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=total)
        yield lambda path: bar.update(task, advance=sizes[path])
