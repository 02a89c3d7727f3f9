"""Fixtures of the demo's stories."""

import pytest

from tests.demo.stories import STORIES, Told, told


@pytest.fixture(scope="session", params=list(STORIES))
def any_story(request: pytest.FixtureRequest) -> Told:
    return told(*STORIES[request.param])


@pytest.fixture(scope="session")
def autumn() -> Told:
    return told("adult", -3600)


@pytest.fixture(scope="session")
def spring() -> Told:
    return told("adult", 3600)
