"""Documents of a Nightscout site, whatever collection and version of its interface they came from.

A file holds an array of one collection, one document, the envelope of version 3, or several
collections by name. What a document is shows in its fields, not in the file's name. Source:
reference formats.md §8, interop/nightscout.md.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from glykos.errors import DamagedFile
from glykos.formats._content import Content
from glykos.formats._loose import text_in

_NAMES = {
    "id_": "_id",
    "raw_type": "_type",
    "created_at": "created_at",
    "duration_in_pump_words": "duration (min)",
}


def _name(field: str) -> str:
    """The name in the documents: camel case, except where Nightscout writes otherwise."""
    first, *others = field.split("_")
    return _NAMES.get(field) or first + "".join(part.title() for part in others)


class Document(msgspec.Struct, rename=_name, gc=False):
    """The fields that are read, of whatever collection; everything else is skipped."""

    # identity and time
    id_: Any = None
    identifier: Any = None
    sync_identifier: Any = None
    uuid: Any = None
    pump_id: Any = None
    pump_serial: Any = None
    date: Any = None
    date_string: Any = None
    sys_time: Any = None
    created_at: Any = None
    timestamp: Any = None
    mills: Any = None
    utc_offset: Any = None
    app: Any = None
    device: Any = None
    entered_by: Any = None
    is_valid: Any = None
    srv_modified: Any = None
    # entries
    type: Any = None
    sgv: Any = None
    mbg: Any = None
    slope: Any = None
    # treatments
    event_type: Any = None
    insulin: Any = None
    programmed: Any = None
    carbs: Any = None
    fat: Any = None
    protein: Any = None
    food_type: Any = None
    glucose: Any = None
    glucose_type: Any = None
    units: Any = None
    duration: Any = None
    duration_in_milliseconds: Any = None
    absolute: Any = None
    rate: Any = None
    percent: Any = None
    split_now: Any = None
    split_ext: Any = None
    relative: Any = None
    enteredinsulin: Any = None
    bolus_type: Any = None
    bolus: Any = None
    automatic: Any = None
    is_smb: Any = msgspec.field(default=None, name="isSMB")
    is_basal_insulin: Any = None
    is_emulating_temp_basal: Any = None
    insulin_injections: Any = None
    bolus_calculator_result: Any = None
    notes: Any = None
    reason: Any = None
    target_top: Any = None
    target_bottom: Any = None
    profile: Any = None
    profile_json: Any = None
    percentage: Any = None
    timeshift: Any = None
    # profiles
    store: Any = None
    default_profile: Any = None
    start_date: Any = None
    # devicestatus: only whether it is one
    openaps: msgspec.Raw = msgspec.Raw()
    loop: msgspec.Raw = msgspec.Raw()
    pump: msgspec.Raw = msgspec.Raw()
    uploader: msgspec.Raw = msgspec.Raw()
    uploader_battery: msgspec.Raw = msgspec.Raw()
    mmtune: msgspec.Raw = msgspec.Raw()
    # history of a pump as openaps keeps it
    raw_type: Any = None
    temp: Any = None
    amount: Any = None
    duration_in_pump_words: Any = None


class _Envelope(msgspec.Struct):
    """A file that holds its documents under a name."""

    result: list[Document] | Document | None = None
    entries: list[Document] | None = None
    treatments: list[Document] | None = None
    devicestatus: list[Document] | None = None
    profile: list[Document] | Any = None


class Shape(Enum):
    """What a document tells of."""

    ENTRY = "entry"
    TREATMENT = "treatment"
    PROFILE = "profile"
    STATUS = "devicestatus"
    PUMP_HISTORY = "pump history"
    UNKNOWN = "unknown"


class Numbered(NamedTuple):
    """A document with its line (or its number in the array)."""

    line: int
    document: Document


_STATES = ("openaps", "loop", "pump", "uploader", "uploader_battery", "mmtune")
_TOLD = ("insulin", "carbs", "notes", "glucose", "duration", "absolute", "percent")
_EPOCH_DIGITS = (12, 13, 14, 15, 16)


def shape_of(document: Document) -> Shape:
    """The collection that a document belongs to, by its fields."""
    if document.sgv is not None or document.mbg is not None or document.type == "cal":
        return Shape.ENTRY
    if document.store is not None:
        return Shape.PROFILE
    if isinstance(document.event_type, str):
        return Shape.TREATMENT
    if any(bytes(getattr(document, name)) for name in _STATES):
        return Shape.STATUS
    has_time = document.created_at is not None or document.date is not None
    if has_time and any(getattr(document, name) is not None for name in _TOLD):
        return Shape.TREATMENT
    if isinstance(document.raw_type, str) and document.timestamp is not None:
        return Shape.PUMP_HISTORY
    # An entry of another type, such as the raw values of a sensor.
    return Shape.ENTRY if has_time and isinstance(document.type, str) else Shape.UNKNOWN


def documents_of(content: Content) -> list[Numbered]:
    """Every document of the file.

    Raises:
        DamagedFile: broken, or no document of Nightscout in it.
    """
    if not content.looks_like_json:
        return [Numbered(line, document) for line, document in _of_table(content)]
    found = _of_json(content)
    if not found or all(shape_of(one) is Shape.UNKNOWN for one in found[:100]):
        raise DamagedFile(
            "This JSON file holds no entries, treatments, profiles or states of Nightscout.",
            "Download entries.json, treatments.json and profile.json from the site and upload"
            " those.",
        )
    return [Numbered(line, document) for line, document in enumerate(found, start=1)]


def _of_json(content: Content) -> list[Document]:
    if content.head.lstrip().startswith("["):
        found: list[Document] = content.json_as(list[Document])
        return found
    if any(f'"{name}"' in content.head for name in ("result", "entries", "treatments")):
        envelope: _Envelope = content.json_as(_Envelope)
        if isinstance(envelope.result, Document):
            return [envelope.result]
        profiles = envelope.profile if isinstance(envelope.profile, list) else []
        parts = (envelope.result, envelope.entries, envelope.treatments, envelope.devicestatus)
        inside = [one for part in parts for one in part or ()]
        inside += [msgspec.convert(one, Document) for one in profiles if isinstance(one, dict)]
        if inside:
            return inside
    return [content.json_as(Document)]


# --- the site's own table, which has no header ---------------------------------------------------


def is_table_row(cells: list[str]) -> bool:
    """Whether a row is a reading of the table without header: text, epoch time, sgv, and two more."""
    if len(cells) != 5:
        return False
    epoch = cells[1].strip().partition(".")[0]
    return (
        epoch.isascii()
        and epoch.isdigit()
        and len(epoch) in _EPOCH_DIGITS
        and cells[2].strip().replace(".", "", 1).isdigit()
    )


def _of_table(content: Content) -> Iterator[tuple[int, Document]]:
    for line, cells in content.tables[0]:
        if is_table_row(cells):
            when, epoch, sgv, _direction, device = cells
            yield (
                line,
                Document(type="sgv", date=epoch.strip(), date_string=when, sgv=sgv, device=device),
            )
        else:
            yield line, Document(type=text_in(" ".join(cells))[:40])
