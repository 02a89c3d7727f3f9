"""The examples in the documentation of metrics and therapy do what they show."""

import doctest
import importlib
import pkgutil

import pytest

import glykos.metrics
import glykos.therapy

MODULES = [
    found.name
    for package in (glykos.metrics, glykos.therapy)
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
