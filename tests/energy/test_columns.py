"""Energy and service of many lamps at once against the implementations lamp by lamp, to the last digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slic.energy.half_hours import ramp_so_far_uj as ramps_so_far_uj
from slic.energy.ledger import energy_columns
from slic.energy.moves import Moves, moves_of
from slic.energy.service import LampService, ServiceColumns, crowd_of, lamp_service, service_columns
from slic.lamps.gear import Gear
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import PowerTable, power_table
from tests.energy.plain_energy import energies, ramp_so_far_uj
from tests.energy.plain_service import service

H = 3_600_000
Points = list[tuple[int, int]]
Passage = tuple[int, int]
Passages = tuple[np.ndarray, np.ndarray, np.ndarray]


def served(moves: Moves, passages: Passages, required: list[tuple[int, int]], late_after_ms: int) -> ServiceColumns:
    return service_columns(moves, crowd_of(len(moves.first), moves.night, passages, required), late_after_ms)


levels = st.one_of(st.sampled_from([0, 1, 200, 499, 500, 501, 700, 999, 1000]), st.integers(0, 1000))


def table(shares: list[int], power_w: float, standby_w: float, lamp_power_pct: float) -> PowerTable:
    curve = [*zip((0, 10, 45, 80), sorted(shares), strict=False), (100, 100)]
    points = [{"level_pct": level, "power_pct": power} for level, power in curve]
    kind = {"name": "x", "power_curve": points, "standby_w": standby_w, "lamp_power_pct": lamp_power_pct}
    return power_table(LuminaireType.model_validate(kind), power_w)


tables = st.builds(
    table,
    st.lists(st.integers(0, 99), min_size=1, max_size=4),
    st.sampled_from([0.003, 28, 77.7, 5000]),
    st.sampled_from([0.0, 0.4]),
    st.floats(1, 100),
)


@st.composite
def streets(draw: st.DrawFn, nights_ms: tuple[int, ...] = (60, 300, 25 * H)) -> list[Points]:
    """Lamps over one night whose breakpoints are free: steps, doubled points, ramps of a millisecond or of a night."""
    start, night = draw(st.sampled_from([0, 1_679_742_000_123])), draw(st.sampled_from(nights_ms))
    grid = max(1, night // draw(st.sampled_from([6, 30, night])))
    lamps = []
    for _ in range(draw(st.integers(1, 4))):
        times = sorted(min(night, t * grid) for t in draw(st.lists(st.integers(0, night // grid), max_size=12)))
        lamps.append([(start + t, draw(levels)) for t in [0, *times, night]])
    return lamps


@st.composite
def crowds(draw: st.DrawFn, lamps: list[Points]) -> list[list[Passage]]:
    """Passages of each lamp in order of entering: around the breakpoints, of no length, beyond the night, or nobody."""
    start, end = lamps[0][0][0], lamps[0][-1][0]
    crowd = []
    for points in lamps:
        near = st.builds(lambda point, off: point[0] + off, st.sampled_from(points), st.integers(-2, 2))
        moment = st.one_of(near, st.integers(start - 5, end + 5))
        pairs = draw(st.lists(st.one_of(st.tuples(moment, moment), moment.map(lambda t: (t, t))), max_size=8))
        crowd.append(sorted((min(pair), max(pair)) for pair in pairs))
    return crowd


@st.composite
def required_steps(draw: st.DrawFn, lamps: list[Points]) -> list[tuple[int, int]]:
    """Required levels, also twice the same, at one moment, at a breakpoint, before the night or after it."""
    start, end = lamps[0][0][0], lamps[0][-1][0]
    known = sorted({t for points in lamps for t, _ in points})
    later = st.one_of(st.sampled_from(known), st.integers(start, end + 3))
    times = sorted(draw(st.lists(later, max_size=3)))
    return [(start - draw(st.integers(0, 5)), draw(levels)), *((t, draw(levels)) for t in times)]


def flat(crowd: list[list[Passage]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = [(lamp, enter, leave) for lamp, pairs in enumerate(crowd) for enter, leave in pairs]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), lamps=streets(), late_after_ms=st.sampled_from([0, 1, 20, 500]))
def test_service_of_all_lamps_is_that_of_each(data: st.DataObject, lamps: list[Points], late_after_ms: int) -> None:
    crowd, required = data.draw(crowds(lamps)), data.draw(required_steps(lamps))
    found = served(moves_of(lamps), flat(crowd), required, late_after_ms)
    each = [
        service(points, [a for a, _ in pairs], [b for _, b in pairs], required, late_after_ms)
        for points, pairs in zip(lamps, crowd, strict=True)
    ]
    assert found.rows() == each


@settings(max_examples=100, deadline=None)
@given(data=st.data(), commands=st.lists(st.tuples(st.integers(0, 40), levels, st.integers(0, 9)), max_size=60))
def test_service_of_a_busy_lamp(data: st.DataObject, commands: list[tuple[int, int, int]]) -> None:
    """Commands every few ms, most of which interrupt a ramp; passages that meet many lines, in any order."""
    gear, t_ms = Gear(0, 0), 0
    for wait, level_pm, ramp_ms in commands:
        t_ms += wait
        gear.command(t_ms, level_pm, ramp_ms)
    points = gear.finish(t_ms + 20)
    [pairs], required = data.draw(crowds([points])), data.draw(required_steps([points]))
    pairs = data.draw(st.permutations(pairs))
    enter, leave = [a for a, _ in pairs], [b for _, b in pairs]
    assert lamp_service(points, enter, leave, required, 3) == service(points, enter, leave, required, 3)


@settings(max_examples=150, deadline=None)
@given(lamps=streets((60, 24 * H, 25 * H)), lamp=tables, high_pm=levels)
def test_energy_of_all_lamps_is_that_of_each(lamps: list[Points], lamp: PowerTable, high_pm: int) -> None:
    found = energy_columns(moves_of(lamps), lamp, high_pm)
    assert found.rows() == energies(lamps, lamp, high_pm)
    assert (found.half_hours_mj.sum(axis=1) == found.light_mj + found.loss_mj + found.standby_mj).all()


@settings(max_examples=150, deadline=None)
@given(
    a=levels,
    b=levels,
    dt_ms=st.one_of(st.integers(1, 20), st.integers(1, 25 * H)),
    share=st.fractions(0, 1),
    lamp=tables,
)
@example(a=0, b=1000, dt_ms=25 * H, share=1, lamp=table([99, 99, 99, 99], 5000, 0, 100))
@example(a=1000, b=0, dt_ms=25 * H, share=1, lamp=table([99, 99, 99, 99], 5000, 0, 100))
@example(a=1, b=0, dt_ms=25 * H, share=0.999_999_9, lamp=table([99], 5000, 0, 100))
def test_a_part_of_a_ramp_is_that_of_plain_integers(a: int, b: int, dt_ms: int, share: float, lamp: PowerTable) -> None:
    b = b if a != b else (a + 1) % 1001
    inside_ms = int(dt_ms * share)
    columns = (np.array([value]) for value in (a, b, dt_ms, inside_ms))
    assert ramps_so_far_uj(*columns, lamp).tolist() == [ramp_so_far_uj(a, b, dt_ms, inside_ms, lamp)]


def test_no_passages_no_lines_no_ramps() -> None:
    lamps = [[(0, 0), (300, 0)], [(0, 1000), (300, 1000)]]
    nobody = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    empty = served(moves_of(lamps), nobody, [(0, 500)], 0)
    assert empty.rows() == [LampService(0, 0, 0, 0, 0)] * 2
    one_each = np.array([0, 1]), np.array([10, 10]), np.array([20, 20])
    found = served(moves_of(lamps), one_each, [(0, 500)], 0)
    assert found.rows() == [LampService(1, 10, 0, 0, 1, 0, 5_000), LampService(1, 10, 10, 0, 0, 5_000, 5_000)]


@pytest.mark.parametrize(
    ("high_pm", "expected"),
    [
        # Half of the time dark; the second passage enters 5 ms before the first light and misses 5 ms of the last.
        (1000, LampService(2, 19_990, 9_995, 2, 0, 9_995_000, 19_990_000)),
        # Never enough light: one gap of a thousand lines.
        (900, LampService(2, 19_990, 0, 0, 2, 8_995_500, 19_990_000)),
    ],
)
def test_a_passage_that_outlasts_hundreds_of_level_changes(high_pm: int, expected: LampService) -> None:
    """Light and dark in turns of 10 ms: the search goes on beyond the next few lines or gaps."""
    points = [(0, 0)]
    for t in range(10, 10_000, 20):
        points += [(t, 0), (t, high_pm), (t + 10, high_pm), (t + 10, 0)]
    passages = np.array([0, 0]), np.array([0, 5]), np.array([10_000, 9_995])
    assert served(moves_of([points]), passages, [(0, 1000)], 4).rows() == [expected]


def test_narrow_integers_give_the_same() -> None:
    """Lamps and levels may be 32-bit numbers: times of many lamps, and energies, do not fit them."""
    end = 25 * H
    lamps = [[(0, 100), (end // 3, 1000), (end // 2, 200), (end, 900)]] * 60
    wide = moves_of(lamps)
    levels_pm = wide.from_pm.astype(np.int32), wide.to_pm.astype(np.int32)
    narrow = replace(wide, lamp=wide.lamp.astype(np.int32), from_pm=levels_pm[0], to_pm=levels_pm[1])
    lamp = table([99], 5000, 0.4, 88)
    assert energy_columns(narrow, lamp, 300).rows() == energy_columns(wide, lamp, 300).rows()
    each = np.arange(60), np.full(60, H), np.full(60, 20 * H)
    required = [(0, 500), (H * 10, 800)]
    expected = served(wide, each, required, 0).rows()
    assert served(narrow, (each[0].astype(np.int32), *each[1:]), required, 0).rows() == expected


def test_a_passage_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="each passage"):
        served(moves_of([[(0, 0), (9, 0)]]), (np.array([0]), np.array([5]), np.array([4])), [(0, 1)], late_after_ms=0)


def test_hundreds_of_required_levels() -> None:
    """The last of 300 steps asks for full level, which a lamp at 700 per mille does not give."""
    required = [(1000 * number, 500 + number % 2) for number in range(299)] + [(299_000, 1000)]
    found = lamp_service([(0, 700), (300_000, 700)], [299_000], [300_000], required, 0)
    assert found == LampService(1, 1000, 0, 0, 1, 700_000, 1_000_000)
