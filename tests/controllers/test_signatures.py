"""Signatures of programs: whatever is changed, or meant for another, does not pass."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from controllers.gateway.signatures import (
    UNSIGNED,
    canonical_bytes,
    check,
    digest,
    public_key_of,
    read_document,
    sign,
    signed,
    verify,
)
from controllers.operator.key_files import new_key_file, read_key_file
from slic.errors import InputError

# RFC 8032, section 7.1, TEST 3.
SECRET = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
MESSAGE = bytes.fromhex("af82")
SIGNATURE = (
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)

KEY = Ed25519PrivateKey.from_private_bytes(SECRET)
SIGNERS = {"office": public_key_of(KEY)}
CONTENT = {
    "v": 1,
    "id": "018f6b1e-0000-7000-8000-000000000000",
    "ts": 1,
    "boot": "boot-0001",
    "seq": 0,
    "version": 3,
    "groups": {"all": "dim"},
    "programs": {"dim": {"name": "dim", "idle_level_pct": 20.0}},
}


def document() -> dict[str, Any]:
    """A signed document as it comes from the wire."""
    sent = signed(CONTENT, "ettenleur", "el-g0042", "program", "office", KEY)
    return read_document(json.dumps(sent).encode())


def b64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def test_the_vector_of_rfc_8032() -> None:
    assert public_key_of(KEY) == b64(PUBLIC)
    assert sign(KEY, MESSAGE) == b64(SIGNATURE)
    assert verify(b64(PUBLIC), b64(SIGNATURE), MESSAGE)
    assert not verify(b64(PUBLIC), b64(SIGNATURE), MESSAGE + b"\0")


def test_what_is_signed_written_out() -> None:
    found = canonical_bytes({"v": 1, "b": [1.0, 0.5, True, None], "a": "é", "ts": 5, "seq": 1}, "s", "g", "program")
    assert (
        found == '{"document":{"a":"é","b":[1,0.5,true,null],"v":1},"kind":"program","segment":"g","site":"s"}'.encode()
    )
    # printf '%s' 'abc' | sha256sum
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_openssl_agrees(tmp_path: Path) -> None:
    key = new_key_file(tmp_path / "key.pem")
    (tmp_path / "text").write_bytes(MESSAGE)
    done = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "text"]
    theirs = subprocess.run(done, cwd=tmp_path, check=True, capture_output=True).stdout
    assert verify(public_key_of(key), base64.b64encode(theirs).decode(), MESSAGE)


def test_an_honest_document_passes() -> None:
    assert check(document(), "ettenleur", "el-g0042", "program", SIGNERS) == "ok"


def test_the_envelope_may_change() -> None:
    later = {**document(), "id": "018f6b1e-0000-7000-8000-000000000001", "ts": 9, "boot": "boot-0002", "seq": 7}
    assert check(later, "ettenleur", "el-g0042", "program", SIGNERS) == "ok"
    assert {"id", "ts", "boot", "seq", "sha256", "signer", "signature"} == UNSIGNED


@pytest.mark.parametrize(
    ("site", "segment", "kind"),
    [
        ("ettenleur", "el-g0043", "program"),
        ("breda", "el-g0042", "program"),
        ("ettenleur", "el-g0042", "config"),
    ],
)
def test_a_document_for_another_is_refused(site: str, segment: str, kind: Any) -> None:
    """Also when its hash is made to fit: the signature does not."""
    found = document()
    assert check(found, site, segment, kind, SIGNERS) == "bad_hash"
    found["sha256"] = digest(canonical_bytes(found, site, segment, kind))
    assert check(found, site, segment, kind, SIGNERS) == "bad_signature"


@pytest.mark.parametrize("signer", ["", "intern", None, 5])
def test_an_unknown_signer_is_refused(signer: object) -> None:
    found = {**document(), "signer": signer}
    assert check(found, "ettenleur", "el-g0042", "program", SIGNERS) == "unknown_signer"


def test_another_key_under_a_known_name_is_refused() -> None:
    forged = signed(CONTENT, "ettenleur", "el-g0042", "program", "office", Ed25519PrivateKey.generate())
    assert check(forged, "ettenleur", "el-g0042", "program", SIGNERS) == "bad_signature"


@given(at=st.integers(0), flip=st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_none_of_the_content(at: int, flip: int) -> None:
    payload = bytearray(json.dumps(document()).encode())
    payload[at % len(payload)] ^= flip
    try:
        found = read_document(bytes(payload))
    except InputError:
        return
    content = {key: value for key, value in found.items() if key not in UNSIGNED}
    honest = {key: value for key, value in document().items() if key not in UNSIGNED}
    if check(found, "ettenleur", "el-g0042", "program", SIGNERS) == "ok":
        assert content == honest


@pytest.mark.parametrize("field", [*CONTENT, "sha256", "signer", "signature"])
def test_a_field_less_or_more_is_refused(field: str) -> None:
    found = document()
    del found[field]
    passes = check(found, "ettenleur", "el-g0042", "program", SIGNERS) == "ok"
    assert passes is (field in {"id", "ts", "boot", "seq"})
    more = {**document(), "valid_until": None}
    assert check(more, "ettenleur", "el-g0042", "program", SIGNERS) == "bad_hash"


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b"[" * 60_000, b"9" * 5000],
)
def test_what_is_no_document_is_refused(payload: bytes) -> None:
    with pytest.raises(InputError, match="document"):
        read_document(payload)


@pytest.mark.parametrize("value", ['"\\ud800"', "1e999", "[" * 900 + "]" * 900])
def test_what_cannot_be_canonical_does_not_pass(value: str) -> None:
    found = read_document(f'{{"signer":"office","x":{value}}}'.encode())
    assert check(found, "ettenleur", "el-g0042", "program", SIGNERS) == "bad_hash"


@given(key=st.text(), signature=st.text())
def test_any_text_can_be_verified(key: str, signature: str) -> None:
    assert not verify(key, signature, MESSAGE)
    assert not verify(b64(PUBLIC), signature, MESSAGE)


def test_a_key_file_is_for_its_owner_alone_and_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    key = new_key_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert public_key_of(read_key_file(file)) == public_key_of(key)
    with pytest.raises(InputError, match="is there already"):
        new_key_file(file)
    assert public_key_of(read_key_file(file)) == public_key_of(key)


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no key")
    with pytest.raises(InputError, match="no key"):
        read_key_file(tmp_path / "text")
    subprocess.run(["openssl", "genpkey", "-algorithm", "X25519", "-out", "x"], cwd=tmp_path, check=True)
    with pytest.raises(InputError, match="not an Ed25519 key"):
        read_key_file(tmp_path / "x")
