"""Reading the log, and proving that it is whole. This is what ``glykos verify`` prints."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from glykos.server.audit.actions import canonical_body, line_digest, signing_key
from glykos.server.audit.chain import GENESIS, Link
from glykos.server.audit.kinds import SENTENCES, Action
from glykos.server.audit.models import Event, Head
from glykos.server.sealing import MasterKeys

_BACK_JUMP_US = 300 * 1_000_000


class Flaw(StrEnum):
    """What can be wrong, each with the sentence that is printed."""

    ALTERED = "the event does not match its hash: it was changed, or written without the key"
    MISSING = "events are missing before this one"
    HEAD = "the chain does not end where its head says: events at the end are missing or added"
    HEADLESS = "the chain has events but no head"
    CLOCK = "the event is older than the one before it by more than five minutes"
    UNKNOWN = "the kind of event is not known to this program"
    ANCHORED = "a signed anchor names an event that is missing or different"
    SIGNATURE = "the anchor is not signed with this installation's key, or is unreadable"
    SEQUENCE = "anchors are missing or in another order"
    NO_ANCHOR = "the log says that it was anchored, but the anchor file lacks that line"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw. ``shard`` and ``seq`` name the event, or 0 and the line of an anchor file."""

    flaw: Flaw
    shard: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was checked and what was found. No findings: the log is whole as far as anchored."""

    events: int
    anchors: int
    newest_anchor_us: int | None
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(anchor_files: Sequence[Path] | None = None) -> Verification:
    """Check every chain, every head and every anchor; about 10 µs per event.

    Without ``anchor_files`` the installation's own is used; copies kept elsewhere are the
    stronger proof, because an intruder with all rights can rewrite what lies here.
    """
    findings: list[Finding] = []
    files = [Path(settings.GLYKOS_ANCHOR_FILE)] if anchor_files is None else list(anchor_files)
    anchors: list[_Anchor] = []
    lines: set[str] = set()
    for file in files:
        read = _read_anchors(file, findings)
        anchors += read
        lines |= {anchor.digest for anchor in read}
    expected: dict[tuple[int, int], str] = {
        (shard, seq): hash_hex for anchor in anchors for shard, seq, hash_hex in anchor.heads
    }
    count = 0
    heads = {head.shard: head for head in Head.objects.all()}
    shards = sorted(set(Event.objects.values_list("shard", flat=True).distinct()) | set(heads))
    for shard in shards:
        count += _check_chain(shard, heads.get(shard), expected, lines, findings)
    findings += [Finding(Flaw.ANCHORED, shard, seq) for shard, seq in expected if seq]
    return Verification(
        events=count,
        anchors=len(anchors),
        newest_anchor_us=max((anchor.at_us for anchor in anchors), default=None),
        findings=tuple(findings),
    )


def events_of(patient_id: int, *, limit: int = 200, skip: int = 0) -> list[Event]:
    """Events about one patient, newest first, after ``skip`` newer: "who looked at my data"."""
    shard = patient_id % 16
    rows = Event.objects.filter(shard=shard, patient=str(patient_id))
    return list(rows.order_by("-seq")[skip : skip + limit])


def _check_chain(
    shard: int,
    head: Head | None,
    expected: dict[tuple[int, int], str],
    lines: set[str],
    findings: list[Finding],
) -> int:
    """Walk one chain; anchored events that fit are taken out of ``expected``."""
    key = MasterKeys.load().fixed_key("audit")
    previous, seq, at_us, count = GENESIS, 0, 0, 0
    for event in _events(shard):
        count += 1
        if event.seq != seq + 1:
            findings.append(Finding(Flaw.MISSING, shard, event.seq))
        findings += _check_event(event, previous, key, at_us=at_us)
        stored = bytes(event.hash)
        if expected.get((shard, event.seq)) == stored.hex():
            del expected[shard, event.seq]
        if event.action == Action.AUDIT_ANCHORED and event.obj not in lines:
            findings.append(Finding(Flaw.NO_ANCHOR, shard, event.seq))
        previous, seq, at_us = stored, event.seq, event.at_us
    if head is None:
        findings.append(Finding(Flaw.HEADLESS, shard, seq))
    elif (head.seq, bytes(head.hash)) != (seq, previous):
        findings.append(Finding(Flaw.HEAD, shard, head.seq))
    return count


def _check_event(event: Event, previous: bytes, key: bytes, *, at_us: int) -> Iterator[Finding]:
    link = Link(
        shard=event.shard,
        seq=event.seq,
        at_us=event.at_us,
        actor=event.actor,
        action=event.action,
        patient=event.patient,
        obj=event.obj,
        detail=event.detail,
    )
    if link.hash(previous, key) != bytes(event.hash):
        yield Finding(Flaw.ALTERED, event.shard, event.seq)
    if event.action not in SENTENCES:
        yield Finding(Flaw.UNKNOWN, event.shard, event.seq)
    if event.at_us < at_us - _BACK_JUMP_US:
        yield Finding(Flaw.CLOCK, event.shard, event.seq)


def _events(shard: int) -> Iterable[Event]:
    return Event.objects.filter(shard=shard).order_by("seq").iterator(chunk_size=2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    at_us: int
    heads: tuple[tuple[int, int, str], ...]
    digest: str


def _read_anchors(path: Path, findings: list[Finding]) -> list[_Anchor]:
    """The valid anchors of a file; each signature and the chain of lines are checked."""
    if not path.exists():
        return []
    public = signing_key().public_key()
    anchors: list[_Anchor] = []
    previous = ""
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        digest = line_digest(line)
        body = _signed_body(line, public)
        if body is None:
            findings.append(Finding(Flaw.SIGNATURE, 0, number))
        else:
            if body["previous"] != previous or body["number"] != number:
                findings.append(Finding(Flaw.SEQUENCE, 0, number))
            heads = tuple((int(s), int(n), str(h)) for s, n, h in body["heads"])
            anchors.append(_Anchor(at_us=int(body["at_us"]), heads=heads, digest=digest))
        previous = digest
    return anchors


def _signed_body(line: bytes, public: Ed25519PublicKey) -> dict[str, Any] | None:
    try:
        body = json.loads(line)
        signature = base64.b64decode(body.pop("signature"), validate=True)
        public.verify(signature, canonical_body(body))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, InvalidSignature):
        return None
    return dict(body)
