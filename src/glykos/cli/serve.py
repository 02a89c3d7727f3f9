"""``glykos serve``: the web app with its own web server, ready to use."""

import os
from pathlib import Path

import click

#: Threads of one process that wait for requests (SQLite has one writer; reading is quick).
THREADS = 8


def prepare(environment: str | None = None, *, data_dir: Path | None = None) -> None:
    """Load settings and bring database, caches and static files up to date.

    Safe to repeat: a second start changes nothing and takes a moment.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glykos.server.settings")
    if environment is not None:
        os.environ["GLYKOS_ENVIRONMENT"] = environment
    if data_dir is not None:
        os.environ["GLYKOS_DATA_DIR"] = str(data_dir)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def run(host: str, port: int) -> None:
    """Serve until stopped. Plain WSGI with threads; a proxy in front adds TLS."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

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
        respawn_failed_workers=True,
    ).serve()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Start the web app on this computer."""
    prepare()
    click.echo(f"Glykos listens on http://{_shown(host)}:{port}/  (stop with Ctrl+C)")
    run(host, port)


def _shown(host: str) -> str:
    # Passkeys and secure cookies need a name that browsers trust without TLS.
    return "localhost" if host in ("127.0.0.1", "::1") else host
