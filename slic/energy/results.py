"""What a simulated night adds up to: integers only, so that sums do not depend on order or on the number of workers."""

from __future__ import annotations

from dataclasses import dataclass, field

SLOT_MS = 1_800_000
"""Length of a half-hour slot; slots are aligned to UTC half-hours."""


@dataclass(slots=True)
class NightTally:
    """One regime, one replicate, one night: energy, levels and service of all lamps of a street or of several together.

    street : name, or "" for several; night : ISO date of the evening; start_ms, end_ms : UTC, noon to noon civil time
    lamps : number of lamps; lamp_ms of the night = lamps * (end_ms - start_ms)
    light_mj, loss_mj : energy of lit lamps: into the light source, and lost in driver or ballast [mJ]
    standby_mj : energy of drivers at level 0 [mJ]; sensing_mj : sensors and radio nodes, all day [mJ]
    lit_ms : lamp time at a level above 0; level_pm_ms : integral of level over lamp time [per mille ms]
    high_ms : lamp time at or above the regime's presence level
    level_changes : times a lamp's actual level left a value it was holding
    passages : road users passing lamps; user_ms : their time under lamps; served_ms : with the required level
    late, missed : passages whose required level came late, or not before the user had left
    given_pm_ms, wanted_pm_ms : light that users had, up to the required level, and that level over their time
    triggers : presence detections that reached the controller, false ones included
    half_hours_mj : total energy per half-hour slot [mJ], from the slot that holds start_ms on
    users : road users made; complete : False where counts were missing for part of the night's dark time
    """

    regime: str
    replicate: int
    street: str
    night: str
    start_ms: int
    end_ms: int
    lamps: int
    light_mj: int = 0
    loss_mj: int = 0
    standby_mj: int = 0
    sensing_mj: int = 0
    lit_ms: int = 0
    level_pm_ms: int = 0
    high_ms: int = 0
    level_changes: int = 0
    passages: int = 0
    user_ms: int = 0
    served_ms: int = 0
    late: int = 0
    missed: int = 0
    given_pm_ms: int = 0
    wanted_pm_ms: int = 0
    triggers: int = 0
    users: int = 0
    complete: bool = True
    half_hours_mj: list[int] = field(default_factory=list)

    @property
    def energy_mj(self) -> int:
        """All energy of the night [mJ]."""
        return self.light_mj + self.loss_mj + self.standby_mj + self.sensing_mj


@dataclass(frozen=True, slots=True)
class Change:
    """A command of the controller with its reason, as kept for explanations.

    source : rung or priority that decided (program, sensor, override, manual, safety, astro-default, photocell, safe)
    rule : control, in words; cause : input that triggered it; until_ms : how long it holds if nothing happens
    """

    t_ms: int
    lamp: str
    level_pm: int
    ramp_ms: int
    source: str
    rule: str
    cause: str
    until_ms: int


@dataclass(slots=True)
class LampTrace:
    """One lamp's night under one regime: commands with reasons, actual level as breakpoints (t_ms, level_pm)."""

    regime: str
    lamp: str
    night: str
    start_ms: int
    end_ms: int
    changes: list[Change]
    level: list[tuple[int, int]]


@dataclass(slots=True)
class CountCoverage:
    """Data quality of one night: slots of the count file that fall in its dark time, and how many had no value."""

    night: str
    slots: int
    missing: int


@dataclass(slots=True)
class RunResult:
    """All that a run yields. Everything people read (tables, summary, report) is made from this and the scenario.

    regimes : in the scenario's order, the baseline first
    tallies : one per replicate, night and regime, all streets together
    lamp_energy_mj : regime -> lamp id -> energy over all nights of replicate 0 [mJ]
    changes : regime -> commands of all lamps in the first night of replicate 0
    traces : for one lamp and one night of replicate 0, per regime
    passes_per_lamp_hour : road users passing a lamp, per lamp-hour of darkness
    as_found : tallies of the lamps before the retrofit at full level, if the scenario has one
    lamp_places : lamp id -> its street, and where along it the lamp was simulated [mm]
    """

    regimes: list[str]
    nights: list[str]
    lamps: int
    tallies: list[NightTally]
    lamp_energy_mj: dict[str, dict[str, int]]
    changes: dict[str, list[Change]]
    traces: list[LampTrace]
    coverage: list[CountCoverage]
    passes_per_lamp_hour: float
    warnings: list[str] = field(default_factory=list)
    as_found: list[NightTally] = field(default_factory=list)
    lamp_places: dict[str, tuple[str, int]] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict, compare=False)
