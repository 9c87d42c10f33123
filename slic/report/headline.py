"""Which program the report puts first: the largest saving that still gave people their light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SERVED_ENOUGH_PCT = 95.0
"""A program that gave less than this share of user time its required light is not put first. A convention of
SLIC's reports, stated in them; no standard sets such a share."""


def headline_program(programs: Sequence[dict[str, Any]]) -> str | None:
    """Name of the program to put first, or None: only a baseline was run, or no program that gave light saved energy.

    It has the largest saving among those that served at least :data:`SERVED_ENOUGH_PCT` of user time. Where there were
    no road users to judge by, it is the largest saving of all.
    """
    compared = [p for p in programs if p["saving_pct"] is not None and (p["saving_pct"]["value"] or 0) > 0]
    judged = any(program["service"]["served_pct"] is not None for program in compared)
    eligible = [program for program in compared if serves(program)] if judged else compared
    best = max(eligible, key=lambda program: float(program["saving_pct"]["value"]), default=None)
    return None if best is None else str(best["name"])


def presence_program(programs: Sequence[dict[str, Any]]) -> str | None:
    """Name of the presence program to put first, by the same rule; None where none was run."""
    return headline_program([program for program in programs if program["reacts_to_presence"]])


def serves(program: dict[str, Any]) -> bool:
    """Whether a program gave people their light, by the convention of this module; False if that is unknown."""
    share = program["service"]["served_pct"]
    return share is not None and share >= SERVED_ENOUGH_PCT
