"""Sealed values open only whole, in their place, for their patient, with the right key."""

import base64
import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.errors import ConfigurationError, SealError
from glykos.server.sealing import (
    OVERHEAD_BYTES,
    Cell,
    Item,
    Kind,
    MasterKeys,
    PatientSeal,
    Row,
    new_data_key,
    new_master_entry,
)

PLACE = Cell(stream=1, day=19_000, device=2, codec=1)
KEY = bytes(range(32))


def seal_of(patient_id: int = 17, version: int = 1, key: bytes = KEY) -> PatientSeal:
    return PatientSeal({version: key}, patient_id=patient_id)


@given(st.binary(max_size=2000))
def test_what_was_sealed_comes_back(data: bytes) -> None:
    seal = seal_of()
    sealed = seal.seal(Kind.CHUNK, PLACE, data)
    assert len(sealed) == len(data) + OVERHEAD_BYTES
    assert seal.open(Kind.CHUNK, PLACE, sealed) == data


def test_the_text_is_not_visible_and_never_the_same_twice() -> None:
    seal = seal_of()
    first = seal.seal(Kind.CHUNK, PLACE, b"plain text of a note")
    assert b"note" not in first
    assert first != seal.seal(Kind.CHUNK, PLACE, b"plain text of a note")


def test_every_flipped_bit_is_an_error() -> None:
    seal = seal_of()
    sealed = seal.seal(Kind.CHUNK, PLACE, b"5.6 mmol/L at noon")
    for bit in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            seal.open(Kind.CHUNK, PLACE, bytes(altered))


@pytest.mark.parametrize(
    "place",
    [
        Cell(stream=2, day=19_000, device=2, codec=1),
        Cell(stream=1, day=19_001, device=2, codec=1),
        Cell(stream=1, day=19_000, device=3, codec=1),
        Cell(stream=1, day=19_000, device=2, codec=2),
        Row(at_s=0, device=2, kind=1, seq=0),
        Item(id=uuid.UUID(int=0)),
    ],
)
def test_a_moved_value_is_an_error(place: Cell | Row | Item) -> None:
    seal = seal_of()
    sealed = seal.seal(Kind.CHUNK, PLACE, b"x")
    with pytest.raises(SealError):
        seal.open(Kind.CHUNK, place, sealed)


def test_another_patient_kind_or_key_is_an_error() -> None:
    sealed = seal_of().seal(Kind.CHUNK, PLACE, b"x")
    for other in (seal_of(patient_id=18), seal_of(key=os.urandom(32)), seal_of(version=2)):
        with pytest.raises(SealError):
            other.open(Kind.CHUNK, PLACE, sealed)
    with pytest.raises(SealError):
        seal_of().open(Kind.UPLOAD, PLACE, sealed)


@pytest.mark.parametrize("value", [b"", b"\x01", b"plain text, never sealed", bytes(40)])
def test_unsealed_bytes_are_never_taken_for_text(value: bytes) -> None:
    with pytest.raises(SealError):
        seal_of().open(Kind.CHUNK, PLACE, value)


def test_all_refusals_read_the_same() -> None:
    sealed = seal_of().seal(Kind.CHUNK, PLACE, b"x")
    messages = set()
    for seal, value in ((seal_of(18), sealed), (seal_of(), sealed[:-1]), (seal_of(), b"")):
        with pytest.raises(SealError) as refusal:
            seal.open(Kind.CHUNK, PLACE, value)
        messages.add((refusal.value.message, refusal.value.hint))
        assert refusal.value.context == {}
    assert len(messages) == 1


def test_new_key_version_seals_and_the_old_one_still_opens() -> None:
    old = seal_of()
    sealed = old.seal(Kind.CHUNK, PLACE, b"x")
    both = PatientSeal({1: KEY, 2: os.urandom(32)}, patient_id=17)
    assert both.open(Kind.CHUNK, PLACE, sealed) == b"x"
    assert both.seal(Kind.CHUNK, PLACE, b"x")[1] == both.version == 2
    assert both.digest(b"x") != old.digest(b"x")


def test_digests_are_keyed_per_patient_key() -> None:
    assert len(seal_of().digest(b"x")) == 16
    assert seal_of().digest(b"x") == seal_of().digest(b"x")
    assert seal_of().digest(b"x") != seal_of(key=os.urandom(32)).digest(b"x")


def test_keys_do_not_show_in_texts() -> None:
    keys = MasterKeys.parse(new_master_entry())
    assert "…" in repr(seal_of())
    assert repr(keys) == "MasterKeys(m1)"


def test_data_key_unwraps_only_for_its_patient_version_and_master() -> None:
    master = MasterKeys.parse(new_master_entry())
    data_key = new_data_key()
    master_id, wrapped = master.wrap(data_key, patient_id=17, version=1)
    assert master_id == "m1"
    assert data_key not in wrapped
    assert master.unwrap(wrapped, patient_id=17, version=1, master_id="m1") == data_key
    stranger = MasterKeys.parse(new_master_entry())
    attempts = [
        (master, {"patient_id": 18, "version": 1, "master_id": "m1"}),
        (master, {"patient_id": 17, "version": 2, "master_id": "m1"}),
        (master, {"patient_id": 17, "version": 1, "master_id": "m2"}),
        (stranger, {"patient_id": 17, "version": 1, "master_id": "m1"}),
    ]
    for keys, place in attempts:
        with pytest.raises(SealError):
            keys.unwrap(wrapped, **place)  # type: ignore[arg-type]
    with pytest.raises(SealError):
        master.unwrap(b"", patient_id=17, version=1, master_id="m1")


def test_after_a_rotation_the_new_key_wraps_and_the_old_one_opens() -> None:
    first = new_master_entry()
    old = MasterKeys.parse(first)
    _, wrapped = old.wrap(KEY, patient_id=1, version=1)
    sealed = old.seal_secret("mfa", b"seed")
    new = MasterKeys.parse(f"{first}\n{new_master_entry(2)}")
    assert new.current == "m2"
    assert new.unwrap(wrapped, patient_id=1, version=1, master_id="m1") == KEY
    assert new.wrap(KEY, patient_id=1, version=1)[0] == "m2"
    assert new.open_secret("mfa", sealed) == b"seed"
    assert new.fixed_key("audit") == old.fixed_key("audit")
    assert new.fingerprint("serial", b"1") == old.fingerprint("serial", b"1")


def test_secret_opens_only_under_its_label() -> None:
    master = MasterKeys.parse(new_master_entry())
    sealed = master.seal_secret("mfa", b"seed")
    assert b"seed" not in sealed
    for value, label in ((sealed, "other"), (sealed[:-1], "mfa"), (b"seed", "mfa")):
        with pytest.raises(SealError):
            master.open_secret(label, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        "m1:" + base64.b64encode(bytes(32)).decode(),  # zeros
        "m1:" + base64.b64encode(os.urandom(16)).decode(),  # too short
        new_master_entry(2),  # m1 is missing
        f"{new_master_entry()} {new_master_entry()}",  # m1 twice
    ],
    ids=["empty", "text", "zeros", "short", "first missing", "first twice"],  # the keys are random
)
def test_weak_or_broken_master_keys_are_refused_without_quoting_them(text: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        MasterKeys.parse(text)
    if text:
        assert text not in refusal.value.message + refusal.value.hint


def test_master_key_file_is_made_once_for_its_owner_only(tmp_path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.KEYS_DIR = tmp_path / "keys"
    settings.GLYKOS_MASTER_KEY = ""
    first = MasterKeys.load()
    file = tmp_path / "keys" / "master.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert MasterKeys.load().fixed_key("x") == first.fixed_key("x")
    file.chmod(0o644)
    with pytest.raises(ConfigurationError):
        MasterKeys.load()
