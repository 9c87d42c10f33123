"""The Python API: what the command line does, as calls. ``import slic`` offers them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sim.engine import EngineName, explained, ways
from sim.night import Deciders
from sim.run import Explanation, Progress, check, explain_moment
from sim.run_folder import simulate_into
from sim.setup import prepare
from slic.control.place import Place
from slic.control.planner import planner_for
from slic.control.year import YearSummary, year_summary
from slic.errors import InputError
from slic.report.folder import check_target, open_run
from slic.report.run import Run
from slic.scenario.library import load_program
from slic.scenario.load import load_scenario
from slic.scenario.loaded import LoadedScenario, data_files, find_file
from slic.scenario.model import Scenario
from slic.scenario.yaml_file import read_model

if TYPE_CHECKING:
    from sim.campaign.executor import Executor
    from sim.campaign.plan import Plan
    from sim.campaign.run import CampaignProgress, CampaignResult
    from sim.field_lockstep import LockstepStreets
    from sim.optimise.outcome import Found
    from sim.optimise.run import SearchProgress
    from sim.proof.prove import Proof

__all__ = [
    "Explanation",
    "Run",
    "YearSummary",
    "demo",
    "engines",
    "explain",
    "open_run",
    "optimise",
    "prove",
    "schedule",
    "simulate",
    "validate",
]

DEMO_SCENARIO = "ghent-coupure-fiftieth"
DEMO_SETTINGS = ("run.replicates=2",)
"""Fewer replicates than the scenario has: the demonstration must end within 45 s on two cores, over a broker too."""

Settings = Sequence[str] | Mapping[str, Any]
OnProgress = Callable[[Progress], None]
Say = Callable[[str], None]
"""Takes a line that tells a person how the run is made."""


def simulate(
    scenario: str | Path,
    *,
    settings: Settings = (),
    out: str | Path | None = None,
    jobs: int | None = 1,
    overwrite: bool = False,
    progress: OnProgress | None = None,
    engine: EngineName = "auto",
) -> Run:
    """Simulate a scenario and write its run folder.

    Parameters
    ----------
    scenario : name of a shipped scenario, or path of a scenario file
    settings : values by path, as ``{"run.nights": 2}`` or ``["run.nights=2"]``
    out : run folder; default ``runs/<scenario>``
    jobs : worker processes, None for one per core. The result does not depend on it. A script that asks for more
        than one needs the guard ``if __name__ == "__main__":``, as always with Python's processes
    overwrite : replace an earlier run in ``out``
    progress : called with the state of the run from time to time
    engine : ``auto`` and ``fast`` run regimes on arrays wherever they can, and else the controller; ``event`` runs the
        SimPy street. All give the same tables (:func:`engines` says what runs how)

    Raises
    ------
    InputError : the scenario, a setting or the folder is refused
    RunError : the run could not be finished or written
    """
    loaded = load_scenario(scenario, _as_list(settings))
    folder = Path("runs") / loaded.scenario.name if out is None else Path(out)
    check_target(folder, overwrite)
    return _run(loaded, folder, jobs, overwrite, progress, engine=engine)


def engines(scenario: str | Path, *, settings: Settings = (), engine: EngineName = "auto") -> list[str]:
    """How a scenario's regimes would be run, and what keeps one from the arrays; a line for each way, in words."""
    chosen = ways(prepare(load_scenario(scenario, _as_list(settings))), engine)
    return explained({regime: str(way) for regime, way in chosen.items()})


def demo(
    out: str | Path = "runs/demo",
    *,
    jobs: int | None = 1,
    in_process: bool = False,
    progress: OnProgress | None = None,
    say: Say | None = None,
) -> Run:
    """Simulate the shipped demonstration; an earlier demonstration in ``out`` is replaced, nothing else is.

    Its lamps are controlled by a gateway process over an MQTT broker, both started and ended here. The result is that
    of controllers in this process, which ``in_process`` asks for; it is also the way where no broker can be started.
    ``jobs`` counts then. ``say`` : told which way it is, and how many messages there were
    """
    folder = Path(out)
    again = (folder / "END").is_file() and open_run(folder).summary["scenario"] == DEMO_SCENARIO
    loaded = load_scenario(DEMO_SCENARIO, list(DEMO_SETTINGS))
    check_target(folder, again)
    if in_process:
        return _run(loaded, folder, jobs, again, progress, engine="event")
    return _run_over_mqtt(loaded, folder, jobs, again, progress, say or _silent)


def field(
    scenario: str | Path,
    *,
    settings: Settings = (),
    out: str | Path | None = None,
    broker: str = "",
    tls: Mapping[str, str] | None = None,
    gateways: str | Path = "",
    overwrite: bool = False,
    progress: OnProgress | None = None,
    say: Say | None = None,
) -> Run:
    """Simulate a scenario whose lamps are controlled by gateways over a broker, in lockstep, and write its run folder.

    The tables have the bytes of those of :func:`simulate`.

    Parameters
    ----------
    broker : ``host:port`` of a broker with gateways that follow the field's clock; "" : both are started here
    tls : files ``ca``, ``certificate`` and ``key`` for a broker on another machine
    gateways : folder that ``slic field --write-gateways`` has written; its keys sign the programs
    say : told how the run is made, and how many messages there were

    Raises
    ------
    InputError : the scenario, a setting, the broker's address or a folder is refused
    RunError : a gateway does not answer, or refuses a program or override; the run could not be written
    """
    loaded = load_scenario(scenario, _as_list(settings))
    folder = Path("runs") / loaded.scenario.name if out is None else Path(out)
    check_target(folder, overwrite)
    say = say or _silent
    if not broker:
        return _run_over_mqtt(loaded, folder, None, overwrite, progress, say)
    from controllers.link.broker_address import broker_address
    from sim.field_harness import folder_keys, lockstep_streets

    streets = lockstep_streets(loaded, broker_address(broker, tls), folder_keys(Path(gateways)), _nothing, Path())
    try:
        return _run_with(streets, loaded, folder, overwrite, progress, say)
    finally:
        streets.close()


def sweep(
    campaign: str | Path,
    *,
    tried: Sequence[str] | Mapping[str, Sequence[Any]] = (),
    seeds: int | None = None,
    out: str | Path | None = None,
    jobs: int | None = 1,
    dask: str = "",
    shard: str = "1/1",
    overwrite: bool = False,
    progress: Callable[[CampaignProgress], None] | None = None,
) -> CampaignResult:
    """Run a campaign: many variants of a scenario, each into a run folder of its own, and a table of all of them.

    What is done already in ``out`` is not done again, so the same call goes on with a campaign that was interrupted.

    Parameters
    ----------
    campaign : name or path of a campaign, or of a scenario
    tried : values to try by path, as ``{"programs.presence-cluster.hold_s": [30, 60]}`` or ``["run.nights=2,4"]``
    seeds : how often each variant is run, with seeds from the scenario's on
    out : the campaign's folder; default ``runs/<campaign>``
    jobs : worker processes of this machine, None for one per core (see :func:`simulate`)
    dask : address of a Dask scheduler, whose workers take the place of ``jobs`` and share the folder
    shard : ``k/n`` for a part of the cases; the last part that ends makes the table
    overwrite : ``out`` may hold another campaign; cases that are the same stay
    progress : called after each case

    Raises
    ------
    InputError : the campaign, a value or the folder is refused
    RunError : no case could be run, or the table not written. A case that fails is in the result, and in ``errors/``
    """
    from sim.campaign.run import run_campaign, shard_of

    part = shard_of(shard)
    plan = plan_sweep(campaign, tried=tried, seeds=seeds)
    folder = Path("runs") / plan.name if out is None else Path(out)
    executor = _executor(dask, jobs, len(plan.cases))
    return run_campaign(plan, folder, executor, shard=part, overwrite=overwrite, progress=progress)


def optimise(
    search: str | Path,
    *,
    out: str | Path | None = None,
    jobs: int | None = 1,
    overwrite: bool = False,
    progress: Callable[[SearchProgress], None] | None = None,
) -> Found:
    """Search the values of a program for the least energy that gives people their light, and check it afresh.

    Trials that are done already in ``out`` are not done again, so the same call goes on with an interrupted search.

    Parameters
    ----------
    search : name or path of a search file (docs/optimise.md)
    out : the search's folder; default ``runs/<search>``
    jobs : worker processes, None for one per core (see :func:`simulate`). The result does not depend on it
    overwrite : ``out`` may hold another search, which is lost
    progress : called with the state of the search from time to time

    Raises
    ------
    InputError : the search, its scenario or the folder is refused, or no program meets the constraints: the front is
        written then
    RunError : a simulation could not be finished, or a file not written
    """
    from sim.optimise.read import read_search
    from sim.optimise.run import run_search

    made = read_search(search)
    folder = Path("runs") / made.file.name if out is None else Path(out)
    return run_search(made, folder, jobs=jobs, overwrite=overwrite, progress=progress)


def plan_sweep(
    campaign: str | Path, *, tried: Sequence[str] | Mapping[str, Sequence[Any]] = (), seeds: int | None = None
) -> Plan:
    """The cases that :func:`sweep` would run, checked, with their settings. InputError as there."""
    from sim.campaign.read import read_campaign

    if isinstance(tried, Mapping):
        tried = [f"{path}={','.join(json.dumps(v, default=str) for v in values)}" for path, values in tried.items()]
    return read_campaign(campaign, tried, seeds)


def explain(run: str | Path, *, lamp: str, at: str, program: str, replicate: int = 0) -> Explanation:
    """Why a lamp of a run had its level at a moment. That street-night is simulated again.

    Parameters
    ----------
    run : run folder
    lamp : lamp id, as in ``tables/lamps.csv``
    at : ``YYYY-MM-DD HH:MM[:SS]`` in civil time of the site, or UTC with a ``Z`` at the end. A civil time that
        happens twice means its first pass
    program : regime of the run
    replicate : which repetition, from 0

    Raises
    ------
    InputError : the folder, lamp, moment or program is not of the run, or an input file has changed since
    """
    opened = open_run(run)
    loaded = _loaded_again(opened)
    t_ms = moment_ms(at, loaded.scenario.site.timezone)
    return explain_moment(loaded, program, lamp, t_ms, replicate)


def validate(scenario: str | Path, *, settings: Settings = ()) -> list[str]:
    """Check a scenario with its data files, without running it; the warnings that a run would end with.

    Raises InputError where a run would be refused.
    """
    return check(load_scenario(scenario, _as_list(settings)))


def schedule(program: str | Path, *, latitude: float, longitude: float, timezone: str, year: int) -> YearSummary:
    """Hours, switchings and saving of a program over a civil year at a place.

    program : name of a library program, or path of a program file; latitude, longitude : degrees;
    timezone : IANA name. Raises InputError for an unknown program, place or time zone.
    """
    return year_summary(planner_for(load_program(str(program)), Place(latitude, longitude, timezone)), year)


def prove(
    *,
    seed: int = 1,
    cases: int | None = None,
    minutes: float | None = None,
    progress: Callable[[Proof], None] | None = None,
) -> Proof:
    """Run made-up street-nights in every way that SLIC has, and compare them to the last millisecond and millijoule.

    seed : of the first case; the next ones follow. cases : how many, by default 1,000; minutes : for so long instead,
    or whichever ends first. progress : called after each case. The differences found are in what is returned
    """
    from sim.proof.prove import prove as prove_cases

    return prove_cases(seed, 1000 if cases is None and minutes is None else cases, minutes, progress)


def moment_ms(text: str, timezone: str) -> int:
    """UTC milliseconds of a moment as people write it (see :func:`explain`)."""
    allowed = "YYYY-MM-DD HH:MM, civil time of the site, or UTC with a Z at the end"
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError("is not a moment", field="at", value=text, allowed=allowed) from None
    if moment.tzinfo is None:
        zone = ZoneInfo(timezone)
        there = moment.replace(tzinfo=zone).astimezone(UTC)
        if there.astimezone(zone).replace(tzinfo=None) != moment:
            raise InputError(f"never happens in {timezone}: the clock jumps", field="at", value=text)
        moment = there
    return round(moment.timestamp() * 1000)


def _as_list(settings: Settings) -> list[str]:
    if isinstance(settings, Mapping):
        return [f"{path}={json.dumps(value, default=str)}" for path, value in settings.items()]
    return list(settings)


def _run_over_mqtt(
    loaded: LoadedScenario, folder: Path, jobs: int | None, overwrite: bool, progress: OnProgress | None, say: Say
) -> Run:
    """A run with a broker and gateways that are started for it, or in this process where there is no broker."""
    from sim.field_harness import private_field

    with private_field(loaded, say) as streets:
        if streets is not None:
            return _run_with(streets, loaded, folder, overwrite, progress, say)
    say("No MQTT broker here (pip install 'slic-lighting[broker]', or Mosquitto): controlled in this process.")
    return _run(loaded, folder, jobs, overwrite, progress, engine="event")


def _run_with(
    streets: LockstepStreets,
    loaded: LoadedScenario,
    folder: Path,
    overwrite: bool,
    progress: OnProgress | None,
    say: Say,
) -> Run:
    began = time.perf_counter()
    run = _run(loaded, folder, 1, overwrite, progress, streets)
    per_s = streets.messages / (time.perf_counter() - began)
    say(f"{streets.messages:,} MQTT messages, {per_s:,.0f} a second.")
    return run


def _executor(dask: str, jobs: int | None, cases: int) -> Executor:
    from sim.campaign.dask_cluster import DaskCluster
    from sim.campaign.executor import LocalProcesses
    from sim.workers import default_jobs

    if jobs is not None and jobs < 1:
        raise InputError("is no number of workers", field="jobs", value=jobs, allowed="1 or more, or None")
    return DaskCluster(dask) if dask else LocalProcesses(default_jobs(cases) if jobs is None else jobs)


def _silent(_line: str) -> None:
    """For callers who do not want to be told."""


def _nothing() -> None:
    """There is nothing to look after."""


def _run(
    loaded: LoadedScenario,
    folder: Path,
    jobs: int | None,
    overwrite: bool,
    progress: OnProgress | None,
    deciders: Deciders | None = None,
    engine: EngineName = "auto",
) -> Run:
    simulate_into(loaded, folder, jobs=jobs, overwrite=overwrite, progress=progress, deciders=deciders, engine=engine)
    return open_run(folder)


def _loaded_again(run: Run) -> LoadedScenario:
    """The scenario of a run, with its data files where they were and as they were."""
    scenario = read_model(run.folder / "scenario.yaml", Scenario, str(run.folder / "scenario.yaml"))
    base_dir = run.folder / run.provenance["data_folder"]
    inputs: dict[str, str] = run.provenance["inputs"]
    for name in data_files(scenario).values():
        path = find_file(base_dir, name)
        if path is None:
            raise InputError("does not exist", file=str(base_dir / name), allowed="the data file that the run read")
        if sha256(path.read_bytes()).hexdigest() != inputs.get(name):
            raise InputError("is not the file that the run read", file=str(path), allowed="the same bytes")
    return LoadedScenario(scenario, run.provenance["scenario_file"], base_dir, inputs)
