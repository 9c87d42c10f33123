"""A run from a loaded scenario to its run folder: what `slic simulate`, a demonstration and a case of a campaign do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from sim.engine import EngineName
from sim.night import Deciders
from sim.run import Progress, simulate
from slic.report.folder import write_run
from slic.report.provenance import collect_provenance
from slic.scenario.library import config_root
from slic.scenario.loaded import LoadedScenario


def simulate_into(
    loaded: LoadedScenario,
    folder: Path,
    *,
    jobs: int | None = 1,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
    deciders: Deciders | None = None,
    engine: EngineName = "auto",
    case_sha256: str = "",
) -> None:
    """Run a scenario and write its run folder.

    jobs, progress, deciders, engine : as in :func:`sim.run.simulate`; overwrite : replace an earlier run
    case_sha256 : of the case of a campaign that the run is, for its END marker
    Raises InputError and RunError as :func:`sim.run.simulate` and :func:`slic.report.folder.write_run` do.
    """
    began = time.perf_counter()
    result = simulate(loaded, jobs=jobs, progress=progress, deciders=deciders, engine=engine)
    simulated_s = time.perf_counter() - began
    lamp_nights = len({(t.replicate, t.night) for t in result.tallies}) * result.lamps * len(result.regimes)
    timing = {
        "simulated_s": round(simulated_s, 3),
        "lamp_nights": lamp_nights,
        "lamp_nights_per_s": round(lamp_nights / simulated_s, 1),
    }
    log = [{"event": "warning", "text": text} for text in result.warnings]
    provenance = collect_provenance(loaded.file, loaded.inputs, _data_folder(loaded, folder))
    write_run(folder, loaded.scenario, result, provenance, timing, log, overwrite=overwrite, case_sha256=case_sha256)


def _data_folder(loaded: LoadedScenario, folder: Path) -> str:
    """Where the data files are, seen from the run folder, so that both can move together."""
    if loaded.base_dir.resolve().is_relative_to(config_root().resolve()):
        return ""
    return Path(os.path.relpath(loaded.base_dir.resolve(), folder.resolve())).as_posix()
