"""One number, one text: what one output prints, every output prints."""

import pytest

from tests.publish.parity import assert_parity
from tests.publish.samples import sample


@pytest.mark.parametrize("name", ["Ada Example", ""])
def test_a_document_with_every_kind_of_block_says_the_same_everywhere(name: str) -> None:
    assert_parity(sample(name=name))
