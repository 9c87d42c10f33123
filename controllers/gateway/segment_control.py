"""A segment under control: its controller, and around it what the site sent, its lamps, and who watches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controllers.envelope import Sender
from controllers.gateway.documents import Documents
from controllers.gateway.lamp_link import LampLink
from controllers.gateway.orders import Orders
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.gateway.refusals import Refusals
from controllers.gateway.safekeeping import Safekeeping
from controllers.gateway.segment_plan import segment_plan
from controllers.gateway.settings import Settings, settings_of
from controllers.gateway.watches import Watches
from controllers.link.transport import Outgoing
from controllers.store.port import Store
from slic.control.controller import SegmentController
from slic.control.planner import Planner
from slic.control.segment import Action, Known, Source
from slic.lamps.level import pm_from_pct
from slic.messages.payloads import LampState


class SegmentControl:
    """What a gateway has to control its segment with.

    plan : configuration and inventory; store : what survives a restart; sender : numbers its messages
    controller : None before the start; first_light_lux : light that was heard before it, or None
    """

    simulated = False
    """Whether it listens to the channels of a simulated field."""

    def __init__(self, plan: GatewayPlan, store: Store, sender: Sender) -> None:
        self.plan = plan
        self.settings: Settings = settings_of(plan.file)
        self.post = Post(plan.file.site, plan.file.segment, sender)
        self.store = store
        self.refusals = Refusals()
        self.refused = self.refusals.counts
        self.kept = Safekeeping(store, self.post, self.refused)
        self.lamps = self._lamp_link()
        self.lamp_index = {lamp.id: i for i, lamp in enumerate(plan.lamps)}
        self.documents = Documents(plan, store)
        self.orders = Orders(plan, self.settings, store, self.post)
        self.watches = Watches(plan, self.settings, self.post)
        self.complaints: list[str] = []
        self.controller: SegmentController | None = None
        self.clock_trusted = True
        self.first_light_lux: float | None = None
        self._planners: Mapping[str, Planner | None] = {}

    def why(self, lamp_id: str) -> Action | None:
        """The decision behind a lamp's level; None before the start, KeyError for a lamp that is not of the segment."""
        index = self.lamp_index[lamp_id]
        return None if self.controller is None else self.controller.why(index)

    def rungs(self) -> dict[str, Source]:
        """Rung of the fail-safe ladder in force for each lamp group."""
        return {} if self.controller is None else self.controller.rungs()

    # ---- start, and going on ---------------------------------------------------------------------

    def _begin(self, t_ms: int, known: Mapping[int, Known]) -> list[Outgoing]:
        self._planners = self.documents.planners_at(t_ms)
        self.controller = controller = SegmentController(segment_plan(self.plan, self.settings, self._planners))
        controller.clock_trusted = self.clock_trusted
        if self.first_light_lux is not None:
            controller.light_before(t_ms, self.first_light_lux)
        actions = controller.start(t_ms, known)
        actions += self.orders.resume(controller, t_ms, self.clock_trusted)
        return self._begun(controller, t_ms, actions if self.simulated and not known else _needed(actions, known))

    def _go_on(self, t_ms: int, known: Mapping[int, Known], old_lamps: Sequence[str]) -> list[Outgoing]:
        """Control with other settings or another inventory; what the controller knew and obeyed goes on."""
        before = self.controller
        if before is None:
            return []
        self._planners = self.documents.planners_at(t_ms)
        self.controller = controller = SegmentController(segment_plan(self.plan, self.settings, self._planners))
        controller.clock_trusted = self.clock_trusted
        actions = controller.start(t_ms, known, before)
        taken = self.orders.go_on(controller, t_ms, old_lamps)
        self.kept.keep("answer", taken.answers)
        return self._begun(controller, t_ms, _needed(actions + taken.actions, known))

    def _begun(self, controller: SegmentController, t_ms: int, actions: Sequence[Action]) -> list[Outgoing]:
        out = self._commands(actions)
        self.lamps.begin(t_ms, [controller.why(i) for i in range(len(self.plan.lamps))])
        return out

    def _go_on_at_level(self, t_ms: int) -> list[Outgoing]:
        """Control with other settings; lamps keep their level until told otherwise."""
        known = {i: Known(a.level_pm, a.source) for i, a in enumerate(self.lamps.wanted) if a is not None}
        return self._go_on(t_ms, known, self._lamp_ids)

    def _use_plan(self, plan: GatewayPlan, t_ms: int) -> list[Outgoing]:
        """Control with another configuration or inventory; lamps that stay keep their level until told otherwise."""
        old_lamps = self._lamp_ids
        levels = {
            lamp: Known(action.level_pm, action.source)
            for lamp, action in zip(old_lamps, self.lamps.wanted, strict=True)
            if action is not None
        }
        other_devices = (plan.lamps, plan.sensors) != (self.plan.lamps, self.plan.sensors)
        self.plan = plan
        self.settings = settings_of(plan.file)
        if other_devices:
            self._watch_anew(t_ms)
        self.watches.use(self.settings)
        told_pm = dict(zip(old_lamps, self.lamps.told_pm, strict=True))
        sent = self.lamps.sent
        self.lamps = self._lamp_link()
        self.lamps.sent = sent
        self.lamps.told_pm = [told_pm.get(lamp) for lamp in self._lamp_ids]
        self.lamp_index = {lamp.id: i for i, lamp in enumerate(plan.lamps)}
        self.complaints = self.documents.reload(plan)
        self.orders.reload(plan, self.settings)
        self._use_config()
        known = {self.lamp_index[lamp]: was for lamp, was in levels.items() if lamp in self.lamp_index}
        return self._go_on(t_ms, known, old_lamps)

    def _watch_anew(self, t_ms: int) -> None:
        before, self.watches = self.watches, Watches(self.plan, self.settings, self.post, t_ms)
        self.watches.go_on(before)

    def _use_programs(self, t_ms: int) -> list[Outgoing]:
        return [] if self.controller is None else self._commands(self._new_programs(self.controller, t_ms))

    def _new_programs(self, controller: SegmentController, t_ms: int) -> list[Action]:
        """Give each lamp group the program that holds now, where it is another one than before."""
        before, self._planners = self._planners, self.documents.planners_at(t_ms)
        actions: list[Action] = []
        for group in controller.plan.groups:
            planner = self._planners.get(group)
            if planner is not before.get(group):
                actions += controller.new_program(t_ms, group, planner)
        return actions

    def _use_config(self) -> None:
        config = self.documents.config
        if config is not None:
            self.settings = settings_of(config)
            self.lamps.resend_ms = round(self.settings.resend_s * 1000)
            self.orders.reload(self.plan, self.settings)
            self.watches.use(self.settings)

    def _commands(self, actions: Sequence[Action]) -> list[Outgoing]:
        if not actions:
            return []
        self.store.decided(actions, self._lamp_ids)
        self.watches.commanded(actions)
        return self.lamps.commands(actions)

    def _lamp_link(self) -> LampLink:
        self._lamp_ids = [lamp.id for lamp in self.plan.lamps]
        file = self.plan.file
        return LampLink(file.site, file.segment, self._lamp_ids, self.post.sender, self.settings.resend_s)

    def _known(self, states: Mapping[str, LampState]) -> dict[int, Known]:
        return {
            self.lamp_index[lamp]: Known(pm_from_pct(state.target_pct), state.src)
            for lamp, state in states.items()
            if lamp in self.lamp_index and (state.level_pct == state.target_pct or state.fade_end is not None)
        }


def _needed(actions: Sequence[Action], known: Mapping[int, Known]) -> list[Action]:
    """The last action of each lamp, where it asks for another level than the lamp was told."""
    told_pm = {lamp: was.level_pm for lamp, was in known.items()}
    return [action for action in last_of_each(actions) if told_pm.get(action.lamp) != action.level_pm]


def last_of_each(actions: Sequence[Action]) -> list[Action]:
    """The last action of each lamp, in order: what came before it at the same moment must not be seen."""
    last = {action.lamp: action for action in actions}
    return [action for action in actions if last[action.lamp] is action]
