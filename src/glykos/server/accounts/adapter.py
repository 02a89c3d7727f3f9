"""Where allauth asks us: may somebody register, and how are second factors stored."""

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from glykos.server.sealing import MasterKeys
from glykos.server.web import origin


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - a given signature
        return bool(settings.SIGN_UP_OPEN)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The same address that the audit log sees: one proxy setting for both."""
        return origin.client_address(request) or "0.0.0.0"  # noqa: S104 - unknown, not a bind


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Seeds of second factors lie sealed in the database; the library's default is plain text."""

    def encrypt(self, text: str) -> str:
        sealed = MasterKeys.load().seal_secret("mfa", text.encode())
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text)
        return MasterKeys.load().open_secret("mfa", sealed).decode()
