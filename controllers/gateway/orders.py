"""Overrides on their way through the gateway: judged, kept, obeyed, answered, ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from controllers.gateway.command_gate import CommandGate
from controllers.gateway.heard import Heard
from controllers.gateway.kept_orders import KeptOrders, renumbered
from controllers.gateway.lamp_link import LampLink
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.gateway.settings import Settings
from controllers.link.transport import Outgoing
from controllers.store.port import Store, StoreFull
from slic.control.controller import SegmentController
from slic.control.group import NEVER_MS
from slic.control.segment import Action, Override
from slic.lamps.level import pct_from_pm
from slic.messages.payloads import SegmentCommand


class Taken(NamedTuple):
    """What became of a command: a code, answers to send, what the controller does about it, and why it was refused."""

    code: str
    answers: list[Outgoing]
    actions: list[Action]
    detail: str = ""


class _Active(NamedTuple):
    """An override that the controller has: the command that gave it, or "", and the level of the answers to it."""

    command_id: str
    order: Override
    level_pm: int | None


class Orders:
    """The overrides of a segment. ``next_ms``: when :meth:`due` has something to do."""

    def __init__(self, plan: GatewayPlan, settings: Settings, store: Store, post: Post) -> None:
        self._store = store
        self._post = post
        self._open: dict[str, set[int]] = {}  # command id -> lamps that do not show it yet
        self._active: dict[str, _Active] = {}  # by override id
        self._kept_back: list[Override] = []
        self.next_ms = NEVER_MS
        self.reload(plan, settings)

    def reload(self, plan: GatewayPlan, settings: Settings) -> None:
        """Judge by another configuration. After it, :meth:`go_on` gives the overrides to another controller."""
        self._plan, self._settings = plan, settings
        self._kept = KeptOrders(self._store, plan.lamps)
        self._gate = CommandGate(plan, settings, self._store)

    def use(self, settings: Settings) -> None:
        """Judge by other settings."""
        self.reload(self._plan, settings)

    def forget(self) -> None:
        """Start anew, as a simulated night does."""
        for order in self._store.overrides():
            self._store.end_override(order.id)
        self._gate = CommandGate(self._plan, self._settings, self._store)
        self._open, self._active, self._kept_back, self.next_ms = {}, {}, [], NEVER_MS

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
            answer = self._ack(t_ms, message.id, verdict.status, verdict.code, verdict.detail)
            return Taken(verdict.code, [answer], [], f"{message.by}: {verdict.detail}")
        answer = self._ack(t_ms, message.id, "accepted", verdict.code, verdict.detail, verdict.level_pm)
        try:
            self._store.take_command(message.by, message.seq, message.id, answer.payload, verdict.order, verdict.ends)
        except StoreFull:
            if verdict.order is None or verdict.order.kind != "safety":
                return Taken("store_full", [self._ack(t_ms, message.id, "rejected", "store_full")], [])
            answer = self._ack(t_ms, message.id, "accepted", "not_stored", "", verdict.level_pm)
        self._gate.took(verdict, t_ms)
        if verdict.order is None:
            return self._end(t_ms, message.id, verdict.ends, answer, controller)
        active = _Active(message.id, verdict.order, verdict.level_pm)
        return self._obey(t_ms, active, answer, controller, lamps)

    def resume(self, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        """Give the first controller the overrides that were in force before a restart."""
        actions: list[Action] = []
        kept = {order.id: order for order in self._kept.all()}
        for order_id in [order.id for order in self._store.overrides() if order.id not in kept]:
            self._store.end_override(order_id)
        for order in kept.values():
            if order.expiry_ms <= t_ms and clock_trusted:
                self._store.end_override(order.id)
            else:
                actions += self._give(order, controller, t_ms, clock_trusted)
        return actions

    def go_on(self, controller: SegmentController, t_ms: int, old_lamps: Sequence[str]) -> Taken:
        """Give another controller what the one before had, for the lamps that there are now, by ``old_lamps`` then.

        Also what the store had no room for. Commands go on waiting for their lamps.
        """
        index = {lamp.id: i for i, lamp in enumerate(self._plan.lamps)}
        self._open = {
            command_id: {index[old_lamps[i]] for i in waiting if old_lamps[i] in index}
            for command_id, waiting in self._open.items()
        }
        self._kept_back = [moved for order in self._kept_back if (moved := renumbered(order, index)) is not None]
        answers, actions = [], []
        for order_id, active in list(self._active.items()):
            order = renumbered(active.order, index)
            if order is None or order.expiry_ms <= t_ms:
                answers += self._close(t_ms, order_id, "superseded" if order is None else "expired", "ended")
                self._store.end_override(order_id)
                continue
            self._active[order_id] = active._replace(order=order)
            actions += controller.override_again(t_ms, order)
            if active.command_id in self._open and not self._open[active.command_id]:
                answers += self._shown(t_ms, active)
        self._plan_next()
        return Taken("ok", answers, actions)

    def clock_set(self, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        """Obey what had to wait until the clock was trusted."""
        self._gate.clock_set(t_ms)
        self._follow(controller)
        waiting, self._kept_back = self._kept_back, []
        return [a for order in waiting for a in self._give(order, controller, t_ms, clock_trusted)]

    def applied(self, t_ms: int, lamp: int, controller: SegmentController) -> list[Outgoing]:
        """A lamp shows what is wanted of it: commands that waited for it alone are applied."""
        ruling = controller.order_of(lamp)
        active = None if ruling is None else self._active.get(ruling)
        if active is None or active.command_id not in self._open:
            return []
        open_lamps = self._open[active.command_id]
        open_lamps.discard(lamp)
        return [] if open_lamps else self._shown(t_ms, active)

    def due(self, t_ms: int) -> list[Outgoing]:
        """Forget overrides that have ended; commands that no lamp had shown by then are expired."""
        if t_ms < self.next_ms:
            return []
        ended = [order_id for order_id, active in self._active.items() if active.order.expiry_ms <= t_ms]
        answers = [answer for order_id in ended for answer in self._close(t_ms, order_id, "expired", "ended")]
        for order_id in ended:
            self._store.end_override(order_id)
        self._plan_next()
        return answers

    # ---- one command ----------------------------------------------------------------------------

    def _obey(
        self,
        t_ms: int,
        active: _Active,
        answer: Outgoing,
        controller: SegmentController,
        lamps: LampLink,
    ) -> Taken:
        command_id, order, level_pm = active
        self._kept_back = [kept for kept in self._kept_back if kept.id != order.id]
        answers = [answer, *self._close(t_ms, order.id, "superseded", "superseded")]
        before = {i: controller.order_of(i) for i in self._lamps_of(order)}
        self._active[order.id] = active
        actions = controller.override(t_ms, order)
        ruled = {i for i in before if controller.order_of(i) == order.id}
        answers += self._supersede(t_ms, order, before, controller)
        self._plan_next()
        changed = {action.lamp for action in actions}
        waiting = {i for i in ruled if i in changed or lamps.told_pm[i] != controller.why(i).level_pm}
        if not ruled:
            answers.append(self._ack(t_ms, command_id, "superseded", "superseded", "a higher priority holds", level_pm))
        elif waiting:
            self._open[command_id] = waiting
        else:
            answers.append(self._ack(t_ms, command_id, "applied", "ok", "", level_pm))
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
            elif (active := self._active.get(order_id)) is not None and active.command_id in self._open:
                self._open[active.command_id] -= lamps
                answers += [] if self._open[active.command_id] else self._shown(t_ms, active)
        return answers

    def _shown(self, t_ms: int, active: _Active) -> list[Outgoing]:
        """Every lamp of a command shows it."""
        del self._open[active.command_id]
        return [self._ack(t_ms, active.command_id, "applied", "ok", "", active.level_pm)]

    def _end(
        self, t_ms: int, command_id: str, order_ids: tuple[str, ...], answer: Outgoing, controller: SegmentController
    ) -> Taken:
        answers, actions = [answer], []
        self._kept_back = [kept for kept in self._kept_back if kept.id not in order_ids]
        for order_id in order_ids:
            answers += self._close(t_ms, order_id, "superseded", "ended")
            self._store.end_override(order_id)
            actions += controller.end_override(t_ms, order_id)
        self._plan_next()
        return Taken("ok", [*answers, self._ack(t_ms, command_id, "applied", "ended")], actions)

    def _give(self, order: Override, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        if order.kind == "override" and not clock_trusted:
            self._kept_back.append(order)
            return []
        self._active[order.id] = _Active("", order, order.level_pm)
        actions = controller.override(t_ms, order)
        self._follow(controller)
        return actions

    def _follow(self, controller: SegmentController) -> None:
        """Take over the times that the controller has given its overrides when the clock was set."""
        for order in controller.orders:
            if order.id in self._active:
                self._active[order.id] = self._active[order.id]._replace(order=order)
        self._plan_next()

    def _close(self, t_ms: int, order_id: str, status: str, code: str, *, keep: bool = False) -> list[Outgoing]:
        """Answer a command that waits for its lamps, if it does, and forget its override unless it may rule again."""
        if order_id not in self._active:
            return []
        active = self._active[order_id]
        if not keep:
            del self._active[order_id]
        if self._open.pop(active.command_id, None) is None:
            return []
        return [self._ack(t_ms, active.command_id, status, code, "", active.level_pm)]

    def _lamps_of(self, order: Override) -> tuple[int, ...]:
        return order.lamps or tuple(range(len(self._plan.lamps)))

    def _plan_next(self) -> None:
        self.next_ms = min((active.order.expiry_ms for active in self._active.values()), default=NEVER_MS)

    def _ack(
        self, t_ms: int, command_id: str, status: str, code: str, detail: str = "", level_pm: int | None = None
    ) -> Outgoing:
        level_pct = None if level_pm is None else pct_from_pm(level_pm)
        return self._post.message(
            "ack", t_ms, cmd_id=command_id, status=status, code=code, detail=detail, level_pct=level_pct
        )
