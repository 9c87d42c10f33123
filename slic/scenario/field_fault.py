"""Faults of a live field, which ``slic field`` causes; a simulation has its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from slic.control.program import Strict

FieldFaultKind = Literal[
    "message_loss",
    "message_delay",
    "duplicate",
    "reorder",
    "partition",
    "broker_restart",
    "gateway_kill",
    "sensor_stuck",
    "lamp_dead",
    "lamp_stuck",
    "lamp_cycling",
    "clock_drift",
]


class FieldFault(Strict):
    """What goes wrong in a live field, from ``from_h`` hours after it began, for ``for_h`` hours."""

    kind: FieldFaultKind = Field(
        description="messages that are lost, late, doubled or overtaken; no connection (partition); broker started "
        "again, gateway killed and started again (at ``from_h``, where the field started them); a sensor that says "
        "present; a lamp that is dark, keeps its level, or switches by itself; sensors whose clock is off"
    )
    from_h: Annotated[float, Field(ge=0, le=8784)] = 0
    for_h: Annotated[float, Field(gt=0, le=8784)] = 1
    share: Annotated[float, Field(ge=0, le=1)] = Field(0.1, description="of messages: lost, late, doubled or overtaken")
    seconds: Annotated[float, Field(ge=-86_400, le=86_400)] = Field(
        1, description="message_delay, reorder: at most so late; clock_drift: so far ahead"
    )
    node: str = Field("", description="lamp or sensor, for the kinds that need one")
