"""``glykos demo``: five people at the first start, the same five at every other."""

import pytest

from glykos.cli import demo
from glykos.demo.cast import CAST
from glykos.server.accounts.models import User
from glykos.server.sharing import Purpose, authorise
from glykos.server.store import queries
from glykos.server.store.results import UploadStatus
from glykos.therapy.diary import Injection, Medication


@pytest.fixture
def people(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, object]:
    monkeypatch.setattr(demo, "DAYS", 10)
    demo._load_people()
    told = capsys.readouterr().out
    assert len(told.splitlines()) == len(CAST), told  # a file that is not imported is a line more
    demo._load_people()
    assert capsys.readouterr().out == ""
    user = User.objects.get(email=demo.EMAIL)
    return {person.name: authorise(user, person, Purpose.VIEW) for person in user.people.all()}


def test_everybody_is_there_once_with_one_file_in_use(people: dict[str, object]) -> None:
    assert sorted(people) == sorted(member.name for member in CAST)
    for access in people.values():
        (upload,) = queries.uploads(access)  # type: ignore[arg-type]
        assert upload.status is UploadStatus.ACTIVE


def test_files_and_logbook_are_one_history(people: dict[str, object]) -> None:
    histories = {}
    for name, access in people.items():
        span = queries.span(access)  # type: ignore[arg-type]
        assert span is not None
        histories[name] = queries.read(access, span)  # type: ignore[arg-type]
    assert histories["Jo Demo"].of(Medication)
    assert not histories["Jo Demo"].of(Injection)
    assert histories["Sam Demo"].of(Injection)
    assert len(histories["Sam Demo"].glucose) > 500
    assert not len(histories["Toni Demo"].glucose)
