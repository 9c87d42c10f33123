"""The campaign file: one scenario, and the values that many runs of it try.

``grid`` makes a variant of each combination of its values, ``list`` adds variants of its own; ``seeds`` and ``nights``
then split each variant into cases. Paths are those of ``slic simulate --set``.
"""

from __future__ import annotations

from decimal import Decimal
from math import prod
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from slic.control.program import Strict
from slic.errors import InputError
from slic.scenario.document import Document
from slic.scenario.model import Identifier

MOST_CASES = 10_000
"""Of a campaign. Each case is a folder of some thirty files."""

_RANGE = {"from", "to", "step"}
_RANGE_WORDS = "{from: 10, to: 40, step: 10}"


def values_of(given: object) -> list[Any]:
    """Values to try: a list as it is, or a range with both ends. ValueError says what is wrong with it."""
    values = _range(given) if isinstance(given, dict) and _RANGE & given.keys() else given
    if not isinstance(values, list):
        raise ValueError(f"is no list of values; allowed: [30, 60, 120] or {_RANGE_WORDS}")
    if not values:
        raise ValueError("has no values")
    seen = [repr(value) for value in values]
    if len(set(seen)) < len(seen):
        twice = next(text for text in seen if seen.count(text) > 1)
        raise ValueError(f"has the value {twice} twice")
    return values


def _range(given: dict[str, Any]) -> list[int | float]:
    if set(given) != _RANGE or not all(_is_number(end) for end in given.values()):
        raise ValueError(f"is no range; allowed: {_RANGE_WORDS}")
    low, high, step = (Decimal(str(given[key])) for key in ("from", "to", "step"))
    if step <= 0:
        raise ValueError(f"has a step of {step}; allowed: above 0")
    if low > high:
        raise ValueError(f"is upside down: it goes from {low} to {high}")
    count = int((high - low) / step) + 1
    if count > MOST_CASES:
        raise ValueError(f"has {count:,} values; allowed: {MOST_CASES:,}")
    return [_plain(low + step * index) for index in range(count)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _seeds(given: object) -> object:
    if isinstance(given, list | dict):
        if all(_is_seed(value) for value in values_of(given)):
            return values_of(given)
    elif _is_seed(given) and given != 0:
        return given
    raise ValueError(f"is no number of seeds and no list of them; allowed: 20, [1, 2, 3] or {_RANGE_WORDS}")


def _is_seed(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**53


Values = Annotated[list[Any], BeforeValidator(values_of)]
Seeds = Annotated[int | list[int], BeforeValidator(_seeds)]
CaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class ListedVariant(Strict):
    """A variant that is named and not part of the grid."""

    name: CaseName
    set: dict[str, Any] = Field({}, description="values by path")


class CampaignFile(Strict):
    """A whole campaign."""

    model_config = ConfigDict(populate_by_name=True)

    slic: Literal[1] = Field(1, description="version of this file format")
    name: Identifier
    title: str = ""
    scenario: str = Field(description="name of a shipped scenario, or a path seen from this file")
    settings: dict[str, Any] = Field({}, description="values by path, for all cases")
    grid: dict[str, Values] = Field({}, description="path -> values to try; each combination is a variant")
    listed: list[ListedVariant] = Field([], alias="list", description="variants beside those of the grid")
    seeds: Seeds = Field([], description="each variant so often, from the scenario's seed on; or the seeds themselves")
    nights: Annotated[int, Field(ge=1)] | None = Field(
        None, description="split the nights of a run into cases of at most so many"
    )


def check_campaign(campaign: CampaignFile, document: Document) -> None:
    """Refuse what the single values do not show: too many cases or none, names and paths that clash."""
    count = case_count(campaign)
    if not (campaign.grid or campaign.listed or campaign.seeds or campaign.nights):
        raise InputError("has no cases", file=document.file, allowed="grid, list, seeds or nights")
    if count > MOST_CASES:
        raise InputError(
            f"has {count:,} cases", file=document.file, allowed=f"up to {MOST_CASES:,}; split the campaign"
        )
    _check_names(campaign, document)
    for path in campaign.grid:
        if path in campaign.settings:
            raise document.refusal(("grid", path), "stands in settings too", None, "one of both")
    if campaign.seeds and "run.seed" in campaign.grid:
        raise document.refusal(("grid", "run.seed"), "is set by seeds too", None, "one of both")


def case_count(campaign: CampaignFile) -> int:
    """Number of cases before nights are split."""
    seeds = campaign.seeds if isinstance(campaign.seeds, int) else max(1, len(campaign.seeds))
    return seeds * (_grid_count(campaign) + len(campaign.listed))


def _grid_count(campaign: CampaignFile) -> int:
    return prod(len(values) for values in campaign.grid.values()) if campaign.grid else not campaign.listed


def _check_names(campaign: CampaignFile, document: Document) -> None:
    seen: set[str] = set()
    for index, variant in enumerate(campaign.listed):
        if variant.name.casefold() in seen:
            raise document.refusal(("list", index, "name"), "stands twice", variant.name, "each name once")
        seen.add(variant.name.casefold())
