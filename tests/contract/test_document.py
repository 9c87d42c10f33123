"""The AsyncAPI document: valid by the official schema, whole, and the same each time."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from controllers.gateway.config import BrokerAddress
from slic.messages.asyncapi import ID_PATTERN, document
from slic.messages.channels import CHANNELS, SESSION_EXPIRY_S
from slic.messages.topics import is_id, parse_topic
from tests.contract.rules import resolve, rules

# Of asyncapi/spec-json-schemas, named in NOTICE; unchanged.
OFFICIAL = Draft7Validator(json.loads((Path(__file__).parent / "asyncapi-3.1.0-schema.json").read_text()))
DOCUMENT = document()
RULES = rules(DOCUMENT)


def _references(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_the_official_schema_finds_no_fault() -> None:
    assert [error.message for error in OFFICIAL.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("operations", "receivePresence", "bindings", "mqtt", "qos"), 3),
        (("operations", "receivePresence", "action"), "publish"),
        (("channels", "presence", "messages"), []),
        (("components", "securitySchemes", "mtls", "type"), "x509"),
        (("components", "schemas", "Presence", "properties"), 5),
        (("asyncapi",), "2.6.0"),
    ],
)
def test_the_official_schema_refuses_what_is_wrong(where: tuple[str, ...], value: object) -> None:
    broken = copy.deepcopy(DOCUMENT)
    part = broken
    for key in where[:-1]:
        part = part[key]
    part[where[-1]] = value
    assert not OFFICIAL.is_valid(broken)


def test_every_reference_leads_somewhere_and_says_nothing_beside() -> None:
    found = list(_references(DOCUMENT))
    assert len(found) > 150
    for reference in found:
        assert list(reference) == ["$ref"]
        assert isinstance(resolve(DOCUMENT, reference), dict)


def test_a_reference_into_nothing_would_be_noticed() -> None:
    with pytest.raises(KeyError):
        resolve(DOCUMENT, {"$ref": "#/components/schemas/Presense"})


def test_each_operation_has_messages_of_its_own_channel() -> None:
    for name, operation in DOCUMENT["operations"].items():
        channel = operation["channel"]["$ref"]
        assert [one["$ref"].startswith(channel + "/messages/") for one in operation["messages"]] == [True], name
        if "reply" in operation:
            reply = operation["reply"]
            assert reply["messages"][0]["$ref"].startswith(reply["channel"]["$ref"] + "/messages/")


def test_every_part_is_used() -> None:
    used = {reference["$ref"] for reference in _references(DOCUMENT)}
    parts = {f"#/components/{kind}/{name}" for kind, named in DOCUMENT["components"].items() for name in named}
    assert parts <= used
    assert {f"#/channels/{name}" for name in DOCUMENT["channels"]} <= used


def test_the_gateway_sends_and_receives_what_the_tree_says() -> None:
    # Literal, from the table of topics in docs/messages.md.
    operations = DOCUMENT["operations"]
    assert {name for name in operations if name.startswith("receive")} == {
        "receivePresence", "receiveAmbient", "receiveLampState", "receiveLampAck", "receiveLampReading",
        "receiveDeviceEvent", "receiveClock", "receiveStatus", "receivePing", "receiveCommand", "receiveProgram",
        "receiveConfig", "receivePong", "receiveCoreStatus",
    }  # fmt: skip
    assert {name for name in operations if name.startswith("send")} == {
        "sendLampCommand", "sendEvent", "sendFault", "sendAck", "sendProgramApplied", "sendConfigApplied",
        "sendTelemetry", "sendStatus", "sendHealth", "sendPing", "sendInventory", "sendClockDone",
    }  # fmt: skip
    assert operations["receivePresence"]["bindings"]["mqtt"] == {
        "qos": 0,
        "retain": False,
        "messageExpiryInterval": 5,
        "bindingVersion": "0.2.0",
    }
    assert operations["receiveCommand"]["x-retain-handling"] == 2
    assert operations["receiveCommand"]["reply"]["channel"]["$ref"] == "#/channels/ack"


def test_the_server_says_how_a_gateway_connects() -> None:
    server = DOCUMENT["servers"]["broker"]
    binding = server["bindings"]["mqtt"]
    assert server["protocol"] == "secure-mqtt" and server["security"]
    assert binding["sessionExpiryInterval"] == SESSION_EXPIRY_S == BrokerAddress().session_expiry_s
    assert binding["x-will-delay-s"] == 60 and binding["cleanSession"] is False
    will = binding["lastWill"]
    assert (will["topic"], will["qos"], will["retain"]) == ("slic/v1/{site}/{segment}/_/status", 1, True)
    [status] = [rule for rule in RULES if rule.name == "status"]
    assert status.payload.faults(json.loads(will["message"])) == []


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["messages"]))
def test_examples_are_what_their_schema_says(name: str) -> None:
    [example] = DOCUMENT["components"]["messages"][name]["examples"]
    matching = [rule for rule in RULES if CHANNELS[rule.name].payload.__name__ == name]
    assert matching
    for rule in matching:
        assert rule.payload.faults(example["payload"]) == []
        assert rule.payload.faults(example["payload"] | {"colour": "warm"})
        assert len(json.dumps(example["payload"])) < rule.max_bytes


def test_identifiers_in_topics_are_those_of_the_tree() -> None:
    for text in ("l017", "el-g0042", "0", "a" * 63, "a" * 64, "", "-a", "_", "A", "a_b", "a/b", "a\n", "ä", "a b"):
        assert bool(re.search(ID_PATTERN.replace("$", r"\Z"), text)) == is_id(text), text


def test_each_topic_belongs_to_one_channel() -> None:
    for rule in RULES:
        text = DOCUMENT["channels"][rule.name]["address"]
        for name, value in (("site", "ettenleur"), ("segment", "el-g0042"), ("node", "n1")):
            text = text.replace(f"{{{name}}}", value)
        assert parse_topic(text) is not None
        assert [other.name for other in RULES if other.topics.fullmatch(text)] == [rule.name]


def test_the_document_is_the_same_each_time() -> None:
    assert json.dumps(document()) == json.dumps(DOCUMENT)
