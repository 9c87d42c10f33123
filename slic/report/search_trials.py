"""Trials of a search: what each saves and gives, which are the front, and which was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slic.report.campaign_table import case_rows, csv_text
from slic.scenario.search import SERVICE_KEYS, Constraint

FIGURES = (
    "energy_kwh",
    "baseline_kwh",
    "saving_pct",
    "saving_low_pct",
    "saving_high_pct",
    "exact_for_these_nights",
    "significant",
    "nights_counted",
    "replicates",
    "seed",
    "user_hours",
    *SERVICE_KEYS.values(),
    "level_changes_per_lamp_hour",
)
"""What is kept of a trial; the meanings are those of the columns of a campaign (:mod:`slic.report.campaign_table`)."""

Figures = Mapping[str, Any]
"""The values of :data:`FIGURES` by name; a service figure is None where there were no road users."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A combination that was tried.

    number : in the order of the search; 0 is the program as it stands
    values : by field of the program; figures : None where the program was refused, error says why
    """

    number: int
    values: Mapping[str, Any]
    figures: Figures | None
    error: str = ""

    def value(self, key: str) -> float:
        """A figure of a trial that has one; KeyError where it is unknown."""
        found = None if self.figures is None else self.figures[key]
        if found is None:
            raise KeyError(key)
        return float(found)


@dataclass(frozen=True, slots=True)
class Checked:
    """A trial with the figures of its fresh run, which had other road users. on_front : it is part of the front."""

    trial: Trial
    fresh: Figures
    on_front: bool = True


@dataclass(frozen=True, slots=True)
class FrontPage:
    """A whole search, as its page and summary tell it.

    measure : service figure of the front, in words; combinations : of the values to try
    checked : what was run again: the front, the cheapest that met the limits, and the program as it stands
    search_start, check_start : first nights; confidence : of the ranges
    """

    name: str
    title: str
    scenario: str
    program: str
    baseline: str
    measure: str
    limits: Sequence[Constraint]
    parameters: Sequence[str]
    combinations: int
    trials: Sequence[Trial]
    checked: Sequence[Checked]
    chosen: Checked | None
    search_start: str
    check_start: str
    confidence: float


def figures_of(summary: Mapping[str, Any]) -> dict[str, Figures]:
    """Figures of each compared program of a run's summary, by name."""
    rows = case_rows("", "", {}, summary)
    return {str(row["program"]): {key: row[key] for key in FIGURES} for row in rows if not row["is_baseline"]}


def shortfall(figures: Figures | None, limits: Sequence[Constraint]) -> float | None:
    """The largest number of points by which figures miss a limit, 0 where all are met; None where one is unknown."""
    if figures is None:
        return None
    missed = [limit.short_pct(figures[limit.key]) for limit in limits]
    known = [points for points in missed if points is not None]
    return max(known, default=0.0) if len(known) == len(missed) else None


def missed(figures: Figures, limits: Sequence[Constraint]) -> str:
    """In words which limits figures miss, and by how many points; "" where they meet all. Rounded figures hide it."""
    found = [(limit.measure, limit.short_pct(figures[limit.key])) for limit in limits]
    short = [f"{measure} by {points:.2g}" for measure, points in found if points]
    return ", ".join([*short, *(f"{measure} is unknown" for measure, points in found if points is None)])


def front_of(trials: Sequence[Trial], key: str, limits: Sequence[Constraint]) -> list[Trial]:
    """Trials that no other beats in energy and in the service figure ``key``, from most light to least energy.

    Those that miss a limit on any other service figure take no part. Of equal ones the first stands.
    """
    others = [limit for limit in limits if limit.key != key]
    able = [t for t in trials if t.figures and t.figures[key] is not None and shortfall(t.figures, others) == 0]
    front: list[Trial] = []
    for trial in sorted(able, key=lambda t: (-t.value(key), t.value("energy_kwh"), t.number)):
        if not front or trial.value("energy_kwh") < front[-1].value("energy_kwh"):
            front.append(trial)
    return front


def to_check(trials: Sequence[Trial], key: str, limits: Sequence[Constraint], most: int) -> list[Trial]:
    """Trials to run again: the front; of those that meet all limits the cheapest, in case the front does not hold; and
    the program as it stands, to compare with."""
    meeting = [t for t in trials if t.figures is not None and limits and shortfall(t.figures, limits) == 0]
    cheapest = sorted(meeting, key=lambda t: (t.value("energy_kwh"), t.number))[:most]
    stands = [t for t in trials if t.number == 0 and t.figures is not None]
    found = {t.number: t for t in [*front_of(trials, key, limits), *cheapest, *stands]}
    return list(found.values())


def best_of(trials: Sequence[Trial], limits: Sequence[Constraint]) -> Trial | None:
    """The trial with the least energy of those that meet all limits; None where none does."""
    meeting = [trial for trial in trials if shortfall(trial.figures, limits) == 0]
    return min(meeting, key=lambda t: (t.value("energy_kwh"), t.number), default=None)


def nearest_to(trials: Sequence[Trial], limits: Sequence[Constraint]) -> Trial | None:
    """The trial that misses the limits by least; None where no trial can be judged."""
    judged = [(short, t.number, t) for t in trials if (short := shortfall(t.figures, limits)) is not None]
    return min(judged, key=lambda found: found[:2])[2] if judged else None


def chosen_of(checked: Sequence[Checked], limits: Sequence[Constraint]) -> Checked | None:
    """Of those that meet all limits in the search and again in the fresh run, the one with least energy in the search.

    The order is that of the search, so its fresh saving was not picked for being large. None where there are no limits:
    the darkest program would always win.
    """
    if not limits:
        return None
    able = [c for c in checked if shortfall(c.trial.figures, limits) == 0 and shortfall(c.fresh, limits) == 0]
    return min(able, key=lambda c: (c.trial.value("energy_kwh"), c.trial.number), default=None)


def front_csv(parameters: Sequence[str], checked: Sequence[Checked], limits: Sequence[Constraint], chosen: int) -> str:
    """What was run again as a table: each figure of the search, and the fresh one under ``fresh_``."""
    header = [
        "trial",
        "on_front",
        "chosen",
        *parameters,
        *FIGURES,
        *(f"fresh_{key}" for key in FIGURES),
        "fresh_meets_constraints",
    ]
    rows = []
    for found in checked:
        trial = found.trial
        assert trial.figures is not None
        figures = [trial.figures[key] for key in FIGURES] + [found.fresh[key] for key in FIGURES]
        values = [trial.values[path] for path in parameters]
        meets = shortfall(found.fresh, limits) == 0
        rows.append([trial.number, found.on_front, trial.number == chosen, *values, *figures, meets])
    return csv_text(header, rows)
