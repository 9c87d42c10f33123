"""What a lamp is: the file model of a luminaire type. Light is not power: both have their own columns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PowerPoint(_Strict):
    """Circuit power at a level, as a share of the circuit power at full level."""

    level_pct: Annotated[float, Field(ge=0, le=100)]
    power_pct: Annotated[float, Field(ge=0, le=100)]


class CloPoint(_Strict):
    """Constant light output: from these burning hours on the driver gives this share of its full drive."""

    hours_h: Annotated[float, Field(ge=0)]
    drive_pct: Annotated[float, Field(gt=0, le=100)]


class LuminaireType(_Strict):
    """A kind of luminaire, for any nominal power.

    power_curve : measured table, ascending level; between points power is linear. The point at 0 % is the
        limit just above off (the lamp at level 0 draws standby, not this).
    lamp_power_pct : power into the LED module or discharge lamp at full level, share of circuit power; the
        rest is driver or ballast loss. Light power is taken as proportional to level.
    minimum_level_pct : lowest level the gear can hold; lower commands above 0 are lifted to it.
        100 means that the lamp only switches.
    when_dark : standby (driver stays powered) or relay_off (a relay cuts it; only the node draws power).
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = ""
    source: str = ""
    technology: Literal["LED", "HPS", "MH", "MV", "INC"] = "LED"
    power_curve: list[PowerPoint] = Field(min_length=2)
    lamp_power_pct: Annotated[float, Field(gt=0, le=100)] = 100
    minimum_level_pct: Annotated[float, Field(ge=0, le=100)] = 0
    standby_w: Annotated[float, Field(ge=0, le=50)] = 0
    when_dark: Literal["standby", "relay_off"] = "standby"
    dimming_curve: Literal["linear", "dali"] = "linear"
    constant_light_output: list[CloPoint] = []

    @model_validator(mode="after")
    def _curves_ascend(self) -> LuminaireType:
        levels = [p.level_pct for p in self.power_curve]
        if levels != sorted(set(levels)) or levels[0] != 0 or levels[-1] != 100:
            raise ValueError("power_curve must ascend in level_pct from 0 to 100")
        powers = [p.power_pct for p in self.power_curve]
        if powers != sorted(powers) or powers[-1] != 100:
            raise ValueError("power_curve must not fall in power_pct and must end at 100")
        hours = [p.hours_h for p in self.constant_light_output]
        if hours and (hours != sorted(set(hours)) or hours[0] != 0):
            raise ValueError("constant_light_output must ascend in hours_h from 0")
        return self
