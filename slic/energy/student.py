"""Quantiles of Student's t distribution, which ranges from few nights take in place of the normal's."""

from __future__ import annotations

from math import cos, pi, sin, sqrt, tan


def t_quantile(probability: float, freedom: int) -> float:
    """The t below which a share ``probability`` of Student's distribution lies.

    probability : above 0, below 1; freedom : degrees of freedom, a whole number of at least 1

    One and two degrees have closed forms; beyond them the finite sums for whole degrees (Abramowitz and Stegun,
    Handbook of Mathematical Functions, 26.7.3 and 26.7.4) are solved by halving. ValueError outside these limits.
    """
    if not 0 < probability < 1 or freedom < 1:
        raise ValueError(f"probability {probability} or degrees of freedom {freedom} outside its limits")
    if freedom == 1:
        return tan(pi * (probability - 0.5))
    if freedom == 2:
        return (2 * probability - 1) / sqrt(2 * probability * (1 - probability))
    return sqrt(freedom) * tan(_angle(2 * probability - 1, freedom))


def _angle(inside: float, freedom: int) -> float:
    """The angle arctan(t / sqrt(freedom)) whose share between -t and t is ``inside``; odd in ``inside``."""
    low, high = -pi / 2, pi / 2
    for _ in range(64):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_inside(middle, freedom) < inside else (low, middle)
    return (low + high) / 2


def _share_inside(angle: float, freedom: int) -> float:
    """Share of the distribution between -t and t, negative for a negative t."""
    odd, square = freedom % 2, cos(angle) ** 2
    term = cos(angle) if odd else 1.0
    total = 0.0
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= square * k / (k + 1)
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
