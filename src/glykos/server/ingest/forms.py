"""What the upload page and the answers send."""

from typing import Any

from django import forms

from glykos.formats._columns import BY_KEY, COLUMNS, MEASURES, SHEET, TableHead
from glykos.formats._reader import Hints
from glykos.server.ingest.mapping import as_columns
from glykos.therapy.units import GlucoseUnit


class AnswerForm(forms.Form):
    """The answer to a question about a waiting file; empty just asks again."""

    date_order = forms.ChoiceField(
        choices=[("dmy", "day before month"), ("mdy", "month before day")], required=False
    )
    confirm_owner = forms.BooleanField(required=False)

    def answers(self) -> dict[str, Any]:
        """As ``actions.answer`` takes it."""
        return dict(self.cleaned_data)


class ColumnsForm(forms.Form):
    """Which column of one table is what, in which unit and order of dates."""

    unit = forms.ChoiceField(
        label="Unit of glucose",
        required=False,
        choices=[("", "as the table shows"), *((unit.value, unit.value) for unit in GlucoseUnit)],
    )
    date_order = forms.ChoiceField(
        label="Order of day and month",
        required=False,
        choices=[("", "as the table shows"), ("dmy", "day first"), ("mdy", "month first")],
    )
    name = forms.CharField(
        label="Keep this under a name",
        required=False,
        max_length=60,
        help_text="Then the next table with these columns is read without asking. Empty: not kept.",
    )

    def __init__(self, head: TableHead, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head = head
        choices = [("", "not used"), *((column.key, column.title) for column in COLUMNS)]
        for n, column in enumerate(head.columns):
            self.fields[f"column_{n}"] = forms.ChoiceField(
                label=column, required=False, choices=choices
            )

    @staticmethod
    def initial_for(head: TableHead, table: Hints) -> dict[str, str]:
        """The choices that a mapping makes in a table."""
        by_name = {theirs: ours for ours, theirs in table.columns.items() if ours != SHEET}
        choices = {
            f"column_{n}": by_name[column]
            for n, column in enumerate(head.columns)
            if column in by_name
        }
        unit = table.unit.value if table.unit else ""
        return choices | {"unit": unit, "date_order": table.date_order}

    def rows(self) -> list[tuple[Any, tuple[str, ...]]]:
        """Each column's field with its first values."""
        samples = enumerate(self.head.samples)
        return [(self[f"column_{n}"], sample) for n, sample in samples]

    def chosen(self) -> dict[int, str]:
        """What each used column is, by its number."""
        return {
            n: ours
            for n in range(len(self.head.columns))
            if (ours := self.cleaned_data.get(f"column_{n}"))
        }

    def clean(self) -> dict[str, Any]:
        """A table needs a time and something to tell, and each thing stands in one column."""
        cleaned = super().clean() or {}
        chosen = list(self.chosen().values())
        for twice in sorted({key for key in chosen if chosen.count(key) > 1}):
            self.add_error(None, f"“{BY_KEY[twice].title}” is chosen for more than one column.")
        if not {"time", "date"} & {*chosen}:
            self.add_error(None, "Please choose the column with the time.")
        if len({"kind", "value"} & {*chosen}) == 1:
            self.add_error(None, "“What the row is” and “Number” only work together.")
        elif not {*MEASURES, "value"} & {*chosen}:
            self.add_error(None, "Please choose at least one column with values.")
        return cleaned

    def table(self, *, with_sheet: bool) -> Hints:
        """The choices as ``mapping.onto`` takes them."""
        unit = self.cleaned_data["unit"]
        return Hints(
            columns=as_columns(self.head, self.chosen(), with_sheet=with_sheet),
            unit=GlucoseUnit(unit) if unit else None,
            date_order=self.cleaned_data["date_order"],
        )
