"""The archive: one zip with JSON, CSV, the original files, and a list of it all.

It is written as a stream, so that a record of many years never lies in memory or on the disk as
one piece. The manifest comes last and names the SHA-256 of every member; an archive without it
was cut. What a reader of another system needs is documented in the archive itself: a README
and a JSON Schema for every JSON file.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from glykos.formats._whole_record import FORMAT, MANIFEST
from glykos.publish.as_csv import neutral
from glykos.server.leaving import shapes
from glykos.server.store import decisions, entries
from glykos.server.store.everything import Everything
from glykos.server.store.results import UploadResult

VERSION = 1
_PIECE = 1000
#: The earliest time a zip can say; the real one is in the manifest.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

README = """This archive holds everything of one record of Glykos.

originals/   the files as they were uploaded
json/        every record as JSON; schema/ holds a JSON Schema for each file
csv/         the same as tables, one per kind, for spreadsheets
manifest.json  the version of this form, and the SHA-256 of every file

Times are what the device's clock showed, without a time zone. Glucose is as it was reported.
json/records.json holds what devices and apps told, json/older_versions.json what a later export
changed, json/entries.json the logbook with every revision, json/decisions.json what was left out or
corrected, json/uploads.json where everything came from.

To bring it into another Glykos: add a person there, open "Take everything with you", and choose this
file. It holds health data in plain form. Keep it where nobody else can read it.
"""


class _Sink(io.RawIOBase):
    """Takes what the zip writes until the stream fetches it; it cannot seek, like a socket."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def fetch(self) -> bytes:
        joined = b"".join(self._pieces)
        self._pieces.clear()
        return joined


class _Writer:
    """Members one after the other, each listed with its digest."""

    def __init__(self) -> None:
        self.sink = _Sink()
        self.zip = zipfile.ZipFile(self.sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.listed: list[dict[str, Any]] = []

    def member(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, _ZIP_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        with self.zip.open(info, "w", force_zip64=True) as out:
            for piece in pieces:
                out.write(piece)
                digest.update(piece)
                size += len(piece)
                yield self.sink.fetch()
        self.listed.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})

    def end(self, manifest: dict[str, Any]) -> Iterator[bytes]:
        body = msgspec.json.format(msgspec.json.encode(manifest | {"members": self.listed}))
        self.zip.writestr(zipfile.ZipInfo(MANIFEST, _ZIP_TIME), body)
        self.zip.close()
        yield self.sink.fetch()


def write(
    everything: Everything,
    *,
    settings: shapes.RecordSettings,
    original: Callable[[UUID], bytes | None],
    made_at: datetime,
) -> Iterator[bytes]:
    """The archive, piece by piece. ``original`` gives a file's bytes, or None if it is gone."""
    out = _Writer()
    yield from out.member("README.txt", [README.encode()])
    uploads = []
    for upload in everything.uploads:
        data = original(upload.upload_id)
        if data is not None:
            uploads.append(upload)
            yield from out.member(original_name(upload), [data])
    for name, schema, objects in _documents(everything, uploads, settings):
        yield from out.member(f"schema/{name}.schema.json", [_pretty(schema)])
        yield from out.member(f"json/{name}.json", _array(objects))
    for name, header, rows in _tables(everything):
        yield from out.member(f"csv/{name}.csv", _csv(header, rows))
    yield from out.end(
        {
            "format": FORMAT,
            "version": VERSION,
            "made_at": made_at.isoformat(),
            "made_by": f"glykos {version('glykos')}",
        }
    )


def original_name(upload: UploadResult) -> str:
    """Where an uploaded file lies in the archive: its id, never the name somebody gave it."""
    ending = upload.file_name.rpartition(".")[2].lower()
    known = ending if ending.isalnum() and len(ending) <= 5 and "." in upload.file_name else "bin"
    return f"originals/{upload.upload_id}.{known}"


def _documents(
    everything: Everything, uploads: Sequence[UploadResult], settings: shapes.RecordSettings
) -> Iterator[tuple[str, dict[str, Any], Iterable[dict[str, Any]]]]:
    """Name, schema and objects of every JSON file."""
    records = shapes.schema_of_records()
    yield "settings", shapes.schema_of_settings(), [msgspec.to_builtins(settings)]
    yield "devices", shapes.schema_of_devices(), map(msgspec.to_builtins, everything.devices)
    yield "uploads", shapes.schema_of_uploads(), map(msgspec.to_builtins, uploads)
    yield "sensor_glucose", shapes.schema_of_readings(), shapes.readings(everything.sensor)
    yield "records", records, map(shapes.to_json, everything.records)
    yield (
        "older_versions",
        records | {"title": "Older versions"},
        map(shapes.to_json, everything.older),
    )
    yield "entries", shapes.schema_of_entries(), map(entry_to_json, everything.entries)
    yield "decisions", shapes.schema_of_decisions(), map(decisions.to_json, everything.decisions)


def _tables(
    everything: Everything,
) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[str]]]]:
    """Name, header and rows of every table; the logbook's present entries are among their kind."""
    series = shapes.readings(everything.sensor)
    yield "sensor_glucose", shapes.SENSOR_COLUMNS, map(shapes.reading_row, series)
    told = [*everything.records, *(r.record for r in everything.entries if r.is_current)]
    for record_type in sorted({type(record) for record in told}, key=lambda each: each.kind):
        mine = sorted((r for r in told if type(r) is record_type), key=lambda r: r.at_local)
        yield record_type.kind, shapes.columns(record_type), map(shapes.row, mine)


def entry_to_json(revision: entries.Revision) -> dict[str, Any]:
    """One revision of a logbook entry."""
    return {
        "id": str(revision.id),
        "rev": revision.rev,
        "is_current": revision.is_current,
        "is_deletion": revision.is_deletion,
        "written_at": revision.written_at.isoformat(),
        "record": shapes.to_json(revision.record),
    }


def entry_from_json(shown: dict[str, Any]) -> entries.Revision:
    """The revision of :func:`entry_to_json`. Raises ValueError for anything else."""
    known = dict(shown)
    record = shapes.from_json(known.pop("record", {}))
    plain = msgspec.convert(known, shapes.EntryFacts)
    return entries.Revision(
        id=plain.id,
        rev=plain.rev,
        is_current=plain.is_current,
        is_deletion=plain.is_deletion,
        written_at=plain.written_at,
        record=record,
    )


def _array(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A JSON array with one object to a line, in pieces."""
    encode = msgspec.json.encode
    opening = b"[\n"
    for piece in _pieces(objects, _PIECE):
        yield opening + b",\n".join(encode(shown) for shown in piece)
        opening = b",\n"
    yield b"[]\n" if opening == b"[\n" else b"\n]\n"


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A table as spreadsheets open it, with nothing in it that they would run as a formula."""
    yield _lines([header]).encode("utf-8-sig")
    for piece in _pieces(rows, _PIECE):
        yield _lines(piece).encode()


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    return out.getvalue()


_T = TypeVar("_T")


def _pieces(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    walk = iter(things)
    while piece := list(islice(walk, size)):
        yield piece


def _pretty(schema: dict[str, Any]) -> bytes:
    return json.dumps(schema, ensure_ascii=False, indent=2).encode()
