"""Key files of a program authority: Ed25519 in PEM."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from slic.errors import InputError
from slic.files import read_text, write_whole


def new_key_file(path: Path) -> Ed25519PrivateKey:
    """Make a signing key and write it as PEM (PKCS 8), for its owner only. InputError if the file is there."""
    if path.exists():
        raise InputError("is there already; a key is not replaced", file=str(path))
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_whole(path, pem.decode("ascii"), private=True)
    return key


def read_key_file(path: Path) -> Ed25519PrivateKey:
    """The signing key in a PEM file; InputError if it holds none."""
    try:
        key = serialization.load_pem_private_key(read_text(path, str(path)).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InputError("holds no key that can be read", file=str(path), allowed="PEM without password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("is not an Ed25519 key", file=str(path), allowed="a key of slic program keygen")
    return key
