"""Every sample is one reader's file and nobody else's."""

import pytest

from glykos.formats import FORMATS
from glykos.formats._content import Content
from tests.formats.samples import SAMPLES


@pytest.mark.parametrize("key", sorted(SAMPLES))
def test_no_two_readers_are_sure_of_a_file(key: str) -> None:
    content = Content(SAMPLES[key])
    sure = {entry.key for entry in FORMATS if entry.sniff(content) > 0.5}
    assert sure == ({key} - {"plain_csv"})
