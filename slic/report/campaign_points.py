"""Points of a campaign: each variant and program with its saving and its light, and which of them are the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slic.report.csv_file import Row


@dataclass(frozen=True, slots=True)
class Point:
    """A variant under a program, all its cases together; variants with the very same figures are one.

    values : of the parameters, without those that made no difference; cases : how many it has
    saving_pct : of their energy together; low_pct, high_pct : range of its one case, or lowest and highest of its cases
    exact : nothing is left to chance in its one case
    served_pct, light_given_pct : weighted by the time of road users; None without road users
    """

    variant: str
    program: str
    values: Mapping[str, Any]
    cases: int
    energy_kwh: float
    saving_pct: float | None
    low_pct: float | None
    high_pct: float | None
    exact: bool
    served_pct: float | None
    light_given_pct: float | None


def points_of(rows: Sequence[Row], parameters: Sequence[str]) -> list[Point]:
    """A point for each variant and program but the baseline, in the order of the rows."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if not row["is_baseline"]:
            groups.setdefault((str(row["variant"]), str(row["program"])), []).append(row)
    alike: dict[tuple[object, ...], list[Point]] = {}
    for found in groups.values():
        point = _point(found, parameters)
        figures = (point.energy_kwh, point.saving_pct, point.served_pct, point.light_given_pct, point.cases)
        alike.setdefault((point.program, *figures), []).append(point)
    return [_as_one(equal) for equal in alike.values()]


def front_of(points: Sequence[Point]) -> list[Point]:
    """Points that no other beats in saving and in time served, from most light to most saving; equal ones once."""
    known = [p for p in points if p.saving_pct is not None and p.served_pct is not None]
    front: list[Point] = []
    best = float("-inf")
    for point in sorted(known, key=lambda p: (-(p.served_pct or 0.0), -(p.saving_pct or 0.0), p.variant, p.program)):
        if (point.saving_pct or 0.0) > best:
            front.append(point)
            best = point.saving_pct or 0.0
    return front


def _as_one(equal: Sequence[Point]) -> Point:
    """The first of points with the same figures, with the values that all of them have."""
    first, *others = equal
    same = {path: value for path, value in first.values.items() if all(p.values.get(path) == value for p in others)}
    return replace(first, values=same)


def _point(rows: Sequence[Row], parameters: Sequence[str]) -> Point:
    first = rows[0]
    energy, baseline = _sum(rows, "energy_kwh"), _sum(rows, "baseline_kwh")
    savings = [_number(row["saving_pct"]) for row in rows if row["saving_pct"] is not None]
    one = len(rows) == 1
    return Point(
        variant=str(first["variant"]),
        program=str(first["program"]),
        values={path: first[path] for path in parameters if all(row[path] == first[path] for row in rows)},
        cases=len(rows),
        energy_kwh=energy,
        saving_pct=100 * (1 - energy / baseline) if baseline else None,
        low_pct=_optional(first["saving_low_pct"]) if one else min(savings, default=None),
        high_pct=_optional(first["saving_high_pct"]) if one else max(savings, default=None),
        exact=one and bool(first["exact_for_these_nights"]),
        served_pct=_weighted(rows, "served_pct"),
        light_given_pct=_weighted(rows, "light_given_pct"),
    )


def _weighted(rows: Sequence[Row], share: str) -> float | None:
    known = [(_number(row[share]), _number(row["user_hours"])) for row in rows if row[share] is not None]
    hours = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / hours if hours else None


def _sum(rows: Sequence[Row], column: str) -> float:
    return sum(_number(row[column]) for row in rows)


def _optional(value: object) -> float | None:
    return None if value is None else _number(value)


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
