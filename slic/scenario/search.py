"""The search file: one program of a scenario, the values to try in it, and what a program must give people.

``search`` names fields of the program, as ``hold_s``, ``presence.lead_s``, ``fixed_time_controls.0.at``, with values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from slic.control.program import Strict
from slic.scenario.campaign import Values
from slic.scenario.units import Identifier

SERVICE_KEYS = {
    "served": "served_pct",
    "light given": "light_given_pct",
    "late events": "late_events_pct",
    "missed events": "missed_events_pct",
}
"""Words of a constraint, and the key of the figure in a run's summary."""

_AT_LEAST = ("served", "light given")
_FORM = re.compile(r"(served|light given|late events|missed events) *(>=|<=) *(\d+(?:\.\d+)?) *%")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit of a service figure. limit_pct : at least so much, or at most where ``at_most`` is true [%]."""

    measure: str
    at_most: bool
    limit_pct: float

    @property
    def key(self) -> str:
        """Key of the figure in a run's summary."""
        return SERVICE_KEYS[self.measure]

    def short_pct(self, value_pct: float | None) -> float | None:
        """By how many percentage points a value misses the limit, 0 if it meets it; None if the value is unknown."""
        if value_pct is None:
            return None
        return max(0.0, value_pct - self.limit_pct if self.at_most else self.limit_pct - value_pct)

    def __str__(self) -> str:
        return f"{self.measure} {'<=' if self.at_most else '>='} {self.limit_pct:g} %"


def constraint_of(text: str) -> Constraint:
    """A constraint as people write it, ``served >= 99 %``. ValueError says what is wrong with it."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no constraint; allowed: served >= 99 %, light given >= 99 %, late events <= 1 %")
    measure, sign, limit = found[1], found[2], float(found[3])
    meant = ">=" if measure in _AT_LEAST else "<="
    if sign != meant:
        raise ValueError(f"is upside down; allowed: {measure} {meant} {limit:g} %")
    if limit > 100:
        raise ValueError("is no share; allowed: 0 to 100 %")
    return Constraint(measure, sign == "<=", limit)


def _checked(text: str) -> str:
    return str(constraint_of(text))


class Stage(Strict):
    """Which nights and how often; what is left out is as in the scenario, but for what the field says."""

    start: date | None = None
    nights: Annotated[int, Field(ge=1, le=3660)] | None = None
    replicates: Annotated[int, Field(ge=1, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**53)] | None = None


class SearchFile(Strict):
    """A whole search."""

    slic: Literal[1] = Field(1, description="version of this file format")
    name: Identifier
    title: str = ""
    scenario: str = Field(description="name of a shipped scenario, or a path seen from this file")
    settings: dict[str, Any] = Field({}, description="values of the scenario by path, for all trials")
    program: Identifier = Field(description="the program of the scenario that is changed")
    search: dict[str, Values] = Field(min_length=1, description="field of the program -> values to try")
    constraints: list[Annotated[str, AfterValidator(_checked)]] = Field([], description="as served >= 99 %")
    front: Literal["served", "light given"] = Field("served", description="service figure of the front")
    trials: int = Field(200, ge=1, le=10_000, description="at most; with fewer combinations all are tried")
    search_run: Stage = Field(Stage(), description="run of each trial; replicates: 1 if not given")
    check_run: Stage = Field(Stage(), description="run of the front; seed: the next one if not given")

    def limits(self) -> list[Constraint]:
        """Its constraints."""
        return [constraint_of(text) for text in self.constraints]
