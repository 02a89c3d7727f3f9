"""Dangerous pages ask who is there, even when somebody is logged in."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from glykos.server.web import clock

P = ParamSpec("P")


def fresh_login_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets through only who proved themselves again within the last 5 minutes.

    Unlike the library's decorator it never waves through a user without password and factor,
    and never stores the interrupted form in the session: the person comes back to the page.
    """

    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if is_fresh(request):
            return view(request, *args, **kwargs)
        flows = get_reauthentication_flows(request.user)
        if not flows:
            raise PermissionDenied
        back = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse(flows[0]['id'])}?{back}")

    wrapper.asks_again = True  # type: ignore[attr-defined] # looked for by the access tests
    return wrapper


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved themselves again, after the log-in, a short while ago."""
    records = get_authentication_records(request, request.user)
    proofs = [float(entry["at"]) for entry in records if entry.get("reauthenticated")]
    age = clock.now().timestamp() - max(proofs, default=0.0)
    return 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
