"""SLIC: control street lights, and tell beforehand what a control program saves and what light people get.

The names below are loaded on first use, so that ``import slic`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slic.api import explain, open_run, simulate

__version__ = "0.1.0"
__all__ = ["__version__", "explain", "open_run", "simulate"]


def __getattr__(name: str) -> Any:
    """Load a name of the public API from :mod:`slic.api`."""
    if name not in __all__:
        raise AttributeError(f"module 'slic' has no attribute {name!r}")
    from slic import api

    return getattr(api, name)
