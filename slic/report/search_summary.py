"""A search in words and as plain data: the saving never without baseline, range and the light that people got."""

from __future__ import annotations

from typing import Any

from slic.report.campaign_table import shown_value
from slic.report.search_trials import Checked, Figures, FrontPage, Trial, shortfall
from slic.report.summary import LABEL
from slic.report.words import people_pct, saving_text


def saving_of(figures: Figures) -> dict[str, Any]:
    """The saving of figures as a run's summary has it."""
    return {
        "value": figures["saving_pct"],
        "low": figures["saving_low_pct"],
        "high": figures["saving_high_pct"],
        "exact_for_these_nights": figures["exact_for_these_nights"],
        "significant": figures["significant"],
    }


def in_words(page: FrontPage) -> str:
    """A few lines: what was chosen, what it saves and gives with fresh road users, and what the search had said."""
    judged = sum(trial.figures is not None for trial in page.trials)
    front = sum(found.on_front for found in page.checked)
    lines = [f"{page.title}: {judged:,} trials of {page.program} on {page.scenario}, {front} on the front."]
    if page.chosen is None:
        return "\n".join([*lines, "No program was chosen."])
    chosen, fresh = page.chosen, page.chosen.fresh
    lines.append(f"Chosen: trial {chosen.trial.number}, {values_text(chosen.trial)}.")
    lines.append(
        f"{LABEL.capitalize()} on fresh road users: saves {saving_text(saving_of(fresh))} {against(page, fresh)}."
    )
    lines.append(f"Light: {service_text(fresh)}.")
    gained = difference(chosen, "saving_pct")
    if gained is not None:
        lines.append(
            f"In the search it saved {chosen.trial.value('saving_pct'):.1f} %, fresh minus search {gained:+.2f} points."
        )
    return "\n".join(lines)


def against(page: FrontPage, figures: Figures) -> str:
    """What a saving is against, and on how much it stands."""
    return (
        f"against {page.baseline} over {figures['nights_counted']} nights from {page.check_start},"
        f" {figures['replicates']} replicates, seed {figures['seed']}, range at {100 * page.confidence:g} %"
    )


def service_text(figures: Figures) -> str:
    """The service figures in words."""
    return (
        f"served {people_pct(figures['served_pct'])}, light given {people_pct(figures['light_given_pct'])},"
        f" late {people_pct(figures['late_events_pct'])}, missed {people_pct(figures['missed_events_pct'])}"
    )


def values_text(trial: Trial) -> str:
    """The values of a trial, as ``hold_s 60, idle_level_pct 20``."""
    if trial.number == 0:
        return "the program as it stands"
    return ", ".join(f"{path} {shown_value(value)}" for path, value in trial.values.items())


def difference(found: Checked, key: str) -> float | None:
    """A figure in the fresh run minus that in the search; None where one is unknown."""
    before = None if found.trial.figures is None else found.trial.figures[key]
    after = found.fresh[key]
    return None if before is None or after is None else round(after - before, 3)


def search_summary(page: FrontPage) -> dict[str, Any]:
    """``summary.json`` of a search."""
    return {
        "schema": 1,
        "label": LABEL,
        "search": page.name,
        "title": page.title,
        "scenario": page.scenario,
        "program": page.program,
        "baseline": page.baseline,
        "constraints": [str(limit) for limit in page.limits],
        "parameters": list(page.parameters),
        "combinations": page.combinations,
        "trials": len(page.trials),
        "refused": [{"trial": t.number, "error": t.error} for t in page.trials if t.figures is None],
        "checked": [_checked(page, found) for found in page.checked],
        "chosen": None if page.chosen is None else _checked(page, page.chosen),
    }


def _checked(page: FrontPage, found: Checked) -> dict[str, Any]:
    keys = ("saving_pct", "served_pct", "light_given_pct", "late_events_pct", "missed_events_pct")
    return {
        "trial": found.trial.number,
        "on_front": found.on_front,
        "values": dict(found.trial.values),
        "search": dict(found.trial.figures or {}),
        "fresh": dict(found.fresh),
        "fresh_minus_search_points": {key: difference(found, key) for key in keys},
        "fresh_meets_constraints": shortfall(found.fresh, page.limits) == 0,
    }
