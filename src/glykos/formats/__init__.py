"""Files to records: one format, one file. ``FORMATS`` is the whole list."""

from glykos.errors import UnknownFormat, UsageError
from glykos.formats._combine import combine
from glykos.formats._content import Content
from glykos.formats._reader import Format, Hints, Reading
from glykos.formats.carelink_legacy import CareLinkLegacy
from glykos.formats.carelink_multi import CareLinkMulti
from glykos.formats.plain_csv import PlainCsv

FORMATS: tuple[Format, ...] = (CareLinkLegacy(), CareLinkMulti(), PlainCsv())
_SURE_ENOUGH = 0.5

__all__ = ["FORMATS", "combine", "read"]


def read(data: bytes, hints: Hints = Hints(), *, format_key: str = "") -> Reading:  # noqa: B008 - frozen
    """Everything a file holds, whatever its name: the content decides which reader takes it.

    Args:
        data: the bytes of the file.
        hints: what the caller knows and the file cannot say.
        format_key: the ``key`` of a format, to skip the recognition.

    Raises:
        UnknownFormat: no reader recognises the content.
        DamagedFile: empty, too large, or broken beyond single rows.
        AmbiguousDates: the order of day and month cannot be proved and no hint was given.
        UsageError: ``format_key`` names no format.
    """
    content = Content(data)
    return _choose(content, hints, format_key).read(content, hints)


def _choose(content: Content, hints: Hints, format_key: str) -> Format:
    by_key = {entry.key: entry for entry in FORMATS}
    wanted = format_key or ("plain_csv" if hints.columns else "")
    if wanted and wanted not in by_key:
        raise UsageError(f"There is no format {wanted!r}.", f"Choose one of {', '.join(by_key)}.")
    if wanted:
        return by_key[wanted]
    sure = {entry.key: entry.sniff(content) for entry in FORMATS}
    best = max(by_key, key=lambda key: sure[key])
    if sure[best] >= _SURE_ENOUGH:
        return by_key[best]
    raise UnknownFormat(
        "The content of this file matches no export that Glykos reads.",
        "Choose the file exactly as the export made it, or a table with the columns time and"
        " glucose (the command line takes other names: --map time=…,glucose=…).",
    )
