"""Writing events and anchors."""

import base64
import contextlib
import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from glykos.errors import UsageError
from glykos.server import env
from glykos.server.audit.chain import GENESIS, Fact, Link, detail_text, shard_of
from glykos.server.audit.kinds import Action
from glykos.server.audit.models import Event, Head
from glykos.server.sealing import MasterKeys
from glykos.server.web import clock, origin

logger = logging.getLogger(__name__)


def record(
    *,
    actor_id: int | None,
    action: Action,
    patient_id: int | None = None,
    obj: str = "",
    detail: Mapping[str, Fact] | None = None,
) -> None:
    """Append one event inside the caller's transaction: both happen, or neither.

    Call it last in the transaction, after the patient's lock (lock order: patient, then chain).
    ``obj`` and ``detail`` hold ids, counts and digests; never names, glucose, file names or
    e-mail addresses. The request's id and the client's address are added by themselves.
    """
    if not connection.in_atomic_block:
        raise UsageError("An audit event is written inside the transaction that it describes.")
    here = origin.current.get()
    facts = dict(detail or {})
    if here.request_id:
        facts |= {"from": here.address, "request": here.request_id}
    head = _locked_head(shard_of(patient_id))
    link = Link(
        shard=head.shard,
        seq=head.seq + 1,
        at_us=clock.now_us(),
        actor="" if actor_id is None else str(actor_id),
        action=str(action),
        patient="" if patient_id is None else str(patient_id),
        obj=obj,
        detail=detail_text(facts),
    )
    link_hash = link.hash(bytes(head.hash), MasterKeys.load().fixed_key("audit"))
    Event.objects.bulk_create(
        [
            Event(
                shard=link.shard,
                seq=link.seq,
                at_us=link.at_us,
                actor=link.actor,
                action=link.action,
                patient=link.patient,
                obj=link.obj,
                detail=link.detail,
                hash=link_hash,
            )
        ]
    )
    Head.objects.filter(shard=link.shard).update(seq=link.seq, hash=link_hash)


def _locked_head(shard: int) -> Head:
    """The end of the chain, locked until the transaction ends; a chain starts on its first event."""
    heads = Head.objects.select_for_update().filter(shard=shard)
    head = heads.first()
    if head is None:
        with contextlib.suppress(IntegrityError), transaction.atomic():
            Head.objects.bulk_create([Head(shard=shard, seq=0, hash=GENESIS)])
        head = heads.get()
    return head


def anchor() -> int:
    """Sign the ends of all chains and append them to the anchor file; returns how many chains.

    The file, best kept elsewhere, is what shows that the end of the log was cut off or that
    somebody with all keys wrote it anew. Run hourly and when the server stops.
    """
    path = Path(settings.GLYKOS_ANCHOR_FILE)
    env.private_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = file.read().splitlines()
        heads = [
            [head.shard, head.seq, bytes(head.hash).hex()]
            for head in Head.objects.order_by("shard")
        ]
        body = {
            "at_us": clock.now_us(),
            "heads": heads,
            "number": len(lines) + 1,
            "previous": line_digest(lines[-1]) if lines else "",
        }
        line = signed_line(body, signing_key())
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
        digest = line_digest(line)
        with transaction.atomic():
            record(
                actor_id=None,
                action=Action.AUDIT_ANCHORED,
                obj=digest,
                detail={"number": len(lines) + 1},
            )
    logger.info("audit-anchor %d %s", len(lines) + 1, digest)
    return len(heads)


def signed_line(body: Mapping[str, object], key: Ed25519PrivateKey) -> bytes:
    """An anchor as one line of JSON; the signature covers the canonical body."""
    signature = key.sign(canonical_body(body))
    return canonical_body({**body, "signature": base64.b64encode(signature).decode("ascii")})


def canonical_body(body: Mapping[str, object]) -> bytes:
    """The exact bytes that are signed."""
    return json.dumps(dict(body), sort_keys=True, separators=(",", ":")).encode("ascii")


def line_digest(line: bytes) -> str:
    """Names an anchor line in the next one and in the log."""
    return hashlib.sha256(line).hexdigest()


def signing_key() -> Ed25519PrivateKey:
    """The anchors' key; made on the first use."""
    text = settings.GLYKOS_ANCHOR_KEY or env.secret_file(
        settings.KEYS_DIR / "anchor.key", _new_signing_key
    )
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))


def _new_signing_key() -> str:
    raw = Ed25519PrivateKey.generate().private_bytes_raw()
    return base64.b64encode(raw).decode("ascii")
