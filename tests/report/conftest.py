from __future__ import annotations

from pathlib import Path

import pytest

from slic.report.folder import open_run, write_run
from slic.report.provenance import Provenance
from slic.report.run import Run
from tests.report import made_up

PROVENANCE = Provenance(
    "ghent-coupure",
    {"counts.csv": "ab" * 32},
    slic_version="0.1.0",
    python_version="3.11.7",
    packages={"numpy": "2.0"},
)


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A week of seven programs, whose last night has missing counts."""
    folder = tmp_path_factory.mktemp("runs") / "week"
    write_run(
        folder,
        made_up.scenario(),
        made_up.result(incomplete=(6,)),
        PROVENANCE,
        {"wall_s": 1.5},
        [{"event": "x"}],
    )
    return open_run(folder)


@pytest.fixture
def small(tmp_path: Path) -> Run:
    """Two programs in a folder of its own, which a test may spoil."""
    return small_run(tmp_path / "small")


def small_run(folder: Path, **choices: object) -> Run:
    names = ["full-night", "presence-cluster"]
    result = made_up.result(names, **{"nights": 2, "replicates": 2, **choices})  # type: ignore[arg-type]
    write_run(folder, made_up.scenario(names), result, PROVENANCE, {"wall_s": 1.5}, [])
    return open_run(folder)


def retrofit_run(folder: Path) -> Run:
    """Two programs on lamps that were replaced first."""
    return small_run(folder, retrofit=True)
