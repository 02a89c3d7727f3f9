"""Error pages, health check, log lines: what everybody sees when something is wrong."""

import io
import json
import logging
import sys
from collections import namedtuple
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path, reverse

from glykos.errors import AccessDenied, GlykosError
from glykos.server import urls
from glykos.server.web import clock, log, origin, uploads
from glykos.server.web.models import Heartbeat
from tests.access.test_urls import check_headers
from tests.server.cast import browser, logged_in, make_user

pytestmark = pytest.mark.django_db
CANARY = "alice@example.org has 112 mg/dL"


def raising(error: Exception):  # type: ignore[no-untyped-def]
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


def files_seen(request: HttpRequest) -> HttpResponse:
    seen = [(type(f).__name__, f.size) for f in request.FILES.getlist("file")]
    return HttpResponse(json.dumps(seen))


class Broken:
    """The site's addresses and some that fail on purpose."""

    handler400, handler403 = urls.handler400, urls.handler403
    handler404, handler500 = urls.handler404, urls.handler500
    urlpatterns = [
        *urls.urlpatterns,
        path("broken/", raising(ValueError(CANARY))),
        path("away/", raising(OperationalError("connection refused"))),
        path("full/", raising(OperationalError("database or disk is full"))),
        path("denied/", raising(AccessDenied("not yours"))),
        path("named/", raising(GlykosError("m", context={"upload": 7}))),
        path("ingest/", include(([path("files/", files_seen, name="upload")], "ingest"))),
    ]


@pytest.fixture
def broken(settings) -> Client:  # type: ignore[no-untyped-def]
    settings.ROOT_URLCONF = Broken
    return browser()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/broken/", 500),
        ("/away/", 503),
        ("/full/", 507),
        ("/denied/", 404),
        ("/nowhere/", 404),
        ("/people/not-a-uuid/settings/", 404),
    ],
)
def test_errors_have_their_status_headers_and_number(
    broken: Client, address: str, status: int
) -> None:
    answer = broken.get(address)
    assert answer.status_code == status
    check_headers(answer)
    assert len(answer["X-Request-ID"]) == 16
    text = answer.content.decode()
    assert answer["X-Request-ID"] in text
    assert "Traceback" not in text
    assert CANARY not in text
    assert ("Retry-After" in answer) is (status in {503, 507})


def test_a_foreign_host_name_is_refused_with_headers() -> None:
    answer = Client(HTTP_HOST="evil.example", raise_request_exception=False).get("/healthz")
    assert answer.status_code == 400
    check_headers(answer)


def test_a_form_without_its_token_says_that_it_expired() -> None:
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    answer = client.post(reverse("account_login"), {})
    assert answer.status_code == 403
    check_headers(answer)


def test_static_files_carry_the_headers_and_may_be_kept() -> None:
    answer = browser().get("/static/glykos/base.css")
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] != "no-store"
    answer.close()
    assert browser().get("/static/glykos/none.css")["Cache-Control"] == "no-store"


# --- uploads --------------------------------------------------------------------------------------


def test_uploads_stay_in_memory_up_to_the_limit_and_end_with_413_above(
    broken: Client,
    settings,  # type: ignore[no-untyped-def]
) -> None:
    settings.MAX_UPLOAD_BYTES = 3_000_000
    broken.force_login(make_user("Alice"))
    allowed = SimpleUploadedFile("a.csv", b"x" * 2_900_000)
    answer = broken.post("/ingest/files/", {"file": allowed})
    assert json.loads(answer.content) == [["InMemoryUploadedFile", 2_900_000]]
    for size in (3_100_000, 8_000_000):
        answer = broken.post("/ingest/files/", {"file": SimpleUploadedFile("a.csv", b"x" * size)})
        assert answer.status_code == 413
        check_headers(answer)


@pytest.mark.parametrize(
    ("name", "is_logged_in"),
    [("account_login", False), ("ingest:upload", False), ("usersessions_list", True)],
)
def test_large_bodies_are_read_only_for_uploads_of_somebody_logged_in(
    monkeypatch: pytest.MonkeyPatch, name: str, *, is_logged_in: bool
) -> None:
    def taken(*args: object) -> None:
        raise AssertionError

    monkeypatch.setattr(uploads.MemoryOnly, "receive_data_chunk", taken)
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    if is_logged_in:
        client.force_login(make_user("Alice"))
    client.cookies["__Host-c"] = "x" * 32  # anybody can invent one, so the body is looked at
    address = reverse(name, args=[UUID(int=7)] if name == "ingest:upload" else [])
    answer = client.post(address, {"file": SimpleUploadedFile("a.csv", b"x" * 3_000_000)})
    assert answer.status_code == 413
    check_headers(answer)


# --- health ---------------------------------------------------------------------------------------


def test_health_check_writes_and_says_nothing_else() -> None:
    before = clock.now()
    answer = browser().get("/healthz")
    assert answer.json() == {"ready": True}
    assert Heartbeat.objects.get().at >= before
    browser().get("/healthz")
    assert Heartbeat.objects.count() == 1


def test_health_checks_in_a_row_write_once_in_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    start = clock.now()
    for seconds, written in ((0, 0), (9, 0), (10, 10), (15, 10), (-60, -60)):
        monkeypatch.setattr(clock, "now", lambda at=seconds: start + timedelta(seconds=at))
        assert browser().get("/healthz").status_code == 200
        assert Heartbeat.objects.get().at == start + timedelta(seconds=written)


def test_health_check_fails_when_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise DatabaseError("attempt to write a readonly database")

    monkeypatch.setattr(Heartbeat.objects, "update_or_create", refuse)
    answer = browser().get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})
    assert answer["Retry-After"]


def test_health_check_fails_before_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage(10**9, 10**9, 10**7))
    assert browser().get("/healthz").status_code == 503


# --- log lines ------------------------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the log says while the test runs."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(log.JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


def test_a_crash_is_logged_with_its_place_but_without_its_words(
    broken: Client, lines: io.StringIO
) -> None:
    answer = broken.get("/broken/?name=Alice")
    (line,) = (json.loads(line) for line in lines.getvalue().splitlines())
    assert line["error"] == "ValueError"
    assert line["status"] == 500
    assert line["request"] == answer["X-Request-ID"]
    assert any("test_answers.py" in place for place in line["trace"])
    told = lines.getvalue().lower().replace(line["request"], "")  # random: may hold any digits
    for word in ("alice", "112 ", "mg/dl", "/broken/"):
        assert word not in told.replace("test_answers.py", "")


def test_named_errors_are_logged_with_their_context(broken: Client, lines: io.StringIO) -> None:
    broken.get("/named/")
    assert json.loads(lines.getvalue().splitlines()[0])["context"] == {"upload": 7}


def test_log_lines_cannot_be_forged_and_lose_addresses(lines: io.StringIO) -> None:
    logging.getLogger("glykos.test").warning("for %s", 'bob@example.org\n{"level":1}\x1b[31m')
    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["message"].startswith("for [mail]")
    assert "\x1b" not in line


def test_failed_log_in_leaves_no_address_in_the_log(lines: io.StringIO) -> None:
    user = make_user("Alice")
    browser().post(reverse("account_login"), {"login": user.email, "password": "wrong wrong"})
    logged_in(user).get("/nowhere/")
    assert "alice" not in lines.getvalue().lower()


# --- where a request comes from --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "9.9.9.9", "127.0.0.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.1", "9.9.9.9"),
        (1, "rubbish", ""),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "9.9.9.9:5678", "9.9.9.9"),
        (1, "[2001:db8::1]:5678", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "9.9.9.9:x:y", ""),
    ],
)
def test_only_trusted_proxies_may_name_the_client(
    settings,  # type: ignore[no-untyped-def]
    proxies: int,
    forwarded: str,
    address: str,
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    request.user = AnonymousUser()
    assert origin.of(request).address == address


def test_outside_of_a_request_there_is_no_origin() -> None:
    browser().get("/healthz")
    assert origin.current.get() == origin.Origin()
    assert sys.exception() is None
