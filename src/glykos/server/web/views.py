"""Error pages and the health check."""

import logging
import shutil
import sys
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from glykos.server.web import clock, origin
from glykos.server.web.models import Heartbeat

logger = logging.getLogger(__name__)
_LEAST_FREE_BYTES = 200 * 1024 * 1024
_RETRY_AFTER_S = 10
_FRESH = timedelta(seconds=10)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _page(request, 413)
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - a given signature
    return _page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - a given signature
    return _page(request, 403, template="web/form_expired.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - a given signature
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or what the cause says: 503 while the database is away, 507 when the disk is full."""
    error = sys.exception()
    if isinstance(error, (OperationalError, InterfaceError)):
        full = "full" in str(error).lower() or "no space left" in str(error).lower()
        response = _page(request, 507 if full else 503)
        response["Retry-After"] = str(_RETRY_AFTER_S)
        return response
    return _page(request, 500)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a given signature
    """Whether the installation works: the database takes a write, the disk has room.

    Says nothing about anybody and nothing about versions, so it needs no log-in. As anybody may
    ask, a write of the last 10 seconds, by whichever process, counts as proof.
    """
    try:
        now = clock.now()
        fresh = Heartbeat.objects.filter(at__gt=now - _FRESH, at__lte=now)
        if not fresh.exists():
            Heartbeat.objects.update_or_create(id=1, defaults={"at": now})
        has_room = shutil.disk_usage(settings.DATA_DIR).free > _LEAST_FREE_BYTES
    except (DatabaseError, OSError):
        logger.exception("health check failed")
        has_room = False
    answer = JsonResponse({"ready": has_room}, status=200 if has_room else 503)
    if not has_room:
        answer["Retry-After"] = str(_RETRY_AFTER_S)
    return answer


def _page(request: HttpRequest, status: int, *, template: str = "") -> HttpResponse:  # noqa: ARG001 - a given signature
    """An error page that needs no session, no user and no database."""
    context = {"request_id": origin.current.get().request_id, "status": status}
    text = render_to_string(template or f"web/{status}.html", context)
    return HttpResponse(text, status=status)
