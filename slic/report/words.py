"""Numbers in words: few digits, units, and honest text for what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MISSING = "no data"
NO_USERS = "no users"


def number(value: float | None, decimals: int = 1) -> str:
    """A number with a comma between thousands; :data:`MISSING` for None. Never shows "-0.0"."""
    if value is None:
        return MISSING
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def kwh(value: float | None, largest: float | None = None) -> str:
    """Energy with about four digits, without its unit; ``largest`` sets the decimals of a whole column."""
    if value is None:
        return MISSING
    size = abs(value if largest is None else largest)
    return number(value, 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3)


def counted(count: int, noun: str) -> str:
    """A number of things, as "1 night" or "8,006 lamps"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def energy_unit(largest_kwh: float) -> tuple[str, float]:
    """Unit of a chart with energies up to ``largest_kwh``, MWh from 10,000 kWh on, and the factor from kWh to it."""
    return ("MWh", 0.001) if largest_kwh >= 10_000 else ("kWh", 1.0)


def largest_kwh(summary: dict[str, Any]) -> float:
    """Largest energy of a summary's programs, which sets the decimals of their column."""
    return max(float(program["energy_kwh"]) for program in summary["programs"])


def pct(value: float | None, decimals: int = 1) -> str:
    """A share with its sign, as "41.2 %"."""
    return MISSING if value is None else f"{number(value, decimals)}\N{NO-BREAK SPACE}%"


def people_pct(value: float | None) -> str:
    """A share of people's time or passages; :data:`NO_USERS` where there were none. Only all is 100, only none 0."""
    if value is None:
        return NO_USERS
    if 99.95 <= value < 100:
        return f">{pct(99.9)}"
    return f"<{pct(0.1)}" if 0 < value < 0.05 else pct(value)


def ranged_savings(programs: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Savings of the programs that have a range of chance."""
    savings = (program["saving_pct"] for program in programs)
    return (s for s in savings if s is not None and s["low"] is not None and not s["exact_for_these_nights"])


def saving_range(saving: dict[str, Any] | None) -> str:
    """The range of a saving, as "39.6 to 42.9".

    Empty where none can be given, "exact" where nothing is left to chance, "±<0.1" where all nights agree.
    """
    if saving is None or saving["low"] is None:
        return ""
    if saving["exact_for_these_nights"]:
        return "exact"
    low, high = number(saving["low"]), number(saving["high"])
    return "±<0.1" if low == high else f"{low} to {high}"


def saving_text(saving: dict[str, Any] | None) -> str:
    """A saving with its range, as "41.2 % (39.6 to 42.9)"; "baseline" for the baseline."""
    if saving is None:
        return "baseline"
    span = saving_range(saving)
    return f"{pct(saving['value'])} ({span})" if span else pct(saving["value"])


def is_doubtful(saving: dict[str, Any] | None) -> bool:
    """Whether a saving with a range is not distinguishable from zero."""
    if saving is None or saving["low"] is None or saving["exact_for_these_nights"]:
        return False
    return not saving["significant"]


def given_pct(service: dict[str, Any]) -> str:
    """Share of the required light that people got, as "98.7 %"; says so where there were no people or no need."""
    if service["light_given_pct"] is None and service["served_pct"] is not None:
        return "none needed"
    return people_pct(service["light_given_pct"])


def seconds(value: float | None) -> str:
    """A time span without needless digits, as "60 s" or "0.5 s"."""
    return MISSING if value is None else f"{value:g} s"
