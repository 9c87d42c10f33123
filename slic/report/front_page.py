"""The page of a search: what was chosen, the front as a picture and as a table, and what the figures do not say."""

from __future__ import annotations

from markupsafe import Markup

from slic.report.front_chart import FrontChart, Spot, front_chart
from slic.report.html import environment
from slic.report.search_summary import against, difference, saving_of, service_text, values_text
from slic.report.search_trials import Checked, Figures, FrontPage, Trial, missed, shortfall
from slic.report.summary import LABEL, LIMITS
from slic.report.words import people_pct, saving_range, saving_text
from slic.scenario.search import SERVICE_KEYS

_LONGEST_LABEL = 52
"""Characters of a line beside the chosen point."""


def render_front(page: FrontPage) -> str:
    """The page as HTML that needs nothing else."""
    return (
        environment()
        .get_template("front.html.j2")
        .render(
            page=page,
            label=LABEL,
            limits_text=LIMITS,
            chart=Markup(_chart(page)),
            stands=next((found for found in page.checked if found.trial.number == 0), None),
            saving_range=saving_range,
            refused=[trial for trial in page.trials if trial.figures is None],
            against=against,
            difference=difference,
            saving_of=saving_of,
            saving_text=saving_text,
            service_text=service_text,
            values_text=values_text,
            missed=lambda figures: missed(figures, page.limits),
            first_fresh=page.checked[0].fresh if page.checked else None,
            first_search=next((t.figures for t in page.trials if t.figures), None),
        )
    )


def _chart(page: FrontPage) -> str:
    """Empty where no trial has both figures."""
    key = SERVICE_KEYS[page.measure]
    known = [t for t in page.trials if t.figures and t.figures[key] is not None and t.figures["saving_pct"] is not None]
    if not known or any(found.fresh[key] is None or found.fresh["saving_pct"] is None for found in page.checked):
        return ""
    tried = [trial for trial in known if trial.number]
    numbers = [found.trial.number for found in page.checked]
    chosen = None if page.chosen is None else numbers.index(page.chosen.trial.number)
    fresh = None if page.chosen is None else page.chosen.fresh
    exact = fresh is None or fresh["exact_for_these_nights"]
    return front_chart(
        FrontChart(
            title=f"Energy saved against {page.measure}",
            measure=page.measure,
            meeting=[_spot(t, t.figures, key) for t in tried if shortfall(t.figures, page.limits) == 0],
            failing=[_spot(t, t.figures, key) for t in tried if shortfall(t.figures, page.limits) != 0],
            front=[_spot(found.trial, found.trial.figures, key) for found in page.checked if found.on_front],
            before=[_spot(found.trial, found.trial.figures, key) for found in page.checked],
            fresh=[_spot(found.trial, found.fresh, key, " on fresh road users") for found in page.checked],
            as_it_stands=next((_spot(t, t.figures, key) for t in known if t.number == 0), None),
            limit_pct=next((limit.limit_pct for limit in page.limits if limit.key == key), None),
            chosen=chosen,
            low_pct=None if exact or fresh is None else fresh["saving_low_pct"],
            high_pct=None if exact or fresh is None else fresh["saving_high_pct"],
            label=[] if page.chosen is None else _label(page, page.chosen),
        )
    )


def _spot(trial: Trial, figures: Figures | None, key: str, where: str = "") -> Spot:
    assert figures is not None
    words = (
        f"trial {trial.number}: {values_text(trial)}; saves {saving_text(saving_of(figures))}, {service_text(figures)}"
    )
    return Spot(float(figures[key]), float(figures["saving_pct"]), words + where)


def _label(page: FrontPage, chosen: Checked) -> list[str]:
    fresh = chosen.fresh
    lines = [f"chosen: trial {chosen.trial.number}"]
    for value in values_text(chosen.trial).split(", "):
        if len(lines) > 1 and len(lines[-1]) + len(value) + 2 <= _LONGEST_LABEL:
            lines[-1] += f", {value}"
        else:
            lines.append(value)
    return [
        *lines,
        f"saves {saving_text(saving_of(fresh))} against {page.baseline}",
        f"served {people_pct(fresh['served_pct'])}, light given {people_pct(fresh['light_given_pct'])}",
    ]
