"""The program side of a lamp group: which rung of the ladder holds, and what level it gives at this moment."""

from __future__ import annotations

from slic.control.operation import operate
from slic.control.photocell import DEFAULT_OFF_LUX, DEFAULT_ON_LUX, Cell, LuxFilter
from slic.control.place import Place
from slic.control.planner import Planner, astronomical_default
from slic.control.program import AstronomicalPhotocell, ControlProgram, Photocell
from slic.control.schedule import Mode, NightSchedule
from slic.control.segment import Source
from slic.control.traffic_class import ClassChooser
from slic.lamps.level import FULL_PM, pm_from_pct

NEVER_MS = 1 << 62
"""Later than any time: for what has no end or deadline."""


Raised = tuple[int, str, int, int]


class Effect:
    """A dynamic control made ready: its operation, level and hold in integers."""

    __slots__ = ("hold_ms", "level_pm", "name", "operation", "sensors")

    def __init__(self, program: ControlProgram, index: int) -> None:
        control = program.dynamic_controls[index]
        self.name = control.name
        self.operation = control.operation
        self.level_pm = pm_from_pct(control.level_pct)
        self.hold_ms = program.hold_ms(control)
        self.sensors = frozenset(control.sensors)

    def acts_for(self, sensor: str) -> bool:
        """Whether a sensor drives this control; with none named, every one does."""
        return not self.sensors or sensor in self.sensors

    def level(self, base_pm: int) -> int:
        """Level over a base level [per mille]."""
        return operate(self.operation, base_pm, self.level_pm)


class GroupState:
    """What the program, or the rung below it, says for the lamps of a group until ``until_ms``.

    level_pm, entrance_pm : level without presence
    raised : dynamic controls that may act now, as (index, name, level, entrance level) in list order
    source, rule : for the decision; generation : counts programs taken over, wired : the one
    that sensors are joined for
    """

    def __init__(
        self, name: str, planner: Planner | None, place: Place | None, lux: LuxFilter, safe_level_pm: int
    ) -> None:
        self.name = name
        self._planner = planner
        self._place = place
        self._lux = lux
        self._safe_pm = safe_level_pm
        self._default_cell = Cell(DEFAULT_ON_LUX, DEFAULT_OFF_LUX)
        self._cells: dict[int, Cell] = {}
        self._schedule: NightSchedule | None = None
        self._step = 0
        self._rung: Source = "safe"
        self.program: ControlProgram | None = None
        self.program_name = ""
        self.effects: tuple[Effect, ...] = ()
        self.chooser: ClassChooser | None = None
        self.ramp_up_ms = 0
        self.ramp_down_ms = 0
        self.generation = 0
        self.wired = -1
        self.class_step_ms = NEVER_MS
        self.source: Source = "safe"
        self.rule = ""
        self.level_pm = FULL_PM
        self.entrance_pm = FULL_PM
        self.raised: tuple[Raised, ...] = ()
        self.until_ms = NEVER_MS
        self._lack = ""

    def load(self, t_ms: int, planner: Planner | None, clock_trusted: bool) -> None:
        """Take the rung that the planner and the clock allow, with the night that holds ``t_ms``."""
        self._planner = planner
        active = planner if clock_trusted else None
        self._rung = "program"
        self._lack = "no program and position" if clock_trusted else "clock not trusted"
        if active is None and clock_trusted and self._place is not None:
            active = astronomical_default(self._place)
            self._rung = "astro-default"
        self._schedule = active.night_at(t_ms) if active is not None else None
        self._step = 0
        program = active.programs[self._schedule.program] if active and self._schedule else None
        if program is not self.program:
            self._take(program)
        self.refresh(t_ms)

    def reload(self, t_ms: int, clock_trusted: bool) -> None:
        """Load again with the same planner: a new night, or a clock that was set."""
        self.load(t_ms, self._planner, clock_trusted)

    def _take(self, program: ControlProgram | None) -> None:
        self.generation += 1
        self.program = program
        self.program_name = program.name if program else ""
        self.effects = ()
        self.chooser = None
        self._cells = {}
        self.ramp_up_ms = self.ramp_down_ms = 0
        if program is None:
            return
        self.effects = tuple(Effect(program, i) for i in range(len(program.dynamic_controls)))
        self.chooser = ClassChooser(program.traffic_classes) if program.traffic_classes else None
        self.ramp_up_ms = round(program.ramp_up_s * 1000)
        self.ramp_down_ms = round(program.ramp_down_s * 1000)
        for index, period in enumerate(program.active_periods):
            if isinstance(period, Photocell | AstronomicalPhotocell):
                self._cells[index] = Cell(period.on_lux, period.off_lux, round(program.minimum_burn_s * 1000))

    @property
    def result(self) -> tuple[int, int, tuple[Raised, ...], Source]:
        """What lamps depend on: levels, dynamic controls that may act, and who decides."""
        return self.level_pm, self.entrance_pm, self.raised, self.source

    @property
    def night_ends_ms(self) -> int:
        """End of the loaded night; never on a rung without a schedule."""
        return self._schedule.end_ms if self._schedule else NEVER_MS

    def read_cells(self, t_ms: int) -> int | None:
        """Let the photocells follow the light; returns when to ask again if a minimum burn holds one."""
        again: int | None = None
        for cell in (self._default_cell, *self._cells.values()):
            at_ms = cell.update(t_ms, self._lux.lux)
            if at_ms is not None and (again is None or at_ms < again):
                again = at_ms
        return again

    def clock_set(self, delta_ms: int) -> None:
        """Move what the photocells remember with a clock that was set."""
        for cell in (self._default_cell, *self._cells.values()):
            cell.shift(delta_ms)

    def refresh(self, t_ms: int) -> None:
        """Work out level, rule and end for ``t_ms``, which lies in the loaded night."""
        if self._schedule is None:
            self._without_schedule(t_ms)
            return
        steps = self._schedule.steps
        while self._step + 1 < len(steps) and steps[self._step + 1].t_ms <= t_ms:
            self._step += 1
        step = steps[self._step]
        last = self._step + 1 == len(steps)
        self.until_ms = self._schedule.end_ms if last else steps[self._step + 1].t_ms
        self.source = self._rung
        self.rule = step.rule
        lit = step.mode == Mode.ON
        if step.mode == Mode.CELL:
            lit = self._cell_says(step.cell, t_ms, step.dark_by_clock)
        if not lit:
            self.level_pm = self.entrance_pm = 0
            self.raised = ()
            return
        self.level_pm, self.entrance_pm = step.level_pm, step.entrance_level_pm
        if self.chooser is not None:
            self.level_pm = self.entrance_pm = self.chooser.level_pm
            self.rule = self.chooser.rule
        self.raised = tuple([self._raise(k) for k in step.dynamics])

    def _raise(self, index: int) -> Raised:
        effect = self.effects[index]
        return index, effect.name, effect.level(self.level_pm), effect.level(self.entrance_pm)

    def _cell_says(self, index: int, t_ms: int, dark_by_clock: bool) -> bool:
        cell = self._cells[index]
        if not self._lux.fresh(t_ms) or cell.dark is None:
            lit, why = dark_by_clock, "no fresh light reading, by the astronomical clock"
        else:
            lit, why = cell.dark, f"photocell {cell.on_lux:g}/{cell.off_lux:g} lx"
        self.rule = f"{self.rule}, {why}" if lit else f"off: {why}"
        return lit

    def _without_schedule(self, t_ms: int) -> None:
        self.until_ms = NEVER_MS
        self.raised = ()
        dark = self._default_cell.dark
        if self._lux.fresh(t_ms) and dark is not None:
            self.source, self.rule = (
                "photocell",
                f"no program or clock: photocell {DEFAULT_ON_LUX:g}/{DEFAULT_OFF_LUX:g} lx",
            )
            self.level_pm = FULL_PM if dark else 0
        else:
            self.source, self.rule = "safe", f"{self._lack}, no light reading: safe level"
            self.level_pm = self._safe_pm
        self.entrance_pm = self.level_pm
