"""Many writers at once, on the very first event of a chain too: no gap, no fork, no loss."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from glykos.server.audit.actions import record
from glykos.server.audit.kinds import Action
from glykos.server.audit.models import Event
from glykos.server.audit.queries import verify

WRITERS, EACH = 6, 8


def _write(writer: int) -> None:
    try:
        for number in range(EACH):
            with transaction.atomic():
                record(
                    actor_id=writer,
                    action=Action.HISTORY_READ,
                    patient_id=33,
                    detail={"n": number},
                )
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_writers_that_start_together_make_one_chain() -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(_write, range(WRITERS)))
    assert [event.seq for event in Event.objects.order_by("seq")] == list(
        range(1, WRITERS * EACH + 1)
    )
    assert verify([]).is_clean
