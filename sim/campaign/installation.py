"""What decides the bytes of a case besides its input: SLIC's own code and the libraries that numbers and files need."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import controllers
import sim
import slic

_LIBRARIES = ("numpy", "simpy", "pydantic", "ruamel.yaml", "jinja2", "tzdata", "polars")


@cache
def installation() -> str:
    """Versions in a line, as ``slic 0.1.0 (code 3f2a9c...), python 3.11.2, numpy 2.4.6, ...``."""
    libraries = [f"{name} {_version(name)}" for name in _LIBRARIES]
    return ", ".join([f"slic {slic.__version__} (code {_code()})", f"python {platform.python_version()}", *libraries])


def _code() -> str:
    """Hash of all that the three packages consist of: a version number does not change with each line of a checkout."""
    digest = sha256()
    for package in (slic, controllers, sim):
        root = Path(str(package.__path__[0]))
        for path in sorted(file for kind in ("*.py", "*.j2") for file in root.rglob(kind)):
            digest.update(f"{package.__name__}/{path.relative_to(root).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
