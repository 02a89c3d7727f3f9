"""``glykos serve``: the web app with its own web server, ready to use."""

import logging
import os
import threading
from pathlib import Path

import click

logger = logging.getLogger(__name__)

#: Threads of one process that wait for requests (SQLite has one writer; reading is quick).
THREADS = 8
#: The default of GLYKOS_URL names the same port.
PORT = 8765
_HOUR_S = 3_600


def configure(environment: str | None = None, *, data_dir: Path | None = None) -> None:
    """Load the settings, so that the server's functions can be called."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glykos.server.settings")
    if environment is not None:
        os.environ["GLYKOS_ENVIRONMENT"] = environment
    if data_dir is not None:
        os.environ["GLYKOS_DATA_DIR"] = str(data_dir)
    import django

    django.setup()


def bring_up_to_date() -> None:
    """Migrate the database and collect static files; quick when repeated."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def run(host: str, port: int) -> None:
    """Serve until stopped. Plain WSGI with threads; a proxy in front adds TLS."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from glykos.server.audit.actions import anchor

    stopped = threading.Event()
    threading.Thread(target=_every_hour, args=(stopped,), daemon=True).start()
    try:
        Granian(
            "glykos.server.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=1,
            blocking_threads=THREADS,
            backpressure=THREADS * 8,
            # A client that dawdles over its headers must not hold a place for the default 30 s.
            http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=32_768),
            log_access=False,
            log_level=LogLevels.error,  # what a person should know, we say ourselves
            respawn_failed_workers=True,
        ).serve()
    finally:
        stopped.set()
        anchor()  # the last one, so that what happened since is covered too


def _every_hour(stopped: threading.Event) -> None:
    """Sign the end of the audit log and forget sessions that have ended."""
    from django.core.management import call_command
    from django.db import connection

    from glykos.server.audit.actions import anchor

    while not stopped.wait(_HOUR_S):
        for duty in (anchor, lambda: call_command("clearsessions")):
            try:
                duty()
            except Exception:
                # A full disk or a busy database now must not end the duties of later hours.
                logger.exception("hourly duty failed")
        connection.close()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Start the web app on this computer."""
    if _shown(host) == "localhost":
        os.environ.setdefault("GLYKOS_URL", f"http://localhost:{port}")
    configure()
    bring_up_to_date()
    click.echo(f"Glykos listens on http://{_shown(host)}:{port}/  (stop with Ctrl+C)")
    run(host, port)


def _shown(host: str) -> str:
    # Passkeys and secure cookies need a name that browsers trust without TLS.
    return "localhost" if host in ("127.0.0.1", "::1") else host
