"""``glykos demo``: the web app with a simulated person, told through the ordinary import path."""

import os
import secrets
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glykos.cli.serve import PORT, bring_up_to_date, configure, run

if TYPE_CHECKING:
    from glykos.server.sharing import Access

EMAIL = "demo@glykos.example"
BIRTH_DATE = date(1990, 5, 17)
DAYS = 90


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="Port to listen on.")
@click.option("--prepare-only", is_flag=True, help="Set everything up, then stop.")
def demo(host: str, port: int, prepare_only: bool) -> None:
    """Start the web app with a demo person and 90 days of pump, sensor and meter data.

    The data folder is ./data/demo unless GLYKOS_DATA_DIR names another; a second start keeps it.
    """
    folder = Path(os.environ.get("GLYKOS_DATA_DIR", "data/demo")).absolute()
    os.environ.setdefault("GLYKOS_URL", f"http://localhost:{port}")
    click.echo("Setting up ...")
    configure("demo", data_dir=folder)
    bring_up_to_date()
    password = _load_person()
    click.echo(
        "\n"
        f"  Address   http://localhost:{port}/\n"
        f"  E-mail    {EMAIL}\n"
        f"  Password  {password}\n"
        "\n"
        "The demo person is simulated. Stop with Ctrl+C; the next start keeps the data.\n"
    )
    if not prepare_only:
        run(host, port)


def _load_person() -> str:
    """Make the account and import the simulated export, once; returns the log-in's password."""
    from allauth.account.models import EmailAddress
    from django.conf import settings
    from django.db import transaction

    from glykos.demo.carelink_file import carelink_csv
    from glykos.demo.persona import ALEX
    from glykos.server import env
    from glykos.server.accounts.models import User
    from glykos.server.ingest.actions import receive
    from glykos.server.patients.actions import change_settings, create_first_person
    from glykos.server.sharing import Purpose, authorise
    from glykos.server.web import clock

    password = env.secret_file(settings.KEYS_DIR / "demo-log-in", lambda: secrets.token_urlsafe(9))
    with transaction.atomic():
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            user = User.objects.create_user(EMAIL, password)
            EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
        person = create_first_person(owner=user)
        if person is not None:
            profile = {
                "name": f"{ALEX.first_name} {ALEX.last_name}",
                "birth_date": BIRTH_DATE,
                "zone": ALEX.zone,
            }
            change_settings(actor_id=user.pk, person=person, changes=profile)
    person = user.people.get()
    access = authorise(user, person, Purpose.UPLOAD)
    if not _has_data(access):
        yesterday = clock.now().date() - timedelta(days=1)
        click.echo(f"Simulating {DAYS} days and importing them ...")
        receive(access, [("demo-export.csv", carelink_csv(ALEX, last_day=yesterday, days=DAYS))])
    return password


def _has_data(access: "Access") -> bool:
    from glykos.server.store.queries import span

    return span(access) is not None
