"""The streets of a scenario, each decided by a gateway of its own in lockstep."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.envelope import Sender
from controllers.link.transport import Transport
from controllers.replay import Inputs
from controllers.service.gateway_folder import FieldNames, field_names
from sim.field_messages import FieldMessages
from sim.field_programs import FieldPrograms
from sim.lockstep import Lockstep, RemoteController
from sim.lockstep_link import LockstepLink, MonotonicS
from sim.scene import Scene
from slic.scenario.layout import Street
from slic.scenario.model import Scenario

Connect = Callable[[FieldNames], Transport]
"""Makes the connection to the broker of a street's gateway."""
Keys = Callable[[FieldNames], Ed25519PrivateKey]
"""Gives the key that signs a street's programs."""
Check = Callable[[], None]
"""Raises RunError if there is no use in waiting for a gateway."""


class LockstepStreets:
    """Makes what decides a scene: the gateway of its street. ``messages`` : sent and received so far.

    boots : names a start, another for each street
    first_number : of messages, commands and program versions; above those of every earlier field, which a gateway
        may remember, as microseconds since 1970 are
    """

    def __init__(
        self,
        scenario: Scenario,
        streets: Sequence[Street],
        connect: Connect,
        keys: Keys,
        check: Check,
        *,
        boots: Callable[[], str],
        first_number: int,
        monotonic_s: MonotonicS,
        patience_s: float = 30,
    ) -> None:
        self._scenario = scenario
        self._streets = streets
        self._connect = connect
        self._keys = keys
        self._check = check
        self._boots = boots
        self._first_number = first_number
        self._monotonic_s = monotonic_s
        self._patience_s = patience_s
        self._open: dict[str, tuple[LockstepLink, Lockstep]] = {}

    @property
    def messages(self) -> int:
        """Messages sent and received so far."""
        return sum(link.messages for link, _ in self._open.values())

    def __call__(self, scene: Scene, regime: str, inputs: Inputs) -> RemoteController:
        """Have a street's gateway decide a night under a regime. RunError when it does not answer."""
        street = scene.street
        if street.name not in self._open:
            self._open[street.name] = self._opened(street)
        return self._open[street.name][1].play(regime, inputs, scene.start_ms, scene.end_ms)

    def close(self) -> None:
        """Leave the brokers."""
        for link, _ in self._open.values():
            link.close()

    def _opened(self, street: Street) -> tuple[LockstepLink, Lockstep]:
        names = field_names(self._scenario, self._streets, street)
        sender = Sender(self._boots(), self._first_number)
        programs = FieldPrograms(self._scenario, street, names, self._keys(names), sender, self._first_number)
        link = LockstepLink(
            self._connect(names), names, self._check, monotonic_s=self._monotonic_s, patience_s=self._patience_s
        )
        link.open()
        return link, Lockstep(link, FieldMessages(names, sender, programs), programs)
