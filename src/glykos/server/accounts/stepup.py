"""Dangerous pages ask who is there, even when somebody is logged in."""

from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from glykos.server.web import clock


def ask_again(request: HttpRequest) -> HttpResponseRedirect | None:
    """The way to "is it you?", or None for who proved themselves within the last 5 minutes.

    Call it after the door has opened, so that outsiders learn nothing. Unlike the library's
    decorator it never waves through a user without password and factor, and never stores an
    interrupted form in the session: the person comes back to the page.
    """
    if is_fresh(request):
        return None
    if not get_reauthentication_flows(request.user):
        raise PermissionDenied
    back = urlencode({"next": request.get_full_path()})
    # The password page; it offers the second factor where there is one.
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{back}")


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved themselves again, after the log-in, a short while ago."""
    records = get_authentication_records(request, request.user)
    proofs = [float(entry["at"]) for entry in records if entry.get("reauthenticated")]
    age = clock.now().timestamp() - max(proofs, default=0.0)
    return 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
