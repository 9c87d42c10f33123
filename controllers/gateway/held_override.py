"""An override that a gateway holds for its issuer, whatever its clock does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from controllers.gateway.kept_orders import renumbered
from slic.control.segment import Override


class HeldOverride(NamedTuple):
    """An override, the command that gave it ("" if that is answered), and the level of the answers to it.

    order : with the times by which the controller goes; given : with those that hold when the clock is trusted
    """

    command_id: str
    order: Override
    level_pm: int | None
    given: Override

    @property
    def id(self) -> str:
        """The override's."""
        return self.order.id

    def again(self, t_ms: int) -> HeldOverride:
        """As it holds once the clock is trusted: to its own end, and never longer than it was to last."""
        lasts_ms = self.given.expiry_ms - self.given.start_ms
        ends_ms = min(self.given.expiry_ms, t_ms + lasts_ms)
        return self._replace(order=replace(self.order, start_ms=min(t_ms, ends_ms - 1), expiry_ms=ends_ms))

    def cut_short(self, t_ms: int) -> bool:
        """Whether a clock that was not to be trusted has brought its end forward."""
        return self.order.expiry_ms < self.again(t_ms).order.expiry_ms

    def for_lamps(self, index: Mapping[str, int]) -> HeldOverride | None:
        """With its lamps by the numbers of ``index``; None if it has none of them any more."""
        order, given = renumbered(self.order, index), renumbered(self.given, index)
        return None if order is None or given is None else self._replace(order=order, given=given)


def by_issuer(order: Override, ahead_ms: int) -> Override:
    """An override with its times by the issuer's clock, which is so far ahead of the gateway's."""
    return replace(order, start_ms=order.start_ms + ahead_ms, expiry_ms=order.expiry_ms + ahead_ms)
