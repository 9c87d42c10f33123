"""Messages to bytes and back, against the literal examples, the document's JSON schema, and anything at all."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slic.messages import codec
from slic.messages.asyncapi import address, document
from slic.messages.channels import CHANNELS, LAMP_BYTES
from slic.messages.codec import Decoded, Refusal, decode, encode
from slic.messages.codes import CODES
from slic.messages.examples import EXAMPLES
from slic.messages.payloads import Ack, Event, LampCommand, LampState, Telemetry
from tests.contract.rules import rules

SEGMENT = "slic/v1/ettenleur/el-g0042"
OPEN = {rule.name: rule for rule in rules(document())}


def _topic(name: str) -> str:
    text = address(CHANNELS[name])
    for parameter, value in (("site", "ettenleur"), ("segment", "el-g0042"), ("node", "n1")):
        text = text.replace(f"{{{parameter}}}", value)
    return text


def _payload(name: str, **changes: Any) -> bytes:
    return json.dumps(EXAMPLES[CHANNELS[name].payload.__name__] | changes).encode()


def _refused(topic: str, payload: bytes, retain: bool = False) -> Refusal:
    found = decode(topic, payload, retain)
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize("name", CHANNELS)
def test_an_example_is_read_and_written_without_a_change(name: str) -> None:
    found = decode(_topic(name), _payload(name))
    assert isinstance(found, Decoded), found
    assert (found.channel.name, str(found.topic)) == (name, _topic(name))
    assert type(found.message) is CHANNELS[name].payload
    written = encode(found.message)
    assert decode(_topic(name), written) == found
    said = json.loads(written)
    assert EXAMPLES[type(found.message).__name__].items() <= said.items() or name == "program"
    assert OPEN[name].payload.faults(said) == []


def test_what_is_not_known_is_left_out_but_never_a_cell() -> None:
    state = LampState(**EXAMPLES["LampState"] | {"fade_end": None, "cmd_id": None})
    assert not {"fade_end", "cmd_id"} & json.loads(encode(state)).keys()
    rows = [["l017", None, 3.5]]
    table = Telemetry(**EXAMPLES["Telemetry"] | {"cols": ["lamp", "w", "v"], "rows": rows})
    assert json.loads(encode(table))["rows"] == rows


def test_the_version_is_always_said() -> None:
    without = {key: value for key, value in EXAMPLES["Ambient"].items() if key != "v"}
    found = decode(_topic("ambient"), json.dumps(without).encode())
    assert isinstance(found, Decoded) and json.loads(encode(found.message))["v"] == 1
    assert _refused(_topic("ambient"), _payload("ambient", v=2)).code == "malformed"


def test_fields_that_are_not_known_are_ignored() -> None:
    assert isinstance(decode(_topic("presence"), _payload("presence", colour={"hue": [1, None]})), Decoded)


@pytest.mark.parametrize(
    ("topic", "payload", "retain", "code"),
    [
        ("street/l017", b"{}", False, "unknown_topic"),
        ("", b"", True, "unknown_topic"),
        (f"{SEGMENT}/l017/reboot", b"{}", False, "unknown_topic"),
        (f"{SEGMENT}/L017/state", b"{}", False, "unknown_topic"),
        (f"{SEGMENT}/_/cmd", _payload("command"), True, "retained"),
        (f"{SEGMENT}/p03/presence", _payload("presence"), True, "retained"),
        (f"{SEGMENT}/p03/presence", _payload("presence") + b" " * 1024, False, "too_large"),
        (f"{SEGMENT}/_/program", _payload("program") + b" " * 65536, True, "too_large"),
        (f"{SEGMENT}/p03/presence", b"\xff" + _payload("presence"), False, "not_utf8"),
        (f"{SEGMENT}/p03/presence", _payload("presence").replace(b"bicycle", b"bic\xffcle"), False, "not_utf8"),
        (f"{SEGMENT}/p03/presence", b"", False, "malformed"),
        (f"{SEGMENT}/p03/presence", b"[" * 1024, False, "malformed"),
        (f"{SEGMENT}/p03/presence", _payload("presence", active=1), False, "malformed"),
        (f"{SEGMENT}/p03/presence", _payload("presence", seq=True), False, "malformed"),
        (f"{SEGMENT}/p03/presence", _payload("presence", ts="2022-11-14"), False, "malformed"),
        (f"{SEGMENT}/p03/presence", _payload("presence").replace(b"4.6", b"NaN"), False, "malformed"),
        (f"{SEGMENT}/p03/presence", _payload("presence").replace(b"4.6", b"1e999"), False, "malformed"),
        (f"{SEGMENT}/l017/state", _payload("lampState", level_pct=None), True, "malformed"),
        (f"{SEGMENT}/l017/state", _payload("lampState", faults=["x"] * 9), True, "malformed"),
        (f"{SEGMENT}/_/cmd", _payload("command", lamps=["l017", "../l018"]), False, "malformed"),
        (f"{SEGMENT}/_/telemetry", _payload("telemetry", rows=[["l017", "b"]]), False, "malformed"),
        (f"{SEGMENT}/_/telemetry", _payload("telemetry", cols=["lamp"] * 9), False, "malformed"),
        (f"{SEGMENT}/_/inventory", _payload("inventory", sensors=[["p03"]]), True, "malformed"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(topic: str, payload: bytes, retain: bool, code: str) -> None:
    found = _refused(topic, payload, retain)
    assert found.code == code and code in CODES
    assert (found.channel is None) == (code == "unknown_topic")


def test_what_may_be_retained_is_taken_either_way() -> None:
    for retain in (False, True):
        assert isinstance(decode(f"{SEGMENT}/l017/state", _payload("lampState"), retain), Decoded)


def test_a_refusal_says_where_in_few_words() -> None:
    assert _refused(_topic("lampState"), _payload("lampState", level_pct=101)).detail == (
        "level_pct: Input should be less than or equal to 100"
    )
    assert _refused(_topic("lampState"), b"{}").detail == "id: Field required (and 7 more)"
    many = _refused(_topic("telemetry"), _payload("telemetry", rows=[[{}] * 9] * 1000))
    assert many.detail == "27000 faults"
    assert len(_refused("x" * 60_000, b"").detail) == 200


def test_few_topics_are_remembered_and_none_outside_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_known", {})
    monkeypatch.setattr(codec, "KNOWN_TOPICS", 10)
    for number in range(100):
        assert isinstance(decode(f"{SEGMENT}/l{number}/state", _payload("lampState")), Decoded)
        decode(f"{SEGMENT}/l{number}/nothing", b"")
        decode(f"{SEGMENT}/L{number}/state", b"")
        assert 1 <= len(codec._known) <= 10
        assert all(text.endswith("/state") for text in codec._known)


@pytest.mark.parametrize(
    "message",
    [
        LampCommand(
            **EXAMPLES["LampCommand"]
            | {
                "boot": "b" * 36,
                "ts": 1 << 52,
                "exp": 1 << 52,
                "until": 1 << 52,
                "seq": 1 << 52,
                "src": "astro-default",
            }
            | {"fade_s": 1000 / 3, "level_pct": 100 / 3, "rule": "r" * 200, "cause": "c" * 200, "program": "p" * 200}
        ),
        LampState(
            **EXAMPLES["LampState"]
            | {"boot": "b" * 36, "ts": 1 << 52, "seq": 1 << 52, "fade_end": 1 << 52, "mode": "maintenance"}
            | {"level_pct": 100 / 3, "target_pct": 100 / 3, "src": "astro-default", "faults": ["f" * 60] * 8}
        ),
        Event(
            **EXAMPLES["Event"]
            | {"boot": "b" * 36, "ts": 1 << 52, "seq": 1 << 52, "code": "c" * 60, "first_seen": 1 << 52}
            | {"count": 1 << 52, "detail": "d" * 200}
        ),
        Ack(
            **EXAMPLES["Ack"]
            | {"boot": "b" * 36, "ts": 1 << 52, "seq": 1 << 52, "status": "superseded", "code": "c" * 60}
            | {"detail": "d" * 200, "level_pct": 100 / 3}
        ),
    ],
    ids=lambda message: type(message).__name__,
)
def test_the_longest_message_of_a_lamp_fits(message: Any) -> None:
    assert len(encode(message)) <= LAMP_BYTES


# ---- anything at all ------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
TOPICS = st.sampled_from([_topic(name) for name in CHANNELS]) | st.text() | st.text().map(f"{SEGMENT}/".__add__)


@settings(max_examples=600)
@given(topic=TOPICS, payload=st.binary() | JSON.map(lambda value: json.dumps(value).encode()), retain=st.booleans())
def test_nothing_raises(topic: str, payload: bytes, retain: bool) -> None:
    found = decode(topic, payload, retain)
    assert isinstance(found, Decoded) or (found.code in CODES and len(found.detail) <= 230)


@settings(max_examples=600)
@given(data=st.data(), name=st.sampled_from(sorted(CHANNELS)))
def test_no_changed_byte_raises(data: st.DataObject, name: str) -> None:
    payload = bytearray(_payload(name))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        payload = payload or bytearray(b"{")
    found = decode(_topic(name), bytes(payload))
    if isinstance(found, Decoded):
        assert decode(_topic(name), encode(found.message)) == found


WHOLE_FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
VALUES = (
    st.none() | st.booleans() | st.integers() | st.integers(-2, 101) | WHOLE_FRACTIONS | st.text(max_size=8)
    | st.sampled_from(["auto", "set", "start", "ok", "l017", "c0ffee12ab34", EXAMPLES["Ping"]["id"], 0.5, 1 << 52])
    | st.lists(st.sampled_from(["l017", "L017", 1, None]), max_size=3)
)  # fmt: skip
STRICT = sorted(CHANNELS.keys() - {"program", "config", "telemetry", "inventory"})
"""Programs, limits and tables have rules that a schema cannot say, or take 5 for 5.0 and "5" for 5."""


@settings(max_examples=800)
@given(data=st.data(), name=st.sampled_from(STRICT))
def test_it_takes_what_the_schema_of_the_document_takes(data: st.DataObject, name: str) -> None:
    changed = copy.deepcopy(EXAMPLES[CHANNELS[name].payload.__name__])
    field = data.draw(st.sampled_from(sorted(changed)))
    if data.draw(st.booleans()):
        changed[field] = data.draw(VALUES)
    else:
        del changed[field]
    # JSON's true is Python's 1, where one of some numbers is meant.
    assume(not (field in ("v", "dir") and isinstance(changed.get(field), bool)))
    found = decode(_topic(name), json.dumps(changed).encode())
    assert isinstance(found, Decoded) == (not OPEN[name].payload.faults(changed)), (changed, found)
