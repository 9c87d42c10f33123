"""Energy and service of each lamp of a case as integers, and what must hold between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.account import presence_level_pm
from sim.proof.case import Case
from sim.scene import required_steps
from slic.energy.ledger import LampEnergy, lamp_energy, total_energy
from slic.energy.moves import Ints
from slic.energy.service import LampService, lamp_service
from slic.lamps.dali import ARC_OF_LEVEL_PM, LEVEL_PM_OF_ARC
from slic.lamps.power import drive_share, power_table

Figures = tuple[LampEnergy, LampService]


def figures(case: Case, points: Sequence[Ints]) -> list[Figures]:
    """Energy and service of each lamp, worked out alone."""
    return [(_energy(case, lamp, mine), _service(case, lamp, mine)) for lamp, mine in enumerate(points)]


def sums(case: Case, found: Sequence[Figures]) -> dict[str, int | list[int]]:
    """What the figures of all lamps add up to, by the names of :class:`slic.energy.results.NightTally`."""
    lamps = case.scene.street.lamps
    energy = total_energy(energy * lamp.count for lamp, (energy, _) in zip(lamps, found, strict=True))
    totals: dict[str, int | list[int]] = {
        name: getattr(energy, name) for name in ("light_mj", "loss_mj", "standby_mj", "lit_ms", "level_pm_ms")
    }
    totals |= {"high_ms": energy.high_ms, "level_changes": energy.level_changes}
    for name in ("passages", "user_ms", "served_ms", "late", "missed", "given_pm_ms", "wanted_pm_ms"):
        totals[name] = sum(getattr(served, name) * lamp.count for lamp, (_, served) in zip(lamps, found, strict=True))
    return totals | {"half_hours_mj": list(energy.half_hours_mj)}


def contradiction(case: Case, lamp: int, points: Ints, energy: LampEnergy) -> str:
    """What does not add up in a lamp's night, or "": half-hours to the whole, on + ramps + low + off to the night."""
    t_ms, level_pm = points.T
    dt_ms, flat = np.diff(t_ms), level_pm[1:] == level_pm[:-1]
    off = flat & (level_pm[:-1] == 0)
    on = flat & ~off & (level_pm[:-1] >= _high_pm(case, lamp))
    low = flat & ~off & ~on
    parts = [int(dt_ms[part].sum()) for part in (on, ~flat, low, off)]
    night_ms = case.scene.end_ms - case.scene.start_ms
    if sum(energy.half_hours_mj) != energy.energy_mj:
        return f"half-hours add up to {sum(energy.half_hours_mj)} mJ, the night has {energy.energy_mj} mJ"
    if sum(parts) != night_ms:
        return f"on, ramps, low and off ({parts} ms) are not the night's {night_ms} ms"
    if sum(parts[:3]) != energy.lit_ms:
        return f"on, ramps and low ({parts[:3]} ms) are not the {energy.lit_ms} ms lit"
    return ""


def _energy(case: Case, lamp: int, points: Ints) -> LampEnergy:
    plan, setup, night = case.scene.street.lamps[lamp], case.scene.setup, case.scene.night
    kind = setup.scenario.luminaires[plan.luminaire]
    drive = drive_share(kind, setup.scenario.burning_hours_h + setup.burned_h[night])
    return lamp_energy(points, power_table(kind, plan.power_w, drive), _high_pm(case, lamp))


def _high_pm(case: Case, lamp: int) -> int:
    group = case.scene.street.lamps[lamp].group
    planner = case.scene.setup.regimes[case.regime][group]
    return presence_level_pm(planner.programs[planner.night(case.scene.night).program])


def _service(case: Case, lamp: int, points: Ints) -> LampService:
    scene, scenario = case.scene, case.scene.setup.scenario
    required = required_steps(scene)
    if scenario.luminaires[scene.street.lamps[lamp].luminaire].dimming_curve == "dali":
        required = [(t_ms, LEVEL_PM_OF_ARC[ARC_OF_LEVEL_PM[level_pm]]) for t_ms, level_pm in required]
    enter_ms, leave_ms = scene.passages.of(lamp)
    return lamp_service(points, enter_ms, leave_ms, required, round(scenario.service.late_after_s * 1000))
