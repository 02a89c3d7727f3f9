"""A catalogue's tuple lists every entry, and every entry has its test file."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import glykos
from glykos.formats import FORMATS
from glykos.metrics import METRICS
from glykos.reports import REPORTS

PACKAGE = Path(glykos.__file__).parent
TESTS = Path(__file__).parents[1]


def entries(package: str) -> list[str]:
    return sorted(path.stem for path in (PACKAGE / package).glob("[!_]*.py"))


@pytest.mark.parametrize("package", ["formats", "metrics", "charts", "reports"])
def test_every_entry_has_a_test_file(package: str) -> None:
    missing = [
        name for name in entries(package) if not (TESTS / package / f"test_{name}.py").exists()
    ]
    assert missing == []


def test_every_format_module_is_listed() -> None:
    listed = {
        getattr(entry, "__module__", type(entry).__module__).rpartition(".")[2] for entry in FORMATS
    }
    assert listed == set(entries("formats"))


def test_file_formats_do_not_know_each_other() -> None:
    """A new format is one file and one line; what two of them share is machinery."""
    names = set(entries("formats"))
    for name in names:
        tree = ast.parse((PACKAGE / "formats" / f"{name}.py").read_text(encoding="utf-8"))
        imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not imported & {f"glykos.formats.{other}" for other in names}, name


def test_every_report_module_is_listed() -> None:
    assert {report.build.__module__.rpartition(".")[2] for report in REPORTS} == set(
        entries("reports")
    )


def test_every_metric_of_a_family_is_listed() -> None:
    from glykos.metrics._metric import Metric

    defined = {
        value.key
        for name in entries("metrics")
        for value in _flat(vars(import_module(f"glykos.metrics.{name}")).values())
        if isinstance(value, Metric)
    }
    assert defined == {metric.key for metric in METRICS}


def _flat(values: object) -> list[object]:
    out: list[object] = []
    for value in values:  # type: ignore[attr-defined]
        out += list(value) if isinstance(value, tuple) else [value]
    return out


@pytest.mark.parametrize(
    "catalogue", [FORMATS, METRICS, REPORTS], ids=["formats", "metrics", "reports"]
)
def test_keys_are_unique(catalogue: tuple[object, ...]) -> None:
    keys = [entry.key for entry in catalogue]  # type: ignore[attr-defined]
    assert len(keys) == len(set(keys))


def test_every_metric_says_where_it_comes_from() -> None:
    for metric in METRICS:
        assert metric.source, metric.key
        assert len(metric.definition) > 20, metric.key
        assert metric.least_data, metric.key


def test_flow_order_is_told_the_same_everywhere() -> None:
    """The package docstring, ARCHITECTURE.md and the contract name the layers in one order."""
    told = (glykos.__doc__ or "").split("order")[-1]
    table = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    order = [
        "therapy",
        "formats",
        "metrics",
        "charts",
        "reports",
        "publish",
        "demo",
        "server",
        "cli",
    ]
    for text in (told, table.split("| package |")[1]):
        places = [text.index(name) for name in order]
        assert places == sorted(places)
