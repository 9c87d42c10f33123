"""What one look at a lamp says about each of its faults: there, not there, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from controllers.gateway.fault import FaultCode


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a lamp counts as faulty. All are settings of SLIC, chosen by judgement: no standard gives them.

    settle_s : a lamp has so long after its ramp to show its command
    standby_w : a luminaire that gives no light takes at most this, with its controller
    failure_s, unexpectedly_on_s, dimming_s, power_s : how long a fault must show itself; clear_s : how long it must not
    dimmed_pm : dimming is judged at and below this level; undimmed : share of full power that shows it failed
    judged_pm : power is judged from this level up, since below it a driver's own losses grow
    tolerance, clear_tolerance : of power, as shares of what is expected
    cycles : more switch-ons than that in an hour that nobody asked for
    silent_periods : a lamp that says nothing for so many of its reporting periods is lost
    """

    settle_s: float = 10
    standby_w: float = 2
    failure_s: float = 60
    unexpectedly_on_s: float = 300
    dimming_s: float = 300
    power_s: float = 900
    clear_s: float = 60
    dimmed_pm: int = 700
    undimmed: float = 0.9
    judged_pm: int = 500
    tolerance: float = 0.25
    clear_tolerance: float = 0.15
    cycles: int = 6
    silent_periods: int = 3


class Evidence(NamedTuple):
    """A lamp that has settled at a command, as far as it is known.

    target_pm : commanded; full_w : at full level; power_w, level_pm : measured and reported since it has settled
    says_failed : it reports lamp failure; obeys : it says that it was told this level; False: another; None: nothing
    metered : it reports power at all
    """

    target_pm: int
    full_w: float | None
    power_w: float | None
    level_pm: int | None
    says_failed: bool
    obeys: bool | None
    metered: bool


def findings(seen: Evidence, limits: Thresholds) -> Iterator[tuple[FaultCode, bool]]:
    """The faults that the evidence speaks for (True) or against (False); about the others it says nothing.

    One cause gives one fault: a dark lamp does not also take too little power.
    """
    if seen.target_pm == 0:
        lit = _lit(seen, limits)
        if lit is not None:
            yield "lamp_unexpectedly_on", lit
        return
    if seen.obeys is False:
        return
    failed, undimmed = _failed(seen, limits), _undimmed(seen, limits)
    if failed is not None:
        yield "lamp_failure", failed
    if undimmed is not None:
        yield "dimming_failure", undimmed and not failed
    if not failed and not undimmed:
        yield from _power(seen, limits)


def _lit(seen: Evidence, limits: Thresholds) -> bool | None:
    if (seen.level_pm or 0) > 0 or (seen.power_w or 0) > 2 * limits.standby_w:
        return True
    if seen.power_w is None and (seen.metered or seen.level_pm is None):
        return None
    return None if (seen.power_w or 0) > limits.standby_w else False


def _failed(seen: Evidence, limits: Thresholds) -> bool | None:
    if seen.says_failed:
        return True
    if seen.power_w is not None:
        return seen.power_w <= limits.standby_w if _would_show(seen, limits) else None
    if seen.metered or seen.level_pm is None or seen.obeys is None:
        return None
    return seen.level_pm == 0


def _would_show(seen: Evidence, limits: Thresholds) -> bool:
    """Whether a lamp at this level would take clearly more than a dark one."""
    if seen.full_w is None:
        return seen.target_pm >= limits.judged_pm
    return seen.full_w * seen.target_pm / 1000 > 2 * limits.standby_w


def _undimmed(seen: Evidence, limits: Thresholds) -> bool | None:
    if seen.target_pm > limits.dimmed_pm:
        return None
    if seen.power_w is not None and seen.full_w is not None:
        if seen.power_w >= limits.undimmed * seen.full_w:
            return True
        middle_w = seen.full_w * (1 + seen.target_pm / 1000) / 2
        return False if seen.power_w <= middle_w else None
    if seen.level_pm is None or (seen.metered and seen.full_w is not None):
        return None
    return seen.level_pm >= 1000 * limits.undimmed


def _power(seen: Evidence, limits: Thresholds) -> Iterator[tuple[FaultCode, bool]]:
    if seen.power_w is None or seen.full_w is None or seen.target_pm < limits.judged_pm:
        return
    share = seen.power_w * 1000 / (seen.full_w * seen.target_pm)
    if share > 1 + limits.tolerance or share < 1 + limits.clear_tolerance:
        yield "power_too_high", share > 1 + limits.tolerance
    if share < 1 - limits.tolerance or share > 1 - limits.clear_tolerance:
        yield "power_too_low", share < 1 - limits.tolerance
