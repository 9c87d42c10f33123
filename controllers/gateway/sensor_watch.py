"""Presence sensors that say nothing any more, or never fall. Neither makes it dark: both count as present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import NamedTuple

from controllers.gateway.fault import Fault
from slic.control.group import NEVER_MS

STUCK_H = 6
"""A presence that lasts longer is a stuck sensor. A setting: no standard names one."""

_STUCK_MS = STUCK_H * 3_600_000


class SensorNews(NamedTuple):
    """A sensor's fault, and what the controller is told: lost, back (``lost`` False), or nothing (None)."""

    fault: Fault
    lost: bool | None = None


class SensorWatch:
    """Watches presence sensors.

    sensors : how many; t_ms : the start, from which all count as heard
    stale_s : a sensor that says nothing for so long is lost; 0: sensors do not repeat themselves
    """

    def __init__(self, sensors: int, stale_s: float, t_ms: int) -> None:
        self._stale_ms = round(stale_s * 1000)
        self._heard_ms = dict.fromkeys(range(sensors), t_ms)  # of those not lost, longest ago first
        self._up_ms: dict[int, int] = {}  # of those up and not stuck, longest ago first
        self._lost: dict[int, Fault] = {}
        self._stuck: dict[int, Fault] = {}
        self._failed: dict[int, str] = {}  # those that said so themselves, and by which boot

    @property
    def lost(self) -> int:
        """How many sensors are."""
        return len(self._lost)

    @property
    def next_ms(self) -> int:
        """When :meth:`due` has something to do [UTC ms]."""
        silent_ms = next(iter(self._heard_ms.values()), NEVER_MS) + self._stale_ms if self._stale_ms else NEVER_MS
        return min(silent_ms, next(iter(self._up_ms.values()), NEVER_MS) + _STUCK_MS, NEVER_MS)

    def heard(self, t_ms: int, sensor: int, *, active: bool, momentary: bool = False) -> list[SensorNews]:
        """A sensor spoke. The controller is to be told the news before what the sensor said."""
        news = []
        if sensor in self._lost:
            lost = None if sensor in self._failed else False
            news.append(SensorNews(self._lost.pop(sensor).ended(), lost=lost))
        self._heard_ms.pop(sensor, None)
        self._heard_ms[sensor] = t_ms
        if active and not momentary:
            if sensor not in self._stuck:
                self._up_ms.setdefault(sensor, t_ms)
            return news
        self._up_ms.pop(sensor, None)
        if sensor in self._stuck:
            news.append(SensorNews(self._stuck.pop(sensor).ended()))
        return news

    def failed(self, sensor: int, boot: str) -> None:
        """A sensor says that it has failed: it is lost until it says the end of it, or has started anew."""
        self._failed[sensor] = boot

    def mended(self, sensor: int) -> bool:
        """A sensor says that it has failed no more; whether it is back, since it is not silent too."""
        self._failed.pop(sensor, None)
        return sensor not in self._lost

    def started_anew(self, sensor: int, boot: str) -> bool:
        """Whether a sensor that speaks has another boot than when it said that it had failed; that is over then."""
        if self._failed.get(sensor, boot) == boot:
            return False
        del self._failed[sensor]
        return True

    def due(self, t_ms: int) -> list[SensorNews]:
        """What silence and time tell at ``t_ms``."""
        news = []
        for sensor in _before(self._heard_ms, t_ms - self._stale_ms) if self._stale_ms else ():
            detail = f"nothing heard for {self._stale_ms / 1000:g} s"
            del self._heard_ms[sensor]
            self._up_ms.pop(sensor, None)
            self._lost[sensor] = Fault(sensor, "communication_failure", "start", t_ms, 1, detail)
            news.append(SensorNews(self._lost[sensor], lost=True))
        for sensor in _before(self._up_ms, t_ms - _STUCK_MS):
            since_ms = self._up_ms.pop(sensor)
            self._stuck[sensor] = Fault(sensor, "sensor_stuck", "start", max(0, since_ms), 1, f"up for {STUCK_H} h")
            news.append(SensorNews(self._stuck[sensor]))
        return news

    def go_on(self, before: SensorWatch, number: Mapping[int, int]) -> None:
        """Take over from another watch; ``number``: its sensors -> those of this one. Who is lost stays so."""
        for was, sensor in number.items():
            if was in before._failed:
                self._failed[sensor] = before._failed[was]
            if was in before._lost:
                self._heard_ms.pop(sensor, None)
                self._lost[sensor] = replace(before._lost[was], device=sensor)

    def use(self, stale_s: float) -> None:
        """Another time of silence; who is lost stays so until heard."""
        self._stale_ms = round(stale_s * 1000)

    def clock_set(self, delta_ms: int) -> None:
        """The clock was set by so much: what goes on is as long ago as before."""
        self._heard_ms = {sensor: t_ms + delta_ms for sensor, t_ms in self._heard_ms.items()}
        self._up_ms = {sensor: t_ms + delta_ms for sensor, t_ms in self._up_ms.items()}


def _before(times_ms: Mapping[int, int], limit_ms: int) -> list[int]:
    """The sensors whose time is not after a limit; times must rise."""
    return [sensor for sensor, _ in takewhile(lambda item: item[1] <= limit_ms, times_ms.items())]
