"""Lamps and sensors of a scenario, laid out along streets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter


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


_AFTER_CLUSTER = attrgetter(*(field.name for field in fields(Lamp)[4:]))


@dataclass(frozen=True, slots=True)
class Sensor:
    """A presence sensor on a pole."""

    id: str
    cluster: str
    position_mm: int


class Street:
    """Lamps in order of position, with their sensors. ``length_mm`` is where road users enter and leave.

    like : a street whose lamps and sensors differ from this one's in nothing but their names, one and the same for all
        that are laid out alike; this one itself if no other is. What no name matters to is worked out once, from it.
    Each is equal to itself alone.
    """

    def __init__(
        self, name: str, lamps: Sequence[Lamp], sensors: Sequence[Sensor], length_mm: int, like: Street | None = None
    ) -> None:
        self.name = name
        self.length_mm = length_mm
        self.like = like or self
        self._laid = None if like else (tuple(lamps), tuple(sensors))

    def another(self, name: str) -> Street:
        """A street like this one, whose name stands in the names of its lamps and sensors where this one's does.

        They are made when they are asked for, so a street of a city takes next to no memory until then. This one's name
        must not stand in an id in any other place before that.
        """
        return Street(name, (), (), self.length_mm, like=self.like)

    @property
    def lamps(self) -> tuple[Lamp, ...]:
        """In order of position."""
        return self._all()[0]

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """In order of position."""
        return self._all()[1]

    def _all(self) -> tuple[tuple[Lamp, ...], tuple[Sensor, ...]]:
        if self._laid is None:
            lamps, sensors = self.like.lamps, self.like.sensors
            self._laid = (
                tuple(
                    Lamp(self._own(x.id), self.name, x.group, self._own(x.cluster), *_AFTER_CLUSTER(x)) for x in lamps
                ),
                tuple(Sensor(self._own(x.id), self._own(x.cluster), x.position_mm) for x in sensors),
            )
        return self._laid

    def _own(self, name: str) -> str:
        return name.replace(self.like.name, self.name, 1)

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ if self.like is self else {**self.__dict__, "_laid": None}
