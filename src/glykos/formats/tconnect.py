"""t:connect "Therapy Timeline" CSV of Tandem pumps (t:slim X2 and others).

Read: sensor glucose and finger-sticks, boluses with their extended part and what the calculator
was told, basal rates. A file is a few tables below one another, each known by its own header; rows
end in an extra comma. A bolus stands at the time it was asked for, and its end is kept; the later
export tells how it ended. Left out and counted: rows of active insulin, which is computed from what
was delivered. Where no column names the unit of glucose the caller does, or the values do.
Known from one realistic sample of 2021 (readings, active insulin, boluses) and from the sources of
other readers (basal rates, extended and interrupted boluses, the older table with seven columns,
the newer one with units in its names); there is no genuine complete export among our test files
(reference formats.md §8).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import NotADate, Order, WallClock
from glykos.formats._harvest import GlucoseCells, Harvest, unit_of_values
from glykos.formats._header import Columns, Header
from glykos.formats._reader import Hints, Owner, Reading
from glykos.formats._text import NotANumber, amount, optional, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.records import (
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    Device,
    MeterGlucose,
    MeterOrigin,
    Record,
)
from glykos.therapy.units import Glucose, GlucoseUnit, to_mgdl

_READINGS = Columns(
    {
        "device": ("devicetype",),
        "serial": ("serialnumber",),
        "kind": ("description",),
        "time": ("eventdatetime",),
        "value": ("readings", "bg"),
    },
)
_BOLUS = Columns(
    {
        "kind": ("description", "bolusdeliverymethod"),
        "type": ("bolustype",),
        "serial": ("serialnumber",),
        "glucose": ("bg",),
        "active": ("iob",),
        "request": ("bolusrequestid",),
        "completion": ("boluscompletionid",),
        "ended": ("completiondatetime",),
        "delivered": ("insulindelivered",),
        "status": ("completionstatusdesc",),
        "extended_size": ("bolexsize",),
        "extended_ended": ("bolexcompletiondatetime",),
        "extended": ("bolexinsulindelivered",),
        "event_time": ("eventdatetime",),
        "time": ("requestdatetime",),
        "duration": (),
        "carbs": ("carbsize",),
        "target": ("targetbg",),
        "sensitivity": ("correctionfactor",),
        "food": ("foodbolussize",),
        "correction": ("correctionbolussize",),
        "requested": ("actualtotalbolusrequested",),
        "is_quick": ("isquickbolus",),
        "details": ("eventhistoryreportdetails",),
    },
    needed=("ended", "delivered", "carbs"),
)
_BASAL = Columns({"time": ("eventdatetime",), "rate": ("basalrate",)})
_IOB = Columns({"kind": ("type",), "time": ("eventdatetime",), "iob": ()})
_RATIO = re.compile(r"Carb Ratio 1:(\d+(?:\.\d+)?)")
_PROPOSED = re.compile(r"Pump calculated Bolus = (\d+(?:\.\d+)?)")
_TITLE = "therapy timeline"
_ACTIVE = "rows of active insulin, which is computed from the boluses"
_FOREIGN = "rows of tables we do not know"
_EMPTY = "readings without a value"
_PENDING = "boluses of which nothing was delivered yet"


class TConnect:
    """Reader of the therapy timeline."""

    key = "tconnect"
    title = "t:connect Therapy Timeline (CSV)"
    version = 1
    source = "Tandem t:connect"
    how_to_get = (
        "Log in to t:connect on a computer and open Therapy Timeline.",
        "Choose the period (30 days at a time works well), then Export and CSV.",
        "Upload the file as it is.",
    )
    proof = "one realistic sample of 2021; the rest from descriptions"

    def sniff(self, content: Content) -> float:
        """Sure of the title, or of the header of one of the tables."""
        head = content.head
        if _TITLE in head[:400].casefold() and "t:connect" in head[:400].casefold():
            return 0.95
        folded = head.casefold()
        is_ours = "boluscompletionid" in folded or "devicetype,serialnumber,descr" in folded
        return 0.9 if is_ours and content.is_text else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: not text, no table of the timeline, or an unknown unit.
        """
        return _Timeline(content, hints).reading()


@dataclass(frozen=True, slots=True)
class _Row:
    """One row with the header it stands under."""

    line: int
    cells: list[str]
    header: Header
    filled: dict[str, str]

    def text(self, column: str) -> str:
        return self.filled.get(column, "")

    def amount(self, column: str) -> float | None:
        text = self.filled.get(column)
        return amount(text) if text else None


class _Timeline:
    """One file on its way from tables to records."""

    def __init__(self, content: Content, hints: Hints) -> None:
        self.harvest = Harvest(hints)
        self.clock = WallClock(Order.YMD)
        self.facts: dict[str, str] = {}
        self.tables: list[tuple[str, list[_Row]]] = []
        self._cut(content.tables[0])
        if not self.tables:
            raise DamagedFile(
                "No table of a t:connect timeline was found in this file.",
                "Export it again and upload it unchanged.",
            )
        self.pump = self._pump()
        self.glucose = GlucoseCells(self._unit(hints))

    def reading(self) -> Reading:
        """Every row below a header in one bucket."""
        tell: dict[str, Callable[[_Row], None]] = {
            "readings": self._reading,
            "bolus": self._bolus,
            "basal": self._basal,
        }
        ledger = self.harvest.ledger
        for kind, rows in self.tables:
            if kind not in tell and rows:
                ledger.ignored(_ACTIVE if kind == "iob" else _FOREIGN, rows[0].line, len(rows))
                continue
            for row in rows:
                try:
                    tell[kind](row)
                except NotADate as problem:
                    ledger.rejected("a date or time that cannot be read", row.line, str(problem))
                except NotANumber as problem:
                    ledger.rejected("a number that cannot be read", row.line, str(problem))
        owner = Owner(
            name=self.facts.get("patient name", ""), birth_date=self.facts.get("patient dob", "")
        )
        # The later export counts: an extended bolus of the earlier one may have been on its way.
        return self.harvest.reading(TConnect(), owner=owner, exported_at=self._exported_at())

    # --- the file as a whole -------------------------------------------------------------------

    def _cut(self, table: Table) -> None:
        """The tables below one another; each begins with its header."""
        header: Header | None = None
        for line, cells in table:
            found = _header((line, cells)) if cells[0].strip().casefold() in _FIRST else None
            if found is not None:
                kind, header = found
                self.tables.append((kind, []))
            elif header is not None:
                self.tables[-1][1].append(_Row(line, cells, header, header.filled(cells)))
            elif len(cells) > 1:
                self.facts[cells[0].strip().casefold()] = cells[1].strip()

    def _pump(self) -> Device:
        """The pump that readings or boluses name."""
        for _, rows in self.tables:
            for row in rows[:1]:
                if serial := row.text("serial"):
                    model = row.text("device").removesuffix("Insulin Pump").strip()
                    return Device(
                        id=f"tandem:{serial}", kind="pump", model=model or "t:slim", serial=serial
                    )
        return Device(id="tandem:pump", kind="pump", model="t:slim")

    def _unit(self, hints: Hints) -> GlucoseUnit:
        readings = [
            (row.header.unit_of("value"), row)
            for k, r in self.tables
            for row in r
            if k == "readings"
        ]
        stated = next((unit for unit, _ in readings if unit), None) or hints.unit
        return stated or unit_of_values(row.text("value") for _, row in readings)

    def _exported_at(self) -> datetime | None:
        """When the report was made, as the American site prints it."""
        told = self.facts.get("report generated on", "")
        try:
            return from_wall_seconds(WallClock(Order.MDY).joint(told))
        except NotADate:
            return None

    # --- rows ----------------------------------------------------------------------------------

    def _at(self, text: str) -> datetime:
        return from_wall_seconds(self.clock.joint(text))

    def _reading(self, row: _Row) -> None:
        """A sensor reading (EGV), or a finger-stick told to the pump (BG)."""
        at_s = self.clock.joint(row.text("time"))
        if self.harvest.is_future(row.line, at_s):
            return
        if not row.text("value"):
            self.harvest.ledger.ignored(_EMPTY, row.line)
            return
        value = self.glucose.read(row.text("value"))
        if row.text("kind").casefold() == "egv":
            self.harvest.trace(self.pump).add(row.line, at_s, value)
            return
        told = MeterGlucose(
            at_local=from_wall_seconds(at_s),
            device_id=self.pump.id,
            glucose=value,
            origin=MeterOrigin.TYPED,
        )
        self.harvest.tell(row.line, self.pump, [told])

    def _basal(self, row: _Row) -> None:
        at_s = self.clock.joint(row.text("time"))
        if not self.harvest.is_future(row.line, at_s):
            rate = BasalRate(
                at_local=from_wall_seconds(at_s),
                device_id=self.pump.id,
                rate_u_per_h=amount(row.text("rate")),
            )
            self.harvest.tell(row.line, self.pump, [rate])

    def _bolus(self, row: _Row) -> None:
        """A bolus as delivered, and what the calculator was told."""
        started = row.text("time") or row.text("event_time") or row.text("ended")
        at_s = self.clock.joint(started)
        if self.harvest.is_future(row.line, at_s):
            return
        if not row.text("delivered") and not row.text("extended"):
            self.harvest.ledger.ignored(_PENDING, row.line)
            return
        head: dict[str, Any] = {
            "at_local": from_wall_seconds(at_s),
            "device_id": self.pump.id,
            "source_id": row.text("completion") or row.text("request"),
        }
        estimate = self._estimate(row, head)
        self.harvest.tell(row.line, self.pump, [self._delivered(row, head), estimate])

    def _delivered(self, row: _Row, head: dict[str, Any]) -> Bolus:
        now, extended = row.amount("delivered"), row.amount("extended")
        requested, size = row.amount("requested"), row.amount("extended_size")
        is_extended = extended is not None or bool(size)
        ended = row.text("extended_ended") or row.text("ended")
        status = row.text("status")
        asked_now = None if requested is None else round(requested - (size or 0.0), 3)
        return Bolus(
            **head,
            bolus_kind=_kind(now, is_extended=is_extended),
            programmed_now_u=asked_now if now or not is_extended else None,
            delivered_now_u=now if now or not is_extended else None,
            programmed_extended_u=size if is_extended else None,
            delivered_extended_u=extended if is_extended else None,
            programmed_duration_min=row.amount("duration") if is_extended else None,
            source=_source(row),
            estimate_id=head["source_id"],
            ended_local=self._at(ended) if ended else None,
            interruption="" if status.casefold() in ("", "completed") else status,
        )

    def _estimate(self, row: _Row, head: dict[str, Any]) -> Record:
        # The export shifts its last columns by one, so the words stand in the cell after.
        details = " ".join(row.cells[row.header.place.get("details", len(row.cells)) :])
        ratio, proposed = _RATIO.search(details), _PROPOSED.search(details)
        sensitivity = row.amount("sensitivity")
        target = self._glucose_or_none(row.text("target"))
        requested = row.amount("requested")
        return BolusEstimate(
            **head,
            glucose_input=self._glucose_or_none(row.text("glucose")),
            carbs_g=row.amount("carbs"),
            carb_ratio_g_per_u=amount(ratio[1]) if ratio else None,
            sensitivity_mgdl_per_u=(
                to_mgdl(sensitivity, self.glucose.unit) if sensitivity else None
            ),
            target_low=target,
            target_high=target,
            food_u=row.amount("food"),
            correction_u=optional(row.text("correction")),
            active_insulin_u=optional(row.text("active")),
            estimate_u=amount(proposed[1]) if proposed else requested,
            final_estimate_u=requested,
            was_delivered=True,
        )

    def _glucose_or_none(self, cell: str) -> Glucose | None:
        """Nothing, or zero, is no glucose."""
        return self.glucose.read(cell) if optional_amount(cell) else None


_FIRST = ("devicetype", "type")
_TABLES = (("readings", _READINGS), ("bolus", _BOLUS), ("basal", _BASAL), ("iob", _IOB))


def _header(row: Row) -> tuple[str, Header]:
    """Which table a header row begins; one we do not know has a header too."""
    for kind, columns in _TABLES:
        if header := columns.find([row]):
            return kind, header
    return "", _IOB.in_row(row)


def _kind(now: float | None, *, is_extended: bool) -> BolusKind:
    if not is_extended:
        return BolusKind.NORMAL
    return BolusKind.COMBINATION if now else BolusKind.EXTENDED


def _source(row: _Row) -> BolusSource:
    if "automatic" in f"{row.text('kind')} {row.text('type')}".casefold():
        return BolusSource.AUTO_CORRECTION
    return BolusSource.EASY if row.text("is_quick") == "1" else BolusSource.ESTIMATE
