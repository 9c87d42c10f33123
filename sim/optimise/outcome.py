"""What a search leaves: the front as table and page, a summary, and the chosen program for gateways and simulations."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.optimise.candidates import changed_scenario, with_values
from sim.optimise.folder import MADE
from sim.optimise.read import Search, programs_in
from slic.control.program import ControlProgram
from slic.errors import InputError
from slic.files import write_whole
from slic.report.front_page import render_front
from slic.report.search_summary import in_words, search_summary, values_text
from slic.report.search_trials import Checked, Figures, FrontPage, Trial, front_csv, nearest_to
from slic.scenario.dump import resolved_yaml, yaml_text
from slic.scenario.library import data_path
from slic.scenario.loaded import LoadedScenario, data_files
from slic.scenario.model import Scenario

PROGRAMS = "programs.yaml"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found. checked : the front with fresh figures; chosen : of it, None if none meets the constraints,
    or if there are none to choose by."""

    trials: Sequence[Trial]
    checked: Sequence[Checked]
    chosen: Checked | None


@dataclass(frozen=True, slots=True)
class Found:
    """A finished search. words : for people; program : file for gateways, None where no program was chosen.

    summary : as in ``summary.json``
    """

    folder: Path
    words: str
    program: Path | None
    summary: dict[str, Any]


def write_outcome(search: Search, folder: Path, outcome: Outcome) -> Found:
    """Write all files of a search beside its trials. RunError where one cannot be written."""
    for name in MADE:
        (folder / name).unlink(missing_ok=True)
    chosen, page = outcome.chosen, _page(search, outcome)
    number = -1 if chosen is None else chosen.trial.number
    summary, words = search_summary(page), in_words(page)
    write_whole(folder / "front.csv", front_csv(page.parameters, outcome.checked, search.limits, number))
    write_whole(folder / "front.html", render_front(page))
    if chosen is not None:
        program = chosen_program(search, chosen)
        write_whole(folder / PROGRAMS, _commented(words) + yaml_text(gateway_programs(search, program)))
        scenario = chosen_scenario(search, program, folder)
        write_whole(folder / "scenario.yaml", _commented(words) + resolved_yaml(scenario))
    write_whole(folder / "summary.json", json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    return Found(folder, words, None if chosen is None else folder / PROGRAMS, summary)


def chosen_program(search: Search, chosen: Checked) -> ControlProgram:
    """The program with the chosen values, under its own name; title and source say what they are and come from.

    The title that it had may tell of other values, so it stays only where none was changed.
    """
    program = search.program
    origin = f"slic optimise {search.file.name} on {search.loaded.scenario.name}, trial {chosen.trial.number}"
    if chosen.trial.number == 0:
        return program.model_copy(update={"source": f"{program.source}; {origin}" if program.source else origin})
    changed = f"{program.name} with {values_text(chosen.trial)}"
    source = f"{origin}; before these values: {program.source}" if program.source else origin
    return with_values(program, chosen.trial.values).model_copy(update={"title": changed, "source": source})


def gateway_programs(search: Search, program: ControlProgram) -> dict[str, Any]:
    """The regime as a file of programs for a gateway (``slic program sign``)."""
    scenario = search.loaded.scenario
    groups = scenario.regimes[search.regime]
    needed = set().union(*(programs_in(scenario, name) for name in groups.values()))
    programs = {name: program if name == program.name else scenario.programs[name] for name in sorted(needed)}
    calendars = {name: scenario.calendars[name] for name in sorted(set(groups.values()) & set(scenario.calendars))}
    plain: dict[str, Any] = {
        "groups": dict(groups),
        "programs": {name: found.model_dump(mode="json", exclude_none=True) for name, found in programs.items()},
    }
    if calendars:
        plain["calendars"] = {
            name: found.model_dump(mode="json", exclude_none=True) for name, found in calendars.items()
        }
    return plain


def chosen_scenario(search: Search, program: ControlProgram, folder: Path) -> Scenario:
    """The scenario of the check with the chosen program: run as it is, it gives the fresh figures again."""
    changed = changed_scenario(search.loaded.scenario, search.regime, program)
    changed = changed.model_copy(update={"run": search.check_run})
    plain = changed.model_dump(mode="json")
    for path, name in data_files(changed).items():
        here: Any = plain
        for part in path[:-1]:
            here = here[part]
        here[path[-1]] = _seen_from(folder, search.loaded, name)
    return Scenario.model_validate(plain)


def unmet(search: Search, outcome: Outcome) -> InputError:
    """Says which program came nearest to the constraints that none meets, and by how much it missed them."""
    fresh = [Trial(c.trial.number, c.trial.values, c.fresh) for c in outcome.checked]
    again = any(_misses(search, trial.figures) is None for trial in outcome.trials)
    nearest = nearest_to(fresh if again else outcome.trials, search.limits)
    if nearest is None or nearest.figures is None:
        return InputError("were met by no trial: the program refuses all of them", field="constraints")
    at = _misses(search, nearest.figures)
    limit = search.limits[at or 0]
    value, short = nearest.figures[limit.key], limit.short_pct(nearest.figures[limit.key])
    values = ", ".join(f"{path} {value}" for path, value in nearest.values.items())
    problem = "is met in the search and not again with other road users" if again else "is met by no trial"
    origin = search.document.origin(("constraints", at or 0))
    return InputError(
        f"{problem}: trial {nearest.number} came nearest with {value:g} %, {short:.3g} points short ({values})",
        file=origin.file,
        line=origin.line,
        field="constraints",
        value=str(limit),
        allowed="a limit that it reaches, or other values to try",
    )


def _misses(search: Search, figures: Figures | None) -> int | None:
    """Which limit figures miss by most, None where they meet all."""
    if figures is None:
        return 0
    short = [limit.short_pct(figures[limit.key]) or 0.0 for limit in search.limits]
    worst = max(range(len(short)), key=short.__getitem__)
    return worst if short[worst] > 0 else None


def _page(search: Search, outcome: Outcome) -> FrontPage:
    file, scenario = search.file, search.loaded.scenario
    return FrontPage(
        name=file.name,
        title=file.title or file.name,
        scenario=scenario.name,
        program=file.program,
        baseline=scenario.baseline,
        measure=file.front,
        limits=search.limits,
        parameters=list(search.space.values),
        combinations=search.space.size,
        trials=outcome.trials,
        checked=outcome.checked,
        chosen=outcome.chosen,
        search_start=search.search_run.start.isoformat(),
        check_start=search.check_run.start.isoformat(),
        confidence=scenario.run.confidence,
    )


def _seen_from(folder: Path, loaded: LoadedScenario, name: str) -> str:
    """A data file's name as a scenario in ``folder`` must give it."""
    beside = loaded.base_dir / name
    if not beside.is_file() and data_path(name) is not None:
        return name
    return Path(os.path.relpath(beside.resolve(), folder.resolve())).as_posix()


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())
