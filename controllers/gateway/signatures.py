"""Signatures of program sets and configurations: Ed25519 over canonical JSON.

What is signed is bound to its site, its segment and its kind, so that a document of another segment, or a program
set sent as a configuration, does not pass.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from controllers.store.port import Document
from slic.errors import InputError

UNSIGNED = frozenset({"id", "ts", "boot", "seq", "sha256", "signer", "signature"})
"""Fields of a signed document that the signature does not cover: the envelope, and the signature itself."""

Verdict = Literal["ok", "unknown_signer", "bad_hash", "bad_signature"]


def read_document(payload: bytes) -> dict[str, Any]:
    """A JSON object as it was sent. InputError for what is none, a key that stands twice, or a number that is none."""
    try:
        document = json.loads(payload, object_pairs_hook=_each_key_once, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {str(error)[:100]}", field="document") from None
    if not isinstance(document, dict):
        raise InputError("is not a JSON object", field="document")
    return document


def canonical_bytes(document: Mapping[str, Any], site: str, segment: str, kind: Document) -> bytes:
    """What is signed: JSON in UTF-8, keys sorted by code point, no spaces, numbers without a fraction as integers.

    document : as on the wire, whole; fields of :data:`UNSIGNED` do not count, all others do, also unknown ones.
    Raises InputError for what JSON cannot say.
    """
    try:
        covered = {key: _plain(value) for key, value in document.items() if key not in UNSIGNED}
        whole = {"document": covered, "kind": kind, "segment": segment, "site": site}
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"cannot be written as JSON: {error}", field="document") from None


def digest(canonical: bytes) -> str:
    """SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(canonical).hexdigest()


def sign(key: Ed25519PrivateKey, canonical: bytes) -> str:
    """Ed25519 signature, base64."""
    return base64.b64encode(key.sign(canonical)).decode("ascii")


def verify(public_key: str, signature: str, canonical: bytes) -> bool:
    """Whether a signature is that of a public key (both base64). False for what is no key or no signature."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), canonical)
    except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
        return False
    return True


def check(document: Mapping[str, Any], site: str, segment: str, kind: Document, signers: Mapping[str, str]) -> Verdict:
    """Whether a document, as on the wire, was signed for this segment by one of the signers (name -> public key)."""
    public_key = signers.get(str(document.get("signer")))
    if public_key is None:
        return "unknown_signer"
    try:
        canonical = canonical_bytes(document, site, segment, kind)
    except InputError:
        return "bad_hash"
    if document.get("sha256") != digest(canonical):
        return "bad_hash"
    return "ok" if verify(public_key, str(document.get("signature")), canonical) else "bad_signature"


def signed(
    document: Mapping[str, Any], site: str, segment: str, kind: Document, signer: str, key: Ed25519PrivateKey
) -> dict[str, Any]:
    """The document with hash, signer and signature."""
    canonical = canonical_bytes(document, site, segment, kind)
    return {**document, "sha256": digest(canonical), "signer": signer, "signature": sign(key, canonical)}


def public_key_of(key: Ed25519PrivateKey) -> str:
    """The public key, base64: what a gateway's ``signers`` holds."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
