"""What the upload page and the answers send."""

from typing import Any

from django import forms


class AnswerForm(forms.Form):
    """The answer to a question about a waiting file; empty just asks again."""

    date_order = forms.ChoiceField(
        choices=[("dmy", "day before month"), ("mdy", "month before day")], required=False
    )
    confirm_owner = forms.BooleanField(required=False)

    def answers(self) -> dict[str, Any]:
        """As ``actions.answer`` takes it."""
        return dict(self.cleaned_data)
