"""The other implementation of service: lamp by lamp, with the light given as straight lines that cover the night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slic.energy.moves import Breakpoints, Ints
from slic.energy.service import LampService
from tests.energy.pieces import Pieces, pieces_of

Moments = Sequence[int] | Ints
_NEVER_MS = 2**62


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


def service(
    points: Breakpoints,
    enter_ms: Moments,
    leave_ms: Moments,
    required: Sequence[tuple[int, int]],
    late_after_ms: int,
) -> LampService:
    """Service of one lamp, as :func:`slic.energy.service.lamp_service` defines it."""
    pieces = pieces_of([points])
    enter, leave = _within(pieces, enter_ms, leave_ms)
    spans = _spans(pieces, required)
    begin, end = (np.concatenate(sides) for sides in zip(*(_served(span) for span in spans), strict=True))
    served_ms = _time_before(leave, begin, end) - _time_before(enter, begin, end)
    reached_ms = np.maximum(np.append(begin, _NEVER_MS)[np.searchsorted(end, enter, side="right")], enter)
    missed = reached_ms >= np.maximum(leave, enter + 1)
    late = ~missed & (reached_ms > enter + late_after_ms)
    light = light_of(pieces, spans)
    return LampService(
        passages=len(enter),
        user_ms=int((leave - enter).sum()),
        served_ms=int(served_ms.sum()),
        late=int(late.sum()),
        missed=int(missed.sum()),
        given_pm_ms=int((light.before(leave) - light.before(enter)).sum()),
        wanted_pm_ms=sum(span.level_pm * _time_inside(span, enter, leave) for span in spans),
    )


def _within(pieces: Pieces, enter_ms: Moments, leave_ms: Moments) -> tuple[Ints, Ints]:
    """Passages cut to the night; those wholly outside it are left out."""
    enter, leave = np.asarray(enter_ms, dtype=np.int64), np.asarray(leave_ms, dtype=np.int64)
    if enter.shape != leave.shape or (leave < enter).any():
        raise ValueError("each passage needs an enter_ms and a leave_ms that is not earlier")
    inside = (enter < pieces.end_ms) & ((leave > pieces.start_ms) | (enter >= pieces.start_ms))
    return np.maximum(enter[inside], pieces.start_ms), np.minimum(leave[inside], pieces.end_ms)


def _spans(pieces: Pieces, required: Sequence[tuple[int, int]]) -> list[RequiredSpan]:
    times = [t_ms for t_ms, _ in required]
    if not times or times[0] > pieces.start_ms or times != sorted(times):
        raise ValueError("required steps must ascend from the night's start or earlier")
    spans = []
    for (from_ms, level_pm), until_ms in zip(required, [*times[1:], pieces.end_ms], strict=True):
        clipped = max(from_ms, pieces.start_ms), min(until_ms, pieces.end_ms)
        if clipped[0] < clipped[1]:
            spans.append(RequiredSpan(*clipped, level_pm, *pieces.at_or_above(level_pm)))
    return spans


def _served(span: RequiredSpan) -> tuple[Ints, Ints]:
    """Start and end [ms] of the parts in which the level is at or above the required one, in order."""
    begin, end = np.maximum(span.begin_ms, span.from_ms), np.minimum(span.end_ms, span.until_ms)
    some = begin < end
    return begin[some], end[some]


def _time_inside(span: RequiredSpan, enter: Ints, leave: Ints) -> int:
    """Time [ms] of all passages within the span."""
    inside = np.clip(leave, span.from_ms, span.until_ms) - np.clip(enter, span.from_ms, span.until_ms)
    return int(inside.sum())


def _time_before(t_ms: Ints, begin: Ints, end: Ints) -> Ints:
    """Time [ms] within the spans before each moment."""
    total = np.concatenate(([0], np.cumsum(end - begin)))
    count = np.searchsorted(begin, t_ms, side="right")
    running = np.where(count > 0, np.append(end, 0)[count - 1] - t_ms, 0)
    return total[count] - np.maximum(running, 0)
