"""Lamps and sensors of a scenario, laid out along streets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lamp, or ``count`` equal lamps of which one is simulated.

    position_mm : along its street; power_w : circuit watts at full level; as_found_w : circuit watts of the
    lamp before a retrofit, equal to power_w where there was none; latitude, longitude : degrees, or None
    """

    id: str
    street: str
    group: str
    cluster: str
    position_mm: int
    entrance: bool
    luminaire: str
    power_w: float
    as_found_w: float
    as_found_luminaire: str
    count: int = 1
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """A presence sensor on a pole."""

    id: str
    cluster: str
    position_mm: int


@dataclass(frozen=True, slots=True)
class Street:
    """Lamps in order of position, with their sensors. ``length_mm`` is where road users enter and leave."""

    name: str
    lamps: tuple[Lamp, ...]
    sensors: tuple[Sensor, ...]
    length_mm: int
