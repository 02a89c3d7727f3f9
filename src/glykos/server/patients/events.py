"""A new account gets its first record as soon as the e-mail address is confirmed."""

from typing import Any

from allauth.account.signals import email_confirmed

from glykos.server.patients.actions import create_first_person


def connect() -> None:
    """Listen, once per process."""
    email_confirmed.connect(_start_record, dispatch_uid="patients-first-person")


def _start_record(sender: object, email_address: Any, **_facts: Any) -> None:  # noqa: ARG001 - a given signature
    create_first_person(owner=email_address.user)
