"""The fixed cast of the server tests, and how they get in.

Alice owns her record. Ben is her father and has two children's records of his own, none of
Alice's. Cora is her doctor, Dora a doctor elsewhere, Eve a stranger: sharing comes later, so
today each of them is "another owner".
"""

from allauth.account.models import EmailAddress
from django.test import Client

from glykos.server.accounts.models import User
from glykos.server.patients.actions import create_person
from glykos.server.patients.models import Person

PASSWORD = "eleven quiet otters"


def make_user(name: str) -> User:
    """A confirmed account ``name@example.org`` with ``PASSWORD``."""
    email = f"{name.lower()}@example.org"
    user = User.objects.create_user(email=email, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_person(name: str) -> Person:
    """A confirmed account with one record of that name."""
    return create_person(owner=make_user(name), name=name)


def logged_in(user: User) -> Client:
    """A browser in which this person logged in with the password."""
    client = Client(HTTP_HOST="localhost", raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
