"""Many rows of one table in one call, as plain values: no model object per row.

For the few statements that decide how long an upload or a report takes; all others use the ORM.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models

_Value = bytes | float | int | str | None


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[_Value]]
) -> None:
    """Insert rows of values that are stored just as they are, in the order of ``columns``."""
    if not rows:
        return
    names, table = ", ".join(columns), _table(model)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our names


def select(
    model: type[models.Model], columns: Sequence[str], where: str, values: Sequence[_Value]
) -> list[tuple[Any, ...]]:
    """The columns of the rows that match ``where``, which holds ``%s`` for each of ``values``."""
    statement = f"SELECT {', '.join(columns)} FROM {_table(model)} WHERE {where}"  # noqa: S608 - our names
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def as_uuid(stored: UUID | str) -> UUID:
    """An id as :func:`select` gives it; SQLite keeps ids as text."""
    return stored if isinstance(stored, UUID) else UUID(stored)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - documented by Django
