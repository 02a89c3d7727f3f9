"""``glykos verify``: is the audit log whole, and does it fit its signed anchors?"""

from pathlib import Path

import click

from glykos.cli.serve import configure
from glykos.errors import GlykosError


@click.command()
@click.option(
    "--anchors",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An anchor file kept elsewhere; may be given several times. Default: this installation's own.",
)
@click.option("--anchor", "add_anchor", is_flag=True, help="Sign and append a new anchor first.")
def verify(anchors: tuple[Path, ...], add_anchor: bool) -> None:
    """Check the audit log: exit status 0 when it is whole, 1 when something is wrong."""
    configure()
    from django.db import DatabaseError

    from glykos.server.audit.actions import anchor
    from glykos.server.audit.queries import verify as check

    try:
        if add_anchor:
            anchor()
        result = check(list(anchors) or None)
    except DatabaseError as error:
        raise GlykosError(
            "The audit log cannot be read.",
            "Check GLYKOS_DATA_DIR and GLYKOS_DATABASE, and that Glykos was started there before.",
        ) from error
    click.echo(f"{result.events:,} events and {result.anchors:,} signed anchors checked.")
    for finding in result.findings:
        click.echo(f"chain {finding.shard}, event {finding.seq}: {finding.flaw}", err=True)
    if result.findings:
        click.echo("Keep the data folder as it is and tell whoever answers for privacy.", err=True)
        raise click.exceptions.Exit(1)
    click.echo("The audit log is whole." if result.anchors else _UNANCHORED)


_UNANCHORED = (
    "No link is broken, but without an anchor a cut-off end cannot be seen. "
    "Run `glykos verify --anchor` and keep a copy of the anchor file elsewhere."
)
