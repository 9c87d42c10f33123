"""Output of the traffic simulator SUMO as a scenario's road users: positions, loop counts, or loop passings.

SUMO's times are seconds from its time 0; where that lies in civil time SUMO does not say, so the scenario must.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from slic.control.program import Strict

Names = Annotated[list[str], Field(min_length=1)]
Point = tuple[float, float]


class _Sumo(Strict):
    file: str = Field(description="XML, plain or gzipped, beside the scenario")
    start: str = Field(description="civil time of SUMO's time 0, as 2026-11-16T18:00; a time that is twice: first pass")
    time_zone: str = Field(description="IANA zone of that time")


class Axis(Strict):
    """The street in SUMO's own coordinates [m]. Users are counted where they cross its middle."""

    from_xy: Point = Field(description="x and y of the street's beginning")
    to_xy: Point = Field(description="x and y of the street's end")


class SumoPositions(_Sumo):
    """``--fcd-output``: where everybody is at each time step. The very users are simulated, none are drawn."""

    kind: Literal["sumo_fcd"] = "sumo_fcd"
    edges: Names = Field(description="edges or lanes that make up the street, junctions and both directions included")
    axis: Axis
    who: Literal["all", "persons", "vehicles"] = "all"


class SumoDetectors(_Sumo):
    """Output of ``inductionLoop`` (E1): counts per interval, which are read as a flow as those of a count file."""

    kind: Literal["sumo_e1"] = "sumo_e1"
    forward: list[str] = Field(description="detectors whose vehicles go up the street; those of all lanes")
    backward: list[str] = Field([], description="detectors of the other direction")


class SumoInstant(_Sumo):
    """Output of ``instantInductionLoop``: each vehicle at a loop. The very users are simulated, none are drawn."""

    kind: Literal["sumo_instant"] = "sumo_instant"
    forward: list[str] = Field(description="detectors in the middle of the street whose vehicles go up the street")
    backward: list[str] = Field([], description="detectors of the other direction")
    begin_s: Annotated[float, Field(ge=0)] = Field(0, description="SUMO time from which the loops watched")
    end_s: Annotated[float, Field(gt=0)] = Field(description="SUMO time until which they watched; the file has it not")
