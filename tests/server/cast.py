"""The fixed cast of the server tests, and how they get in.

Alice owns her record. Ben is her father and has a record of his own child, none of Alice's.
Cora is her doctor, Dora a doctor elsewhere, Eve a stranger: sharing comes later, so today each
of them is "somebody else".
"""

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.urls import reverse

from glykos.server.accounts.models import User
from glykos.server.patients.actions import create_person
from glykos.server.patients.models import Person

PASSWORD = "eleven quiet otters"
#: A real password, hashed cheaply: Argon2 on purpose takes a tenth of a second.
_HASH = PBKDF2PasswordHasher().encode(PASSWORD, "saltsaltsaltsaltsalt12", iterations=1)
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def make_user(name: str) -> User:
    """A confirmed account ``name@example.org`` with ``PASSWORD``."""
    email = f"{name.lower()}@example.org"
    user = User.objects.create(email=email, password=_HASH)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_person(name: str) -> Person:
    """A confirmed account with one record of that name."""
    return create_person(owner=make_user(name), name=name)


def add_totp(user: User) -> list[str]:
    """Switch on the second factor; returns the recovery codes."""
    TOTP.activate(user, TOTP_SECRET)
    return list(RecoveryCodes.activate(user).get_unused_codes())


def browser() -> Client:
    """A browser in which nobody is logged in; server errors come as pages, not exceptions."""
    return Client(HTTP_HOST="localhost", raise_request_exception=False)


def logged_in(user: User) -> Client:
    """A browser in which this user is logged in (but did not prove himself again lately)."""
    client = browser()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def came_in(user: User) -> Client:
    """A browser in which this user logged in through the form, so with a hash of today's kind.

    The cheap hash of ``make_user`` is replaced at the first check of the password, which ends
    every session opened before: after ``logged_in`` that would be the check of ``prove_again``.
    """
    client = browser()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def prove_again(client: Client) -> None:
    """Answer "is it you?", as pages that hand out a whole record ask; wants ``came_in``."""
    answer = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.status_code == 302
