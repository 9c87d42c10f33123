"""The list of codes is closed and whole."""

from __future__ import annotations

import re
from typing import get_args

from slic.messages.codes import CODES, Code, RefusalCode
from slic.messages.examples import EXAMPLES
from slic.messages.payloads import Ack


def test_every_code_has_a_meaning_and_nothing_else_has() -> None:
    names = [name for part in get_args(Code) for name in (get_args(part) or (part,))]
    assert sorted(names) == sorted(set(names)) == sorted(CODES)
    assert set(get_args(RefusalCode)) < set(CODES)


def test_codes_are_words_that_an_ack_can_carry() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", code)
        assert meaning[0].islower() or meaning[0] == "`"
        assert not meaning.endswith(".")
        Ack(**EXAMPLES["Ack"] | {"code": code})
