"""A broker and gateways for the streets of a scenario, started here and stopped at the end."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controllers.broker.private_broker import HOST, PrivateBroker, private_broker
from controllers.envelope import new_boot
from controllers.gateway.config import BrokerAddress
from controllers.gateway.signatures import public_key_of
from controllers.link.paho_link import PahoLink
from controllers.operator.key_files import read_key_file
from controllers.service.gateway_folder import (
    SIGNING_KEY,
    FieldNames,
    field_names,
    gateway_plan,
    signing_key,
    write_gateway,
)
from sim.field_lockstep import Check, Keys, LockstepStreets
from sim.field_processes import GatewayProcess
from slic.scenario.layout import Street
from slic.scenario.loaded import LoadedScenario
from slic.scenario.model import Scenario
from slic.scenario.streets import build_streets


def write_gateways(
    folder: Path,
    scenario: Scenario,
    streets: Sequence[Street],
    broker: BrokerAddress,
    *,
    lockstep: bool,
    only: Street | None = None,
    http_port: int = 0,
) -> list[Path]:
    """Write the folder of a gateway for each street, or for one of them; their configuration files.

    http_port : of the status pages where there are any, 0 for any free one
    """
    files = []
    for street in streets if only is None else [only]:
        names = field_names(scenario, streets, street)
        key = signing_key(folder / names.segment)
        plan = gateway_plan(scenario, street, names, broker, public_key_of(key), lockstep=lockstep, http_port=http_port)
        files.append(write_gateway(folder / names.segment, plan))
    return files


def lockstep_streets(
    loaded: LoadedScenario, broker: BrokerAddress, keys: Keys, check: Check, folder: Path
) -> LockstepStreets:
    """A scenario's streets over a broker, on this machine's clock for patience and numbers.

    folder : that certificate paths of the broker's address are relative to
    """
    dice = random.Random(os.urandom(8))

    def connect(names: FieldNames) -> PahoLink:
        return PahoLink(broker, f"{names.site}-{names.segment}-field", folder, dice, session=False)

    return LockstepStreets(
        loaded.scenario,
        build_streets(loaded),
        connect,
        keys,
        check,
        boots=new_boot,
        first_number=time.time_ns() // 1000,
        monotonic_s=time.monotonic,
    )


def folder_keys(folder: Path) -> Keys:
    """The keys in the folders of gateways. InputError where a street has none there."""

    def key_of(names: FieldNames) -> Ed25519PrivateKey:
        return read_key_file(folder / names.segment / SIGNING_KEY)

    return key_of


@contextmanager
def private_field(
    loaded: LoadedScenario, say: Callable[[str], None], broker: PrivateBroker | None = None
) -> Iterator[LockstepStreets | None]:
    """The scenario's streets over a broker of this machine, with gateways of their own; None where no broker is.

    say : told what was started; broker : default the one that can be started here. All of it ends with the context.
    """
    with TemporaryDirectory(prefix="slic-field-") as name, ExitStack() as stack:
        folder = Path(name)
        chosen = broker or private_broker(folder)
        if chosen is None:
            yield None
            return
        stack.enter_context(chosen)
        address = BrokerAddress(port=chosen.port)
        files = write_gateways(folder, loaded.scenario, build_streets(loaded), address, lockstep=True)
        gateways = [stack.enter_context(GatewayProcess(file, follow_clock=True)) for file in files]

        say(f"Over MQTT: {chosen.title}, at {HOST}:{chosen.port}, and {len(gateways)} gateway process(es).")

        def check() -> None:
            for gateway in gateways:
                gateway.check()

        streets = lockstep_streets(loaded, address, folder_keys(folder), check, folder)
        stack.callback(streets.close)
        yield streets


class OwnProcesses:
    """A broker and a gateway that a live field has started, and can do harm to. http_port : of its status pages"""

    def __init__(self, broker: PrivateBroker, gateway: GatewayProcess, http_port: int) -> None:
        self.http_port = http_port
        self._broker = broker
        self._gateway = gateway

    def harm(self, kind: str) -> None:
        """broker_restart or gateway_kill; both come back at once."""
        if kind == "gateway_kill":
            self._gateway.kill()
            self._gateway.start()
        else:
            self._broker.__exit__(None, None, None)
            self._broker.__enter__()
