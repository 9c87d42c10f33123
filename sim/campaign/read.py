"""What a campaign is asked for with: a campaign file, or a scenario and values on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.campaign.plan import Plan, make_plan
from slic.errors import InputError
from slic.scenario.campaign import CampaignFile, check_campaign
from slic.scenario.document import Document, Origin
from slic.scenario.library import campaign_path, list_campaigns, list_scenarios, shown_path
from slic.scenario.model_errors import nearest
from slic.scenario.yaml_file import read_document, read_value, validated

_RANGE = {"from", "to", "step"}
Tried = Mapping[str, Sequence[Any]]
"""Values to try by path."""


def read_campaign(name_or_path: str | Path, tried: Sequence[str] = (), seeds: int | None = None) -> Plan:
    """Plan of a campaign.

    name_or_path : of a campaign, or of a scenario
    tried : ``path=value`` for all cases, ``path=a,b,c`` or ``path={from: 1, to: 9, step: 2}`` for values to try
    seeds : how often each variant, instead of what the file says
    Raises InputError for what is no campaign, and for one with a faulty case.
    """
    document, scenario = _document(str(name_or_path))
    _add(document, tried, seeds)
    campaign = validated(document, CampaignFile)
    check_campaign(campaign, document)
    return make_plan(campaign, document, scenario)


def _document(name: str) -> tuple[Document, str]:
    """The campaign's data, and its scenario as it can be read from here."""
    path = _campaign_file(name)
    if path is not None:
        document = read_document(path, shown_path(path))
        if "scenario" in document.data:
            return document, _beside(path, document.data["scenario"])
    stem = re.sub(r"[^a-z0-9-]+", "-", Path(name).stem.lower()).strip("-") or "campaign"
    return Document({"name": stem, "scenario": name}, {}, name), name


def _campaign_file(name: str) -> Path | None:
    """File of a campaign, or None for what must be a scenario."""
    if Path(name).suffix in (".yaml", ".yml"):
        return Path(name)
    if name in list_campaigns():
        return campaign_path(name)
    known = [*list_campaigns(), *list_scenarios()]
    if len(Path(name).parts) == 1 and name not in known:
        problem = f"is no campaign and no scenario{nearest(name, known)}"
        allowed = f"a file, a campaign ({', '.join(list_campaigns())}) or a scenario ({', '.join(list_scenarios())})"
        raise InputError(problem, field="campaign", value=name, allowed=allowed)
    return None


def _beside(path: Path, scenario: object) -> str:
    beside = path.parent / str(scenario)
    return str(beside) if beside.is_file() else str(scenario)


def _add(document: Document, tried: Sequence[str], seeds: int | None) -> None:
    """Put values from the command line into the campaign, in the place of its own."""
    for text in tried:
        path, equals, value = text.partition("=")
        path, origin = path.strip(), Origin(f"--set {text}", None)
        if not equals or not path:
            raise InputError("is not a setting", file=origin.file, value=text, allowed="path=value or path=a,b,c")
        values = [read_value(part, origin.file) for part in _parts(value)]
        is_range = len(values) == 1 and isinstance(values[0], dict) and bool(_RANGE & values[0].keys())
        section = "grid" if len(values) > 1 or is_range else "settings"
        for other in ("grid", "settings"):
            _mapping(document, other).pop(path, None)
        _mapping(document, section)[path] = values if len(values) > 1 else values[0]
        document.origins[section, path] = origin
    if seeds is not None:
        document.data["seeds"] = seeds
        document.origins["seeds",] = Origin("--seeds", None)


def _mapping(document: Document, section: str) -> dict[str, Any]:
    found = document.data.setdefault(section, {})
    return found if isinstance(found, dict) else {}


def _parts(text: str) -> list[str]:
    """Text split at commas outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        else:
            depth += (sign in "[{") - (sign in "]}")
            if sign == "," and depth <= 0:
                parts.append("")
                continue
        parts[-1] += sign
    return parts
