from __future__ import annotations

import pytest

from slic.energy.results import NightTally
from slic.report.sums import add_streets


@pytest.mark.parametrize("complete", [(False, True), (True, False), (True, True)])
def test_a_night_is_complete_only_if_all_its_streets_are(complete: tuple[bool, bool]) -> None:
    streets = [
        NightTally("full-night", 0, street, "2022-11-14", 0, 1, lamps, light_mj=10 * lamps, complete=whole)
        for street, lamps, whole in zip(("a", "b"), (2, 3), complete, strict=True)
    ]
    (found,) = add_streets(streets).values()
    assert (found.lamps, found.light_mj, found.complete) == (5, 50, complete == (True, True))
