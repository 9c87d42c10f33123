"""Last of a session: every channel of the document was used by a test that ran real parts over a broker."""

from __future__ import annotations

import pytest

from slic.messages.asyncapi import document
from tests.contract.recorder import EXERCISED


def test_every_documented_channel_was_used() -> None:
    if not EXERCISED:
        pytest.skip("no test of this session ran with a recorder")
    assert document()["channels"].keys() - EXERCISED == set()
