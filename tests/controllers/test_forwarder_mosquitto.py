"""Records go from the store to a real broker that is killed on the way."""

from __future__ import annotations

from pathlib import Path

from controllers.link.paho_link import PahoLink
from controllers.store.forwarder import WINDOW, Forwarder
from controllers.store.sqlite_store import SqliteStore
from tests.brokers import Client, Mosquitto, eventually
from tests.controllers.links import make, run
from tests.controllers.store_parts import records


def test_over_mosquitto_that_is_killed_twice_every_record_arrives(tmp_path: Path) -> None:
    """A plain client notes what arrives; only what was under way at a kill may arrive again."""
    store = SqliteStore(tmp_path / "state")
    store.put("reading", records(*range(300)))
    store.put("answer", records(*range(1000, 1010)))
    arrived: list[int] = []
    with Mosquitto(tmp_path / "broker") as broker:
        link = make(broker.port)
        forwarder = Forwarder(store, link)
        link.open([])
        for goal in (100, 200, 310):
            with Client(broker.port) as plain:
                plain.subscribe("slic/#")
                forward(forwarder, link, goal)
                arrive({*range(1000, 1010), *range(forwarder.delivered - 10)} - set(arrived), plain)
                arrived += numbers(plain)
                if goal < 310:
                    broker.kill()
            if goal < 310:
                broker.start()
        forwarder.settle()
        link.close()
    assert store.depth == 0
    assert arrived[:10] == list(range(1000, 1010))
    assert set(arrived) == {*range(300), *range(1000, 1010)}
    assert len(arrived) <= 310 + 2 * WINDOW
    store.close()


def numbers(client: Client) -> list[int]:
    return [int(message.payload) for message in client.messages]


def arrive(taken: set[int], client: Client) -> None:
    """Wait for what the broker has taken."""
    eventually(lambda: taken <= set(numbers(client)), "what the broker took arrives")


def forward(forwarder: Forwarder, link: PahoLink, goal: int) -> None:
    """Turn until the broker has taken so many records."""

    def reached(_: object) -> bool:
        forwarder.turn(0)
        return forwarder.delivered >= goal

    run(link, reached)
