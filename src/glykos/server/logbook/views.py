from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glykos.errors import ConflictError
from glykos.server.logbook import actions, queries
from glykos.server.logbook.controls import Question
from glykos.server.logbook.forms import EntryForm
from glykos.server.logbook.kinds import BY_RECORD, KINDS, TOGETHER, Sheet, alone, sheet
from glykos.server.logbook.plausible import FIRST_YEAR, LAST_YEAR
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import entries, favourites
from glykos.server.store.entries import Revision
from glykos.therapy.records import Record

_MOST_IDS = 10
_NOT_ANSWERS = frozenset({"csrfmiddlewaretoken", "confirm", "instead"})


@login_required
@require_safe
def day(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A day: write something down, repeat a favourite, and see what was told."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    frame = queries.frame(access)
    today = frame.now.date()
    shown = queries.day(access, _date(request.GET.get("day", "")) or today, today)
    context = {
        **_page(access),
        "page": shown,
        "form": EntryForm(TOGETHER, frame, day=None if shown.is_today else shown.day),
        "sheet": TOGETHER,
        "kinds": KINDS,
        "favourites": queries.favourites_of(access),
        "once": uuid4(),
        "saved": _told(access, request.GET, "saved"),
        "changed": _told(access, request.GET, "changed"),
        "removed": _told(access, request.GET, "removed"),
    }
    return render(request, "logbook/day.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The form of one kind, or of what happened together; saves what is sent."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    chosen = _sheet(request)
    frame = queries.frame(access)
    if request.method != "POST":
        like: list[Record] = []
        if favourite := _uuid(request.GET.get("favourite", "")):
            like = favourites.records_of(actions.favourite(access, favourite), frame.now)
            known = [BY_RECORD[type(one)] for one in like if type(one) in BY_RECORD]
            chosen = alone(known[0]) if len(known) == 1 else TOGETHER
        form = EntryForm(chosen, frame, like=like, day=_date(request.GET.get("day", "")))
        return _ask(request, access, form)
    form = EntryForm(chosen, frame, data=_answers(request.POST))
    if not form.is_valid():
        return _ask(request, access, form, status=HTTPStatus.BAD_REQUEST)
    if questions := form.questions(_confirmed(request.POST)):
        return _ask(request, access, form, questions=questions)
    ids = actions.save(access, form)
    return _to_day(access, form.at_local.date(), saved=ids)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, public_id: UUID, entry_id: UUID) -> HttpResponse:
    """An entry: change it, delete it, and see how it stood before."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    told, shown = queries.history_of(access, entry_id)
    stood = told[0]
    if type(stood.record) not in BY_RECORD:
        raise Http404
    frame = queries.frame(access)
    chosen = alone(BY_RECORD[type(stood.record)])
    context = {
        "entry": stood,
        "revisions": shown,
        "can_repeat": actions.is_new_favourite(access, [stood.record]),
        "rev": stood.rev,
    }
    if request.method != "POST":
        return _ask(request, access, EntryForm(chosen, frame, record=stood.record), context)
    form = EntryForm(chosen, frame, data=_answers(request.POST), record=stood.record)
    if not form.is_valid():
        return _ask(request, access, form, context, status=HTTPStatus.BAD_REQUEST)
    if questions := form.questions(_confirmed(request.POST)):
        return _ask(request, access, form, context, questions=questions)
    try:
        entries.change(access, entry_id, form.records()[0], rev=_rev(request.POST))
    except ConflictError as conflict:
        context["conflict"] = conflict
        return _ask(request, access, form, context, status=HTTPStatus.CONFLICT)
    return _to_day(access, form.at_local.date(), changed=[entry_id])


@login_required
@require_POST
def remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take entries out; the page that follows offers to bring them back."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    ids = _ids(request.POST.getlist("entry"))
    actions.remove(access, ids)
    return _back(access, ids, "removed")


@login_required
@require_POST
def bring_back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Bring removed entries back."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    ids = _ids(request.POST.getlist("entry"))
    actions.bring_back(access, ids)
    return _back(access, ids, "saved")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def favourite_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The favourites, to rename and remove; a POST keeps entries as a new one."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    if request.method != "POST":
        context = {**_page(access), "favourites": queries.favourites_of(access), "once": uuid4()}
        return render(request, "logbook/favourites.html", context)
    made = actions.keep_favourite(access, _ids(request.POST.getlist("entry")))
    if made is None:
        messages.warning(request, "Measured values cannot be repeated, so this is no favourite.")
    else:
        messages.success(request, "Kept as a favourite. One tap writes it down again.")
    return redirect("logbook:day", public_id)


@login_required
@require_POST
def repeat(request: HttpRequest, public_id: UUID, favourite_id: UUID) -> HttpResponse:
    """Write a favourite down with the time now."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    once = _uuid(request.POST.get("once", "")) or uuid4()
    ids = actions.repeat(access, favourite_id, once)
    return _to_day(access, queries.frame(access).now.date(), saved=ids)


@login_required
@require_POST
def change_favourite(request: HttpRequest, public_id: UUID, favourite_id: UUID) -> HttpResponse:
    """Rename a favourite, or remove it."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    if "remove" in request.POST:
        actions.forget(access, favourite_id)
        messages.success(request, "The favourite is removed. What you wrote down stays.")
    else:
        actions.rename(access, favourite_id, request.POST.get("title", "").strip())
        messages.success(request, "The name is saved.")
    return redirect("logbook:favourites", public_id)


def _page(access: Access) -> dict[str, object]:
    return {"person": access.person, "tab": "logbook"}


def _ask(
    request: HttpRequest,
    access: Access,
    form: EntryForm,
    more: Mapping[str, object] | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    questions: Sequence[Question] = (),
) -> HttpResponse:
    """The form, with what is wrong or to be asked about it; one question at a time."""
    question = questions[0] if questions else None
    context = {
        **_page(access),
        **(more or {}),
        "form": form,
        "sheet": form.sheet,
        "question": question,
        "confirmed": _confirmed(request.POST),
    }
    if question is not None:
        context["sent"] = [
            (name, value)
            for name, values in _answers(request.POST).lists()
            if name != "confirmed"
            for value in values
        ]
        context["instead"] = [(one.label, urlencode(one.answers)) for one in question.instead]
    return render(request, "logbook/entry.html", context, status=status)


def _answers(sent: QueryDict) -> QueryDict:
    """What was sent; a button that reads an answer otherwise has replaced it."""
    answers = sent.copy()
    for name, value in parse_qsl(sent.get("instead", ""), keep_blank_values=True):
        answers[name] = value
    for name in _NOT_ANSWERS:
        answers.pop(name, None)
    return answers


def _confirmed(sent: QueryDict) -> list[str]:
    return [*sent.getlist("confirmed"), *sent.getlist("confirm")]


def _sheet(request: HttpRequest) -> Sheet:
    told = request.POST if request.method == "POST" else request.GET
    found = sheet(told.get("kind", TOGETHER.key))
    if found is None:
        raise Http404
    return found


def _to_day(access: Access, shown: date, **told: Sequence[UUID]) -> HttpResponse:
    """The day, with what was done in its address: ids, never content."""
    pairs = [("day", shown.isoformat()), *((name, i) for name, ids in told.items() for i in ids)]
    address = reverse("logbook:day", args=[access.person.public_id])
    return redirect(f"{address}?{urlencode(pairs)}")


def _back(access: Access, ids: Sequence[UUID], what: str) -> HttpResponse:
    if not ids:
        return redirect("logbook:day", access.person.public_id)
    newest = entries.revisions(access, ids[0])[0]
    return _to_day(access, newest.record.at_local.date(), **{what: ids})


def _told(access: Access, sent: QueryDict, name: str) -> dict[str, object]:
    """The entries that the address names, as long as they still are what it says."""
    newest = [entries.revisions(access, i)[0] for i in _ids(sent.getlist(name))]
    is_gone = name == "removed"
    found: list[Revision] = [one for one in newest if one.is_deletion is is_gone]
    return {
        "ids": [one.id for one in found],
        "text": queries.notice(access, found),
        "can_repeat": actions.is_new_favourite(access, [one.record for one in found]),
    }


def _ids(texts: Sequence[str]) -> list[UUID]:
    found = [_uuid(text) for text in texts[:_MOST_IDS]]
    return [one for one in found if one is not None]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _rev(sent: QueryDict) -> int:
    text = sent.get("rev", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
