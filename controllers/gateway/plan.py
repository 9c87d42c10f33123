"""What a gateway is made from: its configuration and inventory, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from controllers.gateway.config import GatewayFile


@dataclass(frozen=True, slots=True)
class FieldLamp:
    """A lamp of the inventory. power_w : circuit watts at full level, None if not known."""

    id: str
    group: str = "all"
    cluster: str = ""
    street: str = ""
    position_mm: int = 0
    entrance: bool = False
    minimum_level_pm: int = 0
    power_w: float | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class FieldSensor:
    """A sensor of the inventory."""

    id: str
    kind: Literal["presence", "ambient"] = "presence"
    cluster: str = ""
    street: str = ""
    position_mm: int = 0


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """A gateway's configuration with its lamps and sensors. ``folder``: that paths in it are relative to."""

    file: GatewayFile
    lamps: tuple[FieldLamp, ...]
    sensors: tuple[FieldSensor, ...]
    folder: Path = field(default_factory=Path)
