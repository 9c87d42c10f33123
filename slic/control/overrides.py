"""Overrides: commands from people and systems, which always end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slic.control.segment import Override
from slic.errors import InputError

LONGEST_MS = 7 * 86_400_000
"""No override lasts longer than a week: whoever needs more changes the program."""

_PRIORITY = {"safety": 3, "manual": 2, "override": 1}


def check(order: Override, lamps: int) -> None:
    """Refuse an override that could not be obeyed or would not end (InputError)."""
    if not 0 <= order.level_pm <= 1000:
        raise InputError("is outside the range", field="level_pm", value=order.level_pm, allowed="0 to 1000")
    if not order.start_ms < order.expiry_ms <= order.start_ms + LONGEST_MS:
        raise InputError("must be later than the start by a week at most", field="expiry_ms", value=order.expiry_ms)
    if order.ramp_ms < 0:
        raise InputError("is negative", field="ramp_ms", value=order.ramp_ms, allowed="0 or more")
    wrong = [i for i in order.lamps if not 0 <= i < lamps]
    if wrong:
        raise InputError("is not a lamp of this segment", field="lamps", value=wrong[0], allowed=f"0 to {lamps - 1}")


class Overrides:
    """The overrides of a segment; for each lamp the highest kind wins, and of equal kinds the newest."""

    def __init__(self) -> None:
        self._orders: dict[str, Override] = {}
        self._lamps: dict[str, frozenset[int]] = {}

    def __iter__(self) -> Iterator[Override]:
        return iter(self._orders.values())

    def add(self, order: Override) -> None:
        """Keep an override; one with the same id is replaced and becomes the newest."""
        self._orders.pop(order.id, None)
        self._orders[order.id] = order
        self._lamps[order.id] = frozenset(order.lamps)

    def remove(self, order_id: str) -> Override | None:
        """Forget an override; None if it is not known."""
        self._lamps.pop(order_id, None)
        return self._orders.pop(order_id, None)

    def drop_expired(self, t_ms: int) -> list[Override]:
        """Take out what ends at or before ``t_ms``."""
        ended = [o for o in self if o.expiry_ms <= t_ms]
        for order in ended:
            self.remove(order.id)
        return ended

    def in_force(self, t_ms: int, lamp: int) -> Override | None:
        """The override that rules a lamp at ``t_ms``, or None."""
        best: Override | None = None
        for order in self:
            applies = order.start_ms <= t_ms < order.expiry_ms and (not order.lamps or lamp in self._lamps[order.id])
            if applies and (best is None or _PRIORITY[order.kind] >= _PRIORITY[best.kind]):
                best = order
        return best

    def clock_set(self, old_ms: int, new_ms: int) -> None:
        """After the clock was set from ``old_ms`` to ``new_ms``: nobody's override gets longer by it."""
        for order in list(self):
            if order.start_ms <= old_ms:
                latest_ms = new_ms + order.expiry_ms - old_ms
                self._orders[order.id] = replace(
                    order, start_ms=min(order.start_ms, new_ms), expiry_ms=min(order.expiry_ms, latest_ms)
                )
