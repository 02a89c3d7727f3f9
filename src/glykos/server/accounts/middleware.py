"""Automatic log-off, and a clean browser after logging out."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from glykos.server.audit.actions import record
from glykos.server.audit.kinds import Action
from glykos.server.web import clock

_BORN = "_born"
_SEEN = "_seen"
_REFRESH_S = 60
_BACK_JUMP_S = 300


class SessionLimits:
    """Ends a session that was idle, is old, or whose clock ran backwards by more than 5 minutes.

    A request with the header ``X-Background`` (polling) does not count as use. The time of the
    last use is written at most once a minute.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        was_logged_in = request.user.is_authenticated
        if was_logged_in:
            self._check(request)
        response = self.get_response(request)
        if was_logged_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response

    def _check(self, request: HttpRequest) -> None:
        session = request.session
        now = int(clock.now().timestamp())
        born = session.get(_BORN)
        seen = session.get(_SEEN, born)
        if born is None or seen is None:
            session[_BORN] = session[_SEEN] = now
            return
        idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES).total_seconds()
        longest = timedelta(hours=settings.SESSION_ABSOLUTE_HOURS).total_seconds()
        has_jumped = now < seen - _BACK_JUMP_S
        if has_jumped or now - seen > idle or now - born > longest:
            user_id = request.user.pk
            action = Action.CLOCK_JUMPED if has_jumped else Action.ACCOUNT_TIMED_OUT
            with transaction.atomic():
                record(actor_id=user_id, action=action)
            logout(request)
        elif "X-Background" not in request.headers and now - seen >= _REFRESH_S:
            session[_SEEN] = now
