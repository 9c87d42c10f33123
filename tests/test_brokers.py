"""What the tests of the field stand on: ports that stay theirs, and publications made without a connection."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.brokers import HOST, Client, Mosquitto, eventually, free_port, publish


def test_a_port_is_given_once_and_stays_free_for_its_server(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    with Mosquitto(tmp_path, port=ports[0]) as broker:
        broker.kill()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((HOST, ports[0]))
        broker.start()
        with Client(ports[0]) as client:
            client.publish("here", b"again")


def test_what_is_published_without_a_connection_is_published_after_the_return(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Client(broker.port) as client:
        broker.kill()
        eventually(lambda: not client.paho.is_connected(), "the client notices")
        sent = publish(client.paho, "kept", b"said while away", retain=True)
        assert not sent.is_published()
        broker.start()
        eventually(sent.is_published, "the broker took it")
        with Client(broker.port) as other:
            other.subscribe("kept")
            assert [message.payload for message in other.wait_for(1)] == [b"said while away"]
