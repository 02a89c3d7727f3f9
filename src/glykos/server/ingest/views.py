import re
from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glykos import formats
from glykos.reports import REPORTS
from glykos.server.accounts.stepup import ask_again
from glykos.server.ingest import actions
from glykos.server.ingest.actions import FileOutcome, OutcomeState
from glykos.server.ingest.forms import AnswerForm
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions as store
from glykos.server.store import decisions, queries
from glykos.server.store.decisions import SavedMapping

_TITLES = {entry.key: entry.title for entry in formats.FORMATS}
#: Files on one page of the list.
PER_PAGE = 25
_PAGE_NUMBER = re.compile("[1-9][0-9]{0,5}", re.ASCII)
#: What the page lets people choose; the content decides what a file is.
ENDINGS = (".csv", ".txt", ".tsv", ".json", ".xls", ".xlsx", ".zip")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take files and say what came in; the script of the page asks for the bare words only."""
    access = authorise(request.user, public_id, Purpose.UPLOAD)
    files = [(file.name or "", file.read()) for file in request.FILES.getlist("files")]
    if not files:
        is_missing = request.method == "POST"
        context = {
            "person": access.person,
            "tab": "upload",
            "max_bytes": settings.MAX_UPLOAD_BYTES,
            "max_mb": settings.MAX_UPLOAD_BYTES // 1024**2,
            "missing": is_missing,
            "mappings": decisions.made(access, SavedMapping),
            "endings": ",".join(ENDINGS),
        }
        status = HTTPStatus.BAD_REQUEST if is_missing else HTTPStatus.OK
        return render(request, "ingest/upload.html", context, status=status)
    return show_outcomes(request, access, actions.receive(access, files))


@login_required
@require_safe
def uploads(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Every file of the record, newest first."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    asked = request.GET.get("page", "1")
    number = int(asked) if _PAGE_NUMBER.fullmatch(asked) else 1
    found, total = queries.upload_page(access, number, PER_PAGE)
    context = {
        "person": access.person,
        "tab": "uploads",
        "uploads": [(one, _TITLES.get(one.format_key, "")) for one in found],
        "total": total,
        "newer": number - 1,
        "older": number + 1 if number * PER_PAGE < total else None,
    }
    return render(request, "ingest/uploads.html", context)


@login_required
@require_safe
def upload_detail(request: HttpRequest, public_id: UUID, upload_id: UUID) -> HttpResponse:
    """What one file brought."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    one = queries.upload(access, upload_id)
    context = {
        "person": access.person,
        "tab": "uploads",
        "one": one,
        "title": _TITLES.get(one.format_key, ""),
        "reports": REPORTS,
        "open": True,
    }
    return render(request, "ingest/upload_detail.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, public_id: UUID, upload_id: UUID) -> HttpResponse:
    """Use a waiting or taken-back file; without an answer, the question is asked again."""
    access = authorise(request.user, public_id, Purpose.UPLOAD)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    outcome = actions.answer(access, upload_id, **form.answers())
    return show_outcomes(request, access, [outcome])


@login_required
@require_POST
def undo(request: HttpRequest, public_id: UUID, upload_id: UUID) -> HttpResponse:
    """Take back what one file brought."""
    access = authorise(request.user, public_id, Purpose.UNDO)
    store.undo_upload(access, upload_id)
    messages.success(
        request, "The upload is taken back. Your reports look as if it had never come in."
    )
    return redirect("ingest:upload_detail", public_id, upload_id)


@login_required
@require_safe
def original(request: HttpRequest, public_id: UUID, upload_id: UUID) -> HttpResponse:
    """The file as it was uploaded, under a name that says nothing about anybody."""
    access = authorise(request.user, public_id, Purpose.EXPORT)
    if question := ask_again(request):
        return question
    one = queries.upload(access, upload_id)
    ending = f".{one.file_name.rpartition('.')[2].lower()}"
    name = f"glykos-original-{one.received_at:%Y-%m-%d}"
    name += ending if ending in ENDINGS else ".bin"
    return HttpResponse(
        queries.original(access, upload_id),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def show_outcomes(
    request: HttpRequest, access: Access, outcomes: Sequence[FileOutcome]
) -> HttpResponse:
    is_fragment = request.headers.get("X-Fragment") == "1"
    context = {
        "person": access.person,
        "tab": "upload",
        "reports": REPORTS,
        "outcomes": [
            (one, _TITLES.get(one.result.format_key, "") if one.result else "") for one in outcomes
        ],
        "came_in": any(one.state is OutcomeState.IMPORTED for one in outcomes),
    }
    template = "ingest/outcome_list.html" if is_fragment else "ingest/outcomes.html"
    response = render(request, template, context)
    if is_fragment:
        response["X-Fragment"] = "1"
    return response
