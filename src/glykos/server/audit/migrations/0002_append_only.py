"""Triggers: events are only added, ends of chains move one step at a time."""

from django.db import migrations

from glykos.server.audit.walls import migrate_down, migrate_up


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(migrate_up, migrate_down)]
