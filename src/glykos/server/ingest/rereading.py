"""Kept originals read again by the present readers, as after a reader was mended.

A file that raises a question now, or cannot be read any more, keeps what it told before.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from glykos import formats
from glykos.errors import AmbiguousDates, FormatError
from glykos.formats._reader import Reading
from glykos.server.sharing import Access
from glykos.server.store import actions, queries, rereading
from glykos.server.store.rereading import Difference
from glykos.server.store.results import UploadResult, UploadStatus

logger = logging.getLogger(__name__)


class RereadState(StrEnum):
    """How one kept file came out."""

    SAME = "same"
    DIFFERENT = "different"
    QUESTION = "question"  # left as it is
    UNREADABLE = "unreadable"  # left as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """One kept file: who read it before, who would now, and what would change."""

    upload_id: UUID
    state: RereadState
    before: tuple[str, int]
    after: tuple[str, int] | None = None
    difference: Difference | None = None


def reread(access: Access, *, apply: bool) -> Iterator[Reread]:
    """Read every file in use again; with ``apply`` put what is different in place, file by file.

    Each file is one transaction, so that stopping in the middle leaves whole files, and the next
    run goes on with the rest.
    """
    kept = [one for one in queries.uploads(access) if one.status is UploadStatus.ACTIVE]
    for one in reversed(kept):  # the oldest first
        yield _again(access, one, apply=apply)


def _again(access: Access, kept: UploadResult, *, apply: bool) -> Reread:
    before = (kept.format_key, kept.format_version)
    data = queries.original(access, kept.upload_id)
    try:
        reading = read_again(kept, data, access.person.zone_info)
    except AmbiguousDates:
        return Reread(upload_id=kept.upload_id, state=RereadState.QUESTION, before=before)
    except FormatError:
        return Reread(upload_id=kept.upload_id, state=RereadState.UNREADABLE, before=before)
    except Exception as error:  # noqa: BLE001 - one reader's fault must not stop the other files
        # The text of the exception may hold cells of the file.
        logger.error("reader failed: %s of upload %s", type(error).__name__, kept.upload_id)
        return Reread(upload_id=kept.upload_id, state=RereadState.UNREADABLE, before=before)
    after = (reading.format_key, reading.format_version)
    difference = rereading.compare(access, kept.upload_id, reading)
    if apply and (difference or after != before):
        actions.reread(access, kept, reading, data)
    return Reread(
        upload_id=kept.upload_id,
        state=RereadState.DIFFERENT if difference else RereadState.SAME,
        before=before,
        after=after,
        difference=difference,
    )


def read_again(kept: UploadResult, data: bytes, zone: ZoneInfo) -> Reading:
    """A kept file as on the day it came: what was in the future then was a wrong clock, and is."""
    then = kept.received_at.astimezone(zone).replace(tzinfo=None)
    return formats.read(data, replace(kept.hints, now=then))
