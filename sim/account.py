"""What a night of some streets adds up to under a regime, from the levels of its lamps; one account for all engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.levels import Levels
from sim.scene import Scene, programs_of, reads_presence, reports_every_user, required_steps
from sim.setup import Setup
from slic.control.program import ControlProgram
from slic.energy.ledger import energy_columns
from slic.energy.moves import Ints
from slic.energy.results import NightTally
from slic.energy.service import Crowd, crowd_of, service_columns
from slic.energy.slots import constant_load_mj
from slic.lamps.dali import ARC_OF_LEVEL_PM, LEVEL_PM_OF_ARC
from slic.lamps.level import FULL_PM, pm_from_pct
from slic.lamps.power import PowerTable, drive_share, power_table
from slic.scenario.layout import Street

AS_FOUND = "as-found"
"""In the place of a regime: the lamps before a retrofit."""

Crowds = Sequence[tuple[Ints, Crowd]]
"""Lamps with one kind of gear, by index, and who passes them."""

_COLUMNS = ("light_mj", "loss_mj", "standby_mj", "lit_ms", "level_pm_ms", "high_ms", "level_changes")


@dataclass(frozen=True, slots=True)
class _Lamps:
    """Lamps of a street. count : how often each stands there; meter : number of its luminaire, watts and group."""

    count: Ints
    meter: Ints
    on_dali: Ints


@dataclass(frozen=True, slots=True)
class Energies:
    """Of lamps, street after street: energy and times per lamp, of all of equal lamps together."""

    energy_mj: Ints
    columns: dict[str, int]
    half_hours_mj: list[int]


class Accounts:
    """Adds up nights of the streets of a setup, and keeps what is the same every night."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._lamps: dict[tuple[Street, bool], _Lamps] = {}
        self._meters: dict[tuple[str, float, str], int] = {}

    def crowds(self, scenes: Sequence[Scene]) -> Crowds:
        """Who passes the lamps of some streets; it is the same for all regimes."""
        return _crowds(scenes, _joined([self._of(scene.street, as_found=False) for scene in scenes]))

    def tally(
        self, scenes: Sequence[Scene], regime: str, levels: Levels, crowds: Crowds | None = None
    ) -> tuple[NightTally, Ints]:
        """The sums of some streets in one night, and the energy [mJ] of each of their lamps.

        crowds : those of the same scenes, where they are known already
        """
        as_found = regime == AS_FOUND
        lamps = _joined([self._of(scene.street, as_found) for scene in scenes])
        energies = self._energies(scenes[0], regime, levels, lamps)
        sensing_mj = np.zeros(len(energies.half_hours_mj), np.int64) if as_found else _sensing_mj(scenes, regime)
        first = scenes[0]
        tally = NightTally(
            regime=regime,
            replicate=first.replicate,
            street=first.street.name if len(scenes) == 1 else "",
            night=first.night.isoformat(),
            start_ms=first.start_ms,
            end_ms=first.end_ms,
            lamps=int(lamps.count.sum()),
            sensing_mj=int(sensing_mj.sum()),
            complete=all(scene.missing == 0 for scene in scenes),
            half_hours_mj=[a + b for a, b in zip(energies.half_hours_mj, sensing_mj.tolist(), strict=True)],
            **energies.columns,
        )
        if not as_found:
            tally.triggers = sum(_triggers(scene, regime) for scene in scenes)
            tally.users = sum(_users(scene) for scene in scenes)
            self._add_service(tally, self.crowds(scenes) if crowds is None else crowds, levels, lamps)
        return tally, energies.energy_mj

    def _of(self, street: Street, as_found: bool) -> _Lamps:
        key = (street.like, as_found)
        if key not in self._lamps:
            self._lamps[key] = self._read(*key)
        return self._lamps[key]

    def _read(self, street: Street, as_found: bool) -> _Lamps:
        meters = []
        for lamp in street.lamps:
            new = (
                (lamp.as_found_luminaire, lamp.as_found_w, "")
                if as_found
                else (lamp.luminaire, lamp.power_w, lamp.group)
            )
            meters.append(self._meters.setdefault(new, len(self._meters)))
        kinds = self._setup.scenario.luminaires
        return _Lamps(
            np.array([lamp.count for lamp in street.lamps], np.int64),
            np.array(meters, np.int64),
            np.array([kinds[lamp.luminaire].dimming_curve == "dali" for lamp in street.lamps], bool),
        )

    def _energies(self, scene: Scene, regime: str, levels: Levels, lamps: _Lamps) -> Energies:
        """Lamps of one pattern and meter are worked out once."""
        key = levels.pattern * len(self._meters) + lamps.meter
        alike, which = np.unique(key, return_inverse=True)
        number = np.bincount(which, weights=lamps.count).astype(np.int64)
        columns = dict.fromkeys(_COLUMNS, 0)
        energy_mj = np.zeros(len(alike), np.int64)
        half_hours = np.zeros(1, np.int64)
        meters = list(self._meters)
        for meter in np.unique(alike % len(meters)).tolist():
            mine = np.flatnonzero(alike % len(meters) == meter)
            moves = levels.of(alike[mine] // len(meters))
            table, high_pm = self._meter(scene, regime, *meters[meter])
            found = energy_columns(moves, table, high_pm)
            for name in _COLUMNS:
                columns[name] += int((getattr(found, name) * number[mine]).sum())
            energy_mj[mine] = found.light_mj + found.loss_mj + found.standby_mj
            half_hours = half_hours + number[mine] @ found.half_hours_mj
        return Energies(energy_mj[which] * lamps.count, columns, half_hours.tolist())

    def _meter(self, scene: Scene, regime: str, luminaire: str, power_w: float, group: str) -> tuple[PowerTable, int]:
        """Power table of a night, and the level that counts as high."""
        kind = self._setup.scenario.luminaires[luminaire]
        burned_h = self._setup.scenario.burning_hours_h + self._setup.burned_h[scene.night]
        table = power_table(kind, power_w, drive_share(kind, burned_h))
        if regime == AS_FOUND:
            return table, FULL_PM
        planner = self._setup.regimes[regime][group]
        return table, presence_level_pm(planner.programs[planner.night(scene.night).program])

    def _add_service(self, tally: NightTally, crowds: Crowds, levels: Levels, lamps: _Lamps) -> None:
        late_ms = round(self._setup.scenario.service.late_after_s * 1000)
        for members, crowd in crowds:
            served = service_columns(levels.of(levels.pattern[members]), crowd, late_ms)
            for name in ("passages", "user_ms", "served_ms", "late", "missed", "given_pm_ms", "wanted_pm_ms"):
                total = int((getattr(served, name) * lamps.count[members]).sum())
                setattr(tally, name, getattr(tally, name) + total)


def _crowds(scenes: Sequence[Scene], lamps: _Lamps) -> Crowds:
    before = np.cumsum([0, *(len(scene.street.like.lamps) for scene in scenes)])
    passing = [scene.passages for scene in scenes]
    lamp = np.concatenate([found.lamp + at for found, at in zip(passing, before[:-1], strict=True)])
    if not len(lamp):
        return []
    enter = np.concatenate([found.enter_ms for found in passing])
    leave = np.concatenate([found.leave_ms for found in passing])
    exact, night = required_steps(scenes[0]), (scenes[0].start_ms, scenes[0].end_ms)
    # DALI gear holds the arc level nearest to a command, so that is what a required level means for it
    on_dali = [(t_ms, LEVEL_PM_OF_ARC[ARC_OF_LEVEL_PM[level_pm]]) for t_ms, level_pm in exact]
    crowds = []
    for steps, chosen in ((exact, ~lamps.on_dali), (on_dali, lamps.on_dali)):
        members = np.flatnonzero(chosen)
        if len(members):
            mine = slice(None) if len(members) == len(chosen) else chosen[lamp]
            place = np.cumsum(chosen) - 1
            crowds.append(
                (members, crowd_of(len(members), night, (place[lamp[mine]], enter[mine], leave[mine]), steps))
            )
    return crowds


def presence_level_pm(program: ControlProgram) -> int:
    """The highest level to which presence raises a lamp, or full level [per mille]."""
    raised = [pm_from_pct(c.level_pct) for c in program.dynamic_controls if c.operation in ("Set", "Max")]
    return max(raised, default=FULL_PM)


def _joined(streets: Sequence[_Lamps]) -> _Lamps:
    if len(streets) == 1:
        return streets[0]
    return _Lamps(*(np.concatenate([getattr(s, name) for s in streets]) for name in ("count", "meter", "on_dali")))


def _sensing_mj(scenes: Sequence[Scene], regime: str) -> Ints:
    """Energy of nodes and sensors per half-hour; each street is rounded for itself."""
    scenario, baseline = scenes[0].setup.scenario, scenes[0].setup.scenario.baseline
    planners = scenes[0].setup.regimes[regime].values()
    sensing = any(reads_presence(program) for planner in planners for program in planner.programs.values())
    loads_w = Counter(
        scenario.node_power_w * (0 if regime == baseline else sum(lamp.count for lamp in scene.street.like.lamps))
        + scenario.sensors.power_w * (len(scene.street.like.sensors) if sensing else 0)
        for scene in scenes
    )
    start_ms, end_ms = scenes[0].start_ms, scenes[0].end_ms
    parts = [np.array(constant_load_mj(load_w, start_ms, end_ms)) * number for load_w, number in loads_w.items()]
    total: Ints = np.sum(parts, axis=0)
    return total


def _triggers(scene: Scene, regime: str) -> int:
    """Detections that reach the controller."""
    programs = programs_of(scene, regime)
    if not any(map(reads_presence, programs)):
        return 0
    if reports_every_user(programs):
        return len(scene.detections)
    return scene.sightings.reports


def _users(scene: Scene) -> int:
    if not scene.dark:
        return 0
    edges = scene.users.t_ms.searchsorted(scene.dark)
    return int((edges[:, 1] - edges[:, 0]).sum())
