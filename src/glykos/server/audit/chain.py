"""How an event becomes a link: one canonical byte form, one keyed hash. Pure; no database."""

import hashlib
import hmac
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass

SHARDS = 16
NO_PATIENT_SHARD = 16
GENESIS = bytes(32)
_TAG = b"glykos-audit-1"

Fact = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Everything of an event that its hash covers."""

    shard: int
    seq: int
    at_us: int
    actor: str
    action: str
    patient: str
    obj: str
    detail: str

    def canonical(self) -> bytes:
        """Tag, shard u32, seq u64, time u64, then each text as u32 length and UTF-8."""
        parts = [_TAG, struct.pack(">IQQ", self.shard, self.seq, self.at_us)]
        for text in (self.actor, self.action, self.patient, self.obj, self.detail):
            data = text.encode()
            parts += (struct.pack(">I", len(data)), data)
        return b"".join(parts)

    def hash(self, previous: bytes, key: bytes) -> bytes:
        """HMAC-SHA256 over the previous hash and this record: nobody without the key can redo it."""
        digest = hashlib.sha256(self.canonical()).digest()
        return hmac.digest(key, previous + digest, "sha256")


def shard_of(patient_id: int | None) -> int:
    """The chain of a patient, so that one person's events lie in one chain."""
    return NO_PATIENT_SHARD if patient_id is None else patient_id % SHARDS


def detail_text(detail: Mapping[str, Fact]) -> str:
    """Facts as one exact text: sorted keys, no spaces, ASCII. Floats are refused: not exact."""
    for value in detail.values():
        if not isinstance(value, (str, int)):
            raise TypeError("an audit detail is a text, a whole number or yes/no")
    return json.dumps(dict(detail), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
