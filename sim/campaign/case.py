"""One case of a campaign, done anywhere: what is sent to a worker, and what comes back."""

from __future__ import annotations

import json
import time
import traceback
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sim.campaign.installation import installation
from sim.run_folder import simulate_into
from slic.errors import InputError, RunError, SlicError
from slic.report.folder import END
from slic.scenario.library import config_root
from slic.scenario.loaded import LoadedScenario, data_files, resolve_file
from slic.scenario.model import Scenario


@dataclass(frozen=True, slots=True)
class Job:
    """A case with all that its worker needs, so that it reads no campaign file.

    scenario : resolved, as compressed JSON; scenario_file, inputs : as in its provenance
    base_dir : where its data files are looked for first; "" : the worker's own library
    folder : of the campaign, absolute
    """

    name: str
    sha256: str
    installation: str
    scenario: bytes
    scenario_file: str
    base_dir: str
    inputs: Mapping[str, str]
    folder: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended. error : "" if it is done; trace : of an error that is no refusal, for those who mend SLIC."""

    name: str
    error: str = ""
    trace: str = ""
    took_s: float = 0.0


def case_folder(campaign: Path, name: str) -> Path:
    """Run folder of a case."""
    return campaign / "cases" / name


def done_sha256(campaign: Path, name: str) -> str | None:
    """Hash of the case whose finished run stands in this place; "" if it is no case's, None if there is none."""
    try:
        seal = json.loads((case_folder(campaign, name) / END).read_text(encoding="utf-8"))
        return str(seal.get("case_sha256", ""))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError):
        return ""


def run_job(job: Job) -> Outcome:
    """Do a case, unless it is done. It raises nothing: an error is part of the outcome."""
    began = time.perf_counter()
    error, trace = "", ""
    try:
        _run(job)
    except SlicError as refused:
        error = str(refused)
    except MemoryError:
        error = "there is not enough memory for this case"
    except Exception as fault:
        error, trace = f"{type(fault).__name__}: {fault}", traceback.format_exc()
    if error and done_sha256(Path(job.folder), job.name) == job.sha256:
        error, trace = "", ""  # another worker was faster
    return Outcome(job.name, error, trace, time.perf_counter() - began)


def _run(job: Job) -> None:
    campaign = Path(job.folder)
    if job.installation != installation():
        raise RunError(f"the worker is another installation: it has {installation()}, the campaign {job.installation}")
    if not (campaign / "manifest.json").is_file():
        raise RunError(f"the worker does not see the campaign's folder {campaign}")
    if done_sha256(campaign, job.name) == job.sha256:
        return
    loaded = _loaded(job)
    simulate_into(loaded, case_folder(campaign, job.name), case_sha256=job.sha256)


def _loaded(job: Job) -> LoadedScenario:
    scenario = Scenario.model_validate_json(zlib.decompress(job.scenario))
    base_dir = Path(job.base_dir) if job.base_dir else config_root() / "scenarios"
    loaded = LoadedScenario(scenario, job.scenario_file, base_dir, dict(job.inputs))
    for name in data_files(scenario).values():
        if sha256(resolve_file(loaded, name).read_bytes()).hexdigest() != job.inputs.get(name):
            raise InputError("is not the file that the campaign was planned with", file=name, allowed="the same bytes")
    return loaded
