"""What a gateway watches: repeated messages, silent sensors, faults of lamps."""

from __future__ import annotations

from collections.abc import Sequence

from controllers.duplicates import Duplicates
from controllers.gateway_plan import GatewayPlan
from controllers.lamp_link import LampLink
from controllers.post import Post
from controllers.settings import Settings
from controllers.transport import Outgoing
from slic.control.controller import SegmentController
from slic.control.group import NEVER_MS
from slic.control.segment import Action
from slic.messages.payloads import LampReading, LampState


class Watches:
    """Watches the devices of a segment."""

    def __init__(self, plan: GatewayPlan, settings: Settings, post: Post) -> None:
        self.duplicates = Duplicates(2 * (len(plan.lamps) + len(plan.sensors)) + 100)
        self.settings = settings
        self._post = post
        self.next_ms = NEVER_MS
        self.lamps_lost = 0
        self.sensors_lost = 0

    def begin(self, t_ms: int, controller: SegmentController) -> list[Action]:
        """The controller begins."""
        return []

    def sensor_heard(self, t_ms: int, sensor: int, active: bool, controller: SegmentController) -> list[Action]:
        """A presence sensor spoke."""
        return []

    def sensor_said(self, sensor: int, lost: bool) -> None:
        """A presence sensor said itself that it fails, or works again."""

    def lamp_state(self, t_ms: int, lamp: int, state: LampState) -> None:
        """A lamp said what it does."""

    def reading(self, t_ms: int, lamp: int, reading: LampReading) -> None:
        """A lamp's meter spoke."""

    def commanded(self, actions: Sequence[Action]) -> None:
        """Lamps are told levels."""

    def due(self, t_ms: int, controller: SegmentController, lamps: LampLink) -> tuple[list[Action], list[Outgoing]]:
        """What the controller must know, and events to report."""
        return [], []
