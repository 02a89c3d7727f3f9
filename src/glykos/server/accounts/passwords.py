"""One rule of ours beside Django's: words of this site make no password."""

import re

from django.core.exceptions import ValidationError

_WORDS = ("glykos", "glucose", "diabetes", "insulin", "carelink", "medtronic", "password", "sugar")
_LEAST_OTHER_CHARACTERS = 8


class SiteWords:
    """Refuses a password that is little more than words everybody here would try."""

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002 - a given signature
        rest = re.sub("|".join(_WORDS), "", password, flags=re.IGNORECASE)
        if rest != password and len(rest) < _LEAST_OTHER_CHARACTERS:
            raise ValidationError(
                "This password is too easy to guess here. Add a few unrelated words.",
                code="password_site_words",
            )

    def get_help_text(self) -> str:
        return "A few unrelated words make a good password."
