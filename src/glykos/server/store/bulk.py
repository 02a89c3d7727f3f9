"""Many rows of one table in one call, from plain values: no model object per row."""

from collections.abc import Sequence

from django.db import connection, models

_Value = bytes | float | int | str | None


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[_Value]]
) -> None:
    """Insert rows of values that are stored just as they are, in the order of ``columns``."""
    if not rows:
        return
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - documented by Django
    marks = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our names
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
