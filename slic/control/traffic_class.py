"""Traffic-adaptive lighting: counts averaged over a window choose the lighting class."""

from __future__ import annotations

from collections import deque

from slic.control.program import TrafficClasses
from slic.lamps.level import pm_from_pct


class ClassChooser:
    """Counts detections and chooses a class at every step; the last class until a whole window is known."""

    __slots__ = (
        "_buckets",
        "_levels_pm",
        "_limits",
        "_names",
        "_needed",
        "_open",
        "_window_h",
        "flow_per_h",
        "index",
        "step_ms",
    )

    def __init__(self, classes: TrafficClasses) -> None:
        self.step_ms = round(classes.step_s * 1000)
        self._needed = round(classes.window_s / classes.step_s)
        self._window_h = classes.window_s / 3600
        self._limits = [c.up_to_per_h for c in classes.classes]
        self._levels_pm = [pm_from_pct(c.level_pct) for c in classes.classes]
        self._names = [c.name for c in classes.classes]
        self._buckets: deque[int] = deque(maxlen=self._needed)
        self._open = 0
        self.flow_per_h: float | None = None
        self.index = len(self._limits) - 1

    def count(self) -> None:
        """A road user was detected at a counting sensor."""
        self._open += 1

    def forget(self) -> None:
        """A counting sensor was lost: what is known no longer is the whole flow."""
        self._buckets.clear()
        self._choose(None)

    def step(self, sensors: int) -> bool:
        """Close a step with so many counting sensors at work; whether the class changed."""
        before = self.index
        self._buckets.append(self._open)
        self._open = 0
        known = sensors > 0 and len(self._buckets) == self._needed
        self._choose(sum(self._buckets) / sensors / self._window_h if known else None)
        return self.index != before

    def _choose(self, flow_per_h: float | None) -> None:
        self.flow_per_h = flow_per_h
        self.index = len(self._limits) - 1
        if flow_per_h is not None:
            self.index = next(i for i, limit in enumerate(self._limits) if limit is None or flow_per_h <= limit)

    @property
    def level_pm(self) -> int:
        """Level of the class [per mille]."""
        return self._levels_pm[self.index]

    @property
    def rule(self) -> str:
        """The class and why, in words."""
        if self.flow_per_h is None:
            return f"traffic class {self._names[self.index]} (flow not known)"
        return f"traffic class {self._names[self.index]} ({self.flow_per_h:.0f} per hour)"
