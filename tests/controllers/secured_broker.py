"""A real Mosquitto with the files of `slic broker init`, and plain paho clients with its certificates."""

import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from controllers.broker.process import mosquitto_command
from tests.brokers import free_port

PATIENCE_S = 20


class Refused(Exception):
    """The broker, or this side's TLS, does not want the connection."""


class SecuredBroker:
    """Mosquitto on a free port of this machine, run from a broker's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder.parent / f"{folder.name}.log"
        self.start()

    def start(self) -> None:
        command = mosquitto_command(self.folder, self.port)
        self._log_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        until(self._listens, "the broker listens")

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def reload(self) -> None:
        """SIGHUP, and wait until the broker says that it has read its files again."""
        before = self.log.read_text().count("Reloading config")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.log.read_text().count("Reloading config") > before, "the broker reloads")

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    @contextmanager
    def peer(self, user: str, **how: object) -> Iterator["Peer"]:
        """A connected client; Refused if it is none."""
        files = self.folder / "clients" / user
        peer = Peer(self.port, self.folder / "ca.crt", (files.with_name(f"{user}.crt"), files.with_name(f"{user}.key")))
        try:
            peer.connect(**how)  # type: ignore[arg-type]
            yield peer
        finally:
            peer.leave()


class Peer:
    """One MQTT 5 connection that tells the broker's answers and what it has received."""

    def __init__(self, port: int, ca: Path, pair: tuple[Path, Path] | None, host: str = "localhost") -> None:
        self._port, self._ca, self._pair, self._host = port, ca, pair, host
        self.received: list[tuple[str, bytes]] = []
        self._answers: dict[str, Queue[object]] = {k: Queue() for k in ("connack", "puback", "suback", "end")}

    def connect(
        self,
        client_id: str = "",
        session: bool = False,
        tls: ssl.SSLContext | None = None,
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
    ) -> None:
        client = self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol, reconnect_on_failure=False
        )
        client.tls_set_context(tls or self._context())
        client.on_connect = lambda c, u, flags, reason, props: self._answers["connack"].put(reason)
        client.on_disconnect = lambda c, u, flags, reason, props: self._answers["end"].put(reason)
        client.on_publish = lambda c, u, mid, reason, props: self._answers["puback"].put(reason)
        client.on_subscribe = lambda c, u, mid, reasons, props: self._answers["suback"].put(reasons)
        client.on_message = self._take
        client.on_connect_fail = lambda c, u: self._answers["connack"].put("no connection")
        self._open(session)

    def _open(self, session: bool) -> None:
        try:
            self.client.connect(self._host, self._port, **self._session(session))
        except (OSError, ssl.SSLError) as error:
            raise Refused(str(error)) from error
        self.client.loop_start()
        answered = self._answers["connack"], self._answers["end"]
        until(lambda: not all(queue.empty() for queue in answered), "an answer to CONNECT")
        if self._answers["connack"].empty():
            raise Refused(str(self._answers["end"].get()))
        reason = self._answers["connack"].get()
        if str(reason) != "Success":
            raise Refused(str(reason))

    def _session(self, session: bool) -> dict[str, object]:
        if self.client.protocol != MQTTProtocolVersion.MQTTv5:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600 if session else 0
        return {"clean_start": not session, "properties": properties}

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._ca))
        if self._pair:
            context.load_cert_chain(*map(str, self._pair))
        return context

    def _take(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self.received.append((message.topic, message.payload))

    def publish(self, topic: str, payload: bytes = b"{}", retain: bool = False) -> str:
        """Publish at QoS 1; the broker's reason."""
        self.client.publish(topic, payload, qos=1, retain=retain)
        return str(self._answers["puback"].get(timeout=PATIENCE_S))

    def subscribe(self, topic_filter: str) -> str:
        """Subscribe at QoS 1; the broker's reason. All it has sent before that answer has arrived."""
        self.client.subscribe(topic_filter, qos=1)
        reasons = self._answers["suback"].get(timeout=PATIENCE_S)
        return str(reasons[0])  # type: ignore[index]

    def ended(self) -> str:
        """Why the broker ended the connection."""
        return str(self._answers["end"].get(timeout=PATIENCE_S))

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)
