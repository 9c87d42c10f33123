"""Overrides: commands from people and systems, which always end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from slic.control.lamp_state import LampState
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


def moved_to(start_ms: int, order: Override) -> Override:
    """An override that begins at ``start_ms`` and lasts as long as it was meant to."""
    return replace(order, start_ms=start_ms, expiry_ms=start_ms + order.expiry_ms - order.start_ms)


class Overrides:
    """The overrides of a segment; for each lamp the highest kind wins, and of equal kinds the newest."""

    def __init__(self) -> None:
        self._orders: dict[str, Override] = {}
        self._everywhere: dict[str, Override] = {}  # those of all lamps
        self._of_lamp: defaultdict[int, dict[str, Override]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Override]:
        return iter(self._orders.values())

    def add(self, order: Override) -> list[Override]:
        """Keep an override; one with the same id is replaced and becomes the newest. Returns all that changes."""
        replaced = self.remove(order.id)
        self._orders[order.id] = order
        for orders in self._places(order):
            orders[order.id] = order
        return [order] if replaced is None else [order, replaced]

    def remove(self, order_id: str) -> Override | None:
        """Forget an override; None if it is not known."""
        order = self._orders.pop(order_id, None)
        if order is not None:
            for orders in self._places(order):
                orders.pop(order_id, None)
            for lamp in order.lamps:
                if not self._of_lamp[lamp]:
                    del self._of_lamp[lamp]
        return order

    def drop_expired(self, t_ms: int) -> list[Override]:
        """Take out what ends at or before ``t_ms``."""
        ended = [o for o in self if o.expiry_ms <= t_ms]
        for order in ended:
            self.remove(order.id)
        return ended

    def in_force(self, t_ms: int, lamps: Iterable[int]) -> Iterator[tuple[int, Override | None]]:
        """For each of ``lamps``, the override that rules it at ``t_ms``, or None."""
        number = {order_id: i for i, order_id in enumerate(self._orders)}

        def best(orders: Iterable[Override]) -> Override | None:
            applying = (o for o in orders if o.start_ms <= t_ms < o.expiry_ms)
            return max(applying, key=lambda o: (_PRIORITY[o.kind], number[o.id]), default=None)

        general = best(self._everywhere.values())
        for lamp in lamps:
            own = self._of_lamp.get(lamp)
            yield lamp, best([*own.values(), *([general] if general else [])]) if own else general

    def rule(self, lamps: Sequence[LampState], t_ms: int, changed: Sequence[Override]) -> list[LampState]:
        """Put the lamps of overrides that were given, begin or end under those in force; the lamps ruled anew."""
        everywhere = not all(order.lamps for order in changed)
        indices = range(len(lamps)) if everywhere else sorted({i for order in changed for i in order.lamps})
        anew = []
        for i, order in self.in_force(t_ms, indices):
            if order is not lamps[i].order:
                lamps[i].order = order
                anew.append(lamps[i])
        return anew

    def clock_set(self, old_ms: int, new_ms: int) -> None:
        """After the clock was set from ``old_ms`` to ``new_ms``: nobody's override gets longer by it."""
        for order in list(self):
            if order.start_ms <= old_ms:
                latest_ms = new_ms + order.expiry_ms - old_ms
                moved = replace(order, start_ms=min(order.start_ms, new_ms), expiry_ms=min(order.expiry_ms, latest_ms))
                for orders in (self._orders, *self._places(order)):
                    orders[order.id] = moved

    def _places(self, order: Override) -> list[dict[str, Override]]:
        return [self._of_lamp[lamp] for lamp in order.lamps] if order.lamps else [self._everywhere]
