"""Adding a person, and the settings of one: behind the door, like everything about a record."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from glykos.server.accounts.models import User
from glykos.server.patients import actions
from glykos.server.patients.forms import SettingsForm
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Another record under the same log-in."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required, for the type checker
    form = SettingsForm.of(Person(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = actions.create_person(owner=request.user, **form.changes())
        messages.success(request, "The record is ready. Upload a file to fill it.")
        return redirect("viewing:person", person.public_id)
    return _page(request, form, title="Add a person", back=reverse("pages:home"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Name, unit, range, clock, zone, day and paper of one record."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required, for the type checker
    person = authorise(request.user, public_id, Purpose.SETTINGS).person
    form = SettingsForm.of(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.change_settings(
            actor_id=request.user.pk, person=person, changes=form.changes()
        )
        messages.success(request, "Saved. All reports use it from now on.")
        return redirect("patients:settings", person.public_id)
    return _page(request, form, title="Settings", person=person)


def _page(
    request: HttpRequest,
    form: SettingsForm,
    *,
    title: str,
    person: Person | None = None,
    back: str = "",
) -> HttpResponse:
    context = {"form": form, "title": title, "person": person, "tab": "settings", "back": back}
    status = 422 if form.is_bound else 200
    return render(request, "pages/person_form.html", context, status=status)
