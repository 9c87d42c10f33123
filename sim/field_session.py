"""A live field from a scenario: which street, which nights, which clock, which broker."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from controllers.broker.private_broker import HOST, free_port, private_broker
from controllers.clock import WallClock
from controllers.envelope import Sender
from controllers.gateway.config import BrokerAddress
from controllers.link.paho_link import PahoLink
from controllers.operator.key_files import read_key_file
from controllers.service.gateway_folder import SIGNING_KEY, field_names
from sim.field_faults import FaultyTransport, check_faults
from sim.field_figures import LiveFigures, figures, local_time, progress_line
from sim.field_harness import OwnProcesses, write_gateways
from sim.field_live import FieldClock, LiveField, shift_to
from sim.field_processes import GatewayProcess
from sim.field_programs import FieldPrograms
from sim.setup import HOUR_MS, Setup, prepare
from slic.control.civil import night_span
from slic.control.group import NEVER_MS
from slic.errors import InputError, RunError
from slic.scenario.layout import Street
from slic.scenario.loaded import LoadedScenario
from slic.scenario.streets import build_streets

_TELL_MS = 60_000


@dataclass(frozen=True, slots=True)
class LiveWish:
    """What a live field is to be.

    street, regime : names, "" for the only street and the last regime; rate : 1 for this machine's time
    start_ms : moment of the scenario to begin at [UTC ms], None for its first night; hours : None for until Ctrl-C
    broker : None for a broker and a gateway of its own; gateways : folder with the gateway's signing key, or None
    """

    street: str = ""
    regime: str = ""
    rate: float = 1
    start_ms: int | None = None
    hours: float | None = None
    broker: BrokerAddress | None = None
    gateways: Path | None = None


def new_gateways(loaded: LoadedScenario, folder: Path, broker: BrokerAddress, *, lockstep: bool) -> list[Path]:
    """Write a folder for the gateway of each street of a scenario; their configuration files.

    lockstep : for a run that equals one in process: no readings, no resending, no limit of darkening
    """
    return write_gateways(folder, loaded.scenario, build_streets(loaded), broker, lockstep=lockstep)


def run_live(loaded: LoadedScenario, wish: LiveWish, say: Callable[[str], None]) -> LiveFigures:
    """Run a live field to its end; what became of it. InputError and RunError as for a simulation.

    RunError too if no message could be sent. say : told how it goes, once a minute
    """
    setup = prepare(loaded)
    street, regime = _street(setup, wish.street), _regime(setup, wish.regime)
    names = field_names(setup.scenario, setup.streets, street)
    lamps, sensors = list(names.lamps), list(names.sensors)
    _check_start(setup, wish.start_ms)
    check_faults(setup.scenario.field_faults, lamps, sensors, own_processes=wish.broker is None)
    with TemporaryDirectory(prefix="slic-field-") as name, ExitStack() as stack:
        address, keys, own = wish.broker, wish.gateways, None
        if address is None:
            address, keys, own = _own(stack, Path(name), setup, street, wish.rate != 1)
        say(f"{names.site}/{names.segment} under {regime}, broker {address.host}:{address.port}. Ctrl-C ends it.")
        if own is not None:
            say(f"Status pages of its gateway: http://{HOST}:{own.http_port}")
        clock, shift_ms = _clock(setup, wish)
        link = PahoLink(address, f"{names.segment}-field", Path(), random.Random(os.urandom(8)), session=False)
        scenario = setup.scenario
        transport = FaultyTransport(link, scenario.field_faults, clock.start_ms, clock.now_ms, scenario.run.seed)
        number = time.time_ns() // 1000

        def programs(sender: Sender) -> FieldPrograms:
            assert keys is not None
            key = read_key_file(keys / names.segment / SIGNING_KEY)
            return FieldPrograms(scenario, street, names, key, sender, number)

        made = None if keys is None else programs
        act = None if own is None else own.harm
        field = LiveField(
            setup, street, names, regime, transport, clock, made, act, shift_ms=shift_ms, first_number=number
        )
        stack.callback(transport.close)
        until_ms = NEVER_MS if wish.hours is None else clock.start_ms + round(wish.hours * HOUR_MS)
        with suppress(KeyboardInterrupt):
            while (now_ms := clock.now_ms()) < until_ms:
                field.run(min(until_ms, now_ms + round(_TELL_MS * wish.rate)))
                say(progress_line(field, clock.now_ms(), setup.place.timezone))
        if not field.sent:
            raise RunError(f"no message could be sent: {link.problem or 'the broker did not answer in time'}")
        return figures(field, clock.start_ms, min(clock.now_ms(), until_ms))


def _own(
    stack: ExitStack, folder: Path, setup: Setup, street: Street, follow_clock: bool
) -> tuple[BrokerAddress, Path, OwnProcesses]:
    broker = private_broker(folder, free_port())  # one port, also after a restart
    if broker is None:
        raise RunError("no broker can be started here: pip install 'slic-lighting[broker]', or install Mosquitto")
    stack.enter_context(broker)
    address = BrokerAddress(host=HOST, port=broker.port)
    streets, port = setup.streets, free_port()
    file = write_gateways(folder, setup.scenario, streets, address, lockstep=False, only=street, http_port=port)[0]
    gateway = stack.enter_context(GatewayProcess(file, follow_clock=follow_clock))
    return address, folder, OwnProcesses(broker, gateway, port)


def _check_start(setup: Setup, start_ms: int | None) -> None:
    timezone = setup.place.timezone
    first_ms = night_span(timezone, setup.nights[0]).start_ms
    end_ms = night_span(timezone, setup.nights[-1]).end_ms
    if start_ms is not None and not first_ms <= start_ms < end_ms:
        first, end, found = (local_time(t_ms, timezone) for t_ms in (first_ms, end_ms, start_ms))
        raise InputError(
            "is not in the nights of the scenario", field="--from", value=found, allowed=f"{first} to before {end}"
        )


def _street(setup: Setup, name: str) -> Street:
    names = [street.name for street in setup.streets]
    if not name and len(names) == 1:
        return setup.streets[0]
    if name not in names:
        raise InputError("is not a street of the scenario", field="street", value=name, allowed=", ".join(names[:20]))
    return setup.streets[names.index(name)]


def _regime(setup: Setup, name: str) -> str:
    names: Sequence[str] = list(setup.regimes)
    if name and name not in names:
        raise InputError("is not a regime of the scenario", field="regime", value=name, allowed=", ".join(names))
    return name or names[-1]


def _clock(setup: Setup, wish: LiveWish) -> tuple[FieldClock, int]:
    """The field's clock, and by how much the scenario is moved [ms]."""
    clock = WallClock()
    first_ms = night_span(setup.place.timezone, setup.nights[0]).start_ms
    if wish.rate == 1:
        now_ms = clock.now_ms()
        shift_ms = now_ms - wish.start_ms if wish.start_ms is not None else shift_to(first_ms, now_ms)
        return FieldClock(clock, now_ms, clock.monotonic_ms(), 1), shift_ms
    start_ms = first_ms if wish.start_ms is None else wish.start_ms
    return FieldClock(clock, start_ms, clock.monotonic_ms(), wish.rate), 0
