"""Seals: who can read stored health data needs the database *and* the master key.

A master key (file or environment, never in the database) wraps one data key per patient; the
data key, split by purpose, seals that patient's blobs with AES-256-GCM. Every sealed value is
bound to its place, so a moved, altered or foreign value is an error and never a wrong number.
No models, no database, no policy; see SECURITY.md for what is sealed and what is not.

Sealed value: ``u8 format (1) | u8 key version | 12 B nonce | ciphertext + 16 B tag``.
Bound to it (never stored): ``"gly1" | kind u8 | patient u64 | place | key version u8``.
"""

import base64
import binascii
import hashlib
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from glykos.errors import ConfigurationError, SealError
from glykos.server import env

FORMAT = 1
KEY_BYTES = 32
DIGEST_BYTES = 16
OVERHEAD_BYTES = 2 + 12 + 16
_NONCE_BYTES = 12
_MASTER_ENTRY = re.compile(r"(m[1-9][0-9]{0,2}):([A-Za-z0-9+/_-]{43}=?)")


class Kind(IntEnum):
    """What is sealed. The numbers are stored in the seal's binding: never renumber."""

    CHUNK = 1
    EVENT = 2
    UPLOAD = 3
    SERIAL = 4
    SUMMARY = 5
    ENTRY = 6
    DECISION = 7


class Place(Protocol):
    """Where a sealed value belongs. Each kind of place packs to its own length."""

    def packed(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A day chunk, or another value kept per stream, day and device."""

    stream: int
    day: int
    device: int
    codec: int = 0

    def packed(self) -> bytes:
        return struct.pack(">HiHB", self.stream, self.day, self.device, self.codec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event row with its natural key."""

    at_s: int
    device: int
    kind: int
    seq: int

    def packed(self) -> bytes:
        return struct.pack(">qHHH", self.at_s, self.device, self.kind, self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A thing with a random id: the original bytes of an upload."""

    id: UUID
    codec: int = 0

    def packed(self) -> bytes:
        return self.id.bytes + struct.pack(">B", self.codec)


class PatientSeal:
    """Seals, opens and digests one patient's values. Lives as long as a request, never longer.

    ``keys`` maps data-key versions to keys: the newest seals, every one opens what it sealed.
    """

    __slots__ = ("_ciphers", "_digest_key", "_keys", "patient_id", "version")

    def __init__(self, keys: Mapping[int, bytes], *, patient_id: int) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise _refused()
        self._keys = dict(keys)
        self._ciphers: dict[tuple[Kind, int], AESGCM] = {}
        self.patient_id = patient_id
        self.version = max(keys)
        self._digest_key = _derive(self._keys[self.version], "digest")

    def __repr__(self) -> str:
        return "PatientSeal(…)"

    def seal(self, kind: Kind, place: Place, data: bytes) -> bytes:
        """``data``, encrypted and bound to its kind, patient and place."""
        bound = self._binding(kind, place, self.version)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher(kind, self.version).encrypt(nonce, data, bound)
        return bytes((FORMAT, self.version)) + nonce + sealed

    def open(self, kind: Kind, place: Place, sealed: bytes) -> bytes:
        """What was sealed for exactly this kind, patient and place. Raises SealError."""
        if len(sealed) < OVERHEAD_BYTES or sealed[0] != FORMAT or sealed[1] not in self._keys:
            raise _refused()
        version = sealed[1]
        bound = self._binding(kind, place, version)
        start = 2 + _NONCE_BYTES
        try:
            return self._cipher(kind, version).decrypt(
                bytes(sealed[2:start]), bytes(sealed[start:]), bound
            )
        except InvalidTag:
            raise _refused() from None

    def digest(self, data: bytes) -> bytes:
        """Sixteen bytes that tell whether two values of this patient are equal.

        Keyed: a plain digest of a day with one reading would give the reading away. Comparable
        only within one key version.
        """
        return hashlib.blake2b(data, digest_size=DIGEST_BYTES, key=self._digest_key).digest()

    def _binding(self, kind: Kind, place: Place, version: int) -> bytes:
        head = struct.pack(">4sBQ", b"gly1", kind, self.patient_id)
        return head + place.packed() + bytes((version,))

    def _cipher(self, kind: Kind, version: int) -> AESGCM:
        found = self._ciphers.get((kind, version))
        if found is None:
            found = AESGCM(_derive(self._keys[version], f"seal-{kind.name.lower()}"))
            self._ciphers[kind, version] = found
        return found


class MasterKeys:
    """The installation's master keys. The newest wraps; each opens what it wrapped.

    The first key is also the root of the installation's own fixed keys (audit chain, serial
    numbers), so it stays listed after a rotation (docs/decisions/0030).
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"MasterKeys({', '.join(self._keys)})"

    @classmethod
    def load(cls) -> "MasterKeys":
        """From ``GLYKOS_MASTER_KEY`` or else the key file, which is made on the first use."""
        text = settings.GLYKOS_MASTER_KEY
        if not text:
            text = env.secret_file(settings.KEYS_DIR / "master.key", new_master_entry)
        return cls.parse(text)

    @classmethod
    def parse(cls, text: str) -> "MasterKeys":
        """Entries ``m1:base64`` separated by white space, oldest first."""
        keys: dict[str, bytes] = {}
        for entry in text.split():
            match = _MASTER_ENTRY.fullmatch(entry)
            key = _decode(match[2]) if match else b""
            if match is None or len(key) != KEY_BYTES or match[1] in keys or _is_trivial(key):
                raise ConfigurationError(
                    "The master key is not in the expected form.",
                    "Each entry is m1: and 32 random bytes in base64; restore the key file from "
                    "your copy.",
                )
            keys[match[1]] = key
        if list(keys) != [f"m{n}" for n in range(1, len(keys) + 1)] or not keys:
            raise ConfigurationError(
                "The master keys are not numbered m1, m2, … without gaps.",
                "Put back the missing entry from your copy of the key file.",
            )
        return cls(keys)

    @property
    def current(self) -> str:
        """Id of the key that wraps from now on."""
        return list(self._keys)[-1]

    def wrap(self, data_key: bytes, *, patient_id: int, version: int) -> tuple[str, bytes]:
        """The id of the master key used, and the data key encrypted with it."""
        bound = _wrap_binding(patient_id, version, self.current)
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(_derive(self._keys[self.current], "wrap"))
        return self.current, nonce + cipher.encrypt(nonce, data_key, bound)

    def unwrap(self, wrapped: bytes, *, patient_id: int, version: int, master_id: str) -> bytes:
        """The data key of this patient and version. Raises SealError."""
        if master_id not in self._keys:
            raise _refused()
        cipher = AESGCM(_derive(self._keys[master_id], "wrap"))
        bound = _wrap_binding(patient_id, version, master_id)
        return _decrypt(cipher, bytes(wrapped), bound)

    def seal_secret(self, label: str, data: bytes) -> bytes:
        """A small secret of the installation (a second factor's seed), bound to its label."""
        number = int(self.current[1:])
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(_derive(self._keys[self.current], label))
        bound = f"glykos|{label}|{self.current}".encode()
        return bytes((FORMAT, number)) + nonce + cipher.encrypt(nonce, data, bound)

    def open_secret(self, label: str, sealed: bytes) -> bytes:
        """What :meth:`seal_secret` sealed under this label. Raises SealError."""
        if len(sealed) < OVERHEAD_BYTES or sealed[0] != FORMAT:
            raise _refused()
        master_id = f"m{sealed[1]}"
        if master_id not in self._keys:
            raise _refused()
        cipher = AESGCM(_derive(self._keys[master_id], label))
        return _decrypt(cipher, sealed[2:], f"glykos|{label}|{master_id}".encode())

    def fixed_key(self, label: str) -> bytes:
        """A key that never changes during the life of the installation."""
        return _derive(self._keys["m1"], f"fixed-{label}")

    def fingerprint(self, label: str, data: bytes) -> bytes:
        """Sixteen bytes, equal for equal ``data`` across patients: finds a shared meter.

        The one deliberate value that links patients; only for device serial numbers.
        """
        key = self.fixed_key(label)
        return hashlib.blake2b(data, digest_size=DIGEST_BYTES, key=key).digest()


def new_data_key() -> bytes:
    """A fresh random key for one patient."""
    return os.urandom(KEY_BYTES)


def new_master_entry(number: int = 1) -> str:
    """A fresh entry for the master key file."""
    return f"m{number}:{base64.b64encode(os.urandom(KEY_BYTES)).decode('ascii')}"


def serial_fingerprint(kind: str, serial: str) -> bytes:
    """The installation's fingerprint of a device serial number."""
    return MasterKeys.load().fingerprint("serial", f"{kind}\x00{serial}".encode())


def _derive(key: bytes, label: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"glykos|{label}".encode())
    return hkdf.derive(key)


def _wrap_binding(patient_id: int, version: int, master_id: str) -> bytes:
    return f"glykos|dek|{patient_id}|{version}|{master_id}".encode()


def _decrypt(cipher: AESGCM, value: bytes, bound: bytes) -> bytes:
    if len(value) < _NONCE_BYTES + 16:
        raise _refused()
    try:
        return cipher.decrypt(value[:_NONCE_BYTES], value[_NONCE_BYTES:], bound)
    except InvalidTag:
        raise _refused() from None


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=", altchars=b"-_" if _urlsafe(text) else None)
    except (binascii.Error, ValueError):
        return b""


def _urlsafe(text: str) -> bool:
    return "-" in text or "_" in text


def _is_trivial(key: bytes) -> bool:
    return len(set(key)) < 8  # an example or a row of zeros, never 32 random bytes


def _refused() -> SealError:
    """One text for wrong key, wrong place and altered value: the difference helps an attacker."""
    return SealError(
        "A stored value could not be opened.",
        "Check that the master key belongs to this database, then run `glykos verify`.",
    )
