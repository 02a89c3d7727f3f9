from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from glykos.errors import FormatError
from glykos.formats._columns import TableHead
from glykos.formats._preview import Preview, preview
from glykos.formats._reader import Hints
from glykos.server.ingest import actions, mapping
from glykos.server.ingest.actions import QuestionKind
from glykos.server.ingest.forms import ColumnsForm
from glykos.server.ingest.views import show_outcomes
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions, queries
from glykos.server.store.decisions import SavedMapping
from glykos.server.store.results import UploadResult, UploadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One file with its tables, and the table that is looked at."""

    access: Access
    kept: UploadResult
    data: bytes
    heads: tuple[TableHead, ...]
    sheet: int

    @property
    def head(self) -> TableHead:
        return self.heads[self.sheet]

    @property
    def has_sheets(self) -> bool:
        return len(self.heads) > 1


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, public_id: UUID, upload_id: UUID) -> HttpResponse:
    """Ask which column is what, show the first rows under the choice, and use the table."""
    access = authorise(request.user, public_id, Purpose.UPLOAD)
    kept = queries.upload(access, upload_id)
    data = queries.original(access, upload_id)
    heads = mapping.heads(data)
    if kept.status is UploadStatus.ACTIVE or not heads:
        return redirect("ingest:upload_detail", public_id, upload_id)
    number = request.POST.get("sheet") or request.GET.get("sheet") or "0"
    sheet = int(number) if number.isascii() and number.isdigit() else 0
    asked = _Asked(
        access=access, kept=kept, data=data, heads=heads, sheet=min(sheet, len(heads) - 1)
    )
    if request.method != "POST":
        return _ask(request, asked, _first_form(asked, request.GET.get("saved", "")))
    form = ColumnsForm(asked.head, request.POST)
    if not form.is_valid():
        return _ask(request, asked, form)
    table = form.table(with_sheet=asked.has_sheets)
    if request.POST.get("do") != "use":
        return _ask(request, asked, form, table)
    outcome = actions.answer(access, upload_id, table=table)
    if outcome.question is QuestionKind.COLUMNS:
        return _ask(request, asked, form, table)
    if name := form.cleaned_data["name"]:
        mapping.save(access, name, asked.head, table)
    return show_outcomes(request, access, [outcome])


@login_required
@require_POST
def forget(request: HttpRequest, public_id: UUID, mapping_id: UUID) -> HttpResponse:
    """Delete a saved mapping; what was read with it stays."""
    access = authorise(request.user, public_id, Purpose.UPLOAD)
    decisions.withdraw(access, mapping_id, SavedMapping)
    messages.success(request, "The saved mapping is deleted. What was read with it stays.")
    return redirect("ingest:upload", public_id)


def _first_form(asked: _Asked, saved_id: str) -> ColumnsForm:
    """The form before anybody chose: as saved, as last tried, else as the names suggest."""
    table = asked.kept.hints if asked.kept.hints.columns else Hints(columns=asked.head.guess)
    for saved in decisions.made(asked.access, SavedMapping):
        if str(saved.id) == saved_id:
            table = mapping.hints_of(saved.what, asked.kept.hints)
    return ColumnsForm(asked.head, initial=ColumnsForm.initial_for(asked.head, table))


def _ask(
    request: HttpRequest, asked: _Asked, form: ColumnsForm, table: Hints | None = None
) -> HttpResponse:
    shown: Preview | None = None
    if table is not None:
        known = replace(asked.kept.hints, zone=asked.access.person.zone)
        try:
            shown = preview(asked.data, mapping.onto(known, table))
        except FormatError as error:
            form.add_error(None, f"{error.message} {_NEXT}")
    context = {
        "person": asked.access.person,
        "tab": "upload",
        "one": asked.kept,
        "form": form,
        "heads": asked.heads,
        "sheet": asked.sheet,
        "preview": shown,
        "saved": decisions.made(asked.access, SavedMapping),
    }
    return render(request, "ingest/columns.html", context)


_NEXT = "Please say it with the choices below."
