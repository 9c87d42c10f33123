"""The examples are whole: one for each payload, signed so that a gateway takes them."""

from __future__ import annotations

import base64

import pytest

from controllers.gateway.signatures import check
from controllers.store.port import Document
from slic.messages.channels import CHANNELS
from slic.messages.examples import EXAMPLES, SEGMENT, SITE

# Public key of test 1 in RFC 8032, section 7.1.
PUBLIC = base64.b64encode(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).decode()


def test_every_payload_has_an_example() -> None:
    assert set(EXAMPLES) == {channel.payload.__name__ for channel in CHANNELS.values()}


def test_no_two_examples_are_the_same_message() -> None:
    assert len({example["id"] for example in EXAMPLES.values()}) == len(EXAMPLES)


@pytest.mark.parametrize(("name", "kind"), [("ProgramSet", "program"), ("SegmentConfig", "config")])
def test_signed_examples_are_signed(name: str, kind: Document) -> None:
    signers = {"programs": PUBLIC}
    assert check(EXAMPLES[name], SITE, SEGMENT, kind, signers) == "ok"
    assert check(EXAMPLES[name] | {"version": 9}, SITE, SEGMENT, kind, signers) == "bad_hash"
    assert check(EXAMPLES[name], SITE, "el-g0043", kind, signers) == "bad_hash"
