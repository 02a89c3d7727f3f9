"""Where each sealed value of the store belongs; a value found elsewhere does not open."""

import struct
from dataclasses import dataclass
from uuid import UUID

from glykos.server.sealing import Cell, Item
from glykos.server.store.effects import DayKey

_ORIGINAL_DEFLATED = 1
_RESULT_JSON = 1
_EFFECT = 2
_DECISION = 3


@dataclass(frozen=True, slots=True)
class EventPlace:
    """An event or one of its versions: its key, time and device."""

    key: bytes
    at_s: int
    device: int

    def packed(self) -> bytes:
        return struct.pack(">16sqH", self.key, self.at_s, self.device)


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """One revision of a logbook entry."""

    id: UUID
    rev: int
    at_s: int

    def packed(self) -> bytes:
        return struct.pack(">16sHq", self.id.bytes, self.rev, self.at_s)


def of_decision(decision_id: UUID) -> Item:
    """The content of a decision."""
    return Item(id=decision_id, codec=_DECISION)


def of_day(key: DayKey, codec: int) -> Cell:
    """A day chunk, or a version of it."""
    return Cell(stream=key.stream, day=key.day, device=key.device, codec=codec)


def of_device(number: int) -> Cell:
    """The facts of a device."""
    return Cell(stream=0, day=0, device=number)


def of_original(upload_id: UUID) -> Item:
    """The bytes of an uploaded file."""
    return Item(id=upload_id, codec=_ORIGINAL_DEFLATED)


def of_summary(upload_id: UUID) -> Item:
    """What an upload brought, for people."""
    return Item(id=upload_id, codec=_RESULT_JSON)


def of_effect(upload_id: UUID) -> Item:
    """What an upload brought, for taking it out again."""
    return Item(id=upload_id, codec=_EFFECT)
