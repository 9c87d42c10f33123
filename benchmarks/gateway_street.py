"""A gateway whose every presence message causes exactly one lamp command, and what drives and checks it.

Each sensor has a lamp of its own. It rises and falls by turns; the program holds for 0 s and fades in 0 s, so a rise
raises its lamp and a fall lowers it. With 1,000 of them no sensor speaks again before its last message was answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import monotonic, sleep, time
from urllib.error import URLError
from urllib.request import urlopen

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.mqtt_echo import Probe
from controllers.broker.private_broker import HOST, free_port
from controllers.envelope import Sender, new_boot
from controllers.gateway.config import BrokerAddress, GatewayFile, HttpAddress, Position
from controllers.gateway.plan import FieldLamp, FieldSensor, GatewayPlan
from controllers.gateway.signatures import public_key_of
from controllers.link.paho_link import PahoLink
from controllers.link.transport import Outgoing, Subscription
from controllers.operator.program_file import ProgramFile, signed_program
from controllers.service.gateway_folder import write_gateway
from sim.field_processes import GatewayProcess
from slic.control.program import Absolute, ControlProgram, DynamicControl
from slic.messages.topics import GATEWAY, topic

SITE, SEGMENT = "bench", "segment"
LAMPS = 1000
SIGNER = "bench"
PATIENCE_S = 60
PROGRAM = ControlProgram(
    name="all-day",
    active_periods=[Absolute(start="12:00", end="12:00")],
    idle_level_pct=20,
    dynamic_controls=[DynamicControl(name="presence", operation="Set", level_pct=100)],
    hold_s=0,
)


def every(segment: str, channel: str) -> str:
    """Filter for a channel of all devices of a segment."""
    return f"slic/v1/{SITE}/{segment}/+/{channel}"


class Driver:
    """Presence messages of all sensors by turns. ``sent`` : how many so far."""

    def __init__(self, segment: str = SEGMENT) -> None:
        self._segment = segment
        self._boot = new_boot()
        self._numbers: list[deque[int]] = [deque() for _ in range(LAMPS)]
        self.sent = 0
        self.probe = Probe(self._make, self._number, every(segment, "cmd"))

    def _make(self, number: int) -> tuple[str, bytes]:
        turn, sensor = divmod(self.sent, LAMPS)
        self._numbers[sensor].append(number)
        text = (
            f'{{"v":1,"id":"019a0000-0000-7000-8000-{self.sent:012x}","ts":{int(time() * 1000)},"boot":"{self._boot}",'
            f'"seq":{self.sent},"active":{"false" if turn % 2 else "true"},"kind":"car"}}'
        )
        self.sent += 1
        return f"slic/v1/{SITE}/{self._segment}/p{sensor:04}/presence", text.encode()

    def _number(self, topic: bytes, _payload: bytes) -> int:
        return self._numbers[int(topic[-8:-4])].popleft()


class RunningGateway:
    """The gateway's process from the moment at which it controls its lamps, and what it counts."""

    def __init__(self, pid: int, http_port: int) -> None:
        self.pid = pid
        self._url = f"http://{HOST}:{http_port}/metrics"
        until_s = monotonic() + PATIENCE_S
        while not self.count("slic_started"):
            assert monotonic() < until_s, "the gateway does not start"
            sleep(0.05)

    def count(self, name: str) -> int:
        """A figure of its metrics, by its name with labels as they stand there; 0 for none."""
        try:
            with urlopen(self._url, timeout=PATIENCE_S) as page:
                lines = page.read().decode().splitlines()
        except (URLError, OSError):
            return 0
        return next((int(float(line.rpartition(" ")[2])) for line in lines if line.startswith(name)), 0)

    def resident_kb(self) -> int:
        """Memory of the process."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


@contextmanager
def running_gateway(folder: Path, broker_port: int) -> Iterator[RunningGateway]:
    """``slic gateway`` in a new folder, with its store, from the moment at which it has its program."""
    folder.mkdir()
    http_port, key = free_port(), Ed25519PrivateKey.generate()
    path = write_gateway(folder, _plan(broker_port, http_port, public_key_of(key)))
    with GatewayProcess(path, follow_clock=False) as process:
        assert process.process is not None
        gateway = RunningGateway(process.process.pid, http_port)
        _give_program(folder, broker_port, key)
        yield gateway


def _plan(broker_port: int, http_port: int, public_key: str) -> GatewayPlan:
    """Lamps do not answer here, and nothing is said again within a run, so that counts are exact."""
    file = GatewayFile(
        slic_gateway=1,
        site=SITE,
        segment=SEGMENT,
        place=Position(latitude=51.05, longitude=3.71, timezone="Europe/Brussels"),
        broker=BrokerAddress(port=broker_port),
        http=HttpAddress(port=http_port),
        resend_s=3600,
        signers={SIGNER: public_key},
    )
    ids = [f"{number:04}" for number in range(LAMPS)]
    lamps = tuple(FieldLamp(f"l{one}", cluster=one, power_w=28.5) for one in ids)
    return GatewayPlan(file, lamps, tuple(FieldSensor(f"p{one}", cluster=one) for one in ids))


def _give_program(folder: Path, broker_port: int, key: Ed25519PrivateKey) -> None:
    """Returns when every lamp has been told the program's level, so that only presence causes commands then."""
    now_ms = int(time() * 1000)
    programs = ProgramFile(groups={"all": PROGRAM.name}, programs={PROGRAM.name: PROGRAM})
    payload = signed_program(programs, SITE, SEGMENT, now_ms, SIGNER, key, Sender(new_boot()).envelope(now_ms))
    link = PahoLink(BrokerAddress(port=broker_port), "bench-program", folder, Random(0), session=False)
    link.open([Subscription(every(SEGMENT, "cmd"), 0, commands=True)])
    while not link.connected:
        link.wait(PATIENCE_S)
    link.publish(Outgoing(topic(SITE, SEGMENT, GATEWAY, "program"), payload, 1))
    told = 0
    while told < LAMPS:
        came = link.wait(PATIENCE_S)
        told += sum(b'"program":"all-day"' in one.payload for one in came)
        assert came or link.delivered(), "the gateway does not follow its program"
    link.close()
