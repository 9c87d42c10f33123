"""The status pages over real HTTP, and what happens when their port is taken."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from controllers.gateway.config import HttpAddress
from controllers.operator.ask_gateway import ask_why, in_words
from controllers.service.http_status import AGAIN_MS, HttpStatus
from slic.errors import InputError, RunError

WHY = {
    "lamp": "l001",
    "at": 1_700_000_000_000,
    "reported_target_pct": 100.0,
    "decision": {
        "since": 1_699_999_990_000,
        "until": None,
        "level_pct": 100.0,
        "fade_s": 1.0,
        "source": "sensor",
        "rule": "presence",
        "cause": "sensor p01",
        "program": "presence-cluster",
    },
    "before": [],
}


class Pages:
    """Pages that say what the test wants."""

    def __init__(self) -> None:
        self.is_alive = True
        self.reasons: list[str] = []
        self.silent = False

    def alive(self) -> bool:
        return self.is_alive

    def unready(self) -> list[str]:
        if self.silent:
            raise TimeoutError
        return self.reasons

    def metrics(self) -> list[Metric]:
        return [CounterMetricFamily("slic_lamp_commands", "lamp commands", 7)]

    def explain(self, lamp: str) -> dict[str, Any]:
        return {"l001": WHY}[lamp]


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def http(pages: Pages) -> Iterator[HttpStatus]:
    status = HttpStatus(HttpAddress(port=0), pages)
    status.open()
    yield status
    status.close()


def get(http: HttpStatus, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{http.port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_health_and_readiness(http: HttpStatus, pages: Pages) -> None:
    assert get(http, "/healthz")[0] == get(http, "/readyz")[0] == 200
    pages.is_alive, pages.reasons = False, ["no broker listens"]
    assert get(http, "/healthz")[0] == 503
    code, body = get(http, "/readyz")
    assert code == 503 and json.loads(body) == {"ready": False, "reasons": ["no broker listens"]}


def test_a_gateway_that_hangs_is_not_ready(http: HttpStatus, pages: Pages) -> None:
    pages.silent = True
    assert get(http, "/readyz")[0] == 503


def test_metrics_as_prometheus_reads_them(http: HttpStatus) -> None:
    families = {family.name: family for family in text_string_to_metric_families(get(http, "/metrics")[1])}
    assert families["slic_lamp_commands"].samples[0].value == 7


def test_why(http: HttpStatus) -> None:
    assert json.loads(get(http, "/explain?lamp=l001")[1]) == WHY
    assert get(http, "/explain?lamp=nobody")[0] == get(http, "/explain")[0] == get(http, "/other")[0] == 404


def test_asking_from_the_command_line(http: HttpStatus) -> None:
    address = f"http://127.0.0.1:{http.port}/"
    words = in_words(ask_why(address, "l001"))
    assert "100 %, decided by sensor (rule presence, cause sensor p01, program presence-cluster)" in words
    with pytest.raises(InputError, match="not a lamp"):
        ask_why(address, "l 999?&")
    with pytest.raises(RunError, match="HTTP 404"):
        ask_why(address + "elsewhere", "l001")


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RunError, match="does not answer"):
        ask_why(f"http://127.0.0.1:{port}", "l001")


def test_a_port_that_is_taken_is_said_and_tried_again(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = HttpStatus(HttpAddress(port=port), pages)
        with pytest.raises(RunError, match=f"127.0.0.1:{port} cannot be listened on"):
            second.open()
        second.turn(0)
        assert "cannot be listened on" in caplog.text and second.port == 0
    second.turn(AGAIN_MS - 1)
    assert second.port == 0
    second.turn(AGAIN_MS)
    assert get(second, "/healthz")[0] == 200
    second.close()


def test_an_address_that_is_not_of_this_machine(pages: Pages) -> None:
    with pytest.raises(RunError, match=r"192\.0\.2\.1"):  # TEST-NET-1, RFC 5737
        HttpStatus(HttpAddress(listen="192.0.2.1", port=0), pages).open()
