"""Messages that a gateway must refuse: made from good ones, or from nothing. Each is wrong by how it was made.

The gateway that they are for is :func:`attacked`: the segment of ``slic.messages.examples``, lit by a program at night.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.envelope import Sender
from controllers.gateway.config import GatewayFile
from controllers.gateway.gateway import Gateway
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.signatures import public_key_of, signed
from controllers.link.transport import Received
from slic.messages.examples import EXAMPLES, SEGMENT, SITE
from tests.controllers.memory_store import MemoryStore

NIGHT_MS = 1_668_456_000_000
"""2022-11-14 20:00 UTC: dark in Etten-Leur until 2022-11-15 06:30 UTC."""
EARLIER_MS = NIGHT_MS - 900_000
KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
"""RFC 8032, section 7.1, test 1: the key that signed the examples."""
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BASE = f"slic/v1/{SITE}/{SEGMENT}"
LAMPS = tuple(f"l{i:03}" for i in range(10, 30))
ISSUER = "operator"
ENVELOPE_OF_SITE = {key: EXAMPLES["ProgramSet"][key] for key in ("id", "ts", "boot", "seq")}
VERSION = 5
_PROGRAM = {
    "name": "p",
    "active_periods": [{"kind": "absolute", "start": "16:00", "end": "09:00"}],
    "idle_level_pct": 40,
    "dynamic_controls": [{"name": "presence", "operation": "Set", "level_pct": 100}],
    "hold_s": 10,
}

# channel at the end of the topic -> payload, a node that may speak there, never retained
SUBSCRIBED: dict[str, tuple[str, str, bool]] = {
    "presence": ("Presence", "p03", True),
    "ambient": ("Ambient", "a01", False),
    "state": ("LampState", "l017", False),
    "telemetry": ("LampReading", "l017", True),
    "event": ("Event", "p03", True),
    "ack": ("Ack", "l017", True),
    "cmd": ("SegmentCommand", "_", True),
    "program": ("ProgramSet", "_", False),
    "config": ("SegmentConfig", "_", False),
    "pong": ("Pong", "_", True),
    "ping": ("Ping", "_", True),
}

ENVELOPE: dict[str, list[Any]] = {
    "v": [0, 2, "1", None, 1.5],
    "id": ["", "x", 5, None, "0184771E-3A10-7C44-8D2E-00000000000C", ["a"]],
    "ts": [-1, "now", None, 1 << 60, 1e300, {}],
    "boot": ["", "UPPER-CASE", "x" * 40, 7, None, "\u202e" * 9],
    "seq": [-1, 1 << 60, "1", None, 0.5, []],
}
WRONG: dict[str, dict[str, list[Any]]] = {
    "Presence": {"active": ["yes", 1, None], "count": [-1, 51, "2"], "speed_mps": [-1, 101, "fast"], "dir": [2, "up"],
                 "conf": [2, -0.1], "kind": ["", "x" * 61, 5], "momentary": ["no", None]},
    "Ambient": {"lux": [-1, 200_001, "dark", None], "quality": ["bad", 1]},
    "LampState": {"level_pct": [-1, 100.1, "full", None], "target_pct": [-1, 1e9, None], "mode": ["dark", 3],
                  "src": ["nobody"], "cmd_id": ["x"], "faults": [["x"] * 9, "none"], "fade_end": [-5]},
    "LampReading": {"energy_wh": [-1, "x", None], "on_s": [-1, None], "switch_ons": [-1, 1.5], "power_w": [-1, 1e5],
                    "voltage_v": [1e6], "power_factor": [2], "temperature_c": [-100, 500]},
    "Event": {"code": ["", "x" * 61, None], "phase": ["middle"], "first_seen": [-1, None], "count": [0, -9]},
    "Ack": {"status": ["maybe", None], "cmd_id": ["x"], "level_pct": [-1]},
    "SegmentCommand": {"op": ["dim", None], "lamps": ["l017", ["UPPER"], ["x"] * 1001, [1]], "kind": ["god"],
                       "level_pct": [-1, 101, "dark"], "fade_s": [-1, 3601], "by": ["", 5, None], "exp": [-1, "soon"],
                       "reason": ["x" * 201, None], "until": ["never"], "ref": ["a b", ""]},
    "ProgramSet": {"version": [0, "1", None], "sha256": ["x"], "signer": [""], "signature": ["x"], "groups": [[], None],
                   "programs": [{"p": {}}, None, {"p": {"name": "p", "idle_level_pct": 1e9}}]},
    "SegmentConfig": {"version": [0, None], "safe_level_pct": [-1, 101], "override_h": [0, 1e9],
                      "limits": [5, {"x": 1}]},
    "Pong": {"ping_id": ["x", None], "who": ["nobody"]},
    "Ping": {},
}  # fmt: skip
"""By payload and field: values outside what docs/messages.md allows."""


def attacked(**fields: Any) -> Gateway:
    """A gateway in a night, with all its lamps at 40 % by a program; lamps have shown it, and sensors have spoken."""
    given = {
        "site": SITE, "segment": SEGMENT,
        "place": {"latitude": 51.57, "longitude": 4.64, "timezone": "Europe/Amsterdam"},
        "issuers": [{"name": ISSUER, "kinds": ["override"], "level_min_pct": 0, "level_max_pct": 80}],
        "signers": {"programs": public_key_of(KEY)},
        **fields,
    }  # fmt: skip
    lamps = tuple(FieldLamp(lamp, cluster="crossing", minimum_level_pm=100) for lamp in LAMPS)
    sensors = (FieldSensor("p03", cluster="crossing"), FieldSensor("a01", "ambient"))
    gateway = Gateway(
        GatewayPlan(GatewayFile.model_validate(given), lamps, sensors), MemoryStore(), Sender("gateway-1")
    )
    gateway.start(EARLIER_MS)
    for received in _first_words():
        gateway.handle(received, EARLIER_MS)
    gateway.due(NIGHT_MS - 60_000)
    for received in _shown_levels():
        gateway.handle(received, NIGHT_MS - 60_000)
    gateway.due(NIGHT_MS)
    return gateway


def _first_words() -> list[Received]:
    document = {"v": 1, "version": VERSION, "groups": {"all": "p"}, "programs": {"p": _PROGRAM}}
    said = [at("program", ENVELOPE_OF_SITE | signed(document, SITE, SEGMENT, "program", "programs", KEY))]
    said += [at("config", EXAMPLES["SegmentConfig"]), at("presence", EXAMPLES["Presence"])]
    said += [at("ambient", EXAMPLES["Ambient"] | {"lux": 0.0, "ts": EARLIER_MS})]
    ended = {"exp": NIGHT_MS, "until": EARLIER_MS + 60_000, "seq": 100, "level_pct": 50, "lamps": ["l017"]}
    return [*said, at("cmd", EXAMPLES["SegmentCommand"] | ended)]


def _shown_levels() -> list[Received]:
    shown = {"level_pct": 40.0, "target_pct": 40.0, "fade_end": None, "mode": "auto", "src": "program", "cmd_id": None}
    states = [EXAMPLES["LampState"] | shown | {"seq": 300 + number} for number in range(len(LAMPS))]
    return [at("state", state, lamp) for lamp, state in zip(LAMPS, states, strict=True)]


def at(channel: str, message: Any, node: str = "", retain: bool = False, base: str = BASE) -> Received:
    """A message on a channel of the segment, by default of a node that may speak there."""
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Received(f"{base}/{node or SUBSCRIBED[channel][1]}/{channel}", payload, 1, retain)


class Hostile:
    """Draws one refused message after the other. ``t_ms``: the gateway's time of the message that is made."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.t_ms = NIGHT_MS
        self._makers: list[Callable[[], Received]] = [
            self.noise, self.flipped, self.cut, self.wrong_field, self.lacking_field, self.nested, self.odd_text,
            self.other_place, self.stranger, self.retained, self.replay, self.bad_command, self.bad_document,
        ]  # fmt: skip
        self._documents = _bad_documents()

    def draw(self) -> Received:
        """The next message."""
        return self._random.choice(self._makers)()

    def _channel(self) -> str:
        return self._random.choice(list(SUBSCRIBED))

    def noise(self) -> Received:
        """Bytes that are no JSON object."""
        length = self._random.choice((0, 1, 7, 100, 1025, 70_000 if self._random.random() < 0.01 else 20))
        return at(self._channel(), b"\x80" + self._random.randbytes(length))

    def flipped(self) -> Received:
        """A good message with some bits changed, unless it may still be good."""
        channel = self._channel()
        payload = bytearray(json.dumps(EXAMPLES[SUBSCRIBED[channel][0]]).encode())
        for _ in range(self._random.randint(1, 4)):
            payload[self._random.randrange(len(payload))] ^= 1 << self._random.randrange(8)
        return at(channel, bytes(payload[: len(payload) // 2] if _is_object(payload) else payload))

    def cut(self) -> Received:
        """A good message that ends early."""
        channel = self._channel()
        payload = json.dumps(EXAMPLES[SUBSCRIBED[channel][0]]).encode()
        return at(channel, payload[: self._random.randrange(len(payload))])

    def wrong_field(self) -> Received:
        """A field outside what it may be."""
        channel = self._channel()
        name = SUBSCRIBED[channel][0]
        wrong = ENVELOPE | WRONG[name]
        field = self._random.choice(list(wrong))
        return at(channel, EXAMPLES[name] | {field: self._random.choice(wrong[field])})

    def lacking_field(self) -> Received:
        """A field of the envelope is missing."""
        channel = self._channel()
        lacking = self._random.choice(("id", "ts", "boot", "seq"))
        return at(channel, {k: v for k, v in EXAMPLES[SUBSCRIBED[channel][0]].items() if k != lacking})

    def nested(self) -> Received:
        """Deep nesting, huge numbers, numbers that are none."""
        deep = self._random.choice((10, 100, 400))
        number = self._random.choice(("9" * 900, "1e999", "-1e999", "NaN", "Infinity", "-0." + "0" * 800 + "1"))
        text = self._random.choice(("[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep, f'{{"seq":{number}}}'))
        return at(self._channel(), text.encode())

    def odd_text(self) -> Received:
        """Text that is none, in a field that must be an identifier."""
        odd = self._random.choice(("\\ud800", "\\u0000", "\u202egnol", "\U0001f4a1" * 9, "\\u0000" * 30, "' OR 1=1 --"))
        channel = self._channel()
        message = json.dumps(EXAMPLES[SUBSCRIBED[channel][0]] | {"id": "@"}, ensure_ascii=False)
        return at(channel, message.replace('"@"', f'"{odd}"').encode())

    def other_place(self) -> Received:
        """A good message where it does not belong: another segment or site, another node, outside the tree."""
        channel = self._random.choice(
            ("presence", "ambient", "state", "telemetry", "event", "cmd", "program", "config")
        )
        good = EXAMPLES[SUBSCRIBED[channel][0]] | {"boot": f"other-{self._random.randrange(100):03}", "seq": 9}
        where = self._random.choice(
            (f"slic/v1/{SITE}/el-g0043", f"slic/v1/elsewhere/{SEGMENT}", "slic/v2/a/b", "x" * 99)
        )
        if self._random.random() < 0.5:
            return at(channel, good, base=where)
        wrong_node = "l017" if SUBSCRIBED[channel][1] == "_" else "_"
        if (channel, wrong_node) in (("event", "_"), ("telemetry", "_")):
            return at(channel, good, base=where)
        return at(channel, good, wrong_node)

    def stranger(self) -> Received:
        """A good message of a device that the segment has not, or of the wrong kind of device."""
        channel = self._random.choice(("presence", "ambient", "state", "telemetry", "event"))
        node = self._random.choice((f"z{self._random.randrange(500):03}", "a01" if channel == "presence" else "zz"))
        fresh = {"boot": f"stranger-{self._random.randrange(1000):04}", "seq": self._random.randrange(1 << 50)}
        return at(channel, EXAMPLES[SUBSCRIBED[channel][0]] | fresh, node)

    def retained(self) -> Received:
        """A good message of a channel that is never retained, with the retain flag."""
        channel = self._random.choice([name for name, (_, _, never) in SUBSCRIBED.items() if never])
        fresh = {"seq": self._random.randrange(1 << 50), "exp": self.t_ms + 1000, "by": ISSUER}
        fresh["id"] = f"0184771e-3a10-7c44-8d2e-{self._random.getrandbits(48):012x}"
        return at(channel, EXAMPLES[SUBSCRIBED[channel][0]] | fresh, retain=True)

    def replay(self) -> Received:
        """What came before, byte for byte or with another content."""
        channel = self._random.choice(("presence", "state", "cmd"))
        message = EXAMPLES[SUBSCRIBED[channel][0]]
        if channel == "state":
            other = {"target_pct": self._random.choice((0.0, 100.0)), "seq": 300 + self._random.randrange(len(LAMPS))}
            return at(channel, message | other)
        if channel == "presence":
            return at(channel, message | {"active": self._random.random() < 0.5, "ts": self._random.getrandbits(50)})
        return at(channel, message | {"exp": self.t_ms + 1000, "until": None, "level_pct": self._random.randrange(80)})

    def bad_command(self) -> Received:
        """A command that is well formed and must not be obeyed."""
        t_ms, week_ms = self.t_ms, 7 * 86_400_000
        fault: dict[str, Any] = self._random.choice((
            {"by": "nobody"}, {"by": "Operator"}, {"kind": "safety"}, {"kind": "manual"}, {"exp": 0},
            {"exp": t_ms - 1}, {"exp": t_ms + week_ms}, {"exp": 1 << 52}, {"seq": self._random.randrange(101)},
            {"lamps": ["l017", "l999"]}, {"level_pct": 81}, {"level_pct": None}, {"until": t_ms}, {"until": 0},
            {"until": t_ms + week_ms + 1}, {"lamps": [], "level_pct": 0}, {"lamps": list(LAMPS[:3]), "level_pct": 19.9},
        ))  # fmt: skip
        fresh = {"id": f"0184771e-3a10-7c44-8d2e-{self._random.getrandbits(48):012x}", "seq": 1 << 40}
        good = fresh | {"exp": t_ms + 1000, "until": t_ms + 60_000, "ts": self._random.choice((0, t_ms, 1 << 52))}
        return at("cmd", EXAMPLES["SegmentCommand"] | good | fault)

    def bad_document(self) -> Received:
        """A program set or settings that are forged, old, for somebody else, or senseless."""
        kind, document = self._random.choice(self._documents)
        if self._random.random() < 0.3:
            place = self._random.randrange(80)
            flipped = "B" if document["signature"][place] != "B" else "C"
            signature = document["signature"][:place] + flipped + document["signature"][place + 1 :]
            document = document | {"signature": signature}
        return at(kind, document)


def _is_object(payload: bytearray) -> bool:
    try:
        return isinstance(json.loads(payload), dict)
    except (ValueError, RecursionError):
        return False


def _bad_documents() -> list[tuple[str, dict[str, Any]]]:
    program = {"v": 1, "version": 9, "groups": {"all": "p"}, "programs": {"p": _PROGRAM | {"idle_level_pct": 0}}}
    config = {"v": 1, "version": 9, "safe_level_pct": 0}
    made: list[tuple[str, dict[str, Any]]] = []
    for kind, good in (("program", program), ("config", config)):
        wrong = [
            (good, SITE, SEGMENT, kind, "programs", OTHER_KEY),
            (good, SITE, SEGMENT, kind, "nobody", OTHER_KEY),
            (good, SITE, "el-g0043", kind, "programs", KEY),
            (good, "elsewhere", SEGMENT, kind, "programs", KEY),
            (good, SITE, SEGMENT, "config" if kind == "program" else "program", "programs", KEY),
            (good | {"version": 1}, SITE, SEGMENT, kind, "programs", KEY),
        ]
        made += [(kind, ENVELOPE_OF_SITE | signed(*parts)) for parts in wrong]  # type: ignore[arg-type]
        made.append(
            (kind, ENVELOPE_OF_SITE | signed(good, SITE, SEGMENT, kind, "programs", KEY) | {"sha256": "0" * 64})
        )  # type: ignore[arg-type]
    senseless = [{"groups": {"all": "q"}}, {"groups": {"nobody": "p"}}, {"valid_until": 1}, {"valid_from": 1 << 51}]
    made += [
        ("program", ENVELOPE_OF_SITE | signed(program | one, SITE, SEGMENT, "program", "programs", KEY))
        for one in senseless
    ]
    unknown = config | {"sensor_clusters": {"p99": "x"}}
    return [*made, ("config", ENVELOPE_OF_SITE | signed(unknown, SITE, SEGMENT, "config", "programs", KEY))]
