"""Level of lamps by night and by hour, from the states that they told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from slic.report.field_store import LampKey, State

HOLD_MS = 25 * 3_600_000
"""A state says nothing after so long: lamps repeat theirs daily, and this is when a state expires on the wire."""

HALF_HOUR_MS = 1_800_000
SLOTS = 48


@dataclass(slots=True)
class Level:
    """Integral of a known level: ``twice_pm_ms`` [2 x per mille x ms] over ``known_ms``."""

    twice_pm_ms: int = 0
    known_ms: int = 0

    @property
    def mean_pct(self) -> float | None:
        """Mean level [%], None if it is never known."""
        return self.twice_pm_ms / self.known_ms / 20 if self.known_ms else None


class FieldLevels:
    """Adds up levels by lamp and night, and by half-hour of the local day over all lamps.

    edges_ms : as in FieldEnergy; slot : half-hour of the local day [0-47] that begins at a moment [UTC ms]
    last_ms : nothing is known after it
    """

    def __init__(self, edges_ms: Sequence[int], slot: Callable[[int], int], last_ms: int) -> None:
        self._edges, self._slot, self._last_ms = edges_ms, slot, last_ms
        self._states: dict[LampKey, State] = {}
        self.known = False
        """Whether any state was told."""
        self.nights: dict[tuple[LampKey, int], Level] = {}
        self.half_hours = [Level() for _ in range(SLOTS)]
        self.raises = 0
        """Times that presence raised a lamp, as the lamps' states tell."""

    def add_day(self, states: Iterable[tuple[LampKey, State]]) -> None:
        """Take the states of one day; days must come in their order."""
        for lamp, state in states:
            before = self._states.get(lamp)
            if before is not None:
                self._add(lamp, before, state.t_ms)
            if state.src == "sensor" and before is not None and state.target_pm > before.target_pm:
                self.raises += 1
            self._states[lamp] = state
            self.known = True

    def pass_over(self, begin_ms: int) -> None:
        """From here on nothing is known until the next states, since those of the day were lost."""
        for lamp, state in self._states.items():
            self._add(lamp, state, begin_ms)
        self._states.clear()

    def finish(self) -> None:
        """Let the last states hold until the end of what is known."""
        for lamp, state in self._states.items():
            self._add(lamp, state, self._last_ms)

    def _add(self, lamp: LampKey, state: State, until_ms: int) -> None:
        for begin_ms, end_ms, from_pm, to_pm in _pieces(state, min(until_ms, state.t_ms + HOLD_MS)):
            for at_ms, to_ms in self._cut(begin_ms, end_ms):
                index = bisect_right(self._edges, at_ms) - 1
                twice = _at(begin_ms, end_ms, from_pm, to_pm, at_ms) + _at(begin_ms, end_ms, from_pm, to_pm, to_ms)
                night = self.nights.setdefault((lamp, index), Level())
                for level in (night, self.half_hours[self._slot(at_ms // HALF_HOUR_MS * HALF_HOUR_MS)]):
                    level.twice_pm_ms += round(twice * (to_ms - at_ms))
                    level.known_ms += to_ms - at_ms

    def _cut(self, begin_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
        """Parts of a span inside the nights, cut at half-hours; nights begin at a half-hour or are cut there too."""
        at_ms, end_ms = max(begin_ms, self._edges[0]), min(end_ms, self._edges[-1])
        while at_ms < end_ms:
            to_ms = min(end_ms, (at_ms // HALF_HOUR_MS + 1) * HALF_HOUR_MS, self._next_edge(at_ms))
            yield at_ms, to_ms
            at_ms = to_ms

    def _next_edge(self, at_ms: int) -> int:
        return self._edges[bisect_right(self._edges, at_ms)]


def _pieces(state: State, until_ms: int) -> Iterator[tuple[int, int, int, int]]:
    """Straight pieces of the level from a state until a moment: the ramp, then the level that it led to."""
    held_pm, held_from_ms = state.level_pm, state.t_ms
    if state.fade_end_ms is not None and state.fade_end_ms > state.t_ms:
        end_ms = min(state.fade_end_ms, until_ms)
        reached = _at(state.t_ms, state.fade_end_ms, state.level_pm, state.target_pm, end_ms)
        if end_ms > state.t_ms:
            yield state.t_ms, end_ms, state.level_pm, round(reached)
        held_pm, held_from_ms = state.target_pm, state.fade_end_ms
    if held_from_ms < until_ms:
        yield held_from_ms, until_ms, held_pm, held_pm


def _at(begin_ms: int, end_ms: int, from_pm: int, to_pm: int, at_ms: int) -> float:
    return from_pm + (to_pm - from_pm) * (at_ms - begin_ms) / (end_ms - begin_ms)
