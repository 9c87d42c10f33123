"""The contract as an AsyncAPI 3.1.0 document, generated from channels and payload models.

It is written from the gateway's point of view: what it sends and what it receives. Where the MQTT binding 0.2.0 has
no field for a setting, an extension (``x-``) says it.
"""

from __future__ import annotations

import json

from slic import __version__
from slic.messages.asyncapi_schemas import Json, markdown, schemas
from slic.messages.channels import CHANNELS, DAY_S, SESSION_EXPIRY_S, WILL_DELAY_S, Channel
from slic.messages.examples import EXAMPLES
from slic.messages.payloads import Message
from slic.messages.topics import GATEWAY, ID_PATTERN, ROOT

BINDING_VERSION = "0.2.0"
REPLIES = {
    "command": "ack",
    "lampCommand": "lampState",
    "program": "programApplied",
    "config": "configApplied",
    "ping": "pong",
    "clock": "clockDone",
}
"""Channel of a request -> channel of its answer."""

_NODES = {"lamp": "a lamp", "sensor": "a sensor", "device": "a lamp or sensor"}


def document() -> Json:
    """The whole document, as plain data; the same each time."""
    return {
        "asyncapi": "3.1.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {name: _channel(channel) for name, channel in CHANNELS.items()},
        "operations": _operations(),
        "components": _components(),
    }


def address(channel: Channel) -> str:
    """Topic of a channel with its parameters in braces, as ``slic/v1/{site}/{segment}/{node}/state``."""
    return channel.address("{site}", "{segment}", "{node}")


def _info() -> Json:
    return {
        "title": "SLIC street-lighting gateway",
        "version": __version__,
        "description": (
            "What the gateway of a lighting segment sends and receives over MQTT 5. A topic is "
            f"`{ROOT}/{{site}}/{{segment}}/{{node}}/{{channel}}`; the node `{GATEWAY}` is the gateway itself. "
            "Senders send the documented fields only; receivers ignore fields that they do not know. "
            "`x-max-bytes`: a larger payload is dropped and counted. `x-sender` and `x-readers`: roles."
        ),
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _server() -> Json:
    will = {"v": 1, **{key: EXAMPLES["Status"][key] for key in ("id", "ts", "boot", "seq")}, "status": "lost"}
    last_will = {
        "topic": address(CHANNELS["status"]),
        "qos": CHANNELS["status"].qos,
        "retain": CHANNELS["status"].retain,
        "message": json.dumps(will),
    }
    return {
        "host": "{host}:{port}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "Any MQTT 5 broker. Only one on the same machine may go without TLS.",
        "variables": {"host": {"default": "localhost"}, "port": {"default": "8883"}},
        "security": [{"$ref": "#/components/securitySchemes/mtls"}],
        "bindings": {
            "mqtt": {
                "cleanSession": False,
                "sessionExpiryInterval": SESSION_EXPIRY_S,
                "lastWill": last_will,
                "x-will-delay-s": WILL_DELAY_S,
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _channel(channel: Channel) -> Json:
    payload = channel.payload.__name__
    parts: Json = {
        "address": address(channel),
        "summary": channel.title,
        "messages": {payload: {"$ref": f"#/components/messages/{payload}"}},
        "parameters": _parameters(channel),
        "x-sender": channel.sender,
        "x-readers": list(channel.readers),
        "x-max-bytes": channel.max_bytes,
    }
    return parts | ({"x-simulated": True} if channel.simulated else {})


def _parameters(channel: Channel) -> Json:
    refs = {"site": "site"}
    if channel.node != "core":
        refs["segment"] = "segment"
    if channel.node in _NODES:
        refs["node"] = channel.node
    return {name: {"$ref": f"#/components/parameters/{ref}"} for name, ref in refs.items()}


def _operations() -> Json:
    found: Json = {}
    for name, channel in CHANNELS.items():
        if channel.sender == "gateway":
            found[f"send{_capital(name)}"] = _operation(name, "send")
        if "gateway" in channel.readers:
            found[f"receive{_capital(name)}"] = _operation(name, "receive")
    return found


def _operation(name: str, action: str) -> Json:
    channel = CHANNELS[name]
    operation: Json = {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": channel.title,
        "messages": [_message_in(name)],
        "bindings": {"mqtt": _binding(channel)},
    }
    if name in REPLIES and (action == "send") == (channel.sender == "gateway"):
        reply = REPLIES[name]
        operation["reply"] = {"channel": {"$ref": f"#/channels/{reply}"}, "messages": [_message_in(reply)]}
    if action == "receive" and channel.expiry_s == "exp":
        operation |= {"x-retain-handling": 2, "x-retain-as-published": True}
    return operation


def _binding(channel: Channel) -> Json:
    binding: Json = {"qos": channel.qos, "retain": channel.retain}
    if channel.expiry_s == "exp":
        description = "seconds from `ts` to `exp` of the payload"
        binding["messageExpiryInterval"] = {
            "type": "integer",
            "minimum": 1,
            "maximum": DAY_S,
            "description": description,
        }
    elif channel.expiry_s is not None:
        binding["messageExpiryInterval"] = channel.expiry_s
    return binding | {"bindingVersion": BINDING_VERSION}


def _message_in(name: str) -> Json:
    return {"$ref": f"#/channels/{name}/messages/{CHANNELS[name].payload.__name__}"}


def _components() -> Json:
    payloads = {channel.payload for channel in CHANNELS.values()}
    ordered = sorted(payloads, key=lambda model: model.__name__)
    return {
        "messages": {payload.__name__: _message(payload) for payload in ordered},
        "schemas": schemas(payloads),
        "parameters": {
            "site": _parameter("city or contract", "ettenleur"),
            "segment": _parameter("segment: one gateway and its devices, unique among all sites", "el-g0042"),
            **{node: _parameter(f"{words} of the segment", "l017") for node, words in _NODES.items()},
        },
        "securitySchemes": {
            "mtls": {
                "type": "X509",
                "description": "TLS 1.2 or later with client certificates; a gateway's common name is its segment.",
            }
        },
    }


def _message(payload: type[Message]) -> Json:
    name = payload.__name__
    summary, _, rest = markdown(payload.__doc__).partition("\n")
    parts: Json = {"name": name, "summary": summary}
    if rest.strip():
        parts["description"] = rest.strip()
    return parts | {
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [{"name": name[0].lower() + name[1:], "payload": EXAMPLES[name]}],
    }


def _parameter(description: str, example: str) -> Json:
    return {"description": description, "examples": [example], "x-pattern": ID_PATTERN}


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
