"""The brokers that SLIC starts itself: on the loopback interface alone, and good enough for the demonstration."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from controllers.broker import private_broker as embedded_broker
from controllers.broker.private_broker import EmbeddedBroker, PrivateMosquitto, free_port, private_broker
from controllers.link.transport import Outgoing, Subscription
from slic.errors import InputError, RunError
from tests.brokers import Client, Mosquitto, eventually
from tests.controllers.links import ALL, connect, make, opened, run

LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp."""


def _listening(pid: int) -> list[tuple[str, int]]:
    """Addresses and ports on which a process listens, from /proc."""
    inodes = {link[8:-1] for fd in Path(f"/proc/{pid}/fd").iterdir() if (link := _link(fd)).startswith("socket:")}
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if rest[5] in inodes and (state == LISTEN or table.startswith("udp")):
                found.append((_address(local.partition(":")[0]), int(local.partition(":")[2], 16)))
    return found


def _link(descriptor: Path) -> str:
    try:
        return os.readlink(descriptor)
    except FileNotFoundError:
        return "closed meanwhile, as the one of this directory"


def _address(word: str) -> str:
    """The kernel writes addresses as 32-bit words in the order of the machine."""
    raw = bytes.fromhex(word)
    return str(ipaddress.ip_address(b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))))


def _refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_reader_of_proc_sees_an_open_door() -> None:
    with socket.create_server(("0.0.0.0", 0)) as door:
        assert ("0.0.0.0", door.getsockname()[1]) in _listening(os.getpid())


def test_the_embedded_broker_listens_on_loopback_and_nowhere_else() -> None:
    with EmbeddedBroker() as broker:
        assert _listening(broker._broker._process.pid) == [("127.0.0.1", broker.port)]
    assert "demonstration" in broker.title


def test_mosquitto_listens_on_loopback_and_nowhere_else(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        assert broker.process is not None
        assert _listening(broker.process.pid) == [("127.0.0.1", broker.port)]


def test_they_stop_with_their_context(tmp_path: Path) -> None:
    for broker in (EmbeddedBroker(), PrivateMosquitto(tmp_path)):
        with broker, socket.create_connection(("127.0.0.1", broker.port)):
            pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", broker.port))


def test_the_embedded_broker_ends_with_a_killed_parent() -> None:
    code = (
        "from controllers.broker.private_broker import EmbeddedBroker as E\n"
        "with E() as b: print(b.port, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: _refused(port), "the broker ends")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(RunError, match=f"the embedded broker does not start on port {port}"), EmbeddedBroker(port):
            pass


def test_a_mosquitto_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"mosquitto does not start: .*Error found at .*mosquitto\.conf:\d+"):
        PrivateMosquitto(tmp_path, settings=["nonsense 1"]).start()


def test_what_is_not_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_broker, "embedded_installed", lambda: False)
    with pytest.raises(InputError, match=r"pip install slic-lighting\[broker\]"):
        EmbeddedBroker()
    assert isinstance(private_broker(tmp_path), PrivateMosquitto)
    monkeypatch.setattr(embedded_broker, "mosquitto_program", lambda: None)
    assert private_broker(tmp_path) is None
    with pytest.raises(InputError, match="apt-get install mosquitto"):
        PrivateMosquitto(tmp_path)


def test_the_embedded_broker_is_the_first_choice(tmp_path: Path) -> None:
    assert isinstance(private_broker(tmp_path), EmbeddedBroker)


def test_the_link_over_the_embedded_broker() -> None:
    """Retained messages, expiry, flags, sessions and the will, as the demonstration needs them."""
    with EmbeddedBroker() as broker, Client(broker.port) as other:
        other.publish("slic/state", b"known", retain=True)
        other.publish("slic/cmd", b"old", retain=True)
        other.subscribe("slic/status")
        subscriptions = (Subscription("slic/cmd", 1, True), Subscription("slic/state", 1))
        link = make(broker.port)
        link.open(subscriptions, Outgoing("slic/status", b"lost", 1, True))
        came = run(link, lambda came: b"known" in {m.payload for m in came} and link.connected)
        other.publish("slic/cmd", b"live", expiry_s=60)
        came += run(link, lambda more: b"live" in {m.payload for m in more})
        retained = {m.payload: m.retain for m in came}
        assert retained.pop(b"old", True), "it sends retained commands, against the wish, but says that they are"
        assert retained == {b"known": True, b"live": False}
        assert came[-1].expiry_s is not None and 0 < came[-1].expiry_s <= 60
        link.close(Outgoing("slic/status", b"offline", 1, True))
        assert other.wait_for(1)[0].payload == b"offline"
        other.publish("slic/cmd", b"while away")
        link = opened(make(broker.port), subscriptions)
        run(link, lambda came: b"while away" in {m.payload for m in came})
        link.close()


def test_packets_are_acknowledged_at_once() -> None:
    """The embedded broker holds its next packet back until the last one is acknowledged, which Linux delays by 40 ms:
    a QoS 1 echo over two links took 41.9 ms (median of 100) without quick acknowledgements and 1.4 ms with them."""
    with EmbeddedBroker() as broker:
        link = connect(make(broker.port), ALL)
        for n in range(5):
            link.publish(Outgoing("slic/x", str(n).encode(), 1))
            run(link, lambda came: came)
            assert link._connection is not None
            assert link._connection._socket._raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1
        link.close()


def test_free_ports_are_free() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname() == ("127.0.0.1", port)
        assert free_port() != port


def test_a_mosquitto_whose_owner_was_killed_ends_too(tmp_path: Path) -> None:
    """Whoever is killed stops nothing, so that the operating system must."""
    owner = (
        "import os, signal, sys; from pathlib import Path; "
        "from controllers.broker.private_broker import PrivateMosquitto; "
        "broker = PrivateMosquitto(Path(sys.argv[1])); broker.start(); print(broker.port, flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", owner, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    port = int(done.stdout)
    eventually(lambda: not _accepts(port), "nobody listens any more")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
