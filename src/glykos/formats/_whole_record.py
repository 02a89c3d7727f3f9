"""Recognise the archive of a whole record, which is no export: Glykos wrote it itself.

Its parts are never read one by one: the originals in it would come in, and the logbook and
everything that was corrected would be lost without a word.
"""

from glykos.errors import WholeRecord
from glykos.formats._content import Content

#: The list of its members, and what the list calls the whole; ``server.leaving`` writes both.
MANIFEST = "manifest.json"
FORMAT = "glykos-record"


def is_whole_record(content: Content) -> bool:
    """Whether this is such an archive; a broken one that shows no list is none."""
    # The list may be long: the name of the format stands at its beginning.
    head = content.head_of(MANIFEST)
    return b'"format"' in head and f'"{FORMAT}"'.encode() in head


def refuse() -> WholeRecord:
    """Where such an archive belongs."""
    return WholeRecord(
        "This is everything of one record, as Glykos saved it, so it does not come in as an export.",
        "In the web app, add a person, open “Take everything with you” in that person's settings,"
        " and choose this file there.",
    )
