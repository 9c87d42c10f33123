"""A search whose optimum is known in closed form: one lamp, Poisson passes, hold time only.

With passes at rate L a hold of h keeps the lamp raised for a share 1 - exp(-L h) of the time (Takacs, Introduction to
the Theory of Queues, 1962, chapter 3). The sensor sees a road user at the pole, the middle of the time under the lamp.
Before that the lamp is up only by earlier ones, with the same probability; after it the user holds it up. So
served = 1 - exp(-L h) / 2, and the least hold that serves a share S is -ln(2 (1 - S)) / L.
"""

from __future__ import annotations

import math

import pytest

from slic import api
from tests.optimise.made_searches import one_lamp, search, written

PER_H = 60.0


@pytest.mark.parametrize(("served_pct", "seed"), [(80, 1), (72, 2)])
def test_the_chosen_hold_is_the_one_of_the_closed_form(tmp_path, served_pct, seed):
    wanted = {"search_run": {"nights": 12, "seed": seed}, "check_run": {"nights": 20, "seed": 100 + seed}}
    file = written(tmp_path, search(constraints=[f"served >= {served_pct} %"], **wanted), one_lamp(PER_H))
    summary = api.optimise(file, out=tmp_path / "out").summary
    least_s = -math.log(2 * (1 - served_pct / 100)) / (PER_H / 3600)
    hold_s = 10 * math.ceil(least_s / 10)
    assert summary["chosen"]["values"] == {"hold_s": hold_s}

    fresh = summary["chosen"]["fresh"]
    high = 1 - math.exp(-PER_H / 3600 * hold_s)
    assert fresh["saving_pct"] == pytest.approx(100 * (1 - (0.2 + 0.8 * high)), abs=1.0)
    assert fresh["served_pct"] == pytest.approx(100 * (1 - (1 - high) / 2), abs=1.0)


def test_every_hold_lies_on_the_front_with_its_closed_form(tmp_path):
    file = written(tmp_path, search(search_run={"nights": 20}, check_run={"seed": 9, "nights": 4}))
    summary = api.optimise(file, out=tmp_path / "out").summary
    front = [found for found in summary["checked"] if found["on_front"]]
    holds = [found["values"]["hold_s"] for found in front]
    assert holds == sorted(holds, reverse=True)
    assert len(holds) == 12
    for found in front:
        idle = math.exp(-PER_H / 3600 * found["values"]["hold_s"])
        assert found["search"]["served_pct"] == pytest.approx(100 * (1 - idle / 2), abs=1.0)
        assert found["search"]["saving_pct"] == pytest.approx(80 * idle, abs=1.2)
