"""What a simulated street says: an override goes whole to the lamps, or not at all."""

from __future__ import annotations

import json

import pytest

from controllers.envelope import Sender
from controllers.gateway.gateway import Gateway
from controllers.link.transport import Received
from controllers.service.gateway_folder import FieldNames
from sim.field_messages import FieldMessages
from slic.control.segment import Override
from slic.errors import InputError
from tests.controllers.memory_store import MemoryStore
from tests.controllers.test_gateway import at, plan

NAMES = FieldNames("town", "seg", {"l0": "l0"}, {})
ROOM = 200 - len("override by control-room: ")


def order(reason: str) -> Override:
    return Override("o1", "control-room", reason, 600, at("21:00"), at("22:00"), lamps=(0,))


@pytest.mark.parametrize("reason", ["x" * ROOM, "\N{EURO SIGN}" * (ROOM // 3)])
def test_a_reason_that_fits_comes_to_the_lamps_whole(reason: str) -> None:
    gateway = Gateway(plan(), MemoryStore(), Sender("gateway-boot-1"))
    gateway.start(at("20:00"))
    sent = FieldMessages(NAMES, Sender("field-boot"), None).override(at("21:00"), order(reason))
    told = gateway.handle(Received(sent.topic, sent.payload, sent.qos, False), at("21:00"))
    (command,) = [json.loads(message.payload) for message in told if message.topic.endswith("/l0/cmd")]
    assert command["rule"] == f"override by control-room: {reason}"


@pytest.mark.parametrize(
    ("reason", "length"), [("x" * (ROOM + 1), ROOM + 1), ("x" * 5000, 5000), ("\N{EURO SIGN}" * 60, 180)]
)
def test_a_reason_that_would_be_cut_on_the_way_is_refused(reason: str, length: int) -> None:
    with pytest.raises(InputError, match=rf"overrides\.reason: .* has {length} bytes .*at most {ROOM} bytes"):
        FieldMessages(NAMES, Sender("field-boot"), None).override(at("21:00"), order(reason))
