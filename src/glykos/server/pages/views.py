from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from glykos.formats._columns import COLUMNS
from glykos.server.pages.sources import sources
from glykos.server.patients import queries

_APPEARANCES = frozenset({"light", "dark"})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door: what this is, or straight to the data of the only person."""
    if not request.user.is_authenticated:
        return render(request, "pages/landing.html")
    people = queries.people_of(request.user)
    if len(people) == 1:
        return redirect("viewing:person", people[0].public_id)
    return render(request, "pages/people.html", {"people": people})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/about.html")


@require_safe
def bring_your_data(request: HttpRequest) -> HttpResponse:
    """Where to click to get one's data, for every source; needs no log-in."""
    context = {"sources": sources(), "columns": COLUMNS}
    return render(request, "pages/bring_your_data.html", context)


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device likes it; kept for this log-in."""
    chosen = request.POST.get("appearance", "")
    if chosen in _APPEARANCES:
        request.session["appearance"] = chosen
    else:
        request.session.pop("appearance", None)
    following = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(
        following, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(following if is_ours else "/")
