"""The lamps of a scenario file: a made-up row or city, an inventory, or only numbers of lamps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from slic.control.program import Strict
from slic.scenario.units import Identifier, Watts


class _Straight(Strict):
    count: Annotated[int, Field(ge=1, le=200_000)]
    spacing_m: Annotated[float, Field(gt=0, le=500)]
    street: str = "street"
    group: Identifier = "all"
    luminaire: Identifier
    power_w: Annotated[float, Field(gt=0, le=5000)] = Field(description="circuit watts at full level")
    cluster_size: Annotated[int, Field(ge=1)] = Field(6, description="neighbours that rise together in cluster style")
    entrances: int = Field(1, ge=0, description="lamps at either end that count as entrance lamps")


class LampRow(_Straight):
    """A made-up straight street: ``count`` equal luminaires, ``spacing_m`` apart."""

    kind: Literal["row"] = "row"


class LampCity(_Straight):
    """A made-up city: ``streets`` equal straight streets of ``count`` luminaires each, ``street-0001`` and so on."""

    kind: Literal["city"] = "city"
    streets: Annotated[int, Field(ge=1, le=20_000)]


class LampInventory(Strict):
    """Lamps from a CSV, GeoJSON or OpenStreetMap file."""

    kind: Literal["inventory"] = "inventory"
    file: str
    columns: dict[str, str] = Field({}, description="SLIC field -> column or property name; see slic.site.inventory")
    where: dict[str, str] = Field({}, description="keep only rows whose column has this value")
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    decimal_comma: bool = False
    separator: Literal[",", ";", "\t"] = ","
    street: str = Field("", description="treat all lamps as one street of this name; empty: the street column")
    streets: Literal["named", "fitted"] = Field(
        "named", description="fitted: lamps without a street are grouped by their places"
    )
    group: Identifier = "all"
    luminaire_by_type: dict[str, Identifier] = Field(
        {}, description="lamp type in the file -> luminaire; '*' for the rest"
    )
    power_w_by_type: dict[str, Annotated[float, Field(gt=0, le=5000)]] = Field(
        {}, description="lamp type -> lamp watts where the file has none"
    )
    default_power_w: Watts | None = Field(None, description="lamp watts where there are none by type either")
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
