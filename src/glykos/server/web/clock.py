"""The server's only clock. Tests move it; nothing else may ask what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def now_us() -> int:
    """Microseconds since 1970 in UTC; exact, for records that are signed or ordered."""
    moment = now()
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
