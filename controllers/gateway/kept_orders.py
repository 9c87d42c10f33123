"""Overrides that the store keeps, for the lamps as the inventory numbers them now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from controllers.gateway.plan import FieldLamp
from controllers.store.port import Store
from slic.control.segment import Override


class KeptOrders:
    """Reads the overrides of a store. An override goes with its lamps, wherever another inventory puts them."""

    def __init__(self, store: Store, lamps: Sequence[FieldLamp]) -> None:
        self._store = store
        self._index = {lamp.id: i for i, lamp in enumerate(lamps)}

    def all(self) -> list[Override]:
        """Overrides that were not ended and still have a lamp, oldest first; some may have expired."""
        kept = (renumbered(order, self._index) for order in self._store.overrides())
        return [order for order in kept if order is not None]


def renumbered(order: Override, index: Mapping[str, int]) -> Override | None:
    """An override with its lamps by the numbers of ``index``; None if the inventory has none of them any more."""
    if not order.lamp_ids:
        return order
    lamps = tuple(sorted(index[lamp] for lamp in order.lamp_ids if lamp in index))
    return replace(order, lamps=lamps) if lamps else None
