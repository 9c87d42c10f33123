"""Control gear: what a lamp's level really does when it is commanded, as breakpoints.

The rules. A command between 0 and the minimum is lifted to the minimum. A ramp from 0 starts at the minimum;
a ramp to 0 ends at the minimum and then drops. A ramp time is the time of the whole transition. A command
during a ramp starts from the level reached (:func:`slic.lamps.level.level_on_ramp`). Gear whose minimum is
full level only switches. A dead lamp stays at 0.

A night is a list of breakpoints ``(t_ms, level_pm)`` with straight lines between them; two at one moment are
a step, and the later of the two holds from that moment on.
"""

from __future__ import annotations

from slic.lamps.dali import ARC_OF_LEVEL_PM, LEVEL_PM_OF_ARC
from slic.lamps.level import level_on_ramp, pm_from_pct
from slic.lamps.luminaire import LuminaireType

Breakpoint = tuple[int, int]
_Piece = tuple[int, int, int]
"""Start [ms], end [ms] and level at the end [per mille] of a straight piece of a DALI ramp."""


def gear_for(luminaire: LuminaireType, start_ms: int, level_pm: int, *, dead: bool = False) -> Gear:
    """Gear of one lamp of this type that holds ``level_pm`` [0-1000] at ``start_ms``."""
    kind = DaliGear if luminaire.dimming_curve == "dali" else Gear
    return kind(start_ms, level_pm, pm_from_pct(luminaire.minimum_level_pct), dead=dead)


class Gear:
    """Gear whose ramps are straight in light.

    It holds ``level_pm`` at ``start_ms``; ``minimum_pm`` [0-1000] is the lowest level above 0 it can hold.
    ``command`` and ``level_at`` want times that do not go back. The current ramp is kept as numbers: from
    (t0, from) to (t1, to), after which ``final`` holds (0 after a ramp down to the minimum that ends in off).
    """

    __slots__ = ("_dead", "_final_pm", "_from_pm", "_minimum_pm", "_points", "_t0_ms", "_t1_ms", "_to_pm")

    def __init__(self, start_ms: int, level_pm: int = 0, minimum_pm: int = 0, *, dead: bool = False) -> None:
        self._dead = dead
        self._minimum_pm = minimum_pm
        level = 0 if dead else self._possible(level_pm)
        self._t0_ms = self._t1_ms = start_ms
        self._from_pm = self._to_pm = self._final_pm = level
        # flat, t after level after t: whole numbers cost the garbage collector nothing, tuples do
        self._points: list[int] = [start_ms, level]

    def _possible(self, level_pm: int) -> int:
        return self._minimum_pm if 0 < level_pm < self._minimum_pm else level_pm

    def command(self, t_ms: int, level_pm: int, ramp_ms: int) -> None:
        """Go to ``level_pm`` [0-1000] within ``ramp_ms`` from ``t_ms`` on."""
        if self._dead:
            return
        minimum = self._minimum_pm
        if 0 < level_pm < minimum:
            level_pm = minimum
        points = self._points
        t1 = self._t1_ms
        if t_ms >= t1:
            now = self._final_pm
            if now == level_pm:
                return
            points += (t1, self._to_pm, t1, now, t_ms, now)
        else:
            now = level_on_ramp(self._t0_ms, self._from_pm, t1, self._to_pm, t_ms)
            points += (t_ms, now)
        if now == 0 and ramp_ms:
            now = minimum if level_pm else 0
            points += (t_ms, now)
        self._t0_ms = t_ms
        self._from_pm = now
        self._t1_ms = t_ms + ramp_ms
        self._to_pm = minimum if level_pm == 0 and ramp_ms and now else level_pm
        self._final_pm = level_pm

    def level_at(self, t_ms: int) -> int:
        """Actual level [per mille] at ``t_ms``, not earlier than the last command."""
        if t_ms >= self._t1_ms:
            return self._final_pm
        return level_on_ramp(self._t0_ms, self._from_pm, self._t1_ms, self._to_pm, t_ms)

    def finish(self, end_ms: int) -> list[Breakpoint]:
        """Breakpoints from the start to ``end_ms``, none redundant; nothing at or after the end counts."""
        t1 = self._t1_ms
        flat = [*self._points, t1, self._to_pm, t1, self._final_pm, max(t1, end_ms), self._final_pm]
        return _without_redundant(_cut(list(zip(flat[::2], flat[1::2], strict=True)), end_ms))


class DaliGear(Gear):
    """Gear on the standard DALI curve: levels are arc levels, and a ramp takes equal time per arc step.

    The minimum is the lowest arc level that is not below ``minimum_pm``. A ramp is a row of straight pieces
    from arc level to arc level, each beginning where the one before it ends; those to come wait in ``_pieces``,
    the next one last.
    """

    __slots__ = ("_pieces",)

    def __init__(self, start_ms: int, level_pm: int = 0, minimum_pm: int = 0, *, dead: bool = False) -> None:
        self._pieces: list[_Piece] = []
        lowest_pm = next(pm for pm in LEVEL_PM_OF_ARC[1:] if pm >= minimum_pm)
        super().__init__(start_ms, LEVEL_PM_OF_ARC[ARC_OF_LEVEL_PM[level_pm]], lowest_pm, dead=dead)

    def command(self, t_ms: int, level_pm: int, ramp_ms: int) -> None:
        """Go to the arc level nearest to ``level_pm`` [0-1000] within ``ramp_ms`` from ``t_ms`` on."""
        if self._dead:
            return
        self._begin_pieces(t_ms)
        target = self._possible(LEVEL_PM_OF_ARC[ARC_OF_LEVEL_PM[level_pm]])
        now = super().level_at(t_ms)
        if t_ms >= self._t1_ms:
            if target == now:
                return
            self._points += (self._t1_ms, self._to_pm, self._t1_ms, now)
        self._final_pm = now
        self._pieces = _arc_pieces(t_ms, now, t_ms + ramp_ms, target, self._minimum_pm)
        self._begin_pieces(t_ms)

    def level_at(self, t_ms: int) -> int:
        """Actual level [per mille] at ``t_ms``, not earlier than the last command."""
        self._begin_pieces(t_ms)
        return super().level_at(t_ms)

    def finish(self, end_ms: int) -> list[Breakpoint]:
        """Breakpoints from the start to ``end_ms``, none redundant; nothing at or after the end counts."""
        self._begin_pieces(end_ms)
        return super().finish(end_ms)

    def _begin_pieces(self, t_ms: int) -> None:
        while self._pieces and self._pieces[-1][0] <= t_ms:
            self._t0_ms, self._t1_ms, level_pm = self._pieces.pop()
            self._from_pm = self._final_pm
            self._points += (self._t0_ms, self._from_pm)
            self._to_pm = self._final_pm = level_pm


def _arc_pieces(t0_ms: int, from_pm: int, t1_ms: int, to_pm: int, minimum_pm: int) -> list[_Piece]:
    """Straight pieces of a DALI ramp, the last one first."""
    if t1_ms == t0_ms:
        return [(t0_ms, t0_ms, to_pm)]
    pieces = []
    if from_pm == 0:
        pieces.append((t0_ms, t0_ms, minimum_pm))
    first, last = ARC_OF_LEVEL_PM[from_pm or minimum_pm], ARC_OF_LEVEL_PM[to_pm or minimum_pm]
    steps, way = max(1, abs(last - first)), 1 if last >= first else -1
    for k in range(1, steps + 1):
        begin, end = (t0_ms + (t1_ms - t0_ms) * n // steps for n in (k - 1, k))
        pieces.append((begin, end, LEVEL_PM_OF_ARC[last if k == steps else first + way * k]))
    if to_pm == 0:
        pieces.append((t1_ms, t1_ms, 0))
    return pieces[::-1]


def _cut(points: list[Breakpoint], end_ms: int) -> list[Breakpoint]:
    """The same line, ending at ``end_ms`` with the level just before it."""
    after: Breakpoint | None = None
    while points[-1][0] > end_ms:
        after = points.pop()
    if after is not None and points[-1][0] < end_ms:
        points.append((end_ms, level_on_ramp(*points[-1], *after, end_ms)))
    while len(points) > 2 and points[-2][0] == end_ms:
        points.pop()
    return points


def _without_redundant(points: list[Breakpoint]) -> list[Breakpoint]:
    """The same line without points that lie between their neighbours, and without a step at the start."""
    kept = points[:1]
    for t, level in points[1:]:
        while len(kept) > 1 and _on_line(kept[-2], kept[-1], (t, level)):
            kept.pop()
        if len(kept) == 1 and kept[0][0] == t:
            kept.pop()
        kept.append((t, level))
    return kept


def _on_line(one: Breakpoint, two: Breakpoint, three: Breakpoint) -> bool:
    return (two[1] - one[1]) * (three[0] - two[0]) == (three[1] - two[1]) * (two[0] - one[0])
