"""The plain data a segment's controller is made from, and what goes in and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from slic.control.place import Place
from slic.control.planner import Planner

Source = Literal["safety", "manual", "override", "sensor", "program", "astro-default", "photocell", "safe"]
OverrideKind = Literal["safety", "manual", "override"]


@dataclass(frozen=True, slots=True)
class LampPlan:
    """A lamp of the segment.

    group : key of its planner in SegmentPlan.groups; cluster : lamps that rise together in cluster style
    street, position_mm : place along a street, for train style; entrance : keeps the entrance level
    minimum_level_pm : lower levels above 0 are lifted to it
    """

    id: str
    group: str
    cluster: str = ""
    street: str = ""
    position_mm: int = 0
    entrance: bool = False
    minimum_level_pm: int = 0


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """A presence sensor of the segment."""

    id: str
    cluster: str = ""
    street: str = ""
    position_mm: int = 0


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """Lamps and sensors of one gateway, and the programs they run.

    groups : lamp group -> planner; None where no program is known (the fail-safe ladder then decides)
    place : for the astronomical default; None if the position is unknown
    safe_level_pm : last rung of the ladder
    smoothing_s : time constant of the lux filter; stale_after_s : age at which a lux reading no longer counts
    """

    name: str
    place: Place | None
    lamps: tuple[LampPlan, ...]
    sensors: tuple[SensorPlan, ...]
    groups: Mapping[str, Planner | None]
    safe_level_pm: int = 1000
    smoothing_s: float = 120
    stale_after_s: float = 1800


class Action(NamedTuple):
    """Set a lamp to a level, with the decision behind it.

    lamp : index in SegmentPlan.lamps; ramp_ms : time of the whole transition
    source : priority or rung that decided; rule : control, in words; cause : input that triggered it
    until_ms : when the decision ends if nothing else happens; program : name, or ""
    """

    t_ms: int
    lamp: int
    level_pm: int
    ramp_ms: int
    source: Source
    rule: str
    cause: str
    until_ms: int
    program: str


class Known(NamedTuple):
    """What a lamp was last told, by a controller that is gone. source : who decided, or "local" for the lamp itself."""

    level_pm: int
    source: Source | Literal["local"]


@dataclass(frozen=True, slots=True)
class Override:
    """A command from a person or system. Always ends; ``lamps`` are indices, empty means all.

    lamp_ids : the same lamps by name, for whoever keeps the override beyond a change of the inventory
    """

    id: str
    issuer: str
    reason: str
    level_pm: int
    start_ms: int
    expiry_ms: int
    kind: OverrideKind = "override"
    lamps: tuple[int, ...] = ()
    ramp_ms: int = 0
    lamp_ids: tuple[str, ...] = ()
