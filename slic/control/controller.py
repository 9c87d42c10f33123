"""The controller of a segment: events in, actions and the next deadline out.

It is a function of its plan and of its inputs in order. Time is always an argument; the caller asks again at
:attr:`SegmentController.next_deadline_ms`. At one millisecond inputs come before timers, so the caller gives
all inputs of a moment first and then calls :meth:`SegmentController.due`.

Who decides, highest first: safety, local manual, override, the first dynamic control that applies, the program or
the rung of the fail-safe ladder below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from types import MappingProxyType

from slic.control.group import NEVER_MS, GroupState
from slic.control.lamp_state import UNKNOWN_PM, LampState, Link, join
from slic.control.overrides import Overrides, check
from slic.control.photocell import LuxFilter
from slic.control.planner import Planner
from slic.control.segment import Action, Known, Override, SegmentPlan, Source
from slic.errors import InputError

_ORDERS, _LIGHT = 0, 1
_new_tuple = tuple.__new__


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
        self._causes = [f"sensor {sensor.id}" for sensor in plan.sensors]
        self._links: list[tuple[Link, ...]] = [()] * len(plan.sensors)
        # lamps that an active sensor holds up, by lamp group
        self._raised: list[dict[str, list[LampState]] | None] = [None] * len(plan.sensors)
        self._lost: set[int] = set()
        self._overrides = Overrides()
        # (t_ms, lamp index, or below 0 a timer): timers of a moment come before holds. Never cancelled, only outdated.
        self._deadlines: list[tuple[int, int]] = [(NEVER_MS, 0)]
        self._light_armed = False
        self._alive_ms = 0

    # ---- what the caller does -------------------------------------------------------------------

    @property
    def next_deadline_ms(self) -> int:
        """When to call :meth:`due` at the latest [UTC ms]; it may turn out that nothing is due yet."""
        return self._deadlines[0][0]

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
        self._arm_light()
        for group in self._groups:
            group.reload(t_ms, self.clock_trusted)
            self._enter_night(group, "start", actions, known)
        if before is not None:
            self._take_sensors(before, actions)
        return actions

    def pulse(self, t_ms: int, sensor: int, speed_mm_s: int = 0, direction: int = 0) -> list[Action]:
        """A road user passed a point sensor: presence that rises and falls at once.

        speed_mm_s : 0 if not known; direction : +1 up the street, -1 down, 0 not known
        """
        actions = self._advance(t_ms)
        now_ms = self.now_ms
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
                        heappush(self._deadlines, (until_ms, lamp.index))
                    if lamp.winner != k:
                        self._decide(lamp, self._causes[sensor], actions)
        return actions

    def presence(self, t_ms: int, sensor: int, active: bool, speed_mm_s: int = 0, direction: int = 0) -> list[Action]:
        """A presence sensor rose (or saw another user while up), or fell; arguments as in :meth:`pulse`."""
        actions = self._advance(t_ms)
        if active:
            self._rise(sensor, speed_mm_s, direction, True, actions)
        elif sensor not in self._lost:
            self._fall(sensor)
        return actions

    def sensor_lost(self, t_ms: int, sensor: int) -> list[Action]:
        """A presence sensor can no longer be trusted: its lamps stay as if somebody were there."""
        actions = self._advance(t_ms)
        self._lost.add(sensor)
        self._rise(sensor, 0, 0, False, actions)
        for link in self._links[sensor]:
            if link.group.chooser is not None:
                link.group.chooser.forget()
                self._refresh(link.group, f"{self._causes[sensor]} lost", actions)
        return actions

    def sensor_back(self, t_ms: int, sensor: int) -> list[Action]:
        """A lost sensor reports again, with nobody there."""
        actions = self._advance(t_ms)
        self._lost.discard(sensor)
        self._fall(sensor)
        return actions

    def ambient(self, t_ms: int, lux: float) -> list[Action]:
        """A light reading [lx]. One that is no finite number from 0 up counts as missing."""
        actions = self._advance(t_ms)
        if self._lux.read(self.now_ms, lux):
            self._arm_light()
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
            now_ms = max(t_ms, self.now_ms)
            order = replace(order, start_ms=now_ms, expiry_ms=now_ms + order.expiry_ms - order.start_ms)
        return self.override_again(t_ms, order)

    def override_again(self, t_ms: int, order: Override) -> list[Action]:
        """Take a command that another controller of these lamps has taken; it ends as it would have there."""
        check(order, len(self._lamps))
        actions = self._advance(t_ms)
        changed = self._overrides.add(order)
        self._arm_order(order)
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
        self._shift_deadlines(delta_ms)
        for order in self._overrides:
            self._arm_order(order)
        actions: list[Action] = []
        cause = "clock set" if trusted else "clock not trusted"
        for group in self._groups:
            group.clock_set(delta_ms)
            group.reload(t_ms, trusted)
            self._enter_night(group, cause, actions)
            self._arm_class(group)
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
        _, source, rule, until_ms, _ = self._weigh(state)
        return last._replace(source=source, rule=rule, until_ms=until_ms)

    def is_up(self, sensor: int) -> bool:
        """Whether a presence sensor holds lamps up now, or counts as doing so because it is lost."""
        return self._raised[sensor] is not None

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
            if self._deadlines[0][0] < t_ms:
                self._run_timers(t_ms - 1, actions)
            self.now_ms = t_ms
            # Holds are closed intervals: one that ends at this very moment still counts for its inputs.
            self._alive_ms = t_ms - 1
        return actions

    def _run_timers(self, limit_ms: int, actions: list[Action]) -> None:
        deadlines = self._deadlines
        while deadlines[0][0] <= limit_ms:
            t_ms, index = heappop(deadlines)
            if t_ms > self.now_ms:
                self.now_ms = t_ms
            self._alive_ms = self.now_ms
            if index < 0:
                self._fire(-1 - index, actions)
                deadlines = self._deadlines
            elif self._lamps[index].armed_ms == t_ms:
                self._end_hold(self._lamps[index], actions)

    def _arm(self, timer: int, t_ms: int) -> None:
        heappush(self._deadlines, (t_ms, -1 - timer))

    def _arm_light(self) -> None:
        stale_ms = self._lux.stale_at_ms
        if stale_ms is not None and not self._light_armed:
            self._light_armed = True
            self._arm(_LIGHT, stale_ms)

    def _arm_order(self, order: Override) -> None:
        self._arm(_ORDERS, max(order.start_ms, self.now_ms))
        self._arm(_ORDERS, order.expiry_ms)

    def _arm_step(self, group: GroupState) -> None:
        if group.until_ms < NEVER_MS:
            self._arm(self._timer_of(group, 0), group.until_ms)

    def _arm_class(self, group: GroupState) -> None:
        if group.chooser is not None:
            group.class_step_ms = self.now_ms + group.chooser.step_ms
            self._arm(self._timer_of(group, 1), group.class_step_ms)

    def _timer_of(self, group: GroupState, kind: int) -> int:
        return 2 + 3 * self._groups.index(group) + kind

    def _shift_deadlines(self, delta_ms: int) -> None:
        """Move the lamps' holds with the clock and forget the timers, which are armed anew."""
        for lamp in self._lamps:
            lamp.until_ms = [u if u in (0, NEVER_MS) else u + delta_ms for u in lamp.until_ms]
            if lamp.armed_ms < NEVER_MS:
                lamp.armed_ms += delta_ms
        holds = [(x.armed_ms, x.index) for x in self._lamps if x.armed_ms < NEVER_MS]
        self._deadlines = [*holds, (NEVER_MS, 0)]
        heapify(self._deadlines)
        self._light_armed = False
        self._arm_light()

    def _fire(self, timer: int, actions: list[Action]) -> None:
        if timer == _ORDERS:
            ended = self._overrides.drop_expired(self.now_ms)
            begun = [order for order in self._overrides if order.start_ms == self.now_ms]
            cause = f"override {ended[0].id} ended" if ended else "override begins"
            self._apply_overrides(cause, actions, ended + begun)
        elif timer == _LIGHT:
            self._check_light(actions)
        else:
            number, kind = divmod(timer - 2, 3)
            (self._end_step, self._step_class, self._end_burn)[kind](self._groups[number], actions)

    def _check_light(self, actions: list[Action]) -> None:
        self._light_armed = False
        if self._lux.fresh(self.now_ms):
            self._arm_light()
            return
        for group in self._groups:
            self._refresh(group, "light reading stale", actions)

    def _end_step(self, group: GroupState, actions: list[Action]) -> None:
        if self.now_ms >= group.night_ends_ms:
            group.reload(self.now_ms, self.clock_trusted)
            self._enter_night(group, "new night", actions)
        elif self.now_ms >= group.until_ms:
            self._refresh(group, "time", actions)
            self._arm_step(group)

    def _end_burn(self, group: GroupState, actions: list[Action]) -> None:
        self._follow_light(group, "minimum burn over", actions)

    # ---- groups ---------------------------------------------------------------------------------

    def _enter_night(
        self, group: GroupState, cause: str, actions: list[Action], known: Mapping[int, Known] = MappingProxyType({})
    ) -> None:
        if group.wired != group.generation:
            group.wired = group.generation
            self._rewire(group)
        self._read_cells(group)
        group.refresh(self.now_ms)
        if known:
            self._keep_raised(group, known)
        self._decide_group(group, cause, actions)
        self._arm_step(group)

    def _keep_raised(self, group: GroupState, known: Mapping[int, Known]) -> None:
        """Give lamps that a sensor had raised before the start a hold time of the control that fits their level."""
        for lamp in self._members[group.name]:
            before = known.get(lamp.index)
            if before is None or before.source != "sensor":
                continue
            for k, _, raised_pm, raised_entrance_pm in group.raised:
                level_pm = raised_entrance_pm if lamp.entrance else raised_pm
                if max(level_pm, lamp.minimum_pm) == before.level_pm:
                    lamp.until_ms[k] = self.now_ms + group.effects[k].hold_ms
                    if lamp.until_ms[k] < lamp.armed_ms:
                        lamp.armed_ms = lamp.until_ms[k]
                        heappush(self._deadlines, (lamp.armed_ms, lamp.index))
                    break

    def _refresh(self, group: GroupState, cause: str, actions: list[Action]) -> None:
        before = group.result
        group.refresh(self.now_ms)
        if group.result != before:
            self._decide_group(group, cause, actions)

    def _decide_group(self, group: GroupState, cause: str, actions: list[Action]) -> None:
        for lamp in self._members[group.name]:
            self._decide(lamp, cause, actions)

    def _follow_light(self, group: GroupState, cause: str, actions: list[Action]) -> None:
        self._read_cells(group)
        self._refresh(group, cause, actions)

    def _read_cells(self, group: GroupState) -> None:
        """Let the group's photocells follow the light, if it is known, and come back when a burn may end."""
        if self._lux.fresh(self.now_ms):
            again_ms = group.read_cells(self.now_ms)
            if again_ms is not None:
                self._arm(self._timer_of(group, 2), again_ms)

    def _step_class(self, group: GroupState, actions: list[Action]) -> None:
        chooser = group.chooser
        if chooser is None or self.now_ms != group.class_step_ms:
            return
        sensors = [i for i, links in enumerate(self._links) if any(x.group is group for x in links)]
        lost = any(i in self._lost for i in sensors)
        if chooser.step(0 if lost else len(sensors)):
            self._refresh(group, "traffic count", actions)
        self._arm_class(group)

    def _rewire(self, group: GroupState) -> None:
        """Join sensors and lamps anew after another program took over; who is present now stays present."""
        for lamp in self._members[group.name]:
            lamp.forget_presence()
        new = join(group, self.plan.sensors, self.plan.lamps, self._lamps)
        for i in range(len(self.plan.sensors)):
            others = tuple(link for link in self._links[i] if link.group is not group)
            self._links[i] = (*others, new[i]) if new else others
            self._rejoin(i, group)
        self._arm_class(group)

    def _take_sensors(self, before: SegmentController, actions: list[Action]) -> None:
        """Sensors, by name, that were up or lost for the controller before are so for this one."""
        number = {sensor.id: i for i, sensor in enumerate(before.plan.sensors)}
        for i, sensor in enumerate(self.plan.sensors):
            was = number.get(sensor.id)
            if was is None or not before.is_up(was):
                continue
            held: dict[str, list[LampState]] = {}
            self._raised[i] = held
            if was in before._lost:
                self._lost.add(i)
            for link in self._links[i]:
                for lamp in self._hold_up(held, link, 0, 0):
                    self._decide(lamp, self._causes[i], actions)

    def _rejoin(self, sensor: int, group: GroupState) -> None:
        held = self._raised[sensor]
        if held is not None:
            held.pop(group.name, None)
            for link in self._links[sensor]:
                if link.group is group:
                    self._hold_up(held, link, 0, 0)

    # ---- presence -------------------------------------------------------------------------------

    def _rise(self, sensor: int, speed_mm_s: int, direction: int, counts: bool, actions: list[Action]) -> None:
        held = self._raised[sensor]
        if held is None:
            held = self._raised[sensor] = {}
        cause = self._causes[sensor] if counts else f"{self._causes[sensor]} lost"
        for link in self._links[sensor]:
            if counts and link.group.chooser is not None:
                link.group.chooser.count()
            for lamp in self._hold_up(held, link, speed_mm_s, direction):
                self._decide(lamp, cause, actions)

    def _hold_up(
        self, held: dict[str, list[LampState]], link: Link, speed_mm_s: int, direction: int
    ) -> Sequence[LampState]:
        """Let an active sensor hold lamps up; those that it did not hold before."""
        already = held.get(link.group.name)
        if already is not None and link.targets is not None:
            return ()
        new: Sequence[LampState] = link.lamps(speed_mm_s, direction, self._lamps)
        if already is None:
            held[link.group.name] = list(new)
        else:
            new = [lamp for lamp in new if lamp not in already]
            already += new
        for lamp in new:
            if lamp.active is None:
                lamp.active = [0] * len(lamp.until_ms)
            for k, _ in link.controls:
                lamp.active[k] += 1
                lamp.until_ms[k] = NEVER_MS
        return new

    def _fall(self, sensor: int) -> None:
        held = self._raised[sensor]
        self._raised[sensor] = None
        if held is None:
            return
        for link in self._links[sensor]:
            for lamp in held.get(link.group.name, ()):
                assert lamp.active is not None
                for k, hold_ms in link.controls:
                    lamp.active[k] -= 1
                    if lamp.active[k] == 0:
                        until_ms = lamp.until_ms[k] = self.now_ms + hold_ms
                        if until_ms < lamp.armed_ms:
                            lamp.armed_ms = until_ms
                            heappush(self._deadlines, (until_ms, lamp.index))

    def _end_hold(self, lamp: LampState, actions: list[Action]) -> None:
        """A lamp's deadline came: wait for its next hold, and if the one that raised it is over decide anew."""
        now_ms = self.now_ms
        next_ms = NEVER_MS
        for until_ms in lamp.until_ms:
            if now_ms < until_ms < next_ms:
                next_ms = until_ms
        lamp.armed_ms = next_ms
        if next_ms < NEVER_MS:
            heappush(self._deadlines, (next_ms, lamp.index))
        if lamp.winner >= 0 and lamp.until_ms[lamp.winner] <= now_ms:
            self._decide(lamp, "hold time over", actions)

    # ---- overrides ------------------------------------------------------------------------------

    def _apply_overrides(self, cause: str, actions: list[Action], changed: Sequence[Override]) -> None:
        """Decide the lamps of overrides that were given, begin or end; all others are ruled as before."""
        everywhere = not all(order.lamps for order in changed)
        lamps = range(len(self._lamps)) if everywhere else sorted({i for order in changed for i in order.lamps})
        for i, order in self._overrides.in_force(self.now_ms, lamps):
            lamp = self._lamps[i]
            if order is not lamp.order:
                lamp.order = order
                self._decide(lamp, cause, actions)

    # ---- the decision ---------------------------------------------------------------------------

    def _weigh(self, lamp: LampState) -> tuple[int, Source, str, int, int]:
        """What applies to a lamp now, highest first: level, source, rule, end, and the dynamic control or -1."""
        order = lamp.order
        if order is not None:
            rule = f"{order.kind} by {order.issuer}: {order.reason}"
            return order.level_pm, order.kind, rule, order.expiry_ms, -1
        group = lamp.group
        for k, name, raised_pm, raised_entrance_pm in group.raised:
            until_ms = lamp.until_ms[k]
            if until_ms > self._alive_ms:
                if until_ms > group.until_ms:
                    until_ms = group.until_ms
                return raised_entrance_pm if lamp.entrance else raised_pm, "sensor", name, until_ms, k
        level_pm = group.entrance_pm if lamp.entrance else group.level_pm
        return level_pm, group.source, group.rule, group.until_ms, -1

    def _decide(self, lamp: LampState, cause: str, actions: list[Action]) -> None:
        """Command a lamp if its level is another now."""
        level_pm, source, rule, until_ms, lamp.winner = self._weigh(lamp)
        if 0 < level_pm < lamp.minimum_pm:
            level_pm = lamp.minimum_pm
        before_pm = lamp.target_pm
        last = lamp.last
        if level_pm == before_pm:
            if last is None or last.source != source:
                ramp_ms = last.ramp_ms if last else 0
                lamp.last = Action(
                    self.now_ms, lamp.index, level_pm, ramp_ms, source, rule, cause, until_ms, lamp.group.program_name
                )
            return
        lamp.target_pm = level_pm
        group = lamp.group
        if before_pm == UNKNOWN_PM:
            ramp_ms = 0
        elif lamp.order is not None:
            ramp_ms = lamp.order.ramp_ms
        else:
            ramp_ms = group.ramp_up_ms if level_pm > before_pm else group.ramp_down_ms
        # tuple.__new__ skips the keyword handling of Action(...), a third of the time of a command
        action = _new_tuple(
            Action,
            (self.now_ms, lamp.index, level_pm, ramp_ms, source, rule, cause, until_ms, group.program_name),
        )
        lamp.last = action
        actions.append(action)
