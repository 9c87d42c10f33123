"""Checks of a scenario's road users: shares, speeds, detectors, and which streets a source can speak of."""

from __future__ import annotations

from slic.scenario.document import Document, ValuePath
from slic.scenario.model import LampGroups, LampInventory, Scenario, Traffic
from slic.scenario.sumo_model import SumoDetectors, SumoInstant, SumoPositions


def check_traffic(scenario: Scenario, document: Document) -> None:
    """Refuses shares and speeds that do not fit together, and sources that say nothing of this street."""
    total = sum(user.share for user in scenario.traffic.users)
    if abs(total - 1) > 1e-6:
        problem = f"has shares that add up to {total:g}"
        raise document.refusal(("traffic", "users"), problem, None, "a sum of 1")
    for index, user in enumerate(scenario.traffic.users):
        if not user.min_m_s <= user.mean_m_s <= user.max_m_s:
            speed: ValuePath = ("traffic", "users", index, "mean_m_s")
            raise document.refusal(speed, "is outside its limits", user.mean_m_s, "min_m_s to max_m_s")
    if scenario.traffic.source and isinstance(scenario.lamps, LampGroups):
        problem, allowed = "needs lamps along a street", "no traffic with lamps of kind groups"
        raise document.refusal(("traffic", "source"), problem, None, allowed)
    _check_source(scenario.traffic, document)
    if scenario.retrofit and not isinstance(scenario.lamps, LampInventory):
        problem = "needs lamps of known type"
        raise document.refusal(("retrofit",), problem, None, "lamps of kind inventory")


def check_one_street(scenario: Scenario, streets: int, document: Document) -> None:
    """Refuses SUMO output, which is of one street, for several streets."""
    if isinstance(scenario.traffic.source, SumoPositions | SumoDetectors | SumoInstant) and streets > 1:
        problem, allowed = f"is of one street, and the lamps stand on {streets}", "lamps of one street"
        raise document.refusal(("traffic", "source", "file"), problem, scenario.traffic.source.file, allowed)


def _check_source(traffic: Traffic, document: Document) -> None:
    source = traffic.source
    if isinstance(source, SumoDetectors | SumoInstant):
        both = sorted({*source.forward} & {*source.backward})
        if both or not (source.forward or source.backward):
            problem = "is also in backward" if both else "names no detector"
            allowed = "detectors of one direction each"
            raise document.refusal(("traffic", "source", "forward"), problem, both[0] if both else None, allowed)
    if isinstance(source, SumoPositions | SumoInstant) and traffic.street_spread:
        problem, allowed = "cannot change users that a file names one by one", "0"
        raise document.refusal(("traffic", "street_spread"), problem, traffic.street_spread, allowed)
