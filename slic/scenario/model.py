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

Share = Annotated[float, Field(ge=0, le=1, description="a probability or share, 0 to 1")]
Watts = Annotated[float, Field(ge=0, le=5000)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class Site(Strict):
    """Where it stands."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    timezone: str = Field(description="IANA name, as Europe/Brussels")


class LampRow(Strict):
    """A made-up straight street: ``count`` equal luminaires, ``spacing_m`` apart."""

    kind: Literal["row"] = "row"
    count: Annotated[int, Field(ge=1, le=200_000)]
    spacing_m: Annotated[float, Field(gt=0, le=500)]
    street: str = "street"
    group: Identifier = "all"
    luminaire: Identifier
    power_w: Annotated[float, Field(gt=0, le=5000)] = Field(description="circuit watts at full level")
    cluster_size: Annotated[int, Field(ge=1)] = Field(6, description="neighbours that rise together in cluster style")
    entrances: int = Field(1, ge=0, description="lamps at either end that count as entrance lamps")


class LampInventory(Strict):
    """Lamps from a CSV or GeoJSON file."""

    kind: Literal["inventory"] = "inventory"
    file: str
    columns: dict[str, str] = Field({}, description="SLIC field -> column or property name; see slic.site.inventory")
    where: dict[str, str] = Field({}, description="keep only rows whose column has this value")
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    decimal_comma: bool = False
    separator: Literal[",", ";", "\t"] = ","
    street: str = Field("", description="treat all lamps as one street of this name; empty: the street column")
    group: Identifier = "all"
    luminaire_by_type: dict[str, Identifier] = Field(
        {}, description="lamp type in the file -> luminaire; '*' for the rest"
    )
    default_power_w: Watts | None = Field(None, description="lamp watts where the file has none")
    circuit_watts: str = Field("", description="CSV table lamp_type,lamp_w,circuit_w for lamp to circuit watts")
    cluster_size: Annotated[int, Field(ge=1)] = 6
    entrances: int = Field(1, ge=0)


class LampGroup(Strict):
    """So many equal lamps without positions."""

    group: Identifier
    count: Annotated[int, Field(ge=1, le=1_000_000)]
    luminaire: Identifier
    power_w: Annotated[float, Field(gt=0, le=5000)]


class LampGroups(Strict):
    """Lamps known only by number and group; one lamp of each group is simulated and counted so many times."""

    kind: Literal["groups"] = "groups"
    groups: list[LampGroup] = Field(min_length=1)


class Retrofit(Strict):
    """What replaced the lamps as found, so that the LED saving and the control saving are stated apart."""

    luminaire: Identifier
    power_w_by_lamp: dict[str, Annotated[float, Field(gt=0, le=5000)]] = Field(
        description="'HPS 250' -> circuit watts of the LED in its place"
    )
    title: str = ""
    source: str = ""


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


class SteadyFlow(Strict):
    """A constant Poisson flow, for closed-form checks and first guesses."""

    kind: Literal["steady"] = "steady"
    forward_per_h: Annotated[float, Field(ge=0, le=36_000)] = 0
    backward_per_h: Annotated[float, Field(ge=0, le=36_000)] = 0


class Traffic(Strict):
    """Who moves along the street."""

    source: Annotated[CountFile | SteadyFlow, Field(discriminator="kind")] | None = None
    thin: Share = Field(1, description="keep each road user with this probability")
    users: list[RoadUser] = Field([RoadUser(kind="cyclist", mean_m_s=5, sd_m_s=1, min_m_s=2, max_m_s=9)], min_length=1)


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
    lamps: Annotated[LampRow | LampInventory | LampGroups, Field(discriminator="kind")]
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
