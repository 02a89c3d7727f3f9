"""What the server does every hour, and that one failure does not end it."""

import threading

import pytest

from glykos.cli import serve
from glykos.server.audit import actions


class FewHours(threading.Event):
    """An event whose waiting takes no time, and that is set after three hours."""

    def __init__(self) -> None:
        super().__init__()
        self.hours = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.hours += 1
        return self.hours > 3


def test_a_duty_that_fails_is_tried_again_next_hour(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    anchored: list[int] = []

    def failing_once() -> int:
        anchored.append(1)
        if len(anchored) == 1:
            raise OSError("disk full")
        return 0

    cleared: list[str] = []
    monkeypatch.setattr(actions, "anchor", failing_once)
    monkeypatch.setattr("django.core.management.call_command", lambda name: cleared.append(name))
    serve._every_hour(FewHours())
    assert len(anchored) == 3
    assert cleared == ["clearsessions"] * 3
    assert "hourly duty failed" in caplog.text
