import re
from collections.abc import Iterable
from datetime import date
from http import HTTPStatus
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from glykos.errors import NotEnoughForReport
from glykos.publish import as_html
from glykos.reports import REPORTS
from glykos.reports._report import Report
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions
from glykos.server.store import queries as store
from glykos.server.viewing import documents, picker
from glykos.server.viewing.choices import Choice, ChoiceError, default_choice, read_choice
from glykos.server.viewing.looks import looks as who_looked
from glykos.therapy.clock import Window

_PAGE_NUMBER = re.compile("[1-9][0-9]{0,5}", re.ASCII)


@gzip_page
@login_required
@require_safe
def person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The newest weeks at a glance and the way to every report, or to the first upload."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    known = store.known(access)
    context: dict[str, object] = {"person": access.person, "tab": "overview"}
    if known is None:
        return render(request, "viewing/empty.html", context)
    context["span"] = known.span
    kept = decisions.made(access, decisions.Favourite)
    context["favourites"] = [{"id": made.id, "title": made.what.title} for made in kept]
    context["once"] = uuid4()
    glance, offers = documents.overview(access, known.newest)
    context["glance"] = glance
    context["offers"] = [
        (offer, picker.address(access.person, offer.report, offer.choice)) for offer in offers
    ]
    if glance is not None:
        context["fragment"] = _safe(as_html.fragment(glance))
    return render(request, "viewing/overview.html", context)


@login_required
@require_safe
def first_report(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Reports without a name: the first of them, for the same days."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    response = redirect("viewing:report", access.person.public_id, REPORTS[0].key)
    if request.META["QUERY_STRING"]:
        response["Location"] += f"?{request.META['QUERY_STRING']}"
    return response


@gzip_page
@login_required
@require_safe
def report(request: HttpRequest, public_id: UUID, key: str) -> HttpResponse:
    """One report for the chosen days; without data, the days that have some."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    shown = _report_or_404(key)
    known = store.known(access)
    if known is None:
        context = {"person": access.person, "tab": "reports", "report": shown}
        return render(request, "viewing/empty.html", context)
    choice, problem = _choice(request.GET, shown, known.newest)
    context = picker.context(access.person, shown, choice, known.span)
    if problem is not None:
        context["problem"] = problem
        return render(request, "viewing/report.html", context, status=HTTPStatus.BAD_REQUEST)
    try:
        built, has_left_out = documents.document_for_page(access, shown, choice)
    except NotEnoughForReport as nothing:
        context["nothing"] = nothing
        near = _nearest_days(store.known_days(access), choice.window)
        context["days_with_data"] = picker.day_links(access.person, shown, near)
        return render(request, "viewing/report.html", context)
    context |= {
        "document": built,
        "fragment": _safe(as_html.fragment(built)),
        "has_left_out": has_left_out,
    }
    return render(request, "viewing/report.html", context)


@login_required
@require_safe
def download(request: HttpRequest, public_id: UUID, key: str, kind: str) -> HttpResponse:
    """The report of the same address as PDF, JSON or CSV."""
    access = authorise(request.user, public_id, Purpose.EXPORT)
    shown = _report_or_404(key)
    if kind not in documents.FILE_KINDS:
        raise Http404
    choice = _choice_or_404(access, request.GET, shown)
    try:
        built = documents.document(access, shown, choice)
    except NotEnoughForReport:
        return _back_to_report(access, shown, choice)
    content = documents.as_file(access, [built], kind)
    return _attachment(content, documents.FILE_KINDS[kind].media_type, f"{key}.{kind}", choice)


@login_required
@require_safe
def all_as_pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Every report over the chosen period in one PDF."""
    access = authorise(request.user, public_id, Purpose.EXPORT)
    choice = _choice_or_404(access, request.GET, REPORTS[0])
    try:
        built = documents.pack(access, choice)
    except NotEnoughForReport:
        return _back_to_report(access, REPORTS[0], choice)
    content = documents.as_file(access, built, "pdf")
    return _attachment(content, "application/pdf", "all.pdf", choice)


@login_required
@require_safe
def looks(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who looked at the data, and what else was done with them."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    asked = request.GET.get("page", "1")
    page = int(asked) if _PAGE_NUMBER.fullmatch(asked) else 1
    found, has_older = who_looked(access, page)
    context = {
        "person": access.person,
        "looks": found,
        "newer": page - 1,
        "older": page + 1 if has_older else None,
    }
    return render(request, "viewing/looks.html", context)


def _report_or_404(key: str) -> Report:
    found = documents.report_named(key)
    if found is None:
        raise Http404
    return found


def _choice(
    parameters: QueryDict, shown: Report, newest: date
) -> tuple[Choice, ChoiceError | None]:
    """The reader's choice; where it makes no sense, the newest days and what was wrong."""
    try:
        return read_choice(parameters, shown, newest), None
    except ChoiceError as problem:
        return default_choice(shown, newest), problem


def _choice_or_404(access: Access, parameters: QueryDict, shown: Report) -> Choice:
    known = store.known(access)
    if known is None:
        raise Http404
    choice, problem = _choice(parameters, shown, known.newest)
    if problem is not None:
        raise Http404
    return choice


def _back_to_report(access: Access, shown: Report, choice: Choice) -> HttpResponse:
    """The page says what is missing and which days have data; a file could not."""
    response = redirect("viewing:report", access.person.public_id, shown.key)
    response["Location"] += f"?{choice.query}"
    return response


def _attachment(content: bytes, media_type: str, name: str, choice: Choice) -> HttpResponse:
    """A download whose name says what and when, never who."""
    stem, _, ending = name.partition(".")
    days = dict.fromkeys((choice.window.first.isoformat(), choice.window.last.isoformat()))
    file_name = f"glykos-{stem}-{'-to-'.join(days)}.{ending}"
    return HttpResponse(
        content,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def _nearest_days(days: Iterable[date], window: Window, count: int = 14) -> list[date]:
    """Some days that have data, those nearest to the chosen period, in order."""
    return sorted(sorted(days, key=lambda day: abs((day - window.last).days))[:count])


def _safe(html: str) -> str:
    """What ``publish`` made; it escapes every text itself."""
    return mark_safe(html)  # noqa: S308
