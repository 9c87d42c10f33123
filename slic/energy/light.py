"""The light given towards a required level: the lower of actual and required level, added up over the night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slic.energy.pieces import Ints, Pieces


@dataclass(frozen=True, slots=True, eq=False)
class RequiredSpan:
    """A required level [per mille] from one moment of the night to just before another.

    begin_ms, end_ms : the part of each piece of the whole night that is at or above the level (equal: none of it)
    """

    from_ms: int
    until_ms: int
    level_pm: int
    begin_ms: Ints
    end_ms: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The lower of actual and required level as straight lines that cover the night, in order.

    t_ms : where each line starts to count; total_pm_ms : integral before that
    t0_ms, dt_ms, from_pm, climb_pm : a line starts at ``t0`` with ``from_pm`` and climbs ``climb_pm`` in ``dt``
    """

    t_ms: Ints
    total_pm_ms: Ints
    t0_ms: Ints
    dt_ms: Ints
    from_pm: Ints
    climb_pm: Ints

    def before(self, t_ms: Ints) -> Ints:
        """Integral [per mille ms] from the start of the night to each moment of it, rounded down."""
        at = np.searchsorted(self.t_ms, t_ms, side="right") - 1
        return self.total_pm_ms[at] + self._along(at, t_ms) - self._along(at, self.t_ms[at])

    def _along(self, at: Ints, t_ms: Ints) -> Ints:
        """Integral of lines from their own start to a moment; the square of a night of ms fits 64 bits."""
        so_far = t_ms - self.t0_ms[at]
        return self.from_pm[at] * so_far + self.climb_pm[at] * so_far**2 // (2 * self.dt_ms[at])


def light_of(pieces: Pieces, spans: Sequence[RequiredSpan]) -> Light:
    """Light of one lamp towards the required levels of a night that the spans cover."""
    rows = np.concatenate([part for span in spans for part in _lines(pieces, span)], axis=1)
    t_ms, until_ms, *lines = rows[:, np.argsort(rows[0], kind="stable")]
    light = Light(t_ms, np.zeros_like(t_ms), *lines)
    every = np.arange(len(t_ms))
    given = light._along(every, until_ms) - light._along(every, t_ms)
    return Light(t_ms, np.cumsum(given) - given, *lines)


def _lines(pieces: Pieces, span: RequiredSpan) -> list[Ints]:
    """Lines of a span: each piece as far as it is below the required level, and the required level elsewhere."""
    dt_ms, climb = pieces.t1_ms - pieces.t0_ms, pieces.to_pm - pieces.from_pm
    own = (pieces.t0_ms, dt_ms, pieces.from_pm, climb)
    required = (pieces.t0_ms, dt_ms, np.full_like(climb, span.level_pm), np.zeros_like(climb))
    parts = [
        (pieces.t0_ms, span.begin_ms, own),
        (span.begin_ms, span.end_ms, required),
        (span.end_ms, pieces.t1_ms, own),
    ]
    return [_cut(begin, end, line, span) for begin, end, line in parts]


def _cut(begin: Ints, end: Ints, line: tuple[Ints, ...], span: RequiredSpan) -> Ints:
    begin, end = np.maximum(begin, span.from_ms), np.minimum(end, span.until_ms)
    return np.stack((begin, end, *line))[:, begin < end]
