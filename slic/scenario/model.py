"""The scenario file: a site, its lamps and traffic, and the control regimes to compare.

Every value has a path (``traffic.thin``, ``programs.presence-cluster.hold_s``) by which the command line can set it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from slic.control.calendar import Calendar
from slic.control.program import ClockTime, ControlProgram, Metres, Percent, Seconds, Strict
from slic.lamps.luminaire import LuminaireType
from slic.scenario.field_fault import FieldFault
from slic.scenario.lamp_model import LampCity as LampCity
from slic.scenario.lamp_model import LampGroups as LampGroups
from slic.scenario.lamp_model import LampInventory as LampInventory
from slic.scenario.lamp_model import LampRow as LampRow
from slic.scenario.lamp_model import Retrofit as Retrofit
from slic.scenario.traffic_model import CountFile as CountFile
from slic.scenario.traffic_model import RoadUser as RoadUser
from slic.scenario.traffic_model import SteadyFlow as SteadyFlow
from slic.scenario.traffic_model import Traffic as Traffic
from slic.scenario.units import Identifier as Identifier
from slic.scenario.units import Share as Share
from slic.scenario.units import Watts as Watts


class Site(Strict):
    """Where it stands."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    timezone: str = Field(description="IANA name, as Europe/Brussels")


class StuckSensor(Strict):
    """A sensor fault: from ``from_h`` hours after the night's start, for ``for_h`` hours."""

    sensor: str
    state: Literal["present", "absent"]
    from_h: Annotated[float, Field(ge=0, le=25)] = 0
    for_h: Annotated[float, Field(gt=0, le=25)] = 25


class Sensors(Strict):
    """Presence sensors on lamp poles."""

    every: Annotated[int, Field(ge=0)] = Field(1, description="a sensor on every n-th lamp; 0: none")
    range_m: Metres = Field(0, description="a road user is seen from so far before to so far behind the pole; 0: at it")
    detection_probability: Share = 1
    false_triggers_per_h: Annotated[float, Field(ge=0, le=3600)] = 0
    latency_s: Seconds = 0
    retrigger_s: Seconds = Field(0, description="blind time of the sensor after it fell; 0: none")
    gives_speed: bool = True
    gives_direction: bool = True
    stuck: list[StuckSensor] = []
    power_w: Watts = Field(0, description="draws this all day, each")


class SunAmbient(Strict):
    """Illuminance of a clear sky from the sun's elevation."""

    kind: Literal["sun"] = "sun"
    report_s: Annotated[float, Field(gt=0, le=3600)] = 300


class WeatherAmbient(Strict):
    """Horizontal illuminance from a weather file, joined between its hours along the sun's elevation."""

    kind: Literal["weather"] = "weather"
    file: str
    layout: Literal["tmy-hour-ending", "utc-minute"] = "tmy-hour-ending"
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] = Field(0, description="of the file's hours, no summer time")
    lux_column: str = "global_illum_lux"
    lux_per_unit: Annotated[float, Field(gt=0)] = Field(1, description="118 for a column in W/m2")
    report_s: Annotated[float, Field(gt=0, le=3600)] = 300


class AmbientSensor(Strict):
    """How the controller reads ambient light."""

    smoothing_s: Annotated[float, Field(ge=0, le=3600)] = 120
    stale_after_s: Annotated[float, Field(gt=0, le=86_400)] = 1800


class Network(Strict):
    """Radio between gateway and lamps."""

    command_loss: Share = Field(0, description="each sending of a command is lost with this probability")
    resend_s: Seconds = Field(
        10,
        description="a lost command is sent again after so long, until it arrives or a newer one replaces it; 0: never",
    )
    latency_s: Seconds = 0


class Gear(Strict):
    """Failures of lamps: each lamp is dead for the whole night with this probability."""

    dead_lamps: Share = 0


class Fault(Strict):
    """What the controller loses every night, from ``from_h`` hours after the night's start, for ``for_h`` hours."""

    kind: Literal["clock", "program", "presence_sensor", "light_sensor"] = Field(
        description="clock not trusted; programs of all groups lost; a presence sensor known as lost; no light readings"
    )
    sensor: str = Field("", description="id, for presence_sensor only")
    from_h: Annotated[float, Field(ge=0, le=25)] = 0
    for_h: Annotated[float, Field(gt=0, le=25)] = 25


class PlannedOverride(Strict):
    """A person's or system's command during the run."""

    issuer: str
    reason: str
    level_pct: Percent
    start: str = Field(description="UTC, YYYY-MM-DDTHH:MMZ")
    for_h: Annotated[float, Field(gt=0, le=24)]
    lamps: list[str] = Field([], description="lamp ids; empty: all")
    kind: Literal["safety", "manual", "override"] = "override"


class RequiredLevel(Strict):
    """From this clock time on people need this level."""

    at: ClockTime
    level_pct: Percent


class Service(Strict):
    """What light people should get; the yardstick of the service figures."""

    required: list[RequiredLevel] = Field(min_length=1)
    late_after_s: Seconds = Field(
        0.5, description="a passage is late if the level comes later than this after the user"
    )
    source: str = ""


class Run(Strict):
    """Which nights, how often, from which seed."""

    start: date = Field(description="the first night: the evening of this date")
    nights: Annotated[int, Field(ge=1, le=3660)] = 7
    replicates: Annotated[int, Field(ge=1, le=1000)] = 3
    seed: Annotated[int, Field(ge=0, le=2**53)] = 1
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.9


class Scenario(Strict):
    """A whole scenario, resolved: programs and luminaires are inside, files are names.

    ``regimes`` says what each compared regime runs in each lamp group: a program or a calendar, by name.
    Where it is left out, each program is a regime of its own, for all groups.
    """

    slic: Literal[1] = Field(1, description="version of this file format")
    name: Identifier
    title: str = ""
    description: str = ""
    site: Site
    lamps: Annotated[LampRow | LampCity | LampInventory | LampGroups, Field(discriminator="kind")]
    luminaires: dict[Identifier, LuminaireType]
    burning_hours_h: Annotated[float, Field(ge=0)] = Field(0, description="age of the lamps at the start, for CLO")
    node_power_w: Watts = Field(
        0, description="radio node at each lamp, draws this all day; the baseline has no control system and so no nodes"
    )
    retrofit: Retrofit | None = None
    sensors: Sensors = Sensors()
    traffic: Traffic = Traffic()
    ambient: Annotated[SunAmbient | WeatherAmbient, Field(discriminator="kind")] = SunAmbient()
    ambient_sensor: AmbientSensor = AmbientSensor()
    network: Network = Network()
    gear: Gear = Gear()
    faults: list[Fault] = []
    field_faults: list[FieldFault] = Field([], description="of ``slic field`` only")
    overrides: list[PlannedOverride] = []
    programs: dict[Identifier, ControlProgram] = Field(min_length=1)
    calendars: dict[Identifier, Calendar] = {}
    regimes: dict[Identifier, dict[Identifier, Identifier]] = {}
    baseline: Identifier
    safe_level_pct: Percent = 100
    service: Service
    run: Run
    attribution: list[str] = []
    assumptions: list[str] = Field([], description="what is assumed and not measured, printed in the report")
