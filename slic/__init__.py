"""SLIC: control street lights, and tell beforehand what a control program saves and what light people get.

The names below are loaded on first use, so that ``import slic`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slic.errors import InputError, RunError, SlicError

if TYPE_CHECKING:
    from slic.api import Run, demo, engines, explain, open_run, schedule, simulate, sweep, validate

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "Run",
    "RunError",
    "SlicError",
    "__version__",
    "demo",
    "engines",
    "explain",
    "open_run",
    "schedule",
    "simulate",
    "sweep",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Load a name of the public API from :mod:`slic.api`."""
    if name not in __all__:
        raise AttributeError(f"module 'slic' has no attribute {name!r}")
    from slic import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """The public names, for completion in notebooks."""
    return sorted(__all__)
