"""The Python API: what the command line does, as calls. ``import slic`` offers them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sim.night import Deciders
from sim.run import Explanation, Progress, check, explain_moment
from sim.run import simulate as run_scenario
from slic.control.place import Place
from slic.control.planner import planner_for
from slic.control.year import YearSummary, year_summary
from slic.errors import InputError
from slic.report.folder import check_target, open_run, write_run
from slic.report.provenance import collect_provenance
from slic.report.run import Run
from slic.scenario.library import config_root, load_program
from slic.scenario.load import load_scenario
from slic.scenario.loaded import LoadedScenario, data_files, find_file
from slic.scenario.model import Scenario
from slic.scenario.yaml_file import read_model

if TYPE_CHECKING:
    from sim.field_lockstep import LockstepStreets

__all__ = ["Explanation", "Run", "YearSummary", "demo", "explain", "open_run", "schedule", "simulate", "validate"]

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

    Raises
    ------
    InputError : the scenario, a setting or the folder is refused
    RunError : the run could not be finished or written
    """
    loaded = load_scenario(scenario, _as_list(settings))
    folder = Path("runs") / loaded.scenario.name if out is None else Path(out)
    check_target(folder, overwrite)
    return _run(loaded, folder, jobs, overwrite, progress)


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
        return _run(loaded, folder, jobs, again, progress)
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
    from sim.field_harness import broker_address, folder_keys, lockstep_streets

    streets = lockstep_streets(loaded, broker_address(broker, tls), folder_keys(Path(gateways)), _nothing, Path())
    try:
        return _run_with(streets, loaded, folder, overwrite, progress, say)
    finally:
        streets.close()


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
    return _run(loaded, folder, jobs, overwrite, progress)


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
) -> Run:
    began = time.perf_counter()
    result = run_scenario(loaded, jobs=jobs, progress=progress, deciders=deciders)
    simulated_s = time.perf_counter() - began
    lamp_nights = len({(t.replicate, t.night) for t in result.tallies}) * result.lamps * len(result.regimes)
    timing = {
        "simulated_s": round(simulated_s, 3),
        "lamp_nights": lamp_nights,
        "lamp_nights_per_s": round(lamp_nights / simulated_s, 1),
    }
    log = [{"event": "warning", "text": text} for text in result.warnings]
    provenance = collect_provenance(loaded.file, loaded.inputs, _data_folder(loaded, folder))
    write_run(folder, loaded.scenario, result, provenance, timing, log, overwrite=overwrite)
    return open_run(folder)


def _data_folder(loaded: LoadedScenario, folder: Path) -> str:
    """Where the data files are, seen from the run folder, so that both can move together."""
    if loaded.base_dir.resolve().is_relative_to(config_root().resolve()):
        return ""
    return Path(os.path.relpath(loaded.base_dir.resolve(), folder.resolve())).as_posix()


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
