from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from glykos.errors import ConflictError, DamagedFile, FormatError, GlykosError
from glykos.server.accounts.stepup import ask_again
from glykos.server.leaving import actions
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import everything
from glykos.server.web import clock


@login_required
@require_safe
def page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Save everything, or fill an empty record."""
    return _page(request, authorise(request.user, public_id, Purpose.EXPORT))


@login_required
@require_safe
def save(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The archive, under a name that says nothing about anybody."""
    access = authorise(request.user, public_id, Purpose.EXPORT)
    if question := ask_again(request):
        return question
    return StreamingHttpResponse(
        actions.save_everything(access),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="glykos-{clock.now():%Y-%m-%d}.zip"'
        },
    )


@login_required
@require_POST
def bring_in(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Fill an empty record with an archive."""
    access = authorise(request.user, public_id, Purpose.UPLOAD)
    file = request.FILES.get("archive")
    if file is None:
        missing = DamagedFile("There is no file.", "Choose the zip file that you saved.")
        return _page(request, access, missing)
    try:
        brought = actions.bring_in(access, file.read())
    except (FormatError, ConflictError) as problem:
        return _page(request, access, problem)
    messages.success(
        request,
        f"Everything is in. Files: {brought.files}. Versions of logbook entries: {brought.entries}."
        f" Corrections and choices: {brought.decisions}.",
    )
    return redirect("viewing:person", public_id)


def _page(request: HttpRequest, access: Access, problem: GlykosError | None = None) -> HttpResponse:
    context = {
        "person": access.person,
        "tab": "settings",
        "is_empty": everything.is_empty(access),
        "problem": problem,
    }
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return render(request, "leaving/everything.html", context, status=status)
