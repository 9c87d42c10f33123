"""The controller of a segment: events in, actions and the next deadline out.

It is a function of its plan and of its inputs in order. Time is always an argument; the caller asks again at
:attr:`SegmentController.next_deadline_ms`. At one millisecond inputs come before timers, so the caller gives
all inputs of a moment first and then calls :meth:`SegmentController.due`.

Who decides, highest first: safety, local manual, override, the first dynamic control that applies, the program or
the rung of the fail-safe ladder below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from types import MappingProxyType

from slic.control.deadlines import LIGHT, ORDERS, Deadlines
from slic.control.group import GroupState
from slic.control.lamp_state import UNKNOWN_PM, LampState
from slic.control.overrides import Overrides, check, moved_to
from slic.control.photocell import LuxFilter
from slic.control.planner import Planner
from slic.control.presence import Presence
from slic.control.segment import Action, Known, Override, SegmentPlan, Source
from slic.errors import InputError


class SegmentController:
    """Decides the levels of a segment's lamps (see the module)."""

    def __init__(self, plan: SegmentPlan) -> None:
        unknown = {lamp.group for lamp in plan.lamps} - set(plan.groups)
        if unknown:
            raise InputError("is not a lamp group of the segment", field="group", value=min(unknown))
        self.plan = plan
        self.now_ms = 0
        self.clock_trusted = True
        self._lux = LuxFilter(plan.smoothing_s, plan.stale_after_s)
        self._groups = [
            GroupState(name, planner, plan.place, self._lux, plan.safe_level_pm)
            for name, planner in plan.groups.items()
        ]
        by_name = {group.name: group for group in self._groups}
        self._lamps = [
            LampState(i, by_name[lamp.group], lamp.entrance, lamp.minimum_level_pm) for i, lamp in enumerate(plan.lamps)
        ]
        self._members = {group.name: [x for x in self._lamps if x.group is group] for group in self._groups}
        self._deadlines = Deadlines(self._groups)
        self._heap = self._deadlines.heap
        self._presence = Presence(plan, self._lamps, self._deadlines)
        self._links = self._presence.links
        self._causes = self._presence.causes
        self._overrides = Overrides()
        self._alive_ms = 0

    # ---- what the caller does -------------------------------------------------------------------

    @property
    def next_deadline_ms(self) -> int:
        """When to call :meth:`due` at the latest [UTC ms]; it may turn out that nothing is due yet."""
        return self._heap[0][0]

    def light_before(self, t_ms: int, lux: float) -> None:
        """A light reading [lx] of ``t_ms``, given before :meth:`start`."""
        self._lux.read(t_ms, lux)

    def start(
        self,
        t_ms: int,
        known: Mapping[int, Known] = MappingProxyType({}),
        before: SegmentController | None = None,
    ) -> list[Action]:
        """Begin (again) at ``t_ms``: every lamp is told its level.

        known : lamp index -> what the lamp was told before. Such a lamp is told only another level, by its ramp, and
            keeps the level to which a sensor had raised it for one more hold time, since nobody knows who is there
        before : controller that this one takes over from at this moment: its light reading counts, and sensors that
            are up or lost stay so
        """
        self.now_ms = t_ms
        self._alive_ms = t_ms
        actions: list[Action] = []
        for lamp in self._lamps:
            lamp.target_pm = known[lamp.index].level_pm if lamp.index in known else UNKNOWN_PM
        if before is not None:
            self._lux.go_on(before._lux)
        self._deadlines.arm_light(self._lux)
        for group in self._groups:
            group.reload(t_ms, self.clock_trusted)
            self._enter_night(group, "start", actions, known)
        if before is not None:
            for sensor, lamps in self._presence.take_over(before._presence):
                self._decide(lamps, self._causes[sensor], actions)
        return actions

    def pulse(self, t_ms: int, sensor: int, speed_mm_s: int = 0, direction: int = 0) -> list[Action]:
        """A road user passed a point sensor: presence that rises and falls at once.

        speed_mm_s : 0 if not known; direction : +1 up the street, -1 down, 0 not known
        """
        actions = self._advance(t_ms)
        now_ms, alive_ms = self.now_ms, self._alive_ms
        for link in self._links[sensor]:
            if link.group.chooser is not None:
                link.group.chooser.count()
            targets = link.targets or link.lamps(speed_mm_s, direction, self._lamps)
            for k, hold_ms in link.controls:
                until_ms = now_ms + hold_ms
                for lamp in targets:
                    if until_ms > lamp.until_ms[k]:
                        lamp.until_ms[k] = until_ms
                    if until_ms < lamp.armed_ms:
                        lamp.armed_ms = until_ms
                        heappush(self._heap, (until_ms, lamp.index))
                    if lamp.winner != k:
                        lamp.decide(now_ms, alive_ms, self._causes[sensor], actions)
        return actions

    def presence(self, t_ms: int, sensor: int, active: bool, speed_mm_s: int = 0, direction: int = 0) -> list[Action]:
        """A presence sensor rose (or saw another user while up), or fell; arguments as in :meth:`pulse`."""
        actions = self._advance(t_ms)
        if active:
            self._presence.count(sensor)
            self._decide(self._presence.rise(sensor, speed_mm_s, direction), self._causes[sensor], actions)
        elif sensor not in self._presence.lost:
            self._presence.fall(sensor, self.now_ms)
        return actions

    def sensor_lost(self, t_ms: int, sensor: int) -> list[Action]:
        """A presence sensor can no longer be trusted: its lamps stay as if somebody were there."""
        actions = self._advance(t_ms)
        cause = f"{self._causes[sensor]} lost"
        self._presence.lost.add(sensor)
        self._decide(self._presence.rise(sensor), cause, actions)
        for link in self._links[sensor]:
            if link.group.chooser is not None:
                link.group.chooser.forget()
                self._refresh(link.group, cause, actions)
        return actions

    def sensor_back(self, t_ms: int, sensor: int) -> list[Action]:
        """A lost sensor reports again, with nobody there."""
        actions = self._advance(t_ms)
        self._presence.lost.discard(sensor)
        self._presence.fall(sensor, self.now_ms)
        return actions

    def ambient(self, t_ms: int, lux: float) -> list[Action]:
        """A light reading [lx]. One that is no finite number from 0 up counts as missing."""
        actions = self._advance(t_ms)
        if self._lux.read(self.now_ms, lux):
            self._deadlines.arm_light(self._lux)
            for group in self._groups:
                self._follow_light(group, f"{lux:.0f} lx", actions)
        return actions

    def override(self, t_ms: int, order: Override) -> list[Action]:
        """Take a command. InputError if it cannot be obeyed or would not end.

        Without a trusted clock a safety or local manual command counts from now for as long as it was meant to
        last; an override from afar is refused, since nobody knows whether its time is now.
        """
        check(order, len(self._lamps))
        if not self.clock_trusted:
            if order.kind == "override":
                raise InputError("cannot be taken: the clock is not trusted", field="override", value=order.id)
            order = moved_to(max(t_ms, self.now_ms), order)
        return self.override_again(t_ms, order)

    def override_again(self, t_ms: int, order: Override) -> list[Action]:
        """Take a command that another controller of these lamps has taken; it ends as it would have there."""
        check(order, len(self._lamps))
        actions = self._advance(t_ms)
        changed = self._overrides.add(order)
        self._deadlines.arm_order(order, self.now_ms)
        self._apply_overrides(f"override {order.id}", actions, changed)
        return actions

    def end_override(self, t_ms: int, order_id: str) -> list[Action]:
        """End an override early; nothing happens if it is not known."""
        actions = self._advance(t_ms)
        ended = self._overrides.remove(order_id)
        if ended is not None:
            self._apply_overrides(f"override {order_id} ended", actions, [ended])
        return actions

    def new_program(self, t_ms: int, group: str, planner: Planner | None) -> list[Action]:
        """Give a lamp group another program and calendar, or None if it has lost them."""
        state = next((g for g in self._groups if g.name == group), None)
        if state is None:
            allowed = ", ".join(g.name for g in self._groups)
            raise InputError("is not a lamp group of the segment", field="group", value=group, allowed=allowed)
        actions = self._advance(t_ms)
        state.load(self.now_ms, planner, self.clock_trusted)
        self._enter_night(state, "new program" if planner else "program lost", actions)
        return actions

    def clock_set(self, t_ms: int, trusted: bool = True) -> list[Action]:
        """The clock was set, forward or back, to ``t_ms``, or is no longer trusted.

        Holds and photocell memory move with it, and no override gets longer by it.
        """
        old_ms, delta_ms = self.now_ms, t_ms - self.now_ms
        self.now_ms = self._alive_ms = t_ms
        self.clock_trusted = trusted
        self._lux.shift(delta_ms)
        self._overrides.clock_set(old_ms, t_ms)
        ended = self._overrides.drop_expired(t_ms)
        self._deadlines.shift(self._lamps, delta_ms)
        self._deadlines.arm_light(self._lux)
        for order in self._overrides:
            self._deadlines.arm_order(order, t_ms)
        actions: list[Action] = []
        cause = "clock set" if trusted else "clock not trusted"
        for group in self._groups:
            group.clock_set(delta_ms)
            group.reload(t_ms, trusted)
            self._enter_night(group, cause, actions)
            self._deadlines.arm_class(group, self.now_ms)
        self._apply_overrides(cause, actions, list(self._overrides) + ended)
        return actions

    def due(self, t_ms: int) -> list[Action]:
        """Do what is due at or before ``t_ms``; call it after all inputs of that moment."""
        actions: list[Action] = []
        self._run_timers(t_ms, actions)
        if t_ms > self.now_ms:
            self.now_ms = t_ms
        self._alive_ms = self.now_ms
        return actions

    def why(self, lamp: int) -> Action:
        """The decision behind a lamp's level now: since when it holds, why, and its present end.

        It can be younger than the last command, where another source took over at the same level.
        """
        state = self._lamps[lamp]
        last = state.last
        if last is None:
            raise ValueError("the controller has not started")
        _, source, rule, until_ms, _ = state.weigh(self._alive_ms)
        return last._replace(source=source, rule=rule, until_ms=until_ms)

    def is_up(self, sensor: int) -> bool:
        """Whether a presence sensor holds lamps up now, or counts as doing so because it is lost."""
        return self._presence.is_up(sensor)

    def order_of(self, lamp: int) -> str | None:
        """Id of the override that rules a lamp now, or None."""
        order = self._lamps[lamp].order
        return None if order is None else order.id

    @property
    def orders(self) -> list[Override]:
        """Overrides that have not ended, with their times as the clock is now; of equal kinds the newest last."""
        return list(self._overrides)

    def rungs(self) -> dict[str, Source]:
        """For each lamp group, the rung of the fail-safe ladder in force below overrides and sensors."""
        return {group.name: group.source for group in self._groups}

    # ---- time -----------------------------------------------------------------------------------

    def _advance(self, t_ms: int) -> list[Action]:
        """Run the timers before an input at ``t_ms``; an input from the past counts as now."""
        actions: list[Action] = []
        if t_ms > self.now_ms:
            if self._heap[0][0] < t_ms:
                self._run_timers(t_ms - 1, actions)
            self.now_ms = t_ms
            # Holds are closed intervals: one that ends at this very moment still counts for its inputs.
            self._alive_ms = t_ms - 1
        return actions

    def _run_timers(self, limit_ms: int, actions: list[Action]) -> None:
        heap = self._heap
        while heap[0][0] <= limit_ms:
            t_ms, index = heappop(heap)
            if t_ms > self.now_ms:
                self.now_ms = t_ms
            self._alive_ms = self.now_ms
            if index < 0:
                self._fire(-1 - index, actions)
            elif self._lamps[index].armed_ms == t_ms:
                self._end_hold(self._lamps[index], actions)

    def _fire(self, timer: int, actions: list[Action]) -> None:
        if timer == ORDERS:
            ended = self._overrides.drop_expired(self.now_ms)
            begun = [order for order in self._overrides if order.start_ms == self.now_ms]
            cause = f"override {ended[0].id} ended" if ended else "override begins"
            self._apply_overrides(cause, actions, ended + begun)
        elif timer == LIGHT:
            self._check_light(actions)
        else:
            group, kind = self._deadlines.group_timer(timer)
            (self._end_step, self._step_class, self._end_burn)[kind](group, actions)

    def _check_light(self, actions: list[Action]) -> None:
        self._deadlines.light_armed = False
        if self._lux.fresh(self.now_ms):
            self._deadlines.arm_light(self._lux)
            return
        for group in self._groups:
            self._refresh(group, "light reading stale", actions)

    def _end_step(self, group: GroupState, actions: list[Action]) -> None:
        if self.now_ms >= group.night_ends_ms:
            group.reload(self.now_ms, self.clock_trusted)
            self._enter_night(group, "new night", actions)
        elif self.now_ms >= group.until_ms:
            self._refresh(group, "time", actions)
            self._deadlines.arm_step(group)

    def _end_burn(self, group: GroupState, actions: list[Action]) -> None:
        self._follow_light(group, "minimum burn over", actions)

    # ---- groups ---------------------------------------------------------------------------------

    def _enter_night(
        self, group: GroupState, cause: str, actions: list[Action], known: Mapping[int, Known] = MappingProxyType({})
    ) -> None:
        if group.wired != group.generation:
            group.wired = group.generation
            self._presence.rewire(group)
            self._deadlines.arm_class(group, self.now_ms)
        self._read_cells(group)
        group.refresh(self.now_ms)
        if known:
            self._presence.keep_raised(self._members[group.name], known, self.now_ms)
        self._decide(self._members[group.name], cause, actions)
        self._deadlines.arm_step(group)

    def _refresh(self, group: GroupState, cause: str, actions: list[Action]) -> None:
        before = group.result
        group.refresh(self.now_ms)
        if group.result != before:
            self._decide(self._members[group.name], cause, actions)

    def _follow_light(self, group: GroupState, cause: str, actions: list[Action]) -> None:
        self._read_cells(group)
        self._refresh(group, cause, actions)

    def _read_cells(self, group: GroupState) -> None:
        """Let the group's photocells follow the light, if it is known, and come back when a burn may end."""
        if self._lux.fresh(self.now_ms):
            again_ms = group.read_cells(self.now_ms)
            if again_ms is not None:
                self._deadlines.arm_burn(group, again_ms)

    def _step_class(self, group: GroupState, actions: list[Action]) -> None:
        chooser = group.chooser
        if chooser is None or self.now_ms != group.class_step_ms:
            return
        if chooser.step(self._presence.counters(group)):
            self._refresh(group, "traffic count", actions)
        self._deadlines.arm_class(group, self.now_ms)

    def _apply_overrides(self, cause: str, actions: list[Action], changed: Sequence[Override]) -> None:
        """Decide the lamps of overrides that were given, begin or end; all others are ruled as before."""
        self._decide(self._overrides.rule(self._lamps, self.now_ms, changed), cause, actions)

    # ---- lamps ----------------------------------------------------------------------------------

    def _decide(self, lamps: Iterable[LampState], cause: str, actions: list[Action]) -> None:
        for lamp in lamps:
            lamp.decide(self.now_ms, self._alive_ms, cause, actions)

    def _end_hold(self, lamp: LampState, actions: list[Action]) -> None:
        """A lamp's deadline came: wait for its next hold, and if the one that raised it is over decide anew."""
        self._deadlines.arm_next_hold(lamp, self.now_ms)
        if lamp.winner >= 0 and lamp.until_ms[lamp.winner] <= self.now_ms:
            lamp.decide(self.now_ms, self._alive_ms, "hold time over", actions)
