"""Where the present request comes from: its id and the client's address, for log and audit."""

import ipaddress
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Origin:
    """Empty texts outside of a request (command line, background work)."""

    request_id: str = ""
    address: str = ""


_NOWHERE = Origin()
current: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def of(request: HttpRequest) -> Origin:
    """A fresh id and the client's address as far as trusted proxies vouch for it."""
    return Origin(uuid4().hex[:16], client_address(request))


def client_address(request: HttpRequest) -> str:
    """The address that reached our outermost trusted proxy, or us; "" when it is none.

    ``X-Forwarded-For`` counts only with GLYKOS_TRUSTED_PROXIES: without a proxy the client
    writes it himself.
    """
    chain = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        chain = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") + chain
    candidate = chain[max(0, len(chain) - 1 - settings.TRUSTED_PROXIES)].strip()
    try:
        return str(ipaddress.ip_address(_without_port(candidate)))
    except ValueError:
        return ""


def _without_port(text: str) -> str:
    """Some proxies write ``1.2.3.4:5678`` or ``[2001:db8::1]:5678``."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
