"""The ledger against a slow second implementation in fractions, and what must hold for any night."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from slic.energy.ledger import LampEnergy, lamp_energy
from slic.lamps.gear import Gear
from slic.lamps.luminaire import LuminaireType
from slic.lamps.power import PowerTable, power_table

H = 3_600_000
SLOT = 1_800_000
# Noon to noon in Brussels with 23, 24 and 25 hours: 25 March, 21 June and 28 October 2023 (UTC+1, +2, +2).
NIGHTS_MS = [(1_679_742_000_000, 23 * H), (1_687_341_600_000, 24 * H), (1_698_487_200_000, 25 * H)]

Points = list[tuple[int, int]]
Curve = list[tuple[float, float]]


def table(curve: Curve, power_w: float, **more: float) -> PowerTable:
    points = [{"level_pct": level, "power_pct": power} for level, power in curve]
    return power_table(LuminaireType.model_validate({"name": "x", "power_curve": points, **more}), power_w)


def slow_energy_uj(points: Points, lamp: PowerTable) -> dict[int, Fraction]:
    """Exact energy [microjoules] per half-hour.

    Each piece is cut wherever it crosses a per mille or a half-hour; between cuts power is straight, so its mean
    is its value in the middle.
    """
    slots: dict[int, Fraction] = {}
    for (t0, a), (t1, b) in pairwise(points):
        cuts = {Fraction(t) for t in (t0, t1, *range((t0 // SLOT + 1) * SLOT, t1, SLOT))}
        cuts |= {t0 + Fraction((level - a) * (t1 - t0), b - a) for level in range(min(a, b), max(a, b)) if a != b}
        moments = sorted(cuts)
        for begin, end in pairwise(moments):
            level = a + (b - a) * ((begin + end) / 2 - t0) / (t1 - t0)
            key = int(begin) // SLOT
            slots[key] = slots.get(key, Fraction(0)) + power_mw(lamp, level) * (end - begin)
    return slots


def power_mw(lamp: PowerTable, level: Fraction) -> Fraction:
    if level == 0:
        return Fraction(lamp.standby_mw)
    k = min(int(level), 999)
    low, high = int(lamp.power_mw[k]), int(lamp.power_mw[k + 1])
    return low + (high - low) * (level - k)


levels = st.one_of(st.sampled_from([0, 1, 999, 1000]), st.integers(0, 1000))
ramps = st.one_of(st.sampled_from([0, 1, 3, 2000]), st.integers(SLOT // 7, 5 * H))
minutes = st.integers(0, 22 * 60).map(lambda minute: minute * 60_000 + minute % 7)
powers = st.sampled_from([0.003, 28, 71.7, 5000])
curves = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(
    lambda shares: [*zip((0, 10, 45, 80), sorted(shares), strict=False), (100, 100)]
)


@st.composite
def lamp_nights(draw: st.DrawFn) -> Points:
    start, length = draw(st.sampled_from(NIGHTS_MS))
    commands = draw(st.lists(st.tuples(minutes, levels, ramps), max_size=8))
    gear = Gear(start, draw(levels), draw(st.sampled_from([0, 100])))
    for wait, level, ramp in sorted(commands):
        gear.command(start + wait, level, ramp)
    return gear.finish(start + length)


def non_negative(night: LampEnergy) -> bool:
    numbers = [night.light_mj, night.loss_mj, night.standby_mj, night.lit_ms, night.level_pm_ms, night.high_ms]
    return min(numbers) >= 0 and min(night.half_hours_mj) >= 0


@settings(deadline=None)
@given(points=lamp_nights(), curve=curves, power_w=powers, light=st.floats(1, 100), standby_w=st.floats(0, 2))
def test_half_hours_and_parts_add_up(
    points: Points, curve: Curve, power_w: float, light: float, standby_w: float
) -> None:
    lamp = table(curve, power_w, lamp_power_pct=light, standby_w=standby_w)
    night = lamp_energy(points, lamp)
    assert sum(night.half_hours_mj) == night.light_mj + night.loss_mj + night.standby_mj
    assert len(night.half_hours_mj) == (points[-1][0] - points[0][0]) // SLOT
    assert non_negative(night)
    length = points[-1][0] - points[0][0]
    assert night.lit_ms <= length and night.level_pm_ms <= 1000 * length
    highest_mw = max(int(lamp.power_mw[1000]), lamp.standby_mw)
    assert night.energy_mj <= (highest_mw * length + 500) // 1000


@settings(max_examples=50, deadline=None)
@given(points=lamp_nights(), curve=curves, power_w=powers)
def test_against_the_slow_reference(points: Points, curve: Curve, power_w: float) -> None:
    lamp = table(curve, power_w, standby_w=0.4)
    night = lamp_energy(points, lamp)
    exact = slow_energy_uj(points, lamp)
    # A ramp is rounded by half a microjoule, a sum by half a millijoule; a slot is the difference of two sums.
    slack_mj = 0.5 + 0.0005 * len(points)
    assert abs(night.energy_mj - sum(exact.values()) / 1000) <= slack_mj
    for ours, theirs in zip(night.half_hours_mj, (exact[k] for k in sorted(exact)), strict=True):
        assert abs(ours - theirs / 1000) <= 2 * slack_mj
