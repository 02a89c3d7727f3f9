"""Whose data: the list, a new record, and a record's settings."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from glykos.server.accounts.models import User
from glykos.server.patients.actions import change_settings, create_person
from glykos.server.patients.forms import SettingsForm
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise

_FIELDS_OF = (
    ("About you", ("name", "birth_date")),
    ("Glucose", ("unit", "target_preset", "target_low", "target_high")),
    ("Time and paper", ("zone", "clock_24h", "paper")),
)
_SPANS = ("breakfast", "lunch", "dinner", "bedtime", "wake_up")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Unit, target, times of the day and paper of one record."""
    access = authorise(request.user, public_id, Purpose.SETTINGS)
    form = SettingsForm.of(access.person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_settings(actor_id=access.actor_id, person=access.person, changes=form.changes())
        messages.success(request, "Your settings are saved. All reports use them from now on.")
        return redirect("patients:settings", public_id)
    context = {"person": access.person, "tab": "settings", **_shown(form)}
    return render(request, "pages/settings.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A further record, for example for a second child."""
    form = SettingsForm.of(Person(), request.POST or None)
    if request.method == "POST" and form.is_valid() and isinstance(request.user, User):
        added = create_person(owner=request.user, **form.changes())
        return redirect("viewing:person", added.public_id)
    return render(request, "pages/add_person.html", _shown(form))


def _shown(form: SettingsForm) -> dict[str, object]:
    """The form in the groups of the page."""
    groups = [(title, [form[name] for name in names]) for title, names in _FIELDS_OF]
    spans = [
        (span.replace("_", "-").capitalize(), form[f"{span}_start_min"], form[f"{span}_end_min"])
        for span in _SPANS
    ]
    return {"form": form, "groups": groups, "spans": spans}
