"""The road users of a scenario file: who they are and where their number and times come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from slic.control.program import Strict
from slic.scenario.sumo_model import SumoDetectors, SumoInstant, SumoPositions
from slic.scenario.units import Share


class RoadUser(Strict):
    """A kind of road user. Speeds are normal, cut at ``min_m_s`` and ``max_m_s``."""

    kind: Literal["pedestrian", "cyclist", "car"]
    share: Share = 1
    mean_m_s: Annotated[float, Field(gt=0, le=60)]
    sd_m_s: Annotated[float, Field(ge=0, le=30)] = 0
    min_m_s: Annotated[float, Field(gt=0, le=60)]
    max_m_s: Annotated[float, Field(gt=0, le=60)]


class CountFile(Strict):
    """Counts per time slot. Missing cells are missing, never zero."""

    kind: Literal["counts"] = "counts"
    file: str
    time_column: str = "time_utc"
    time_zone: str = Field("UTC", description="IANA zone of the time column")
    time_marks: Literal["start", "end"] = "start"
    slot_min: Annotated[int, Field(ge=1, le=60)]
    forward: list[str] = Field(description="columns of users that walk or ride up the street")
    backward: list[str] = Field([], description="columns of users in the other direction")
    passers_per_day: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="scale all counts so that the mean day of the file has so many users, both directions together",
    )
    when_missing: Literal["exclude", "same_hour_mean"] = Field(
        "exclude", description="exclude: no users are made and the night is reported as incomplete"
    )
    mean_week_in: str = Field(
        "",
        description="IANA zone of the place of the counts: the file's mean week in that civil time is taken as every "
        "week in the site's civil time; empty: the counts hold for their own dates",
    )


class SteadyFlow(Strict):
    """A constant Poisson flow, for closed-form checks and first guesses."""

    kind: Literal["steady"] = "steady"
    forward_per_h: Annotated[float, Field(ge=0, le=36_000)] = 0
    backward_per_h: Annotated[float, Field(ge=0, le=36_000)] = 0


TrafficSource = CountFile | SteadyFlow | SumoPositions | SumoDetectors | SumoInstant


class Traffic(Strict):
    """Who moves along the streets."""

    source: Annotated[TrafficSource, Field(discriminator="kind")] | None = None
    street_spread: Annotated[float, Field(ge=0, le=2)] = Field(
        0,
        description="streets differ: the flow of each is multiplied by a log-normal factor of mean 1 with this "
        "standard deviation of its logarithm, fixed by the street's name; 0: all alike",
    )
    thin: Share = Field(1, description="keep each road user with this probability")
    users: list[RoadUser] = Field([RoadUser(kind="cyclist", mean_m_s=5, sd_m_s=1, min_m_s=2, max_m_s=9)], min_length=1)
