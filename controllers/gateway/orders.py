"""Overrides on their way through the gateway: judged, kept, obeyed, answered, ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from controllers.gateway.command_gate import CommandGate
from controllers.gateway.heard import Heard
from controllers.gateway.held_override import HeldOverride, by_issuer
from controllers.gateway.kept_orders import KeptOrders
from controllers.gateway.lamp_link import LampLink
from controllers.gateway.open_commands import OpenCommands
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.gateway.settings import Settings
from controllers.link.transport import Outgoing
from controllers.store.port import Store, StoreFull
from slic.control.controller import SegmentController
from slic.control.group import NEVER_MS
from slic.control.segment import Action, Override
from slic.messages.payloads import SegmentCommand


class Taken(NamedTuple):
    """What became of a command: a code, answers to send, what the controller does about it, and why it was refused."""

    code: str
    answers: list[Outgoing]
    actions: list[Action]
    detail: str = ""


class Orders:
    """The overrides of a segment. ``next_ms``: when :meth:`due` has something to do."""

    def __init__(self, plan: GatewayPlan, settings: Settings, store: Store, post: Post) -> None:
        self._store = store
        self._post = post
        self._commands = OpenCommands(store, post)
        self._active: dict[str, HeldOverride] = {}  # by override id
        self._kept_back: dict[str, HeldOverride] = {}  # until the clock is trusted
        self._clock_trusted = True
        self._unsaid: list[Outgoing] = []
        self.next_ms = NEVER_MS
        self._gate = CommandGate(plan, settings, store)
        self.reload(plan, settings)

    def reload(self, plan: GatewayPlan, settings: Settings) -> None:
        """Judge by another configuration. After it, :meth:`go_on` gives the overrides to another controller."""
        self._plan, self._settings = plan, settings
        self._kept = KeptOrders(self._store, plan.lamps)
        before, self._gate = self._gate, CommandGate(plan, settings, self._store)
        self._gate.go_on(before)

    def forget(self) -> None:
        """Start anew, as a simulated night does."""
        self._store.end_overrides([order.id for order in self._store.overrides()])
        self._commands.forget()
        self._gate = CommandGate(self._plan, self._settings, self._store)
        self._active, self._kept_back, self._unsaid, self.next_ms = {}, {}, [], NEVER_MS
        self._clock_trusted = True

    def command(
        self, heard: Heard, t_ms: int, controller: SegmentController, lamps: LampLink, clock_trusted: bool
    ) -> Taken:
        """Judge a command and obey it. An answer that says accepted is kept before it is sent."""
        message = heard.message
        assert isinstance(message, SegmentCommand)
        targets_pm = [0 if wanted is None else wanted.level_pm for wanted in lamps.wanted]
        verdict = self._gate.judge(
            message, retained=heard.retain, t_ms=t_ms, clock_trusted=clock_trusted, targets_pm=targets_pm
        )
        if verdict.answer is not None:
            return Taken(verdict.code, [self._post.again("ack", verdict.answer)], [])
        if verdict.status != "accepted":
            return self._refuse(t_ms, message, verdict.status, verdict.code, verdict.detail)
        answer = self._commands.ack(t_ms, message.id, "accepted", verdict.code, verdict.detail, verdict.level_pm)
        try:
            self._store.take_command(message.by, message.seq, message.id, answer.payload, verdict.order, verdict.ends)
        except StoreFull:
            if verdict.order is not None and verdict.order.kind != "safety":
                return self._refuse(t_ms, message, "rejected", "store_full")
            answer = self._commands.ack(t_ms, message.id, "accepted", "not_stored", "", verdict.level_pm)
            self._store.end_overrides(verdict.ends)
        self._gate.took(verdict, t_ms)
        if verdict.order is None:
            return self._end(t_ms, message.id, verdict.ends, answer, controller)
        ahead_ms = 0 if clock_trusted else message.ts - t_ms
        held = HeldOverride(message.id, verdict.order, verdict.level_pm, by_issuer(verdict.order, ahead_ms))
        return self._obey(t_ms, held, answer, controller, lamps)

    def resume(self, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        """Give the first controller the overrides that were in force before a restart.

        Their commands are open again, until their lamps show them. :meth:`due` gives the last answer to the others.
        """
        self._clock_trusted = clock_trusted
        command_of = {order_id: command_id for command_id, order_id in self._commands.kept().items()}
        kept = [self._held(order, command_of.get(order.id, "")) for order in self._kept.all()]
        actions = [action for held in kept for action in self._give(held, controller, t_ms)]
        self._end_the_others(t_ms)
        self._wait_for_lamps(kept, t_ms, controller)
        self._follow(controller)
        return actions

    def go_on(self, controller: SegmentController, t_ms: int, old_lamps: Sequence[str]) -> Taken:
        """Give another controller what the one before had, for the lamps that there are now, by ``old_lamps`` then.

        Also what the store had no room for. Commands go on waiting for their lamps.
        """
        index = {lamp.id: i for i, lamp in enumerate(self._plan.lamps)}
        self._commands.renumber(index, old_lamps)
        answers, actions = self._with_lamps(index, t_ms), []
        for active in self._active.values():
            actions += controller.override_again(t_ms, active.order)
            answers += self._commands.without(t_ms, active.command_id, (), active.level_pm)
        self._plan_next()
        return Taken("ok", answers, actions)

    def clock_set(self, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        """The clock was set. What a wrong clock has ended or kept back holds again when it is right, to its own end."""
        self._gate.clock_set(t_ms)
        was_trusted, self._clock_trusted = self._clock_trusted, clock_trusted
        self._follow(controller, certain=was_trusted)
        in_force = {order.id for order in controller.orders}
        ended = [held for order_id, held in self._active.items() if order_id not in in_force]
        if not clock_trusted:
            self._kept_back |= {held.id: self._active.pop(held.id) for held in ended}
            self._plan_next()
            return []
        cut_short = [held for held in self._active.values() if held.id in in_force and held.cut_short(t_ms)]
        again = [*ended, *cut_short, *self._kept_back.values()]
        return self._give_again(again, t_ms, controller) if again else []

    def applied(self, t_ms: int, lamp: int, controller: SegmentController) -> list[Outgoing]:
        """A lamp shows what is wanted of it: commands that waited for it alone are applied."""
        ruling = controller.order_of(lamp)
        active = None if ruling is None else self._active.get(ruling)
        return [] if active is None else self._commands.without(t_ms, active.command_id, (lamp,), active.level_pm)

    def due(self, t_ms: int) -> list[Outgoing]:
        """Forget overrides that have ended; commands that no lamp had shown by then are expired.

        After answers it is to be called again soon, for by then they are kept.
        """
        self._commands.settle()
        if t_ms < self.next_ms:
            return []
        answers, self._unsaid = self._unsaid, []
        ended = [order_id for order_id, active in self._active.items() if active.order.expiry_ms <= t_ms]
        for order_id in ended:
            answers += self._close(t_ms, order_id, "expired", "ended")
        if ended:
            self._store.end_overrides(ended)
        self._plan_next(soon=bool(answers))
        return answers

    # ---- one command ----------------------------------------------------------------------------

    def _refuse(self, t_ms: int, command: SegmentCommand, status: str, code: str, detail: str = "") -> Taken:
        answer = self._commands.ack(t_ms, command.id, status, code, detail)
        self._gate.refused(command, code, answer.payload)
        return Taken(code, [answer], [], f"{command.by}: {detail}")

    def _obey(
        self, t_ms: int, active: HeldOverride, answer: Outgoing, controller: SegmentController, lamps: LampLink
    ) -> Taken:
        command_id, order, level_pm, _ = active
        answers = [answer, *self._close(t_ms, order.id, "superseded", "superseded")]
        before = {i: controller.order_of(i) for i in order.lamps or range(len(self._plan.lamps))}
        self._active[order.id] = active
        actions = controller.override(t_ms, order)
        ruled = {i for i in before if controller.order_of(i) == order.id}
        answers += self._supersede(t_ms, order, before, controller)
        self._plan_next()
        changed = {action.lamp for action in actions}
        waiting = {i for i in ruled if i in changed or lamps.told_pm[i] != controller.why(i).level_pm}
        if not ruled:
            detail = "a higher priority holds"
            answers.append(self._commands.last(t_ms, command_id, "superseded", "superseded", detail, level_pm))
        else:
            self._commands.wait(command_id, waiting)
            answers += self._commands.without(t_ms, command_id, (), level_pm)
        return Taken("ok", answers, actions)

    def _supersede(
        self, t_ms: int, order: Override, before: Mapping[int, str | None], controller: SegmentController
    ) -> list[Outgoing]:
        """Answer earlier commands that rule no lamp any more, or none that does not show them."""
        rule_now = {controller.order_of(i) for i in range(len(self._plan.lamps))}
        lost: defaultdict[str, set[int]] = defaultdict(set)
        for lamp, ruler in before.items():
            if ruler is not None and ruler != order.id and controller.order_of(lamp) != ruler:
                lost[ruler].add(lamp)
        answers = []
        for order_id, lamps in lost.items():
            if order_id not in rule_now:
                answers += self._close(t_ms, order_id, "superseded", "superseded", keep=True)
            elif (active := self._active.get(order_id)) is not None:
                answers += self._commands.without(t_ms, active.command_id, lamps, active.level_pm)
        return answers

    def _end(
        self, t_ms: int, command_id: str, order_ids: tuple[str, ...], answer: Outgoing, controller: SegmentController
    ) -> Taken:
        answers, actions = [answer], []
        for order_id in order_ids:
            answers += self._close(t_ms, order_id, "superseded", "ended")
            actions += controller.end_override(t_ms, order_id)
        self._plan_next()
        return Taken("ok", [*answers, self._commands.ack(t_ms, command_id, "applied", "ended")], actions)

    def _held(self, order: Override, command_id: str) -> HeldOverride:
        """An override of before a restart, with the command that is open for it, or ""."""
        if command_id:
            self._commands.wait(command_id, ())
        return HeldOverride(command_id, order, self._commands.level_pm(command_id), order)

    def _give(self, held: HeldOverride, controller: SegmentController, t_ms: int) -> list[Action]:
        """Hold an override; the controller has it if its time is now. What is over is left to :meth:`due`."""
        order = held.order
        if order.kind == "override" and not self._clock_trusted:
            self._kept_back[order.id] = held
            return []
        self._active[order.id] = held
        return controller.override(t_ms, order) if order.expiry_ms > t_ms or not self._clock_trusted else []

    def _give_again(self, changed: Sequence[HeldOverride], t_ms: int, controller: SegmentController) -> list[Action]:
        """Give all overrides anew, oldest first, since of equal kinds the newest rules."""
        held = sorted([*self._active.values(), *self._kept_back.values()], key=lambda one: one.given.start_ms)
        self._active, self._kept_back = {}, {}
        actions = [action for one in held for action in self._give(one.again(t_ms), controller, t_ms)]
        self._wait_for_lamps(changed, t_ms, controller)
        self._follow(controller)
        return actions

    def _follow(self, controller: SegmentController, *, certain: bool = True) -> None:
        """Take over the times that the controller has given its overrides.

        certain : both the clock by which they were reckoned before and the one of now are trusted
        """
        for order in controller.orders:
            held = self._active.get(order.id)
            if held is not None:
                given = order if certain and self._clock_trusted else held.given
                self._active[order.id] = held._replace(order=order, given=given)
        self._plan_next()

    def _with_lamps(self, index: Mapping[str, int], t_ms: int) -> list[Outgoing]:
        """Number the lamps of all overrides anew and end those that have none left, or are over."""
        answers: list[Outgoing] = []
        ended = []
        for holder in (self._active, self._kept_back):
            for order_id, held in list(holder.items()):
                moved = held.for_lamps(index)
                if moved is not None and (holder is self._kept_back or moved.order.expiry_ms > t_ms):
                    holder[order_id] = moved
                    continue
                answers += self._close(t_ms, order_id, "superseded" if moved is None else "expired", "ended")
                ended.append(order_id)
        self._store.end_overrides(ended)
        return answers

    def _end_the_others(self, t_ms: int) -> None:
        """After a restart: end overrides without a lamp, and answer open commands whose override is no more."""
        held = self._active | self._kept_back
        self._store.end_overrides([order.id for order in self._store.overrides() if order.id not in held])
        self._unsaid += self._commands.end_others(t_ms)

    def _wait_for_lamps(self, given: Sequence[HeldOverride], t_ms: int, controller: SegmentController) -> None:
        """Open commands of overrides that were given anew wait for all lamps that these rule now."""
        ruled: defaultdict[str | None, set[int]] = defaultdict(set)
        for lamp in range(len(self._plan.lamps)):
            ruled[controller.order_of(lamp)].add(lamp)
        for held in (self._active[one.id] for one in given if one.id in self._active):
            if held.command_id not in self._commands or held.order.expiry_ms <= t_ms:
                continue
            if held.id in ruled:
                self._commands.wait(held.command_id, ruled[held.id])
            else:
                self._unsaid += self._close(t_ms, held.id, "superseded", "superseded", keep=True)

    def _close(self, t_ms: int, order_id: str, status: str, code: str, *, keep: bool = False) -> list[Outgoing]:
        """Answer a command that waits for its lamps, if it does, and forget its override unless it may rule again."""
        active = self._active.get(order_id) or self._kept_back.get(order_id)
        if active is None:
            return []
        if not keep:
            self._active.pop(order_id, None)
            self._kept_back.pop(order_id, None)
        return self._commands.end(t_ms, active.command_id, status, code, active.level_pm)

    def _plan_next(self, *, soon: bool = False) -> None:
        ends_ms = (active.order.expiry_ms for active in self._active.values())
        self.next_ms = 0 if soon or self._unsaid else min(ends_ms, default=NEVER_MS)
