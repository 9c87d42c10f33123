"""Where a result comes from: versions, scenario file and hashes of what was read."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version

from slic import __version__

_PACKAGES = ("numpy", "simpy", "pydantic", "tzdata")


@dataclass(frozen=True)
class Provenance:
    """What is needed to make a run again.

    scenario_file : as the user named it; inputs : file name -> sha256, of every file that was read
    data_folder : folder of the scenario file, seen from the run folder; "" for a shipped scenario
    slic_version, python_version : as installed; packages : name -> version of what the numbers depend on
    """

    scenario_file: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    data_folder: str = ""
    slic_version: str = ""
    python_version: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The same as plain data, for ``provenance.json``."""
        return asdict(self)


def collect_provenance(scenario_file: str, inputs: Mapping[str, str], data_folder: str = "") -> Provenance:
    """Provenance of a run in this installation."""
    return Provenance(
        scenario_file=scenario_file,
        inputs=dict(sorted(inputs.items())),
        data_folder=data_folder,
        slic_version=__version__,
        python_version=platform.python_version(),
        packages={name: _version(name) for name in _PACKAGES},
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
