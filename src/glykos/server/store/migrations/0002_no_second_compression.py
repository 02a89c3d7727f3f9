"""Sealed bytes do not compress: PostgreSQL need not try."""

from django.db import migrations


def keep_as_they_are(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column in (
            ("store_sourcefile", "original"),
            ("store_uploadeffect", "body"),
            ("store_chunk", "body"),
            ("store_chunkversion", "body"),
        ):
            schema_editor.execute(f"ALTER TABLE {table} ALTER {column} SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunPython(keep_as_they_are, migrations.RunPython.noop)]
