"""Files to records: one format, one file. ``FORMATS`` is the whole list."""

from glykos.errors import FormatError, UnknownFormat, UsageError
from glykos.formats._columns import find_layout
from glykos.formats._combine import combine
from glykos.formats._content import Content
from glykos.formats._reader import Format, Hints, Reading
from glykos.formats._whole_record import is_whole_record, refuse
from glykos.formats.azt1d import Azt1d
from glykos.formats.carelink_connect import CareLinkConnect
from glykos.formats.carelink_legacy import CareLinkLegacy
from glykos.formats.carelink_multi import CareLinkMulti
from glykos.formats.dexcom_clarity import DexcomClarity
from glykos.formats.diasend import Diasend
from glykos.formats.freestyle_text import FreeStyleText
from glykos.formats.glooko import Glooko
from glykos.formats.ipro import IPro
from glykos.formats.libreview import LibreView
from glykos.formats.mysugr import MySugr
from glykos.formats.nightscout import Nightscout
from glykos.formats.plain_csv import PlainCsv
from glykos.formats.tconnect import TConnect
from glykos.formats.tidepool import Tidepool
from glykos.formats.xdrip import XDrip

FORMATS: tuple[Format, ...] = (
    CareLinkLegacy(),
    CareLinkMulti(),
    LibreView(),
    FreeStyleText(),
    DexcomClarity(),
    IPro(),
    XDrip(),
    Glooko(),
    Diasend(),
    MySugr(),
    TConnect(),
    Tidepool(),
    Azt1d(),
    CareLinkConnect(),
    Nightscout(),
    PlainCsv(),
)
_SURE_ENOUGH = 0.5

__all__ = ["FORMATS", "combine", "files_in", "read"]


def read(data: bytes, hints: Hints = Hints(), *, format_key: str = "") -> Reading:  # noqa: B008 - frozen
    """Everything a file holds, whatever its name: the content decides which reader takes it.

    Args:
        data: the bytes of the file.
        hints: what the caller knows and the file cannot say.
        format_key: the ``key`` of a format, to skip the recognition.

    Raises:
        UnknownFormat: no reader recognises the content.
        WholeRecord: everything of a record, as Glykos saved it.
        DamagedFile: empty, too large, or broken beyond single rows.
        AmbiguousDates: the order of day and month cannot be proved and no hint was given.
        UsageError: ``format_key`` names no format.
    """
    content = Content(data)
    if is_whole_record(content):
        raise refuse()
    return _choose(content, hints, format_key).read(content, hints)


def files_in(data: bytes, name: str = "") -> list[tuple[str, bytes]]:
    """The files to read one by one: the file itself, or those of an archive that is no export.

    A broken archive and a whole record are given back as they are: reading them says what is
    wrong.
    """
    try:
        content = Content(data)
        if is_whole_record(content):
            return [(name, data)]
        if content.is_archive and not _is_one_export(content):
            return [(member.name, member.data) for member in content.members] or [(name, data)]
    except FormatError:
        pass
    return [(name, data)]


def _is_one_export(archive: Content) -> bool:
    """Whether one reader takes the archive, and no file in it is another reader's."""
    whole = _surest(archive)
    if whole is None or any(is_whole_record(member) for member in archive.members):
        return False
    of_members = (_surest(member) for member in archive.members)
    return all(one is None or one.key in (whole.key, PlainCsv.key) for one in of_members)


def _choose(content: Content, hints: Hints, format_key: str) -> Format:
    by_key = {entry.key: entry for entry in FORMATS}
    if format_key and format_key not in by_key:
        raise UsageError(
            f"There is no format {format_key!r}.", f"Choose one of {', '.join(by_key)}."
        )
    if format_key:
        return by_key[format_key]
    if hints.columns:
        return _mapped(content, hints)
    if found := _surest(content):
        return found
    raise UnknownFormat(
        "The content of this file matches no export that Glykos reads.",
        "Choose the file exactly as the export made it, or say which column of a table is what"
        " (the command line: --map time=…,glucose=…).",
    )


def _surest(content: Content) -> Format | None:
    sure = [(entry.sniff(content), entry) for entry in FORMATS]
    best, found = max(sure, key=lambda one: one[0])
    return found if best >= _SURE_ENOUGH else None


def _mapped(content: Content, hints: Hints) -> Format:
    """The reader of mapped tables; an export without such columns among them stays an export."""
    try:
        find_layout(content.tables, hints.columns)
    except FormatError:
        found = _surest(content)
        if found is not None and found.key != PlainCsv.key:
            return found
        raise
    return next(entry for entry in FORMATS if entry.key == PlainCsv.key)
