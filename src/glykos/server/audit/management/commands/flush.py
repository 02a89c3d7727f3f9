"""Django's ``flush`` would erase the audit log with everything else."""

from typing import Any

from django.conf import settings
from django.core.management.commands import flush
from django.db import connections

from glykos.errors import UsageError
from glykos.server.audit.walls import drop_walls, raise_walls


class Command(flush.Command):
    """Refused, except for the test runner, which empties its own database between tests."""

    def handle(self, **options: Any) -> None:
        if not settings.TESTING:
            raise UsageError(
                "Erasing the whole database is not offered.",
                "To start anew, stop the server and move the data folder away.",
            )
        connection = connections[options["database"]]
        drop_walls(connection)
        super().handle(**options)
        raise_walls(connection)
