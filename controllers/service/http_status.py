"""The status pages of a gateway: /healthz, /readyz, /metrics and /explain."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric

from controllers.gateway.config import HttpAddress
from controllers.service.json_log import facts
from slic.errors import RunError

log = logging.getLogger("slic.gateway")

AGAIN_MS = 10_000
"""Pause before a port that was taken is tried again."""

_CLIENT_TIMEOUT_S = 5
_JSON = "application/json"


class Pages(Protocol):
    """What the pages show. Each call may come from any thread; TimeoutError where the gateway does not answer."""

    def alive(self) -> bool:
        """Whether the loop turns."""

    def unready(self) -> list[str]:
        """Why the gateway does not control its lamps; empty if it does."""

    def metrics(self) -> Iterable[Metric]:
        """Its figures."""

    def explain(self, lamp: str) -> dict[str, Any]:
        """Why a lamp has its level; KeyError for a lamp that is not of the segment."""


class NoPages:
    """Pages of nobody, to try a port with."""

    def alive(self) -> bool:
        """Nobody turns."""
        return False

    def unready(self) -> list[str]:
        """Nobody is there."""
        return ["this is only a check of the port"]

    def metrics(self) -> Iterable[Metric]:
        """Nothing is measured."""
        return ()

    def explain(self, lamp: str) -> dict[str, Any]:
        """No lamp is known."""
        raise KeyError(lamp)


class HttpStatus:
    """Serves the pages, and tries again where the port is taken. Port 0: any free port, see :attr:`port`."""

    def __init__(self, address: HttpAddress, pages: Pages) -> None:
        self._address = address
        self._handler = type("Handler", (_Handler,), {"pages": pages})
        self._server: ThreadingHTTPServer | None = None
        self._next_try_ms = 0

    @property
    def port(self) -> int:
        """The port it listens on, 0 if it does not."""
        return 0 if self._server is None else int(self._server.server_address[1])

    def open(self) -> None:
        """Begin to serve. RunError if that cannot be, as for a port that is taken."""
        where = (self._address.listen, self._address.port)
        try:
            self._server = _Server(where, self._handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise RunError(f"http: {where[0]}:{where[1]} cannot be listened on ({why})") from None
        Thread(target=self._server.serve_forever, name="http", daemon=True).start()
        log.info("status pages", extra=facts(address=f"http://{where[0]}:{self.port}"))

    def turn(self, monotonic_ms: int) -> None:
        """Open if that has not worked yet; a gateway does its work without."""
        if self._server is not None or monotonic_ms < self._next_try_ms:
            return
        self._next_try_ms = monotonic_ms + AGAIN_MS
        try:
            self.open()
        except RunError as error:
            log.warning("%s", error)

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, where: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        super().__init__(where, handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, as the library would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event."""
        log.debug("a status page could not be served", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    pages: ClassVar[Pages]
    timeout = _CLIENT_TIMEOUT_S
    server_version, sys_version = "slic", ""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        page = {"/healthz": self._health, "/readyz": self._ready, "/metrics": self._metrics}.get(url.path)
        try:
            if page is not None:
                page()
            elif url.path == "/explain":
                self._explain(parse_qs(url.query).get("lamp", [""])[0])
            else:
                self._say(
                    404, {"error": "no such page", "pages": ["/healthz", "/readyz", "/metrics", "/explain?lamp=ID"]}
                )
        except TimeoutError:
            self._say(503, {"error": "the gateway does not answer"})

    def _health(self) -> None:
        alive = self.pages.alive()
        self._say(200 if alive else 503, {"alive": alive})

    def _ready(self) -> None:
        reasons = self.pages.unready()
        self._say(503 if reasons else 200, {"ready": not reasons, "reasons": reasons})

    def _metrics(self) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Once(list(self.pages.metrics())))
        self._send(200, generate_latest(registry), CONTENT_TYPE_LATEST)

    def _explain(self, lamp: str) -> None:
        try:
            self._say(200, self.pages.explain(lamp))
        except KeyError:
            self._say(404, {"error": f"{lamp!r} is not a lamp of this segment"})

    def _say(self, code: int, content: dict[str, Any]) -> None:
        self._send(code, json.dumps(content, ensure_ascii=False).encode() + b"\n", _JSON)

    def _send(self, code: int, body: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


class _Once:
    """A collector of figures that are already there."""

    def __init__(self, figures: list[Metric]) -> None:
        self._figures = figures

    def collect(self) -> list[Metric]:
        return self._figures
