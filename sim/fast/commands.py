"""What lamps are commanded: the rules of the night and the runs of presence, put in order of moment and phase.

Lamps that are alike and held up together are one pattern. The events of a pattern are its rules (each begins at a
moment) and the begins and ends of its runs, per channel. A channel is a hold time with the sensors that give it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from controllers.timeline import Change, Phase
from sim.fast.axis import Ints, Small, first_of_each, spread
from sim.fast.holds import Runs

MAX_CHANNELS = 6
"""Rules have a level for each set of channels, so their number is limited."""

_PHASE_BITS = 2
_KEY_BITS = 30
_CHANNEL_BITS = 3
Flags = NDArray[np.bool_]
_T = TypeVar("_T", bound=np.generic)


class Commands(NamedTuple):
    """Commands in order of pattern, then time.

    t_ms : since the start of the night; the first of a pattern is its level at the start, without a ramp
    """

    pattern: Ints
    t_ms: Small
    level_pm: Small
    ramp_ms: Small


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules of all classes of lamps, class after class.

    first : of each class; key : moment and phase of each rule
    level_pm : [rules x 2^channels], by the channels that hold the lamp up, one bit each
    ramp_ms : [rules x 2], of a command down and up
    """

    first: Ints
    key: Ints
    level_pm: Small
    ramp_ms: Small


def rule_table(classes: Sequence[Sequence[Change]], channel_of: Sequence[Sequence[int]], start_ms: int) -> RuleTable:
    """The rules of classes of lamps. channel_of : for each class, the channel of each dynamic control."""
    rules = [(change, channels) for changes, channels in zip(classes, channel_of, strict=True) for change in changes]
    used = max((channel + 1 for channels in channel_of for channel in channels), default=0)
    lengths = np.array([len(changes) for changes in classes], np.int64)
    return RuleTable(
        first=np.cumsum(lengths) - lengths,
        key=np.array([_key(change.t_ms - start_ms, change.phase) for change, _ in rules], np.int64),
        level_pm=np.array([_levels(change, channels, used) for change, channels in rules], np.int32),
        ramp_ms=np.array([[change.rule.ramp_down_ms, change.rule.ramp_up_ms] for change, _ in rules], np.int32),
    )


def _key(t_ms: int, phase: Phase) -> int:
    """Moment and phase as one number; the millisecond before the night is 0."""
    return (t_ms + 1) << _PHASE_BITS | phase


def _levels(change: Change, channels: Sequence[int], used: int) -> list[int]:
    """Level for each set of channels that hold the lamp up: that of the first control whose channel is among them."""
    levels = []
    for held in range(1 << used):
        raised = [level_pm for k, level_pm in change.rule.raised if held >> channels[k] & 1]
        levels.append(raised[0] if raised else change.rule.level_pm)
    return levels


class _Holds(NamedTuple):
    """Begins and ends of runs, in order.

    moment : pattern, time and phase; held : channels that hold after it, a bit each
    decides : it is the last one of its moment, as all that happens in a phase is decided at once
    """

    moment: Ints
    held: Small
    decides: Flags


def commands(
    kind: Ints, rows: Sequence[Ints], table: RuleTable, runs: Sequence[Runs], *, apart: bool
) -> Commands | None:
    """Commands of patterns.

    kind : class of each pattern; rows : per channel, each pattern's row in ``runs``, or -1; runs : of each channel
    apart : whether channels have different sensors
    None if sensors of different controls begin to hold a lamp in one millisecond: which of them came first is then not
    known here, and may matter to the ramp.
    """
    holds = _holds(rows, runs)
    if apart and _meet(holds):
        return None
    moment, rule = _rules(kind, table)
    # After the ends of its moment, and those decide nothing then.
    place = np.searchsorted(holds.moment, moment, side="right")
    before = place - 1
    same = before[(place > 0) & (holds.moment[before] == moment)] if len(holds.moment) else before[:0]
    holds.decides[same] = False
    held = holds.held[before] if len(holds.held) else np.zeros(len(place), np.int32)
    held[place == 0] = 0
    during = np.repeat(rule, np.diff(np.append(place, len(holds.moment))))
    at = place + np.arange(len(place))
    level_pm = _merged(at, table.level_pm[rule, held], table.level_pm[during, holds.held])
    kept = _merged(at, np.ones(len(at), bool), holds.decides)
    both = _merged(at, moment, holds.moment), level_pm, _merged(at, rule, during)
    if not holds.decides.all():
        both = both[0][kept], both[1][kept], both[2][kept]
    return _changed(*both, table)


def _changed(moment: Ints, level_pm: Small, rule: Ints, table: RuleTable) -> Commands:
    """Those decisions that change the level, and the first of each pattern."""
    pattern = moment >> _KEY_BITS
    first = first_of_each(pattern)
    step = np.diff(level_pm, prepend=np.int32(0))
    chosen = (step != 0) | first
    if not chosen.all():
        moment, pattern, level_pm, rule = moment[chosen], pattern[chosen], level_pm[chosen], rule[chosen]
        step, first = step[chosen], first[chosen]
    ramp_ms = table.ramp_ms.ravel()[2 * rule + (step > 0)]
    ramp_ms[first] = 0
    t_ms = ((moment >> _PHASE_BITS) & ((1 << (_KEY_BITS - _PHASE_BITS)) - 1)).astype(np.int32)
    t_ms -= 1
    t_ms[first] = 0
    return Commands(pattern, t_ms, level_pm, ramp_ms)


def _rules(kind: Ints, table: RuleTable) -> tuple[Ints, Ints]:
    """The rules of each pattern: when, on the axis of all patterns, and which."""
    counts = np.diff(np.append(table.first, len(table.key)))[kind]
    rule = spread(table.first[kind], counts)
    moment = np.repeat(np.arange(len(kind)) << _KEY_BITS, counts)
    moment |= table.key[rule]
    return moment, rule


def _holds(rows: Sequence[Ints], runs: Sequence[Runs]) -> _Holds:
    found = [_edges(row, mine) for row, mine in zip(rows, runs, strict=True)]
    if len(found) < 2:
        moment = found[0] if found else np.zeros(0, np.int64)
        held = np.zeros(len(moment), np.int32)
        held[::2] = 1
        return _Holds(moment, held, np.ones(len(moment), bool))
    key = np.sort(np.concatenate([mine << _CHANNEL_BITS | channel for channel, mine in enumerate(found)]))
    moment = key >> _CHANNEL_BITS
    bit = np.left_shift(1, key & ((1 << _CHANNEL_BITS) - 1))
    begins = (moment & ((1 << _PHASE_BITS) - 1)) == Phase.PRESENCE
    decides = np.ones(len(moment), bool)
    decides[:-1] = moment[1:] != moment[:-1]
    return _Holds(moment, np.cumsum(np.where(begins, bit, -bit)).astype(np.int32), decides)


def _edges(row: Ints, runs: Runs) -> Ints:
    """Begin and end of each run of the patterns, in turn."""
    edges = np.searchsorted(runs.row, np.stack((row, row + 1)))
    counts = np.where(row < 0, 0, edges[1] - edges[0])
    which = spread(edges[0], counts)
    pairs = np.empty((len(which), 2), np.int64)
    np.take(runs.begin_ms, which, out=pairs[:, 0])
    np.take(runs.end_ms, which, out=pairs[:, 1])
    pairs += 1
    pairs <<= _PHASE_BITS
    pairs |= [Phase.PRESENCE, Phase.TIMER]
    pairs |= np.repeat(np.arange(len(row)) << _KEY_BITS, counts)[:, None]
    return pairs.ravel()


def _meet(holds: _Holds) -> bool:
    """Whether runs of two channels begin in one moment."""
    begins = (holds.moment & ((1 << _PHASE_BITS) - 1)) == Phase.PRESENCE
    return bool((begins & ~holds.decides).any())


def _merged(at: Ints, there: NDArray[_T], others: NDArray[_T]) -> NDArray[_T]:
    """``there`` at the places ``at``, and the others between them."""
    merged = np.empty(len(there) + len(others), others.dtype)
    between = np.ones(len(merged), bool)
    between[at] = False
    merged[at] = there
    merged[between] = others
    return merged
