"""Control programs: the template of one night, in the words of TALQ.

A program says when a lamp may be on (active periods), at what level (idle level, fixed-time and
astro-clock controls, learned midnight, traffic classes) and how sensors change that (dynamic
controls). It is data: :mod:`slic.control.schedule` compiles it for a night and a place, and
:mod:`slic.control.controller` runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Percent = Annotated[float, Field(ge=0, le=100, description="luminous flux, per cent of nominal")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
OffsetMinutes = Annotated[float, Field(ge=-720, le=720, allow_inf_nan=False)]
Lux = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Metres = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]


def _clock_time(text: str) -> str:
    hours, sep, minutes = text.partition(":")
    ok = sep and len(hours) == 2 and len(minutes) == 2 and (hours + minutes).isdecimal()
    if not ok or int(hours) > 23 or int(minutes) > 59:
        raise ValueError("is not a time of day (HH:MM, 00:00 to 23:59)")
    return text


ClockTime = Annotated[str, AfterValidator(_clock_time)]


class Strict(BaseModel):
    """A file model: unknown keys are refused, values are not changed after reading.

    array_form : whether the engine on arrays knows this rule of a program. Each rule that it knows says so itself; a
        program with one that does not is run by the controller, which is slower and as right
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    array_form: ClassVar[bool] = False


class Astronomical(Strict):
    """On from sunset to sunrise, each with a signed offset."""

    array_form: ClassVar[bool] = True
    kind: Literal["astronomical"] = "astronomical"
    sunset_offset_min: OffsetMinutes = 0
    sunrise_offset_min: OffsetMinutes = 0
    sun_elevation_deg: float = Field(
        -0.8333,
        ge=-18,
        le=5,
        description="true elevation of the sun's centre that counts as sunset and sunrise",
    )


class Photocell(Strict):
    """On when it is darker than ``on_lux``, until it is brighter than ``off_lux``."""

    array_form: ClassVar[bool] = True
    kind: Literal["photocell"] = "photocell"
    on_lux: Lux = 35
    off_lux: Lux = 70


class AstronomicalPhotocell(Strict):
    """Sunset to sunrise, where a photocell decides inside a trigger window around either event.

    Before the evening window the lamp is off, after it on; before the morning window on, after it off.
    An early signal therefore acts at the start of the window and a missing one at its end.
    """

    array_form: ClassVar[bool] = True
    kind: Literal["astronomical_photocell"] = "astronomical_photocell"
    before_sunset_min: Annotated[float, Field(ge=0, le=180)] = 30
    after_sunset_min: Annotated[float, Field(ge=0, le=180)] = 30
    before_sunrise_min: Annotated[float, Field(ge=0, le=180)] = 30
    after_sunrise_min: Annotated[float, Field(ge=0, le=180)] = 30
    on_lux: Lux = 35
    off_lux: Lux = 70
    sun_elevation_deg: float = Field(-0.8333, ge=-18, le=5)


class Absolute(Strict):
    """On from one clock time to another; an end that is not later than the start lies on the next day."""

    array_form: ClassVar[bool] = True
    kind: Literal["absolute"] = "absolute"
    start: ClockTime
    end: ClockTime


ActivePeriod = Annotated[Astronomical | Photocell | AstronomicalPhotocell | Absolute, Field(discriminator="kind")]

Operation = Literal["Set", "Max", "Min", "Add", "Sub", "Mul"]


class FixedTimeControl(Strict):
    """From this clock time on, until the next one or the end of the night, the idle level is this."""

    array_form: ClassVar[bool] = True
    at: ClockTime
    level_pct: Percent
    entrance_level_pct: Percent | None = Field(None, description="for entrance lamps; default: level_pct")


class AstroClockControl(Strict):
    """From sunset or sunrise plus an offset on, apply an operation to the result of the fixed-time controls."""

    array_form: ClassVar[bool] = True
    event: Literal["sunset", "sunrise"]
    offset_min: OffsetMinutes = 0
    operation: Operation = "Set"
    level_pct: Percent


class MidnightStep(Strict):
    """A level from so many minutes before (negative) or after the learned midnight."""

    array_form: ClassVar[bool] = True
    offset_min: OffsetMinutes
    level_pct: Percent


class LearnedMidnight(Strict):
    """Stand-alone dimming (Dynadimmer): times count from the middle of the night, learned from past nights.

    The middle is the mean of the middles of the last ``nights_to_learn`` burns, moved by
    ``site_offset_min``. While fewer nights are known the lamp keeps the level it would have without it.
    """

    array_form: ClassVar[bool] = True
    nights_to_learn: int = Field(3, ge=1, le=14)
    site_offset_min: OffsetMinutes = 0
    steps: list[MidnightStep] = Field(min_length=1)


class ClockWindow(Strict):
    """A part of the night between two clock times; an end not later than the start lies on the next day."""

    array_form: ClassVar[bool] = True
    start: ClockTime
    end: ClockTime


class DynamicControl(Strict):
    """What a presence does to the level. The first control in the list that applies wins.

    ``operation`` joins ``level_pct`` to the program's level: Set takes it, Max and Min the higher and lower,
    Add and Sub add and take away percentage points, Mul multiplies (50 halves). Results stay in 0-100 %.
    """

    array_form: ClassVar[bool] = True
    name: str = Field(min_length=1)
    operation: Operation = "Max"
    level_pct: Percent = 100
    hold_s: Seconds | None = Field(None, description="after the last detection; default: the program's hold_s")
    window: ClockWindow | None = None
    sensors: list[str] = Field([], description="sensor ids that act; empty: all")


class PresenceReach(Strict):
    """Which lamps a detection raises.

    ``cluster``: all lamps of the clusters that the sensor belongs to. ``train``: the lamps from ``behind_m``
    behind the road user to ``ahead_m`` plus ``lead_s`` times the user's speed ahead; without a known direction
    both ways are ahead, without a known speed ``assumed_speed_m_s`` is used. ``own``: the nearest lamp alone.
    """

    array_form: ClassVar[bool] = True
    style: Literal["cluster", "train", "own"] = "cluster"
    behind_m: Metres = 15
    ahead_m: Metres = 30
    lead_s: Annotated[float, Field(ge=0, le=120)] = 3
    assumed_speed_m_s: Annotated[float, Field(gt=0, le=60)] = 5


class TrafficClass(Strict):
    """A lighting class for flows up to ``up_to_per_h`` road users per hour at a counting sensor."""

    name: str
    up_to_per_h: float | None = Field(None, gt=0, description="null: no upper limit, for the last class")
    level_pct: Percent


class TrafficClasses(Strict):
    """Counts averaged over ``window_s`` choose, every ``step_s``, the class that sets the program's level.

    Until a whole window is known, and while any counting sensor is lost, the last (most demanding) class holds.
    """

    window_s: Annotated[float, Field(gt=0, le=7200)] = 900
    step_s: Annotated[float, Field(gt=0, le=7200)] = 900
    classes: list[TrafficClass] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole_and_ascending(self) -> TrafficClasses:
        if self.window_s % self.step_s:
            raise ValueError("window_s must be a whole multiple of step_s")
        limits = [c.up_to_per_h for c in self.classes]
        if limits[-1] is not None or None in limits[:-1]:
            raise ValueError("exactly the last class has no upper limit (up_to_per_h: null)")
        known = [x for x in limits if x is not None]
        if known != sorted(set(known)):
            raise ValueError("up_to_per_h must rise from class to class")
        return self


class ControlProgram(Strict):
    """The template of one night (see the module). Times are civil time of the site unless ``clock`` is utc."""

    array_form: ClassVar[bool] = True
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = ""
    source: str = Field("", description="where the levels and times come from")
    clock: Literal["civil", "utc"] = Field("civil", description="utc: a cell that does not follow summer time")
    active_periods: list[ActivePeriod] = Field([Astronomical()], min_length=1)
    idle_level_pct: Percent = Field(100, description="level while lit when no control says otherwise")
    entrance_idle_level_pct: Percent | None = Field(None, description="for entrance lamps; default: idle_level_pct")
    fixed_time_controls: list[FixedTimeControl] = []
    astro_clock_controls: list[AstroClockControl] = []
    learned_midnight: LearnedMidnight | None = None
    traffic_classes: TrafficClasses | None = None
    presence: PresenceReach = PresenceReach()
    dynamic_controls: list[DynamicControl] = []
    hold_s: Seconds = Field(60, description="raised level stays so long after the last detection")
    ramp_up_s: Annotated[float, Field(ge=0, le=3600)] = 0
    ramp_down_s: Annotated[float, Field(ge=0, le=3600)] = 0
    minimum_burn_s: Annotated[float, Field(ge=0, le=43_200)] = Field(
        0,
        description="a scheduled burn shorter than this is left out; a photocell burn lasts at least this long",
    )

    def rules_without_array_form(self) -> list[str]:
        """Names of the rules, this one and those inside it, that the engine on arrays does not know."""
        return sorted({type(rule).__name__ for rule in _rules(self) if not vars(type(rule)).get("array_form", False)})

    def hold_ms(self, control: DynamicControl) -> int:
        """Hold time [ms] of one of this program's dynamic controls."""
        return round((self.hold_s if control.hold_s is None else control.hold_s) * 1000)


def _rules(value: object) -> Iterator[Strict]:
    """A rule and all rules inside it."""
    if isinstance(value, Strict):
        yield value
        for _, inner in value:
            yield from _rules(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _rules(inner)
