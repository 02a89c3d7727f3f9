"""Log-in events of the libraries, written to the audit log. Nothing is decided here."""

from collections.abc import Callable
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as factors
from django.contrib.auth import signals as auth
from django.db import transaction
from django.dispatch import Signal

from glykos.server.audit.actions import record
from glykos.server.audit.kinds import Action

_KINDS: tuple[tuple[Signal, Action], ...] = (
    (account.user_signed_up, Action.ACCOUNT_CREATED),
    (account.user_logged_in, Action.ACCOUNT_LOGGED_IN),
    (auth.user_logged_out, Action.ACCOUNT_LOGGED_OUT),
    (auth.user_login_failed, Action.ACCOUNT_LOGIN_FAILED),
    (account.email_changed, Action.ACCOUNT_EMAIL_CHANGED),
    (account.password_changed, Action.ACCOUNT_PASSWORD_CHANGED),
    (account.password_set, Action.ACCOUNT_PASSWORD_CHANGED),
    (account.password_reset, Action.ACCOUNT_PASSWORD_RESET),
    (factors.authenticator_added, Action.FACTOR_ADDED),
    (factors.authenticator_removed, Action.FACTOR_REMOVED),
    (factors.authenticator_reset, Action.FACTOR_RENEWED),
    (factors.authentication_failed, Action.ACCOUNT_LOGIN_FAILED),
)


def connect() -> None:
    """Listen, once per process."""
    for signal, action in _KINDS:
        signal.connect(_writer(action), weak=False, dispatch_uid=f"audit-{action}-{id(signal)}")


def _writer(action: Action) -> Callable[..., None]:
    def write(sender: object, user: Any = None, **facts: Any) -> None:  # noqa: ARG001 - a given signature
        detail: dict[str, str | int | bool] = {}
        if (authenticator := facts.get("authenticator")) is not None:
            detail["factor"] = str(authenticator.type)
        with transaction.atomic():
            record(actor_id=getattr(user, "pk", None), action=action, detail=detail)

    return write
