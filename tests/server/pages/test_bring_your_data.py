"""The guide page is made of the catalogue: nothing that can be read is missing on it."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from glykos.formats import FORMATS
from glykos.formats._columns import COLUMNS
from glykos.server.pages.sources import sources
from tests.server.cast import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def html() -> str:
    answer = browser().get(reverse("pages:bring_your_data"))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("key", [entry.key for entry in FORMATS])
def test_every_format_says_where_to_click_and_how_sure_we_are(html: str, key: str) -> None:
    (entry,) = (entry for entry in FORMATS if entry.key == key)
    assert entry.how_to_get
    for text in (entry.title, entry.source, entry.proof, *entry.how_to_get):
        assert escape(text) in html


def test_every_kind_of_column_is_explained(html: str) -> None:
    for column in COLUMNS:
        assert escape(column.title) in html
        assert escape(column.holds) in html


def test_sources_are_listed_once_each_with_a_link_and_ones_own_table_last(html: str) -> None:
    listed = sources()
    assert len({source.anchor for source in listed}) == len(listed)
    assert sum(len(source.formats) for source in listed) == len(FORMATS)
    assert listed[-1].formats[0].key == "plain_csv"
    for source in listed:
        assert f'href="#{source.anchor}"' in html
        assert f'id="{source.anchor}"' in html
