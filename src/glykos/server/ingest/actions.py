"""From uploaded files to stored records, one transaction per file.

Reading happens before any transaction. A file that raises a question (dates that can be read two
ways, another person's name or device) is kept sealed and unused until
``answer``; a file that cannot be read is refused with a sentence and a next step. Neither
touches any other file.
"""

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from glykos import formats
from glykos.errors import AmbiguousDates, FormatError, UnclearTable
from glykos.formats._reader import Hints, Owner, Reading
from glykos.server.audit.actions import record as audit
from glykos.server.audit.kinds import Action
from glykos.server.ingest import mapping
from glykos.server.sharing import Access
from glykos.server.store import actions as store
from glykos.server.store import queries
from glykos.server.store.results import UploadResult, UploadStatus
from glykos.server.web import clock

logger = logging.getLogger(__name__)

#: An unanswered question is dropped, file and all, after this many days.
KEEP_WAITING_DAYS = 7
_LONGEST_NAME = 120
_ORDERS = (("dmy", "day before month"), ("mdy", "month before day"))


class OutcomeState(StrEnum):
    """How one file ended."""

    IMPORTED = "imported"
    REPEATED = "repeated"  # these very bytes were in use already
    QUESTION = "question"  # nothing is in use until somebody answers
    REFUSED = "refused"


class QuestionKind(StrEnum):
    """What has to be known before a file can be used."""

    DATE_ORDER = "date_order"
    OTHER_PERSON = "other_person"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateChoice:
    """One way to read the dates of a file, and the days that it would give."""

    order: str  # what to give to ``answer``
    title: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What happened to one file. Exactly one of result, question and message tells the story.

    ``result`` is set for imported and repeated files, ``question`` (with ``upload_id`` for the
    answer) for waiting ones, ``message`` and ``hint`` always say it in words where there is
    something to say.
    """

    file_name: str
    state: OutcomeState
    result: UploadResult | None = None
    question: QuestionKind | None = None
    choices: tuple[DateChoice, ...] = ()
    upload_id: UUID | None = None
    message: str = ""
    hint: str = ""
    mapping: str = ""  # the saved mapping it was read with, without being asked


def receive(
    access: Access,
    files: Sequence[tuple[str, bytes]],
    hints: Hints = Hints(),  # noqa: B008 - frozen
    *,
    confirm_owner: bool = False,
) -> list[FileOutcome]:
    """Read and store files given as (name, bytes); one outcome per file, in the same order.

    An archive that is no export counts as the files in it.
    """
    now = clock.now()
    store.drop_waiting(access, before=now - timedelta(days=KEEP_WAITING_DAYS))
    read = [
        _read(access, shown, part, hints, now)
        for name, data in files
        for shown, part in _unpacked(name, data)
    ]
    batch = [one.reading.owner for one in read if one.reading]
    return [_finish(access, one, batch, now, confirm_owner=confirm_owner) for one in read]


def answer(
    access: Access,
    upload_id: UUID,
    *,
    date_order: str = "",
    confirm_owner: bool = False,
    table: Hints | None = None,
) -> FileOutcome:
    """Use a waiting or undone file, with the answer given; may end in the next question.

    ``table`` says which column of a table is what, in which unit and order of dates.
    """
    now = clock.now()
    kept = queries.upload(access, upload_id)
    data = queries.original(access, upload_id)
    hints = replace(kept.hints, date_order=date_order) if date_order else kept.hints
    if table is not None:
        hints = mapping.onto(hints, table)
    one = _read(access, kept.file_name, data, hints, now)
    return _finish(access, one, [], now, confirm_owner=confirm_owner)


def _unpacked(name: str, data: bytes) -> list[tuple[str, bytes]]:
    """A file under the name to show, or the files of an archive with theirs."""
    if len(data) > settings.MAX_UPLOAD_BYTES:
        return [(shown_name(name), data)]
    parts = formats.files_in(data)
    if parts == [("", data)]:
        return [(shown_name(name), data)]
    return [(f"{shown_name(member)} ({shown_name(name)})", part) for member, part in parts]


def shown_name(name: str) -> str:
    """A file name as it may be kept and shown: no folders, nothing unprintable, not endless."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return plain[-_LONGEST_NAME:] or "file without a name"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file with its reading, or with the reason why there is none."""

    name: str
    data: bytes
    hints: Hints
    reading: Reading | None = None
    error: FormatError | None = None
    mapping: str = ""


def _read(access: Access, name: str, data: bytes, hints: Hints, now: datetime) -> _File:
    local = now.astimezone(access.person.zone_info).replace(tzinfo=None)
    hints = replace(hints, now=local, zone=access.person.zone)
    one = _File(name=name, data=data, hints=hints)
    if len(data) > settings.MAX_UPLOAD_BYTES:
        megabytes = settings.MAX_UPLOAD_BYTES // 1024**2
        too_large = FormatError(
            f"This file is larger than {megabytes} MB, so it was not read.",
            "Export a shorter period and upload that.",
        )
        return replace(one, error=too_large)
    one = _attempt(one)
    is_new_table = isinstance(one.error, mapping.ASKS) and not hints.columns
    if is_new_table and (saved := mapping.saved_for(access, data)):
        told = _attempt(replace(one, hints=mapping.hints_of(saved, hints), error=None))
        if told.reading or isinstance(told.error, AmbiguousDates):
            return replace(told, mapping=saved.name)
    return one


def _attempt(one: _File) -> _File:
    try:
        return replace(one, reading=formats.read(one.data, one.hints))
    except FormatError as error:
        return replace(one, error=error)
    except Exception as error:  # noqa: BLE001 - one reader's fault must not cost the other files
        return replace(one, error=_unexpected(error))


def _unexpected(error: Exception) -> FormatError:
    """The answer where a reader failed in a way of its own.

    The log gets the type and the place in our code: the exception's text may hold cells of the file.
    """
    number = uuid4().hex[:8]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename}:{frame.lineno}"
    logger.error("reader failed: %s %s at %s", number, type(error).__name__, where)
    return FormatError(
        "This file could not be read because of a mistake in this program.",
        f"Nothing of it was used. Tell whoever runs this server the number {number}.",
    )


def _finish(
    access: Access, one: _File, batch: Sequence[Owner], now: datetime, *, confirm_owner: bool
) -> FileOutcome:
    if isinstance(one.error, AmbiguousDates):
        return _ask_for_order(access, one, one.error, now)
    if isinstance(one.error, mapping.ASKS) and mapping.heads(one.data):
        return _ask_for_columns(access, one, now)
    if one.reading is None:
        return _refuse(access, one, one.error)
    if not confirm_owner and (doubt := _doubt(access, one.reading, batch)):
        return _hold(access, one, doubt, now)
    result = store.apply_upload(
        access,
        one.reading,
        one.data,
        file_name=one.name,
        received_at=now.astimezone(UTC),
        hints=one.hints,
    )
    state = OutcomeState.REPEATED if result.is_repeat else OutcomeState.IMPORTED
    return FileOutcome(
        file_name=one.name,
        state=state,
        result=result,
        upload_id=result.upload_id,
        mapping=one.mapping,
    )


def _ask_for_order(access: Access, one: _File, error: AmbiguousDates, now: datetime) -> FileOutcome:
    choices = []
    for order, title in _ORDERS:
        try:
            reading = formats.read(one.data, replace(one.hints, date_order=order))
            span = formats.combine([reading])[0].span
        except FormatError:
            continue
        except Exception as failure:  # noqa: BLE001 - as in _read
            _unexpected(failure)
            continue
        first, last = (span.first, span.last) if span else (None, None)
        choices.append(DateChoice(order=order, title=title, first=first, last=last))
    outcome = FileOutcome(
        file_name=one.name,
        state=OutcomeState.QUESTION,
        question=QuestionKind.DATE_ORDER,
        choices=tuple(choices),
        message=error.message,
        hint="Choose the days that are right.",
    )
    return _hold(access, one, outcome, now)


def _ask_for_columns(access: Access, one: _File, now: datetime) -> FileOutcome:
    if isinstance(one.error, UnclearTable):
        message, hint = one.error.message, "Say it on the next page; you see the first rows first."
    else:
        message = "This is a table that Glykos does not know."
        hint = "Say which column is what; you see the first rows before anything is used."
    outcome = FileOutcome(
        file_name=one.name,
        state=OutcomeState.QUESTION,
        question=QuestionKind.COLUMNS,
        message=message,
        hint=hint,
    )
    return _hold(access, one, outcome, now)


def _doubt(access: Access, reading: Reading, batch: Sequence[Owner]) -> FileOutcome | None:
    """The question that a reading raises about whose it is.

    A foreign name and a device that another record has ask in the same words: which of them it
    was would tell whoever makes up a serial number who else uses this installation.
    """
    if not (
        is_foreign(reading.owner, queries.owners(access), batch)
        or queries.devices_of_others(access, reading.devices)
    ):
        return None
    return FileOutcome(
        file_name="",
        state=OutcomeState.QUESTION,
        question=QuestionKind.OTHER_PERSON,
        message="This file may belong to another person: it does not fit what is known here.",
        hint="Use it only if it belongs to this record.",
    )


def is_foreign(owner: Owner, earlier: Sequence[Owner], batch: Sequence[Owner]) -> bool:
    """Whether a file seems to be another person's.

    Who is in the record counts first: a name that was used before, confirmed or not, is at home.
    In an empty record the files of one upload are compared with each other.
    """
    if not (owner.name or owner.birth_date):
        return False
    if earlier:
        return all(owner.conflicts_with(known) for known in earlier)
    return any(owner.conflicts_with(other) for other in batch)


def _hold(access: Access, one: _File, question: FileOutcome, now: datetime) -> FileOutcome:
    kept = store.hold_upload(
        access, one.data, file_name=one.name, received_at=now.astimezone(UTC), hints=one.hints
    )
    if kept.status is UploadStatus.ACTIVE:  # these bytes were accepted before
        return FileOutcome(
            file_name=one.name,
            state=OutcomeState.REPEATED,
            result=kept.as_repeat(),
            upload_id=kept.upload_id,
        )
    return replace(question, file_name=one.name, upload_id=kept.upload_id)


def _refuse(access: Access, one: _File, error: FormatError | None) -> FileOutcome:
    with transaction.atomic():
        audit(
            actor_id=access.actor_id,
            action=Action.UPLOAD_REFUSED,
            patient_id=access.patient_id,
            detail={"reason": type(error).__name__, "bytes": len(one.data)},
        )
    return FileOutcome(
        file_name=one.name,
        state=OutcomeState.REFUSED,
        message=error.message if error else "",
        hint=error.hint if error else "",
    )
