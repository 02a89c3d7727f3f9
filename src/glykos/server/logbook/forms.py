"""The form of a sheet: when, and what; and the questions that it raises before it is saved."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django import forms

from glykos.server.logbook.controls import Frame, Instead, PenChoice, Question, Text
from glykos.server.logbook.kinds import Kind, Sheet
from glykos.server.logbook.plausible import FIRST_YEAR, FUTURE_MIN, LAST_YEAR, LONG_AGO_DAYS
from glykos.therapy.diary import InsulinKind
from glykos.therapy.records import LOGBOOK, Record

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
#: Which question stands beside which, as its unit.
_UNITS = {
    "glucose": "glucose_unit",
    "hba1c": "hba1c_unit",
    "weight": "weight_unit",
}
_FRAME_NAMES = ("day", "time", "once")
_TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def local_now(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment as the wall clock where the person is shows it, to the second."""
    return moment.astimezone(zone).replace(microsecond=0, tzinfo=None)


class EntryForm(forms.Form):
    """What somebody writes down at one time.

    Empty day and time mean now, so that a page left open overnight is no trap. ``questions`` are
    what is implausible and not yet confirmed; a form with questions is not saved.
    """

    day = forms.DateField(required=False, label="Day", widget=_DATE)
    time = forms.TimeField(required=False, label="Time", widget=_TIME)
    once = forms.UUIDField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def __init__(
        self,
        sheet: Sheet,
        frame: Frame,
        *,
        data: Any = None,
        record: Record | None = None,
        like: Sequence[Record] = (),
        day: date | None = None,
    ) -> None:
        self.sheet, self.frame = sheet, frame
        self._stood = record
        initial: dict[str, Any] = {"once": uuid4(), "day": day}
        if record is not None:
            like = (record,)
            initial |= {"day": record.at_local.date(), "time": record.at_local.time()}
        for one in like:
            kinds = [kind for kind in sheet.kinds if kind.record_type is type(one)]
            initial |= kinds[0].fill(one) if kinds else {}
        super().__init__(data, initial=initial)
        for kind in sheet.kinds:
            for control in kind.controls:
                self.fields.update(control.fields(frame))
        own = [name for name in self.fields if name not in _FRAME_NAMES]
        self.order_fields([*sheet.first, *own, *_FRAME_NAMES])
        next(iter(self.fields.values())).widget.attrs["accesskey"] = "n"
        self.told: list[tuple[Kind, dict[str, Any]]] = []
        self.at_local = frame.now

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        self._clean_time(answers)
        for kind in self.sheet.kinds:
            told = kind.read(answers)
            if told and self._is_complete(kind, answers):
                self.told.append((kind, told))
            elif not told and self._is_begun(kind, answers):
                self._miss(kind)
        if not self.told and not self.errors:
            if len(self.sheet.kinds) == 1:
                self._miss(self.sheet.kinds[0])
            else:
                self.add_error(None, "Nothing is filled in yet.")
        return answers

    def records(self) -> list[Record]:
        """What was told, as records of the logbook. Of a valid form."""
        return [
            kind.record_type(at_local=self.at_local, device_id=LOGBOOK, **told)
            for kind, told in self.told
        ]

    def questions(self, confirmed: Sequence[str]) -> list[Question]:
        """What is to be asked before saving, without what was confirmed. Of a valid form."""
        return [one for one in self._all_questions() if one.key not in confirmed]

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        """The questions in order, each with its unit beside it; those that fold away left out."""
        return self._rows(name for name in self._asked() if name not in self.sheet.more)

    @property
    def more_rows(self) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        """The questions that fold away."""
        return self._rows(name for name in self._asked() if name in self.sheet.more)

    @property
    def is_more_open(self) -> bool:
        """Whether something that folds away is filled in or wrong."""
        return any(
            name in self.errors or self[name].value() not in ("", None, InsulinKind.UNKNOWN)
            for name in self.sheet.more
        )

    @property
    def known(self) -> list[tuple[str, tuple[str, ...]]]:
        """The words offered while typing, by field."""
        controls = [control for kind in self.sheet.kinds for control in kind.controls]
        return [(one.name, one.known) for one in controls if isinstance(one, Text) and one.known]

    @property
    def telling(self) -> UUID | None:
        """Names what this page was told, so that sending it twice saves it once."""
        once: UUID | None = self.cleaned_data.get("once")
        if once is None:
            return None
        answers = {name: str(value) for name, value in self.cleaned_data.items() if value}
        return uuid5(once, repr(sorted(answers.items())))

    def _all_questions(self) -> Iterator[Question]:
        yield from self._time_questions()
        for kind, _ in self.told:
            for control in kind.controls:
                yield from control.questions(self.cleaned_data, self.frame)

    def _asked(self) -> list[str]:
        return [name for name in self.fields if name not in (*_FRAME_NAMES, *_UNITS.values())]

    def _rows(self, names: Iterable[str]) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        units = {name: unit for name, unit in _UNITS.items() if unit in self.fields}
        return [(self[name], self[units[name]] if name in units else None) for name in names]

    def _is_complete(self, kind: Kind, answers: dict[str, Any]) -> bool:
        missing = [name for name in kind.required if answers.get(name) in (None, "")]
        for name in missing:
            if name not in self.errors:
                self.add_error(name, kind.missing)
        return not missing

    def _is_begun(self, kind: Kind, answers: dict[str, Any]) -> bool:
        return any(
            control.read(answers) for control in kind.controls if not isinstance(control, PenChoice)
        )

    def _miss(self, kind: Kind) -> None:
        name = (*kind.required, *kind.any_of)[0]
        if name not in self.errors:
            self.add_error(name, kind.missing)

    def _clean_time(self, answers: dict[str, Any]) -> None:
        day: date | None = answers.get("day")
        at: time | None = answers.get("time")
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.add_error("day", "Please check the year.")
            return
        if at is None and day not in (None, self.frame.now.date()):
            if "time" not in self.errors:
                self.add_error("time", "Please say at what time of that day.")
            return
        stood = self._stood.at_local if self._stood is not None else None
        if (
            stood is not None
            and day == stood.date()
            and at == stood.time().replace(second=0, microsecond=0)
        ):
            self.at_local = stood  # seconds and the pass of a repeated hour stay
        elif at is not None:
            self.at_local = datetime.combine(day or self.frame.now.date(), at)

    def _time_questions(self) -> Iterator[Question]:
        at = self.at_local
        shown = f"{at:%Y-%m-%d %H:%M}"
        moment = at.replace(tzinfo=self.frame.zone).astimezone(UTC)
        ahead = moment - self.frame.now.replace(tzinfo=self.frame.zone).astimezone(UTC)
        if ahead > timedelta(minutes=FUTURE_MIN):
            yesterday = self.frame.now.date() - timedelta(days=1)
            instead = [Instead("It is now", (("day", ""), ("time", "")))]
            if at.date() == self.frame.now.date():
                instead.insert(0, Instead("It was yesterday", (("day", yesterday.isoformat()),)))
            yield Question(
                key=f"time={shown}",
                text="This time is still to come. Is that right?",
                yes="Yes, it is to come",
                instead=tuple(instead),
            )
        elif -ahead > timedelta(days=LONG_AGO_DAYS):
            text = "This is more than a year ago. Is the year right?"
            yield Question(key=f"time={shown}", text=text, yes="Yes, the year is right")
        elif moment.astimezone(self.frame.zone).replace(tzinfo=None) != at:
            text = "The clocks were put forward over this time of that night. Is the time right?"
            yield Question(key=f"time={shown}", text=text, yes="Yes, keep it")
