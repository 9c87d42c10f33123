"""The variants of a campaign with names that are folders: each combination of the grid, and those of the list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from typing import Any

from slic.errors import InputError
from slic.scenario.campaign import CampaignFile

_LONGEST_NAME = 100

Settings = Mapping[str, Any]
"""Values by path, as ``slic simulate --set`` takes them."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A set of values. name : "" where the scenario is taken as it is."""

    name: str
    settings: Settings


def variants(campaign: CampaignFile) -> list[Variant]:
    """All variants, those of the list last. InputError where two have one name."""
    found = [] if campaign.listed and not campaign.grid else _combinations(campaign)
    for listed in campaign.listed:
        found.append(Variant(listed.name, {**campaign.settings, **listed.set}))
    check_names([variant.name for variant in found], campaign.name)
    return found


def joined_name(parts: Sequence[str]) -> str:
    """A name of parts, cut where it is too long for a folder; a part of a hash keeps it apart from others."""
    name = "_".join(part for part in parts if part)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def check_names(names: Sequence[str], campaign: str) -> None:
    """Refuse names that are one folder on some disk, as ``A`` and ``a``."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other is not name:
            raise InputError(
                "is the name of two cases", file=campaign, value=name, allowed="values that differ in their letters"
            )


def natural(name: str) -> list[tuple[int, int, str]]:
    """Order of names in which 2 comes before 10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part[0].isdecimal() else (1, 0, part) for part in parts]


def _combinations(campaign: CampaignFile) -> list[Variant]:
    paths = sorted(campaign.grid)
    labels = _labels(paths)
    found = []
    for values in product(*(campaign.grid[path] for path in paths)):
        parts = [f"{labels[path]}-{_slug(value)}" for path, value in zip(paths, values, strict=True)]
        chosen = dict(zip(paths, values, strict=True))
        found.append(Variant(joined_name(parts), {**campaign.settings, **chosen}))
    return found


def _labels(paths: Sequence[str]) -> dict[str, str]:
    """Of each path as many of its last parts as tell it from the others."""
    labels = {}
    for path in paths:
        parts = path.split(".")
        others = [other.split(".") for other in paths if other != path]
        count = next(
            (n for n in range(1, len(parts) + 1) if all(other[-n:] != parts[-n:] for other in others)), len(parts)
        )
        labels[path] = _slug(".".join(parts[-count:]))
    return labels


def _slug(value: object) -> str:
    """A value as a part of a folder's name."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.12g}"
    return re.sub(r"[^A-Za-z0-9._]+", "-", str(value)).strip("-._") or "empty"
