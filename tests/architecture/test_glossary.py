"""Every code name of the glossary exists."""

import re
from importlib import import_module
from pathlib import Path

import pytest

GLOSSARY = (Path(__file__).parents[2] / "GLOSSARY.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(glykos\.[\w.]+)`", GLOSSARY)))


@pytest.mark.parametrize("name", NAMES)
def test_glossary_name_exists(name: str) -> None:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[cut:]:
            found = getattr(found, attribute)
        return
    pytest.fail(f"{name} does not exist")


def test_glossary_is_not_empty() -> None:
    assert len(NAMES) > 20
