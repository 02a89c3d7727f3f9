"""``glykos demo``: the web app with simulated people, told through the ordinary import path."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glykos.cli.serve import PORT, bring_up_to_date, configure, run

if TYPE_CHECKING:
    from glykos.demo.cast import Member
    from glykos.server.accounts.models import User
    from glykos.server.patients.models import Person

EMAIL = "demo@glykos.example"
DAYS = 90


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="Port to listen on.")
@click.option("--prepare-only", is_flag=True, help="Set everything up, then stop.")
def demo(host: str, port: int, prepare_only: bool) -> None:
    """Start the web app with five demo people and 90 days of data each.

    They live with pump and sensor, pump and meter, pens and sensor, pens and meter, and tablets.
    The data folder is ./data/demo unless GLYKOS_DATA_DIR names another; a second start keeps it.
    """
    folder = Path(os.environ.get("GLYKOS_DATA_DIR", "data/demo")).absolute()
    os.environ.setdefault("GLYKOS_URL", f"http://localhost:{port}")
    click.echo("Setting up ...")
    configure("demo", data_dir=folder)
    bring_up_to_date()
    password = _load_people()
    click.echo(
        "\n"
        f"  Address   http://localhost:{port}/\n"
        f"  E-mail    {EMAIL}\n"
        f"  Password  {password}\n"
        "\n"
        "The demo people are simulated. Stop with Ctrl+C; the next start keeps the data.\n"
    )
    if not prepare_only:
        run(host, port)


def _load_people() -> str:
    """Make the account and its records, and tell each their story, once; returns the password."""
    from allauth.account.models import EmailAddress
    from django.conf import settings
    from django.db import transaction

    from glykos.demo.cast import CAST
    from glykos.server import env
    from glykos.server.accounts.models import User
    from glykos.server.patients.actions import create_person

    password = env.secret_file(settings.KEYS_DIR / "demo-log-in", lambda: secrets.token_urlsafe(9))
    with transaction.atomic():
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            user = User.objects.create_user(EMAIL, password)
            EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
            for member in CAST:
                create_person(
                    owner=user, name=member.name, birth_date=member.birth_date, zone=member.zone
                )
    # Whoever was renamed or removed is no longer ours to fill.
    members = {member.name: member for member in CAST}
    for person in user.people.filter(name__in=members):
        _tell(user, person, members[person.name])
    return password


def _tell(user: "User", person: "Person", member: "Member") -> None:
    """Import what a member of the cast brings, unless the record has data already."""
    from django.db import transaction

    from glykos.server.ingest.actions import OutcomeState, receive
    from glykos.server.sharing import Purpose, authorise
    from glykos.server.store import entries
    from glykos.server.store.queries import span
    from glykos.server.web import clock

    access = authorise(user, person, Purpose.UPLOAD)
    if span(access) is not None:
        return
    yesterday = clock.now().date() - timedelta(days=1)
    click.echo(f"  {member.name}: {member.way}, {DAYS} days ...")
    told = member.tell(yesterday, DAYS)
    with transaction.atomic():  # all of the story or, after an interruption, nothing of it
        if told.entries:
            writing = authorise(user, person, Purpose.WRITE)
            entries.write_together(writing, told.entries, once=person.public_id)
        outcomes = receive(access, told.files)
    for outcome in outcomes:
        if outcome.state is not OutcomeState.IMPORTED:
            click.echo(f"  {outcome.file_name}: {outcome.message} {outcome.hint}")
