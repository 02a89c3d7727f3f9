"""Writes docs/reference from the catalogues; ``--check`` fails when a page is stale.

Generated: metrics, file formats, reports, command line, settings of the server.
"""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

import click

from glykos import cli
from glykos.errors import GlykosError
from glykos.formats import FORMATS
from glykos.formats._columns import COLUMNS, SHEET
from glykos.metrics import METRICS
from glykos.reports import REPORTS
from glykos.server.env import SETTINGS

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- Written by `make docs`; do not edit. -->\n\n"


def metrics_page() -> str:
    """Every metric with its definition, in the order of the catalogue."""
    lines = [
        "# Metrics\n",
        "Every number Glykos prints, with its rule. A metric without enough data gives a reason instead of",
        "a number. `glykos stats FILE --json` uses the keys below.\n",
    ]
    for metric in METRICS:
        lines += [
            f"## {metric.name}\n",
            f"`{metric.key}`{f' · {metric.unit}' if metric.unit else ''} · version {metric.version}\n",
            f"{metric.definition}\n",
            f"*Least data:* {metric.least_data}. *Source:* {metric.source}\n",
        ]
    return "\n".join(lines)


def formats_page() -> str:
    """Every file format, from the docstring of its module."""
    lines = [
        "# File formats\n",
        "What Glykos reads. The content decides, never the name of the file.\n",
    ]
    for entry in FORMATS:
        text = inspect.cleandoc(sys.modules[type(entry).__module__].__doc__ or "")
        about = f"`{entry.key}` · version {entry.version} · from {entry.source}\n"
        lines += [f"## {entry.title}\n", about, f"{text}\n", f"Proved on: {entry.proof}.\n"]
    lines += [
        "## Columns of your own table\n",
        "`--map` and the upload page say which column holds what. A column is named by its header or,",
        f"as `#3`, by its place; `{SHEET}` names a sheet. Columns with the usual names need no mapping.\n",
        "| ours | holds | taken without being told |",
        "|---|---|---|",
        *(f"| `{c.key}` | {c.title}: {c.holds} | {', '.join(c.names)} |" for c in COLUMNS),
    ]
    return "\n".join(lines)


def reports_page() -> str:
    """Every report and the question it answers."""
    lines = ["# Reports\n", "| report | key | answers | days |", "|---|---|---|---|"]
    lines += [f"| {r.title} | `{r.key}` | {r.question} | {r.default_days} |" for r in REPORTS]
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Every command with its help text, and the exit codes."""
    context = click.Context(cli.main, info_name="glykos")
    lines = ["# Command line\n", "```", cli.main.get_help(context), "```\n"]
    for name in cli.main.list_commands(context):
        command = cli.main.get_command(context, name)
        if command is None or name == "manage":
            continue
        with click.Context(command, info_name=f"glykos {name}") as inner:
            lines += [f"## glykos {name}\n", "```", command.get_help(inner), "```\n"]
    lines += ["## Exit codes\n", "| code | meaning |", "|---|---|", "| 0 | fine |"]
    codes: dict[int, list[str]] = {}
    for error in _errors(GlykosError):
        first = (error.__doc__ or "").strip().splitlines()[0]
        codes.setdefault(error.exit_code, []).append(first.rstrip("."))
    lines += [f"| {code} | {'; '.join(texts)} |" for code, texts in sorted(codes.items())]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every environment variable the server reads."""
    lines = [
        "# Settings of the server\n",
        "Environment variables, read at start.\n",
        "| name | default | what |",
        "|---|---|---|",
    ]
    for setting in SETTINGS:
        choices = f" One of: {', '.join(setting.choices)}." if setting.choices else ""
        default = f"`{setting.default}`" if setting.default else ""
        lines.append(f"| `{setting.name}` | {default} | {setting.help}{choices} |")
    return "\n".join(lines) + "\n"


def _errors(root: type[GlykosError]) -> list[type[GlykosError]]:
    return [root, *(error for child in root.__subclasses__() for error in _errors(child))]


PAGES: dict[str, Callable[[], str]] = {
    "metrics.md": metrics_page,
    "formats.md": formats_page,
    "reports.md": reports_page,
    "cli.md": cli_page,
    "settings.md": settings_page,
}


def main() -> int:
    """Write or check every page; the exit status counts stale pages in check mode."""
    check = "--check" in sys.argv[1:]
    stale = 0
    REFERENCE.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        text = HEAD + make().rstrip() + "\n"
        path = REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            stale += 1
            print(f"stale: {path.relative_to(Path.cwd())}; run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
