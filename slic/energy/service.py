"""What light people got: a lamp's actual level against the required one, while road users are under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slic.energy.light import RequiredSpan, light_of
from slic.energy.pieces import Breakpoints, Ints, Pieces, at_or_above, pieces_of

Moments = Sequence[int] | Ints
_NEVER_MS = 2**62


@dataclass(frozen=True, slots=True)
class LampService:
    """Service of one lamp over one night; those of several lamps can be added.

    passages : road users who were under the lamp; user_ms : their time there
    served_ms : their time with the required level; late, missed : passages whose required level came later
    than allowed, or not before they had left
    wanted_pm_ms : integral of the required level over their time [per mille ms]; given_pm_ms : that of the level
    they had, where no more than the required level counts
    """

    passages: int
    user_ms: int
    served_ms: int
    late: int
    missed: int
    given_pm_ms: int = 0
    wanted_pm_ms: int = 0

    def __add__(self, other: LampService) -> LampService:
        """Both lamps together."""
        return LampService(
            self.passages + other.passages,
            self.user_ms + other.user_ms,
            self.served_ms + other.served_ms,
            self.late + other.late,
            self.missed + other.missed,
            self.given_pm_ms + other.given_pm_ms,
            self.wanted_pm_ms + other.wanted_pm_ms,
        )


def lamp_service(
    points: Breakpoints,
    enter_ms: Moments,
    leave_ms: Moments,
    required: Sequence[tuple[int, int]],
    late_after_ms: int,
) -> LampService:
    """Service of one lamp.

    enter_ms, leave_ms : a road user is under the lamp from ``enter`` to just before ``leave``. What lies
        outside the night does not count; give only passages at times when light is required.
    required : (t_ms, level_pm) steps, ascending, the first not after the night's start
    late_after_ms : grace after ``enter``

    A passage is missed if the level is at or above the required one for no time during it (a passage of no
    length is judged just after ``enter``), late if that begins more than ``late_after_ms`` after ``enter``.
    Raises ValueError for bad breakpoints, passages that end before they begin, and bad required steps.
    """
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
            spans.append(RequiredSpan(*clipped, level_pm, *at_or_above(pieces, level_pm)))
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
