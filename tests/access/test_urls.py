"""Every address by everybody: who gets what. An address that is not in the table fails the suite.

Alice owns the record that the addresses name. Ben, Cora, Dora and Eve have accounts, and Ben a
record of his own; nobody has a grant, because there are none yet. The half-way guest has given
the right password and still owes the second factor.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from glykos.server.audit.models import Event
from glykos.server.patients.models import Person
from tests.server.cast import PASSWORD, add_totp, browser, logged_in, make_person, make_user

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Row:
    """Answers to GET. ``others`` is every account that the record does not belong to."""

    anonymous: int
    owner: int
    others: int | None = None  # as the owner, where the address names nobody
    args: dict[str, object] = field(default_factory=dict)

    @property
    def names_a_person(self) -> bool:
        return self.args.get("public_id") == "alice"


def public(status: int = 200) -> Row:
    """The same for everybody."""
    return Row(anonymous=status, owner=status)


def guests(status: int = 200) -> Row:
    """Log-in pages: whoever is logged in is sent on."""
    return Row(anonymous=status, owner=302)


def members(status: int = 200, **args: object) -> Row:
    """Needs a log-in, shows only what is one's own."""
    return Row(anonymous=302, owner=status, args=args)


def of_person(status: int = 200, **args: object) -> Row:
    """Names a record: not there for anybody but its owner."""
    return Row(anonymous=302, owner=status, others=404, args={"public_id": "alice", **args})


def sent_only(**args: object) -> Row:
    """Answers to a sent form alone; who may send it is tested with the page."""
    return Row(anonymous=302, owner=405, args={"public_id": NOBODY, **args})


NOBODY = UUID(int=0)

TABLE: dict[str, Row] = {
    "healthz": public(),
    "pages:home": Row(anonymous=200, owner=302),
    "pages:help": public(),
    "pages:about": public(),
    "pages:bring_your_data": public(),
    "pages:appearance": public(405),
    "patients:add": members(),
    "patients:settings": of_person(),
    "ingest:upload": of_person(),
    "ingest:uploads": of_person(),
    "ingest:upload_detail": of_person(404, upload_id=NOBODY),
    "ingest:answer": sent_only(upload_id=NOBODY),
    "ingest:columns": of_person(404, upload_id=NOBODY),
    "ingest:forget_mapping": sent_only(mapping_id=NOBODY),
    "ingest:undo": sent_only(upload_id=NOBODY),
    "ingest:original": of_person(302, upload_id=NOBODY),  # asks again first
    "leaving:page": of_person(),
    "leaving:save": of_person(302),  # asks again first
    "leaving:bring_in": sent_only(),
    "logbook:day": of_person(),
    "logbook:add": of_person(),
    "logbook:entry": of_person(404, entry_id=NOBODY),
    "logbook:remove": sent_only(),
    "logbook:bring_back": sent_only(),
    "logbook:favourites": of_person(),
    "logbook:change_favourite": sent_only(favourite_id=NOBODY),
    "logbook:repeat": sent_only(favourite_id=NOBODY),
    "correcting:devices": of_person(),
    "correcting:correct": of_person(),
    "correcting:left_out": of_person(),
    "correcting:take_back": sent_only(decision_id=NOBODY),
    "correcting:readings": of_person(),
    "correcting:take_apart": sent_only(),
    "correcting:undo_apart": sent_only(),
    "viewing:person": of_person(),
    "viewing:looks": of_person(),
    "viewing:reports": of_person(302),
    "viewing:report": of_person(key="quick-view"),
    "viewing:download": of_person(404, key="quick-view", kind="pdf"),  # nothing to download yet
    "viewing:all_as_pdf": of_person(404),
    "account_login": guests(),
    "account_logout": Row(anonymous=302, owner=200),
    "account_inactive": public(),
    "account_signup": guests(),
    "account_reauthenticate": members(),
    "account_email": members(),
    "account_email_verification_sent": Row(anonymous=302, owner=302),
    "account_change_password": members(),
    "account_set_password": members(302),
    "account_reset_password": public(),
    "account_confirm_login_code": Row(anonymous=302, owner=302),
    "account_confirm_password_reset_code": Row(anonymous=302, owner=302),
    "account_complete_password_reset": Row(anonymous=302, owner=302),
    "account_password_reset_completed": public(),
    "mfa_index": members(),
    "mfa_authenticate": Row(anonymous=302, owner=302),
    "mfa_reauthenticate": members(302),
    "mfa_activate_totp": members(302),
    "mfa_deactivate_totp": members(404),
    "mfa_view_recovery_codes": members(404),
    "mfa_generate_recovery_codes": members(302),
    "mfa_download_recovery_codes": members(404),
    "mfa_list_webauthn": members(),
    "mfa_add_webauthn": members(302),
    "mfa_reauthenticate_webauthn": members(302),
    "mfa_remove_webauthn": members(302, pk=1),
    "mfa_edit_webauthn": members(302, pk=1),
    "mfa_login_webauthn": Row(anonymous=302, owner=302),
    "usersessions_list": members(),
}


def walk(
    patterns: list[URLPattern | URLResolver], prefix: str = "", route: str = ""
) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from walk(pattern.url_patterns, inner, here)
        else:
            yield f"{prefix}{pattern.name}", here


ROUTES = dict(walk(get_resolver().url_patterns))


def test_every_address_is_in_the_table_and_has_a_name() -> None:
    assert set(ROUTES) == set(TABLE)


def test_addresses_hold_no_identifier_but_random_ones() -> None:
    """A number in an address is only allowed for one's own passkeys."""
    numbered = {name for name, route in ROUTES.items() if "<int" in route or "<str" in route}
    assert numbered == {"mfa_remove_webauthn", "mfa_edit_webauthn"}


def address(name: str, person: Person | None, public_id: UUID | None = None) -> str:
    row = TABLE[name]
    alice = public_id or (person.public_id if person else uuid4())
    return reverse(name, kwargs={k: alice if v == "alice" else v for k, v in row.args.items()})


@pytest.mark.parametrize("name", TABLE)
def test_who_gets_what(name: str) -> None:
    row = TABLE[name]
    alice = make_person("Alice")
    seen = {
        "anonymous": browser().get(address(name, alice)).status_code,
        "owner": logged_in(alice.owner).get(address(name, alice)).status_code,
    }
    expected = {"anonymous": row.anonymous, "owner": row.owner}
    for other in ("Ben", "Cora", "Dora", "Eve"):
        user = make_person("Ben").owner if other == "Ben" else make_user(other)
        seen[other] = logged_in(user).get(address(name, alice)).status_code
        expected[other] = row.owner if row.others is None else row.others
    if name == "pages:home":  # without a record of one's own: the list instead of the record
        expected |= dict.fromkeys(("Cora", "Dora", "Eve"), 200)
    assert seen == expected


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.names_a_person])
def test_a_foreign_record_looks_like_no_record_and_the_try_is_logged(name: str) -> None:
    alice, eve = make_person("Alice"), make_user("Eve")
    client = logged_in(eve)
    foreign = client.get(address(name, alice))
    missing = client.get(address(name, alice, uuid4()))
    assert foreign.status_code == missing.status_code == 404
    assert _without_id(foreign) == _without_id(missing)
    refused = Event.objects.filter(action="access.refused", actor=str(eve.pk))
    assert refused.count() == 2


def _without_id(response: object) -> bytes:
    request_id = response["X-Request-ID"].encode()  # type: ignore[index]
    content: bytes = response.content.replace(request_id, b"")  # type: ignore[attr-defined]
    return content


@pytest.mark.parametrize(
    "name", [name for name, row in TABLE.items() if row.anonymous == 302 and row.owner != 302]
)
def test_half_way_guest_and_switched_off_user_get_nothing(name: str) -> None:
    alice = make_person("Alice")
    add_totp(alice.owner)
    half_way = browser()
    half_way.post(reverse("account_login"), {"login": alice.owner.email, "password": PASSWORD})
    answer = half_way.get(address(name, alice))
    assert answer.status_code in {302, 405}
    was_in = logged_in(alice.owner)
    alice.owner.is_active = False
    alice.owner.save()
    assert was_in.get(address(name, alice)).status_code in {302, 405}


@pytest.mark.parametrize("name", TABLE)
def test_nothing_is_sent_without_the_forms_token(name: str) -> None:
    alice = make_person("Alice")
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(alice.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(address(name, alice), {"name": "Mallory"})
    assert answer.status_code in {403, 405}


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.names_a_person])
def test_nobody_else_can_send_anything_to_a_record(name: str) -> None:
    alice, eve = make_person("Alice"), make_user("Eve")
    stranger, visitor = logged_in(eve), browser()
    before = _fingerprint()
    data = {"name": "Mallory", "unit": "mmol/L", "zone": "UTC"}
    assert stranger.post(address(name, alice), data).status_code in {404, 405}
    assert visitor.post(address(name, alice), data).status_code in {302, 405}
    assert _fingerprint() == before


#: Tables that a page view may write: the log itself, the session, shared limits, the heartbeat.
_MOVING = {"audit_event", "audit_head", "django_session", "web_cache", "web_heartbeat"}
_MOVING |= {"usersessions_usersession"}


def _fingerprint() -> dict[str, str]:
    tables = {model._meta.db_table for model in apps.get_models()} - _MOVING
    prints = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = sorted(
                repr([bytes(v) if isinstance(v, memoryview) else v for v in row])
                for row in cursor.fetchall()
            )
            prints[table] = sha256("\n".join(rows).encode()).hexdigest()
    return prints


@pytest.mark.parametrize("name", TABLE)
def test_looking_changes_nothing(name: str) -> None:
    alice = make_person("Alice")
    visitor, owner = browser(), logged_in(alice.owner)
    before = _fingerprint()
    visitor.get(address(name, alice))
    owner.get(address(name, alice))
    assert _fingerprint() == before


HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "Permissions-Policy": "publickey-credentials-get=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def check_headers(response: object) -> None:
    for header, part in HEADERS.items():
        assert part in response[header], header  # type: ignore[index]
    policy = response["Content-Security-Policy"]  # type: ignore[index]
    for refused in ("unsafe", "http:", "https:", "*", "blob:"):
        assert refused not in policy
    for needed in ("base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert needed in policy
    assert "Server" not in response  # type: ignore[operator]


@pytest.mark.parametrize("name", TABLE)
def test_every_answer_carries_the_headers(name: str) -> None:
    alice = make_person("Alice")
    for client in (browser(), logged_in(alice.owner)):
        check_headers(client.get(address(name, alice)))


@pytest.mark.parametrize("name", TABLE)
def test_only_two_cookies_and_both_locked(name: str) -> None:
    alice = make_person("Alice")
    for client in (browser(), logged_in(alice.owner)):
        answer = client.get(address(name, alice))
        for cookie in answer.cookies.values():
            assert cookie.key in {"__Host-s", "__Host-c"}
            if cookie.value:
                assert cookie["secure"]
                assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"
            assert cookie["path"] == "/"
            assert not cookie["domain"]
