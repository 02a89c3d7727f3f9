import re
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glykos.server.correcting import actions, words
from glykos.server.correcting.forms import LeaveOutForm, ShownForm, ZoneForm, day_of, time_of
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions
from glykos.server.store.clocks import DeviceClock, device_clocks
from glykos.therapy.decisions import ClockCorrection, Exclusion

_PER_PAGE = 10


@login_required
@require_safe
def devices(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Each device with its uploads, its days, its clock changes and its corrections."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    known = device_clocks(access)
    made = decisions.made(access, ClockCorrection)
    context = {
        "person": access.person,
        "tab": "devices",
        "zone": access.person.zone.replace("_", " "),
        "devices": [(one, _corrections(access, made, one)) for one in known],
        "orphans": [
            words.made_words(access.person, one, None)
            for one in made
            if one.what.device_id not in {clock.device.id for clock in known}
        ],
    }
    return render(request, "correcting/devices.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what a clock really showed: first what would change, then the decision."""
    is_sent = request.method == "POST"
    access = authorise(request.user, public_id, Purpose.WRITE if is_sent else Purpose.VIEW)
    known = device_clocks(access)
    choices = [(one.number, words.name_of(one)) for one in known]
    home = access.person.zone_info
    forms: dict[str, ZoneForm | ShownForm] = {
        kind.prefix: kind(
            request.POST if f"{kind.prefix}-kind" in request.POST else None,
            initial=_asked(request),
            devices=choices,
            home=home,
        )
        for kind in (ZoneForm, ShownForm)
    }
    context = {"person": access.person, "tab": "devices", "forms": forms, "devices": known}
    if not is_sent:
        return render(request, "correcting/correct.html", context)
    form = forms["zone" if "zone-kind" in request.POST else "shown"]
    if not form.is_valid():
        return render(request, "correcting/correct.html", context, status=HTTPStatus.BAD_REQUEST)
    device = next(one for one in known if one.number == form.cleaned_data["device"])
    correction = form.correction(device.device.id)
    if "confirm" not in request.POST:
        context |= {
            "form": form,
            "sent": [(name, value) for name, value in request.POST.items() if "-" in name],
            "preview": words.preview(access, correction, device),
        }
        return render(request, "correcting/preview.html", context)
    decisions.make(access, correction)
    messages.success(request, "The clock is corrected. All reports use it from now on.")
    return redirect("correcting:devices", public_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def left_out(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is left out of the statistics, what that changes, and a form to leave out more."""
    is_sent = request.method == "POST"
    access = authorise(request.user, public_id, Purpose.WRITE if is_sent else Purpose.VIEW)
    known = device_clocks(access)
    sensors = [(one.number, words.name_of(one)) for one in known if one.is_sensor]
    if is_sent:
        form = LeaveOutForm(request.POST, devices=sensors)
        if form.is_valid():
            chosen = next((c for c in known if c.number == form.cleaned_data["device"]), None)
            actions.leave_out(access, form.span_s, chosen, form.cleaned_data, known)
            messages.success(
                request, "Left out. The readings are still there; you can take this back any time."
            )
            return redirect("correcting:left_out", public_id)
    else:
        day = day_of(request.GET.get("day"))
        form = LeaveOutForm(initial={"start_day": day, "end_day": day}, devices=sensors)
    context = {"form": form, "has_sensor": bool(sensors), **_left_out(access, request, known)}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "correcting/left_out.html", context, status=status)


@login_required
@require_POST
def take_back(request: HttpRequest, public_id: UUID, decision_id: UUID) -> HttpResponse:
    """Withdraw a correction, or count readings again."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    came_from = request.POST.get("from")
    if came_from not in {"devices", "left_out"}:
        return HttpResponseBadRequest()
    decisions.withdraw(access, decision_id, ClockCorrection, Exclusion)
    messages.success(request, "Taken back. Your reports look as if it had never been made.")
    return redirect(reverse(f"correcting:{came_from}", args=[public_id]))


def _asked(request: HttpRequest) -> dict[str, object]:
    """What the address of the form says already: a device, and the clock change that ended it."""
    number, until = request.GET.get("device", ""), time_of(request.GET.get("until"))
    asked: dict[str, object] = {}
    if re.fullmatch("[0-9]{1,4}", number, re.ASCII):
        asked["device"] = int(number)
    if until is not None:
        asked |= {"end_day": until.date(), "end_time": until.time()}
    return asked


def _corrections(
    access: Access, made: list[decisions.Made[ClockCorrection]], device: DeviceClock
) -> list[words.CorrectionWords]:
    return [
        words.made_words(access.person, one, device)
        for one in reversed(made)
        if one.what.device_id == device.device.id
    ]


def _left_out(access: Access, request: HttpRequest, known: list[DeviceClock]) -> dict[str, object]:
    """One page of the list, newest decision first."""
    made = decisions.made(access, Exclusion)[::-1]
    page = Paginator(made, _PER_PAGE).get_page(request.GET.get("page"))
    by_id = {one.device.id: one for one in known}
    return {
        "person": access.person,
        "tab": "devices",
        "page": page,
        "stretches": [words.left_out(access, one, by_id) for one in page.object_list],
    }
