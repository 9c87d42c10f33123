"""Overrides on their way through the gateway: judged, kept, obeyed, answered, ended."""

from __future__ import annotations

from typing import NamedTuple

from controllers.gateway.command_gate import CommandGate
from controllers.gateway.heard import Heard
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


class Orders:
    """The overrides of a segment. ``next_ms``: when :meth:`due` has something to do."""

    def __init__(self, plan: GatewayPlan, settings: Settings, store: Store, post: Post) -> None:
        self._store = store
        self._post = post
        self._open: dict[str, set[int]] = {}  # command id -> lamps that do not show it yet
        self._active: dict[str, tuple[str, Override]] = {}  # override id -> command id, override
        self._kept_back: list[Override] = []
        self.next_ms = NEVER_MS
        self.reload(plan, settings)

    def reload(self, plan: GatewayPlan, settings: Settings) -> None:
        """Judge by another configuration."""
        self._plan, self._settings = plan, settings
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
            self._store.take_command(message.by, message.seq, message.id, answer.payload, verdict.order)
        except StoreFull:
            if verdict.order is None or verdict.order.kind != "safety":
                return Taken("store_full", [self._ack(t_ms, message.id, "rejected", "store_full")], [])
            answer = self._ack(t_ms, message.id, "accepted", "not_stored", "", verdict.level_pm)
        self._gate.took(verdict, t_ms)
        if verdict.order is None:
            return self._end(t_ms, message.id, verdict.ends, answer, controller)
        return self._obey(t_ms, message.id, verdict.order, answer, controller, lamps)

    def resume(self, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        """Give a new controller the overrides that were in force."""
        actions: list[Action] = []
        for order in self._store.overrides():
            if order.expiry_ms <= t_ms and clock_trusted:
                self._store.end_override(order.id)
            else:
                actions += self._give(order, controller, t_ms, clock_trusted)
        return actions

    def clock_set(self, controller: SegmentController, t_ms: int, clock_trusted: bool) -> list[Action]:
        """Obey what had to wait until the clock was trusted."""
        self._gate.clock_set(t_ms)
        waiting, self._kept_back = self._kept_back, []
        return [a for order in waiting for a in self._give(order, controller, t_ms, clock_trusted)]

    def applied(self, t_ms: int, lamp: int, controller: SegmentController) -> list[Outgoing]:
        """A lamp shows what is wanted of it: commands that waited for it alone are applied."""
        ruling = controller.order_of(lamp)
        answers = []
        for order_id, (command_id, order) in list(self._active.items()):
            open_lamps = self._open.get(command_id)
            if open_lamps is None or order_id != ruling:
                continue
            open_lamps.discard(lamp)
            if not open_lamps:
                del self._open[command_id]
                answers.append(self._ack(t_ms, command_id, "applied", "ok", "", order.level_pm))
        return answers

    def due(self, t_ms: int) -> list[Outgoing]:
        """Forget overrides that have ended; commands that no lamp had shown by then are expired."""
        if t_ms < self.next_ms:
            return []
        ended = [order_id for order_id, (_, order) in self._active.items() if order.expiry_ms <= t_ms]
        answers = [answer for order_id in ended for answer in self._close(t_ms, order_id, "expired", "ended")]
        for order_id in ended:
            self._store.end_override(order_id)
        self._plan_next()
        return answers

    # ---- one command ----------------------------------------------------------------------------

    def _obey(
        self,
        t_ms: int,
        command_id: str,
        order: Override,
        answer: Outgoing,
        controller: SegmentController,
        lamps: LampLink,
    ) -> Taken:
        answers = [answer, *self._close(t_ms, order.id, "superseded", "superseded")]
        before = {i: controller.order_of(i) for i in self._lamps_of(order)}
        self._active[order.id] = (command_id, order)
        actions = controller.override(t_ms, order)
        ruled = {i for i in before if controller.order_of(i) == order.id}
        answers += self._supersede(t_ms, order, set(before.values()), controller)
        self._plan_next()
        changed = {action.lamp for action in actions}
        waiting = {i for i in ruled if i in changed or lamps.told_pm[i] != controller.why(i).level_pm}
        if not ruled:
            answers.append(
                self._ack(t_ms, command_id, "superseded", "superseded", "a higher priority holds", order.level_pm)
            )
        elif waiting:
            self._open[command_id] = waiting
        else:
            answers.append(self._ack(t_ms, command_id, "applied", "ok", "", order.level_pm))
        return Taken("ok", answers, actions)

    def _supersede(
        self, t_ms: int, order: Override, ruled_before: set[str | None], controller: SegmentController
    ) -> list[Outgoing]:
        """Answer earlier commands that rule no lamp any more."""
        rule_now = {controller.order_of(i) for i in range(len(self._plan.lamps))}
        gone = [x for x in ruled_before if x is not None and x != order.id and x not in rule_now]
        return [a for order_id in gone for a in self._close(t_ms, order_id, "superseded", "superseded", keep=True)]

    def _end(
        self, t_ms: int, command_id: str, order_ids: tuple[str, ...], answer: Outgoing, controller: SegmentController
    ) -> Taken:
        answers, actions = [answer], []
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
        self._active[order.id] = ("", order)
        self._plan_next()
        return controller.override(t_ms, order)

    def _close(self, t_ms: int, order_id: str, status: str, code: str, *, keep: bool = False) -> list[Outgoing]:
        """Answer a command that waits for its lamps, if it does, and forget its override unless it may rule again."""
        if order_id not in self._active:
            return []
        command_id, order = self._active[order_id]
        if not keep:
            del self._active[order_id]
        return (
            [self._ack(t_ms, command_id, status, code, "", order.level_pm)] if self._open.pop(command_id, None) else []
        )

    def _lamps_of(self, order: Override) -> tuple[int, ...]:
        return order.lamps or tuple(range(len(self._plan.lamps)))

    def _plan_next(self) -> None:
        self.next_ms = min((order.expiry_ms for _, order in self._active.values()), default=NEVER_MS)

    def _ack(
        self, t_ms: int, command_id: str, status: str, code: str, detail: str = "", level_pm: int | None = None
    ) -> Outgoing:
        level_pct = None if level_pm is None else pct_from_pm(level_pm)
        return self._post.message(
            "ack", t_ms, cmd_id=command_id, status=status, code=code, detail=detail, level_pct=level_pct
        )
