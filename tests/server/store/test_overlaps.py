"""The overlapping real exports through the store: any order, twice, and undone in any order."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from glykos.formats import combine
from glykos.formats._reader import Reading
from glykos.server.accounts.models import User
from glykos.server.patients.actions import create_person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, models, queries
from glykos.therapy.clock import Window
from tests.formats.overlapping import groups
from tests.server.cast import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.shared_data, pytest.mark.slow]
RECEIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)


def enter(owner: User) -> Access:
    return authorise(owner, create_person(owner=owner, zone="Europe/Berlin"), Purpose.UPLOAD)


def upload(access: Access, name: str, reading: Reading) -> None:
    data = name.encode()
    actions.apply_upload(access, reading, data, file_name=name, received_at=RECEIVED)


def state(access: Access, window: Window) -> tuple[object, ...]:
    """What is shown, and how many versions stand beside it, with their ranks."""
    history = queries.read(access, window).within(window)
    sensor = [(r.at_local, r.device_id, r.glucose, r.flag) for r in history.sensor.rows()]
    beside = models.EventVersion.objects.filter(patient_id=access.patient_id)
    shown = models.Event.objects.filter(patient_id=access.patient_id)
    return (
        sensor,
        history.records,
        history.links,
        sorted(beside.values_list("at_s", "rank")),
        sorted(shown.values_list("kind", "at_s", "rank")),
    )


def test_any_order_gives_the_same_record_and_undoing_takes_it_back(data_folder: Path) -> None:
    owner, random = make_user("Ben"), Random(3)
    for group in groups(data_folder):
        span = combine([reading for _, reading in group])[0].span
        assert span is not None
        # The newest days of the group are enough to see what is shown; all of it is stored.
        window = Window.ending(span.last, min(span.days, 60))
        first, second, never = enter(owner), enter(owner), enter(owner)
        for name, reading in group:
            upload(first, name, reading)
        mixed = list(group)
        random.shuffle(mixed)
        for name, reading in [*mixed, mixed[0]]:
            upload(second, name, reading)
        assert state(first, window) == state(second, window), group[0][0]

        random.shuffle(mixed)
        gone, kept = mixed[0], mixed[1:]
        by_name = {one.file_name: one.upload_id for one in queries.uploads(second)}
        actions.undo_upload(second, by_name[gone[0]])
        for name, reading in kept:
            upload(never, name, reading)
        assert state(second, window) == state(never, window), gone[0]
        for name, _ in kept:
            actions.undo_upload(second, by_name[name])
        left = (models.Chunk, models.ChunkVersion, models.Event, models.EventVersion)
        assert not any(m.objects.filter(patient_id=second.patient_id).exists() for m in left)
