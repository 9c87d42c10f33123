"""Two gateways with one name, at a real Mosquitto: the second notices, a dead one does not count."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTMessage

from controllers.clock import Clock, WallClock
from controllers.envelope import Sender
from controllers.gateway.post import Post
from controllers.service.takeover import Takeover
from tests.brokers import PATIENCE_S, Client, Mosquitto, free_port
from tests.controllers.links import make
from tests.controllers.wire import HandClock

OWN, OTHER, OLD = "own-boot-1", "other-boot-1", "own-boot-0"
STATUS, PING = "slic/v1/ettenleur/el-g0042/_/status", "slic/v1/ettenleur/el-g0042/_/ping"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture
def plain(broker: Mosquitto) -> Iterator[Client]:
    with Client(broker.port) as client:
        yield client
        client.publish(STATUS, b"", retain=True)


def post(boot: str) -> Post:
    return Post("ettenleur", "el-g0042", Sender(boot))


def status(boot: str, state: str) -> bytes:
    return post(boot).message("status", 1_800_000_000_000, status=state).payload


def ask(
    port: int,
    *,
    certain: bool = False,
    on_turn: Callable[[str], bool] = lambda _: True,
    clock: Clock | None = None,
) -> str | None:
    takeover = Takeover("ettenleur", "el-g0042", post(OWN), clock or WallClock(), [OLD], on_turn)
    return takeover.other(make(port, "look", session=False), certain=certain)


def answering(plain: Client, boot: str) -> None:
    """Let a plain client answer pings as a gateway does."""

    def answer(client: PahoClient, _data: object, message: MQTTMessage) -> None:
        if message.topic == PING:
            client.publish(STATUS, status(boot, "online"), 1, True)

    plain.paho.on_message = answer
    plain.subscribe(PING)


def test_nobody_is_there_and_it_costs_no_waiting(broker: Mosquitto, plain: Client) -> None:
    """By a clock that stands no waiting ever ends: it is the broker that says so."""
    until_s = monotonic() + PATIENCE_S

    def on_turn(waiting_for: str) -> bool:
        assert monotonic() < until_s, waiting_for
        return True

    assert ask(broker.port, clock=HandClock(0), on_turn=on_turn) is None


@pytest.mark.parametrize(("boot", "state"), [(OLD, "online"), (OTHER, "offline"), (OTHER, "lost")])
def test_an_own_earlier_start_or_one_that_left_is_not_asked(
    broker: Mosquitto, plain: Client, boot: str, state: str
) -> None:
    plain.publish(STATUS, status(boot, state), retain=True)
    plain.subscribe(PING)
    assert ask(broker.port) is None
    assert len(plain.wait_for(1)) == 1, "one ping to know that the broker has said all it kept, none to a gateway"


def test_a_dead_gateway_is_silent_and_its_name_is_taken(broker: Mosquitto, plain: Client) -> None:
    plain.publish(STATUS, status(OTHER, "online"), retain=True)
    assert ask(broker.port) is None


def test_a_living_gateway_answers(broker: Mosquitto, plain: Client) -> None:
    plain.publish(STATUS, status(OTHER, "online"), retain=True)
    answering(plain, OTHER)
    assert ask(broker.port) == OTHER


def test_one_that_has_just_taken_the_name_is_asked_whatever_its_status(broker: Mosquitto, plain: Client) -> None:
    plain.publish(STATUS, status(OWN, "lost"), retain=True)
    answering(plain, OTHER)
    assert ask(broker.port, certain=True) == OTHER


def test_nonsense_on_the_topic_is_nobody(broker: Mosquitto, plain: Client) -> None:
    plain.publish(STATUS, b"\xff{", retain=True)
    assert ask(broker.port) is None


def test_without_a_broker_it_waits_until_it_is_told_to_stop(tmp_path: Path) -> None:
    said: list[str] = []

    def on_turn(waiting_for: str) -> bool:
        said.append(waiting_for)
        return "connection refused" not in waiting_for

    assert ask(free_port(), on_turn=on_turn) is None
    assert said[0] == "connecting to the broker"
