"""Brokers that SLIC starts itself, on the loopback interface only: for demonstration and tests, not for the field."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Protocol, Self

from controllers.own_process import OwnProcess
from slic.errors import InputError, RunError

HOST = "127.0.0.1"
START_S = 20.0
TUNED = (
    "allow_anonymous true",
    "set_tcp_nodelay true",
    "max_queued_messages 200000",
    "max_inflight_messages 100",
    "persistence false",
)
"""Mosquitto's own settings hold packets back for 40 ms and drop messages after a thousand without saying so."""
_EMBEDDED = """
id = 0
[router]
id = 0
max_connections = 10000
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 8
[v5.loopback]
name = "loopback"
listen = "{host}:{port}"
next_connection_delay_ms = 0
[v5.loopback.connections]
connection_timeout_ms = 10000
max_payload_size = 1048576
max_inflight_count = 100
dynamic_filters = true
"""


class PrivateBroker(Protocol):
    """A broker of this process, without TLS, at ``HOST:port`` while its context is entered."""

    title: str
    port: int

    def __enter__(self) -> PrivateBroker:
        """Start it. RunError if it does not."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""


class EmbeddedBroker:
    """The broker that installs with ``pip install slic-lighting[broker]``. It keeps nothing on disk.

    port : 0 for a free one. It ends with this process, however that ends. InputError if it is not installed.
    """

    title = "embedded broker, for demonstration only"

    def __init__(self, port: int = 0) -> None:
        if not embedded_installed():
            raise InputError("is not installed", field="embedded broker", allowed="pip install slic-lighting[broker]")
        self.port = port
        self._any_port = port == 0
        self._folder: TemporaryDirectory[str] | None = None
        self._broker: Any = None

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="slic-broker-")
        try:
            self._start(Path(self._folder.name) / "broker.toml")
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._broker is not None:
            self._broker.stop()
        if self._folder is not None:
            self._folder.cleanup()
        self._broker = self._folder = None

    def _start(self, path: Path) -> None:
        from iotcore import Broker

        for attempt in range(3):
            self.port = free_port() if self._any_port else self.port
            path.write_text(_EMBEDDED.format(host=HOST, port=self.port))
            try:
                self._broker = Broker(config_path=str(path))
                self._broker.start(timeout=START_S)
                return
            except (OSError, RuntimeError) as error:
                if not self._any_port or attempt == 2:
                    raise RunError(f"the embedded broker does not start on port {self.port}: {error}") from None


class PrivateMosquitto(OwnProcess):
    """Mosquitto of this machine with a configuration of its own in ``folder``.

    port : 0 for a free one; settings : lines of mosquitto.conf in place of :data:`TUNED`
    InputError if Mosquitto is not installed.
    """

    title = "private Mosquitto, for demonstration only"

    def __init__(self, folder: Path, port: int = 0, settings: Sequence[str] = TUNED) -> None:
        super().__init__(folder / "mosquitto.log")
        self._program = installed_mosquitto()
        self.port = port or free_port()
        self._settings = settings
        self._file = folder / "mosquitto.conf"

    def start(self) -> None:
        """Start it and wait until it listens. RunError if it does not."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text("\n".join([f"listener {self.port} {HOST}", *_same_user(), *self._settings, ""]))
        process = self.run([self._program, "-c", str(self._file)])
        deadline = time.monotonic() + START_S
        while not _listens(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RunError(f"mosquitto does not start: {self.last_line() or 'it says nothing'}")
            time.sleep(0.01)


def private_broker(folder: Path, port: int = 0) -> EmbeddedBroker | PrivateMosquitto | None:
    """The broker that can be started here: the embedded one, else Mosquitto, else None. port : 0 for a free one."""
    if embedded_installed():
        return EmbeddedBroker(port)
    return PrivateMosquitto(folder, port) if mosquitto_program() else None


def embedded_installed() -> bool:
    """Whether the embedded broker is installed."""
    return importlib.util.find_spec("iotcore") is not None


def mosquitto_program() -> str | None:
    """Where Mosquitto is. Debian puts it where ordinary users do not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def installed_mosquitto() -> str:
    """Where Mosquitto is. InputError if it is not installed."""
    found = mosquitto_program()
    if found is None:
        raise InputError("is not installed", field="mosquitto", allowed="Debian: sudo apt-get install mosquitto")
    return found


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _same_user() -> list[str]:
    """Mosquitto started by root becomes another user, who cannot read what lies in our folders."""
    return ["user root"] if os.geteuid() == 0 else []
