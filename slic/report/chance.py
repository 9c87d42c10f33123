"""Whether a regime leaves anything to chance; where it does not, its figures are exact for the nights that were run."""

from __future__ import annotations

from slic.report.regimes import programs_of
from slic.scenario.model import Scenario


def left_to_chance(scenario: Scenario, regime: str) -> bool:
    """Whether random numbers can move the energy of a regime.

    They make road users and what sensors see of them (which reaches a lamp through dynamic controls and traffic
    classes only), lost radio commands and dead lamps. Sun and weather are the same in every replicate.
    """
    if scenario.network.command_loss > 0 or scenario.gear.dead_lamps > 0:
        return True
    return any(program.dynamic_controls or program.traffic_classes for program in programs_of(scenario, regime))
