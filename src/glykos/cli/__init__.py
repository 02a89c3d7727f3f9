"""The command line: one file per command, imported only when that command is used.

Exit codes: 0 fine, 1 a failure of Glykos itself, 2 the command was not understood or cannot be
carried out as given, 3 a file cannot be read or is of no known kind, 4 not enough data for the
report, 5 day and month cannot be told apart. Failures are one sentence and one next step on
standard error; ``--debug`` shows where they come from.
"""

import errno
from importlib import import_module
from typing import NoReturn

import click

from glykos import __version__
from glykos.errors import GlykosError

#: Name -> (where it lives, its line in ``glykos --help``). The help is here so that asking for
#: it imports nothing; every command's own module has the long text.
COMMANDS: dict[str, tuple[str, str]] = {
    "read": ("glykos.cli.read:read", "Show what is in exported files."),
    "stats": ("glykos.cli.stats:stats", "Compute the statistics of exported files."),
    "report": ("glykos.cli.report:report", "Make a report from exported files."),
    "serve": ("glykos.cli.serve:serve", "Start the web application."),
    "demo": ("glykos.cli.demo:demo", "Start the web application with a made-up person."),
    "manage": ("glykos.cli.manage:manage", "Run a management command of the server."),
    "verify": ("glykos.cli.verify:verify", "Check the audit log of the server."),
}


class Failure(click.ClickException):
    """A named failure as people see it: one sentence, one next step, no traceback."""

    def __init__(self, error: GlykosError) -> None:
        super().__init__(error.message)
        self.hint = error.hint
        self.exit_code = error.exit_code  # type: ignore[misc]  # click means it to be set

    def show(self, file: object = None) -> None:  # noqa: ARG002 - the signature is click's
        """Print the sentence and the next step on standard error."""
        click.echo(self.message, err=True)
        if self.hint:
            click.echo(self.hint, err=True)


class Commands(click.Group):
    """A group that imports a command when it is called, and turns errors into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module_name, attribute = COMMANDS[cmd_name][0].split(":")
        try:
            command = getattr(import_module(module_name), attribute)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("glykos"):
                raise
            raise Failure(
                GlykosError(
                    f"`glykos {cmd_name}` needs parts that are not installed ({error.name}).",
                    "Install Glykos with its server: pip install 'glykos[server]'.",
                )
            ) from error
        assert isinstance(command, click.Command)  # noqa: S101 - tells mypy what the table holds
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; every failure that is not click's own ends here."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # the one place of the command line that may catch everything
            if ctx.params["debug"] or (isinstance(error, OSError) and error.errno == errno.EPIPE):
                raise
            _explain(error)


def _explain(error: Exception) -> NoReturn:
    if isinstance(error, GlykosError):
        raise Failure(error) from error
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        raise Failure(GlykosError(f"{where}{error.strerror}.")) from error
    raise Failure(
        GlykosError(
            f"Glykos failed unexpectedly ({type(error).__name__}).",
            "This is a bug: run `glykos --debug …` again and report what it prints, after"
            " checking that it holds nothing personal.",
        )
    ) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 2 usage, 3 unreadable or unknown file, 4 not enough data for the"
    " report, 5 day and month cannot be told apart.",
)
@click.option("--debug", is_flag=True, help="Show where a failure comes from.")
@click.version_option(__version__, package_name="glykos", message="Glykos %(version)s")
def main(debug: bool) -> None:
    """Clear, explained diabetes reports from pump, sensor and meter exports.

    The commands read, stats and report work on files alone, without server or account.
    """
