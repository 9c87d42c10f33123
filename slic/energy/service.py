"""What light people got: a lamp's actual level against the required one, while road users are under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from slic.energy.light import Gaps, Lines, RequiredSpan, gaps_of, lines_of
from slic.energy.moves import Breakpoints, Ints, Moves, moves_of, on_axis

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


@dataclass(frozen=True, slots=True, eq=False)
class ServiceColumns:
    """Service of many lamps over one night, an array per quantity (see :class:`LampService`)."""

    passages: Ints
    user_ms: Ints
    served_ms: Ints
    late: Ints
    missed: Ints
    given_pm_ms: Ints
    wanted_pm_ms: Ints

    def rows(self) -> list[LampService]:
        """Lamp by lamp."""
        return [LampService(*row) for row in zip(*(getattr(self, f.name).tolist() for f in fields(self)), strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Road users under lamps in a night and the light that they need, which is the same whatever the lamps do.

    night : its start and end [ms]; spans : the required level in parts of it
    stops : index of each lamp's first passage, and the number of all at the end
    user_ms, wanted_pm_ms : sums of each lamp, as in :class:`LampService`
    begin, stay_ms : of each passage, in order of lamp, then ``enter``: the latter on the axis of all lamps
        (:func:`slic.energy.moves.on_axis`), and its length
    """

    night: tuple[int, int]
    spans: Sequence[RequiredSpan]
    stops: Ints
    user_ms: Ints
    wanted_pm_ms: Ints
    begin: Ints
    stay_ms: Ints


def crowd_of(
    lamps: int, night: tuple[int, int], passages: tuple[Ints, Ints, Ints], required: Sequence[tuple[int, int]]
) -> Crowd:
    """Those who pass some lamps in a night.

    night : start and end [ms]; passages : (lamp, enter_ms, leave_ms), sorted by lamp, then by ``enter``
    required : as in :func:`lamp_service`
    Raises ValueError for passages that end before they begin and for bad required steps.
    """
    spans = _spans(night, required)
    lamp, enter, leave = _within(night, *passages)
    stops = np.searchsorted(lamp, np.arange(lamps + 1))
    stay_ms = leave - enter
    user_ms = _sums(stay_ms, stops)
    wanted = _wanted(spans, enter, leave, user_ms, stops)
    return Crowd(night, spans, stops, user_ms, wanted, on_axis(night, lamp, enter), stay_ms)


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
    enter, leave = np.asarray(enter_ms, dtype=np.int64), np.asarray(leave_ms, dtype=np.int64)
    if enter.shape != leave.shape:
        raise ValueError("each passage needs an enter_ms and a leave_ms")
    order = np.argsort(enter, kind="stable")
    moves = moves_of([points])
    passages = np.zeros(len(enter), np.int64), enter[order], leave[order]
    return service_columns(moves, crowd_of(1, moves.night, passages, required), late_after_ms).rows()[0]


def service_columns(moves: Moves, crowd: Crowd, late_after_ms: int) -> ServiceColumns:
    """Service of all lamps of ``moves`` at once, as :func:`lamp_service` defines it; the crowd is of their night."""
    stops = crowd.stops
    short = _shortfall(moves, crowd, late_after_ms)
    unserved_ms, lack, late, missed = (_sums(column, np.searchsorted(short.at, stops)) for column in short.columns)
    served_ms, given = crowd.user_ms - unserved_ms, crowd.wanted_pm_ms - lack
    return ServiceColumns(np.diff(stops), crowd.user_ms, served_ms, late, missed, given, crowd.wanted_pm_ms)


class _Shortfall(NamedTuple):
    """Of the passages ``at`` that meet a gap: time below the required level, what was missing, late, missed."""

    at: Ints
    columns: tuple[Ints, Ints, Ints, Ints]


def _shortfall(moves: Moves, crowd: Crowd, late_after_ms: int) -> _Shortfall:
    nothing = np.zeros(0, np.int64)
    lines = lines_of(moves, crowd.spans) if len(crowd.begin) else None
    if lines is None or not lines.below.any():
        return _Shortfall(nothing, (nothing, nothing, nothing, nothing))
    gaps = gaps_of(lines)
    gap = _next_gap(gaps.end, crowd.begin)
    gap_begin = np.append(gaps.begin, _NEVER_MS)
    at = np.flatnonzero(gap_begin[gap] - crowd.begin < np.maximum(crowd.stay_ms, 1))
    gap, begin, stay = gap[at], crowd.begin[at], crowd.stay_ms[at]
    until = begin + stay
    wait = gaps.end[gap] - begin
    inside = gaps.begin[gap] <= begin
    missed = inside & (wait >= stay)
    late = inside & ~missed & (wait > late_after_ms)
    last = _reached(gap_begin[1:], gap, np.full_like(gap, len(gaps.end) - 1), until)
    since, lack_since = _before(lines, gaps, gap, np.maximum(begin, gaps.begin[gap]))
    to, lack_to = _before(lines, gaps, last, np.minimum(until, gaps.end[last]))
    return _Shortfall(at, (to - since, lack_to - lack_since, late.astype(np.int64), missed.astype(np.int64)))


def _before(lines: Lines, gaps: Gaps, gap: Ints, moment: Ints) -> tuple[Ints, Ints]:
    """Time in gaps, and what was missing, until moments that lie in gaps or at their ends; all on the axis."""
    lack = lines.lack_pm_ms[gaps.last[gap] + 1]
    inside = np.flatnonzero(moment < gaps.end[gap])
    within = gap[inside]
    t_ms = moment[inside] - on_axis(lines.moves.night, gaps.lamp[within], np.int64(0))
    line = _reached(lines.t1_ms, gaps.first[within], gaps.last[within], t_ms)
    lack[inside] = lines.lack_until(line, t_ms)
    return gaps.before_ms[gap] + moment - gaps.begin[gap], lack


def _next_gap(ends: Ints, moments: Ints) -> Ints:
    """For each moment, in order, the first gap that ends later: how many have ended, looked up end by end."""
    return np.cumsum(np.bincount(np.searchsorted(moments, ends), minlength=len(moments) + 1))[:-1]


def _reached(limits: Ints, low: Ints, high: Ints, t_ms: Ints) -> Ints:
    """First index from ``low`` to ``high`` whose limit is not before ``t``; mostly one of two, else by halving.

    The limit at ``high`` is not before ``t``.
    """
    low = low + (limits[low] < t_ms)
    rest = np.flatnonzero(limits[low] < t_ms)
    low_rest, high_rest = low[rest], high[rest]
    while (low_rest < high_rest).any():
        middle = (low_rest + high_rest) // 2
        short = limits[middle] < t_ms[rest]
        low_rest, high_rest = np.where(short, middle + 1, low_rest), np.where(short, high_rest, middle)
    low[rest] = low_rest
    return low


def _within(night: tuple[int, int], lamp: Ints, enter: Ints, leave: Ints) -> tuple[Ints, Ints, Ints]:
    """Passages cut to the night; those wholly outside it are left out."""
    if (leave < enter).any():
        raise ValueError("each passage needs a leave_ms that is not before its enter_ms")
    start, end = night
    if not len(enter) or (enter.min() >= start and leave.max() <= end and enter.max() < end):
        return lamp, enter, leave
    inside = (enter < end) & ((leave > start) | (enter >= start))
    return lamp[inside], np.maximum(enter[inside], start), np.minimum(leave[inside], end)


def _spans(night: tuple[int, int], required: Sequence[tuple[int, int]]) -> list[RequiredSpan]:
    """Required levels of the night; neighbours with one level are one."""
    start_ms, end_ms = night
    times = [t_ms for t_ms, _ in required]
    if not times or times[0] > start_ms or times != sorted(times):
        raise ValueError("required steps must ascend from the night's start or earlier")
    spans: list[RequiredSpan] = []
    for (from_ms, level_pm), until_ms in zip(required, [*times[1:], end_ms], strict=True):
        begin_ms, stop_ms = max(from_ms, start_ms), min(until_ms, end_ms)
        if begin_ms < stop_ms and spans and spans[-1].level_pm == level_pm:
            begin_ms = spans.pop().from_ms
        if begin_ms < stop_ms:
            spans.append(RequiredSpan(begin_ms, stop_ms, level_pm))
    return spans


def _wanted(spans: Sequence[RequiredSpan], enter: Ints, leave: Ints, user_ms: Ints, stops: Ints) -> Ints:
    """Integral of the required level over the passages of each lamp [per mille ms]."""
    if len(spans) == 1:
        return user_ms * spans[0].level_pm
    wanted = np.zeros_like(user_ms)
    for span in spans:
        inside = np.clip(leave, span.from_ms, span.until_ms) - np.clip(enter, span.from_ms, span.until_ms)
        wanted += span.level_pm * _sums(inside, stops)
    return wanted


def _sums(values: Ints, stops: Ints) -> Ints:
    """Sum of the values from each stop to the next."""
    total = np.zeros(len(stops) - 1, np.int64)
    some = np.flatnonzero(stops[1:] > stops[:-1])
    if len(some):
        total[some] = np.add.reduceat(values, stops[some])
    return total
