"""Accounts as people use and attack them: register, confirm, log in, reset, second factor."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from glykos.server.accounts.models import User
from glykos.server.audit.models import Event
from glykos.server.patients.queries import people_of
from tests.server.cast import PASSWORD, TOTP_SECRET, add_totp, browser, logged_in, make_user

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "seven loud herons here"


def log_in(client: Client, email: str, password: str = PASSWORD) -> HttpResponse:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def is_in(client: Client) -> bool:
    return client.get(reverse("usersessions_list")).status_code == 200


def code_from_mail() -> str:
    found = re.search(
        r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4}|[A-Z0-9]{6})\s*$", mail.outbox[-1].body, re.MULTILINE
    )
    assert found, "no code in the mail"
    return found[1]


def totp_code() -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(TOTP_SECRET, counter))


def register(client: Client, email: str, password: str = PASSWORD) -> HttpResponse:
    fields = {"email": email, "password1": password, "password2": password}
    return client.post(reverse("account_signup"), fields)


def kinds() -> list[str]:
    return list(Event.objects.order_by("at_us", "seq").values_list("action", flat=True))


# --- registering ----------------------------------------------------------------------------------


def test_registering_confirming_and_the_first_record() -> None:
    client = browser()
    register(client, "alice@example.org")
    assert not is_in(client)
    client.post(reverse("account_email_verification_sent"), {"code": code_from_mail()})
    assert is_in(client)
    user = User.objects.get(email="alice@example.org")
    assert len(people_of(user)) == 1
    assert user.password.startswith("argon2$argon2id$")
    assert {"account.created", "account.logged-in", "person.created"} <= set(kinds())


def test_an_unconfirmed_address_does_not_get_in() -> None:
    register(browser(), "alice@example.org")
    client = browser()
    log_in(client, "alice@example.org")
    assert not is_in(client)


def test_registration_can_be_closed(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SIGN_UP_OPEN = False
    register(browser(), "alice@example.org")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "password1234", "glykosinsulin1", "alice@example.org", "q1w2e3r4t5y6"],
)
def test_weak_passwords_are_refused(password: str) -> None:
    answer = register(browser(), "alice@example.org", password)
    assert answer.status_code == 200
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["four plain words here", "ü" * 20, "a b" * 70])
def test_long_passwords_with_spaces_are_welcome(password: str) -> None:
    register(browser(), "alice@example.org", password)
    assert User.objects.get().check_password(password)


def test_a_fresh_installation_has_no_account() -> None:
    assert not User.objects.exists()


def test_one_address_one_account_whatever_the_case() -> None:
    make_user("Alice")
    register(browser(), "ALICE@example.org")
    assert User.objects.count() == 1


# --- nobody learns who has an account -------------------------------------------------------------


def _bare(answer: HttpResponse, client: Client, email: str) -> tuple[int, str, str]:
    page = client.get(answer["Location"]) if answer.status_code == 302 else answer
    text = page.content.decode().replace(email, "")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    return answer.status_code, answer.get("Location", ""), text


@pytest.mark.parametrize("page", ["account_login", "account_signup", "account_reset_password"])
def test_known_and_unknown_addresses_look_the_same(page: str) -> None:
    make_user("Alice")
    answers = []
    for email in ("alice@example.org", "nobody@example.org"):
        cache.clear()
        client = browser()
        fields = {"account_signup": {"email": email, "password1": PASSWORD, "password2": PASSWORD}}
        wrong = {"login": email, "password": "wrong wrong wrong"}
        data = fields.get(page, wrong if page == "account_login" else {"email": email})
        answers.append(_bare(client.post(reverse(page), data), client, email))
    assert answers[0] == answers[1]


def test_mails_carry_no_word_about_health() -> None:
    user = make_user("Alice")
    register(browser(), "new@example.org")
    register(browser(), user.email)
    browser().post(reverse("account_reset_password"), {"email": user.email})
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        text = (message.subject + message.body).lower()
        for word in ("glucose", "diabetes", "insulin", "pump", "sensor", "patient", "medical"):
            assert word not in text
        assert user.email not in message.subject
        assert not re.search(r"https?://\S+/\S*key", text)


# --- logging in and out ---------------------------------------------------------------------------


def test_log_in_and_log_out_leave_events_and_a_clean_browser() -> None:
    user = make_user("Alice")
    client = browser()
    log_in(client, user.email)
    assert is_in(client)
    stolen = client.cookies["__Host-s"].value
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert not is_in(client)
    thief = browser()
    thief.cookies["__Host-s"] = stolen
    assert not is_in(thief)
    assert kinds() == ["account.logged-in", "account.logged-out"]


def test_a_wrong_password_is_logged_without_the_address() -> None:
    user = make_user("Alice")
    log_in(browser(), user.email, "wrong wrong wrong")
    event = Event.objects.get()
    assert event.action == "account.login-failed"
    assert "alice" not in event.detail + event.obj + event.actor
    assert '"from":"127.0.0.1"' in event.detail


def test_five_wrong_passwords_close_the_account_for_a_while() -> None:
    user = make_user("Alice")
    for number in range(5):
        client = Client(HTTP_HOST="localhost", REMOTE_ADDR=f"10.0.0.{number}")
        log_in(client, user.email, "wrong wrong wrong")
    client = browser()
    log_in(client, user.email)
    assert not is_in(client)
    cache.clear()
    log_in(client, user.email)
    assert is_in(client)


def test_limit_per_address_counts_the_real_client_behind_a_proxy(settings) -> None:  # type: ignore[no-untyped-def]
    settings.TRUSTED_PROXIES = 1
    user = make_user("Alice")
    for number in range(12):
        client = Client(HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.0.0.1")
        log_in(client, f"x{number}@example.org", "wrong wrong wrong")
    same = Client(HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.1")
    log_in(same, user.email)
    assert not is_in(same)
    other = Client(HTTP_HOST="localhost", HTTP_X_FORWARDED_FOR="10.0.0.2")
    log_in(other, user.email)
    assert is_in(other)


# --- automatic log-off ----------------------------------------------------------------------------

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def test_thirty_idle_minutes_end_the_session() -> None:
    client = logged_in(make_user("Alice"))
    with time_machine.travel(START, tick=False) as clock:
        assert is_in(client)
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=31))
        assert not is_in(client)
    assert kinds()[-1] in {"account.timed-out", "account.logged-out"}
    assert "account.timed-out" in kinds()


def test_polling_does_not_keep_anybody_logged_in() -> None:
    client = logged_in(make_user("Alice"))
    with time_machine.travel(START, tick=False) as clock:
        assert is_in(client)
        for _ in range(4):
            clock.shift(timedelta(minutes=10))
            client.get(reverse("usersessions_list"), headers={"X-Background": "1"})
        assert not is_in(client)


def test_twelve_hours_end_the_session_of_the_busiest() -> None:
    client = logged_in(make_user("Alice"))
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(36):
            assert is_in(client)
            clock.shift(timedelta(minutes=20, seconds=1))
        assert not is_in(client)


@pytest.mark.parametrize(("minutes", "stays"), [(2, True), (10, False)])
def test_a_clock_set_back_far_ends_the_session(minutes: int, stays: bool) -> None:
    client = logged_in(make_user("Alice"))
    with time_machine.travel(START, tick=False) as clock:
        assert is_in(client)
        clock.shift(-timedelta(minutes=minutes))
        assert is_in(client) is stays
    assert ("clock.jumped" in kinds()) is not stays


def test_switching_off_a_user_and_changing_the_password_end_other_sessions() -> None:
    user = make_user("Alice")
    here, there = browser(), browser()
    log_in(here, user.email)
    log_in(there, user.email)
    change = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    here.post(reverse("account_change_password"), change)
    assert not is_in(there)
    assert mail.outbox[-1].to == [user.email]
    again = browser()
    log_in(again, user.email, NEW_PASSWORD)
    assert is_in(again)
    User.objects.update(is_active=False)
    assert not is_in(again)


def test_sessions_can_be_listed_and_ended() -> None:
    user = make_user("Alice")
    here, there = browser(), browser()
    for client in (here, there):
        log_in(client, user.email)
        assert is_in(client)
    here.post(reverse("usersessions_list"))
    assert is_in(here)
    assert not is_in(there)


# --- second factor --------------------------------------------------------------------------------


def test_second_factor_is_asked_for_and_its_code_works_once() -> None:
    user = make_user("Alice")
    add_totp(user)
    client, replay = browser(), browser()
    code = totp_code()
    log_in(client, user.email)
    assert not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert is_in(client)
    log_in(replay, user.email)
    replay.post(reverse("mfa_authenticate"), {"code": code})
    assert not is_in(replay)


def test_each_recovery_code_works_once() -> None:
    user = make_user("Alice")
    codes = add_totp(user)
    assert len(codes) == 10
    for expected in (True, False):
        client = browser()
        log_in(client, user.email)
        client.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert is_in(client) is expected


def test_seeds_are_sealed_in_the_database() -> None:
    add_totp(make_user("Alice"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        rows = str(cursor.fetchall())
    assert TOTP_SECRET not in rows
    assert len(Authenticator.objects.all()) == 2


def test_password_reset_keeps_the_second_factor() -> None:
    user = make_user("Alice")
    add_totp(user)
    client = browser()
    client.post(reverse("account_reset_password"), {"email": user.email})
    client.post(reverse("account_confirm_password_reset_code"), {"code": code_from_mail()})
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(reverse("account_complete_password_reset"), fields)
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert not is_in(client)
    fresh = browser()
    log_in(fresh, user.email, NEW_PASSWORD)
    assert not is_in(fresh)
    fresh.post(reverse("mfa_authenticate"), {"code": totp_code()})
    assert is_in(fresh)
    assert "account.password-reset" in kinds()


def test_switching_on_a_factor_asks_who_is_there_even_just_after_log_in() -> None:
    user = make_user("Alice")
    client = browser()
    log_in(client, user.email)
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
