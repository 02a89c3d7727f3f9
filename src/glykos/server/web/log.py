"""Log lines: one JSON object each, safe by construction.

Our own messages are written with their arguments; of other libraries only the place, the
status and the exception's type are kept, because their arguments carry addresses and values.
Tracebacks list where, never what: messages of exceptions and local values may be health data.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

from glykos.errors import GlykosError
from glykos.server.web import origin

_MAIL = re.compile(r"[^\s\"'<>@]+@[^\s\"'<>@]+")
_LONGEST = 500


class JsonLines(logging.Formatter):
    """Formats a record as JSON, which also makes forged line breaks impossible."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.split(".")[0] == "glykos"
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _clean(record.getMessage() if ours else str(record.msg)),
        }
        if request_id := origin.current.get().request_id:
            line["request"] = request_id
        if (status := getattr(record, "status_code", None)) is not None:
            line["status"] = status
        if route := _route(record):
            line["route"] = route
        if record.exc_info and record.exc_info[1] is not None:
            line |= _where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=str)


def _clean(text: str) -> str:
    return _MAIL.sub("[mail]", text)[:_LONGEST]


def _route(record: logging.LogRecord) -> str:
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return str(match.view_name) if match is not None else ""


def _where(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    facts: dict[str, object] = {
        "error": type(error).__qualname__,
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, GlykosError) and error.context:
        facts["context"] = error.context
    return facts
