"""What the AsyncAPI document says about a message on the wire, read from the document alone."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple

from tests.contract.flat_object import FlatObject

Json = dict[str, Any]


class Seen(NamedTuple):
    """A message as a subscriber sees it. expiry_s : left of its life, None if it has no end."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    expiry_s: int | None


class Rule(NamedTuple):
    """What the document says of one channel. expiry_s : ``"exp"`` where the payload gives it."""

    name: str
    topics: re.Pattern[str]
    payload: FlatObject
    qos: int
    retain: bool
    expiry_s: int | Literal["exp"] | None
    max_bytes: int

    def faults(self, message: Seen, faithful: bool = True) -> list[str]:
        """What is wrong with a message of this channel, in words. faithful : the broker shows QoS and retain flag."""
        found = []
        if faithful and message.qos != self.qos:
            found.append(f"QoS {message.qos}, the document says {self.qos}")
        if faithful and message.retain != self.retain:
            found.append(f"retain {message.retain}, the document says {self.retain}")
        if len(message.payload) > self.max_bytes:
            found.append(f"{len(message.payload)} bytes, the document allows {self.max_bytes}")
        try:
            payload = json.loads(message.payload, parse_constant=_no_number)
        except ValueError as error:
            return [*found, f"no JSON: {error}"]
        faults = self.payload.faults(payload)
        return found + faults + ([] if faults else self._expiry_faults(message.expiry_s, payload))

    def _expiry_faults(self, left_s: int | None, payload: Json) -> list[str]:
        if self.expiry_s is None:
            return [] if left_s is None else [f"expiry {left_s} s, the document says none"]
        longest_s = self.expiry_s if self.expiry_s != "exp" else -(-(payload["exp"] - payload["ts"]) // 1000)
        if left_s is None:
            return [f"no expiry, the document says {longest_s} s"]
        return [] if 1 <= left_s <= longest_s else [f"expiry {left_s} s, the document says {longest_s} s"]


def rules(document: Json) -> list[Rule]:
    """The channels of a document."""
    bindings = {
        operation["channel"]["$ref"].removeprefix("#/channels/"): operation["bindings"]["mqtt"]
        for operation in document["operations"].values()
    }
    parts = {"components": {"schemas": closed(document["components"]["schemas"])}}
    return [_rule(document, name, channel, bindings[name], parts) for name, channel in document["channels"].items()]


def resolve(document: Json, reference: Json) -> Json:
    """What a local reference points to."""
    found: Any = document
    for key in reference["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return found


def closed(schema: Any) -> Any:
    """The schema for what is sent: nothing in it that is not documented."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return inner | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


def _rule(document: Json, name: str, channel: Json, binding: Json, parts: Json) -> Rule:
    [message] = channel["messages"].values()
    payload = resolve(document, resolve(document, message)["payload"])
    expiry_s = binding.get("messageExpiryInterval")
    return Rule(
        name,
        _topics(document, channel),
        FlatObject(closed(payload) | parts),
        binding["qos"],
        binding["retain"],
        "exp" if isinstance(expiry_s, dict) else expiry_s,
        channel["x-max-bytes"],
    )


def _topics(document: Json, channel: Json) -> re.Pattern[str]:
    pattern = re.escape(channel["address"])
    for name, reference in channel["parameters"].items():
        inner = resolve(document, reference)["x-pattern"].removeprefix("^").removesuffix("$")
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?:{inner})")
    return re.compile(pattern)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")
