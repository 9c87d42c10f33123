"""Properties of front and choice, and of the order in which combinations are tried."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.optimise.space import BATCH, Space, next_points
from slic.report.search_trials import (
    FIGURES,
    Checked,
    Trial,
    best_of,
    chosen_of,
    front_of,
    missed,
    nearest_to,
    shortfall,
)
from slic.scenario.search import constraint_of

LIMITS = (constraint_of("served >= 60 %"), constraint_of("late events <= 40 %"))

share = st.one_of(st.none(), st.integers(0, 100).map(float))
trials = st.lists(st.tuples(st.integers(1, 30).map(float), share, share), max_size=40).map(
    lambda rows: [trial(number, *row) for number, row in enumerate(rows)]
)


def trial(number: int, energy_kwh: float, served_pct: float | None, late_pct: float | None) -> Trial:
    known = {"energy_kwh": energy_kwh, "served_pct": served_pct, "late_events_pct": late_pct}
    return Trial(number, {}, dict.fromkeys(FIGURES) | known)


def beats(one: Trial, other: Trial) -> bool:
    """At least as good in both, and better in one."""
    light, energy = one.value("served_pct"), one.value("energy_kwh")
    as_good = light >= other.value("served_pct") and energy <= other.value("energy_kwh")
    return as_good and (light, energy) != (other.value("served_pct"), other.value("energy_kwh"))


@given(trials)
def test_the_front_has_no_dominated_point_and_leaves_out_only_such(found):
    front = front_of(found, "served_pct", LIMITS)
    able = [t for t in found if t.figures["served_pct"] is not None and (t.figures["late_events_pct"] or 101) <= 40]
    able += [t for t in found if t.figures["served_pct"] is not None and t.figures["late_events_pct"] == 0]
    assert not [t for t in front if any(beats(other, t) for other in able)]
    places = {(t.value("served_pct"), t.value("energy_kwh")) for t in front}
    assert len(places) == len(front)
    for other in able:
        on_it = (other.value("served_pct"), other.value("energy_kwh")) in places
        assert on_it or any(beats(t, other) for t in front)


@given(trials)
def test_the_best_meets_every_limit_and_nothing_cheaper_does(found):
    meeting = [t for t in found if (t.figures["served_pct"] or 0) >= 60 and t.figures["late_events_pct"] in range(41)]
    best = best_of(found, LIMITS)
    assert (best is None) == (not meeting)
    if best is not None:
        assert best in meeting
        assert best.value("energy_kwh") == min(t.value("energy_kwh") for t in meeting)
        assert best.value("energy_kwh") in {t.value("energy_kwh") for t in front_of(found, "served_pct", LIMITS)}


@given(trials, trials)
def test_the_chosen_meets_the_limits_twice_and_is_not_picked_by_its_fresh_energy(found, again):
    checked = [Checked(one, other.figures) for one, other in zip(found, again, strict=False)]
    chosen = chosen_of(checked, LIMITS)
    able = [c for c in checked if shortfall(c.trial.figures, LIMITS) == 0 and shortfall(c.fresh, LIMITS) == 0]
    assert (chosen is None) == (not able)
    if chosen is not None:
        assert chosen.trial.value("energy_kwh") == min(c.trial.value("energy_kwh") for c in able)


def test_unknown_service_never_meets_a_limit():
    assert shortfall(trial(0, 1.0, None, 0.0).figures, LIMITS) is None
    assert best_of([trial(0, 1.0, None, 0.0)], LIMITS) is None
    assert nearest_to([trial(0, 1.0, None, 0.0), trial(1, 9.0, 57.5, 0.0)], LIMITS).number == 1


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(1, 60), st.integers(0, 2**53), st.data())
def test_a_search_tries_each_combination_once_and_as_many_as_it_may(counts, most, seed, data):
    space = Space({f"p{k}": list(range(count)) for k, count in enumerate(counts)})
    tried: list[tuple[int, ...]] = []
    while batch := next_points(space, most, seed, tried, good := data.draw(st.lists(st.sampled_from(tried or [None])))):
        good = [point for point in good if point]
        assert batch == next_points(space, most, seed, tried, good) or good != []
        assert len(batch) <= BATCH
        tried += batch
    assert len(tried) == len(set(tried)) == min(space.size, most)
    assert all(0 <= at < count for point in tried for at, count in zip(point, counts, strict=True))


def test_the_second_half_tries_what_lies_beside_the_good_points():
    space = Space({"a": list(range(100)), "b": list(range(100))})
    tried = next_points(space, 24, 1, [], [])
    batch = next_points(space, 24, 1, tried, [(50, 50), (0, 0)])
    assert batch[:6] == [(49, 50), (51, 50), (50, 49), (50, 51), (1, 0), (0, 1)]
    assert len(batch) == 12


def test_what_is_missed_is_told_where_rounding_would_hide_it():
    close = trial(0, 1.0, 59.96, 40.0).figures
    assert missed(close, LIMITS) == "served by 0.04"
    assert missed(trial(0, 1.0, 60.0, 43.5).figures, LIMITS) == "late events by 3.5"
    assert missed(trial(0, 1.0, 61.0, 12.0).figures, LIMITS) == ""
    assert missed(trial(0, 1.0, None, 12.0).figures, LIMITS) == "served is unknown"
