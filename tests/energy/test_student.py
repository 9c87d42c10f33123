"""Student's t against its printed table."""

from __future__ import annotations

import pytest

from slic.energy.student import t_quantile

# Percentage points as printed in common tables (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2).
TABLE = {
    1: (3.078, 6.314, 12.706, 31.821, 63.657),
    2: (1.886, 2.920, 4.303, 6.965, 9.925),
    3: (1.638, 2.353, 3.182, 4.541, 5.841),
    4: (1.533, 2.132, 2.776, 3.747, 4.604),
    6: (1.440, 1.943, 2.447, 3.143, 3.707),
    9: (1.383, 1.833, 2.262, 2.821, 3.250),
    13: (1.350, 1.771, 2.160, 2.650, 3.012),
    29: (1.311, 1.699, 2.045, 2.462, 2.756),
    100: (1.290, 1.660, 1.984, 2.364, 2.626),
}


@pytest.mark.parametrize("freedom", TABLE)
def test_against_the_printed_table(freedom: int) -> None:
    found = [t_quantile(p, freedom) for p in (0.90, 0.95, 0.975, 0.99, 0.995)]
    assert found == pytest.approx(TABLE[freedom], abs=0.0006)


def test_it_is_odd_and_ends_in_the_normal() -> None:
    assert t_quantile(0.05, 5) == pytest.approx(-2.015, abs=0.0006)
    assert t_quantile(0.5, 4) == pytest.approx(0, abs=1e-12)
    assert t_quantile(0.95, 3659) == pytest.approx(1.6453, abs=0.0001)  # 1.6449 + (1.6449^3 + 1.6449) / (4 x 3659)


@pytest.mark.parametrize(("probability", "freedom"), [(0, 3), (1, 3), (0.9, 0)])
def test_limits(probability: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="outside its limits"):
        t_quantile(probability, freedom)
