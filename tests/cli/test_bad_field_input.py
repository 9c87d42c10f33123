"""Bad input to the commands of the field: one clear line, exit code 2 or 3, never a traceback."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from typer.testing import Result

Slic = Callable[..., Result]

AT = ("--site", "a", "--segment", "b")
NOWHERE = ("--broker", "127.0.0.1:1")
"""Nothing listens on port 1."""


@pytest.fixture(autouse=True)
def _nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own; log handlers and signals as they were before."""
    monkeypatch.chdir(tmp_path)
    handlers = list(logging.getLogger().handlers)
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    logging.getLogger().handlers[:] = handlers
    for number, handler in kept.items():
        signal.signal(number, handler)


def bad_file(kind: str) -> str:
    """Name of a file, or of what is none."""
    contents = {
        "binary": Random(1).randbytes(3000),
        "nul": bytes(100),
        "empty": b"",
        "list": b"- 1\n- 2\n",
        "text": b"hello world",
        "latin": "id: \xe9".encode("latin1"),
        "tabs": b"a:\t- b\n\t c: d",
        "half a row": b'id,power_w\n"abc,1\n',
        "no certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    if kind == "folder":
        Path(kind).mkdir()
    elif kind == "below a file":
        Path("text").write_bytes(b"x")
        return "text/child"
    elif kind == "long":
        return "x" * 300
    elif kind in contents:
        Path(kind).write_bytes(contents[kind])
    return kind


KINDS = (
    "missing", "folder", "below a file", "long", "/dev/null", "binary", "nul", "empty", "list", "text", "latin", "tabs",
    "half a row", "no certificate",
)  # fmt: skip

READING: dict[str, Callable[[str], list[str]]] = {
    "gateway run": lambda file: ["gateway", "run", file],
    "gateway": lambda file: ["gateway", file],
    "gateway check": lambda file: ["gateway", "check", file, "--offline"],
    "gateway new": lambda file: ["gateway", "new", "new", "--lamps", file, *AT, "--timezone", "Europe/Brussels"],
    "program sign": lambda file: ["program", "sign", file, *AT, "--version", "1", "--key", file, "--signer", "x"],
    "program publish": lambda file: ["program", "publish", file, *AT, *NOWHERE],
    "broker add": lambda file: ["broker", "add", file, "--gateway", "a:b"],
    "broker revoke": lambda file: ["broker", "revoke", file, "x"],
    "broker run": lambda file: ["broker", "run", file, "--port", "1"],
    "override": lambda file: ["override", *AT, *NOWHERE, "--by", "x", "--reason", "y", "--level", "5",
                              "--ca", file, "--cert", file, "--key", file],
    "ingest": lambda file: ["ingest", "--site", "a", *NOWHERE, "--out", "st",
                            "--ca", file, "--cert", file, "--key", file],
    "ingest export": lambda file: ["ingest", "export", file, "--out", "pq"],
}  # fmt: skip


def refused(done: Result, *words: str) -> None:
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (2, 3) and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ") and len(lines[0]) < 700
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", READING)
def test_a_bad_file_is_one_clear_line(slic: Slic, command: str, kind: str) -> None:
    refused(slic(*READING[command](bad_file(kind))))
    assert not Path("new").exists(), "nothing half made"


def test_a_file_of_endless_depth_or_size_is_refused(slic: Slic) -> None:
    Path("deep.yaml").write_text("[" * 1000)
    refused(slic("gateway", "check", "deep.yaml", "--offline"), "deep.yaml", "nested too deep")
    doubled = [f"b{i}: &b{i} [*b{i - 1}, *b{i - 1}]" for i in range(1, 40)]
    Path("large.yaml").write_text("\n".join(["b0: &b0 [1, 2]", *doubled]))
    refused(slic("gateway", "check", "large.yaml", "--offline"), "large.yaml", "holds too much")
    Path("number.yaml").write_text("slic_gateway: 1" + "0" * 5000)
    refused(slic("gateway", "check", "number.yaml", "--offline"), "number.yaml:1", "cannot be read as a number")


WRITING = {
    "asyncapi": ["asyncapi", "--out"],
    "program keygen": ["program", "keygen"],
    "broker init": ["broker", "init", "--gateway", "a:b"],
    "gateway new": ["gateway", "new", "--lamps", "lamps.csv", *AT, "--timezone", "Europe/Brussels"],
}


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("where", ["below a file", "long", "/proc/slic"])
def test_what_cannot_be_written_is_one_clear_line(slic: Slic, command: str, where: str) -> None:
    Path("lamps.csv").write_text("lamp_id,lat,lon,street,lamp_w\nl1,51,3.7,Coupure,28\n")
    before = sorted(Path().iterdir())
    refused(slic(*WRITING[command], bad_file(where)))
    assert sorted(path for path in Path().iterdir() if path.name != "text") == before


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "1.5", "", "\u0661"])
@pytest.mark.parametrize("command", ["override", "ingest", "program publish"])
def test_a_port_that_is_none(slic: Slic, command: str, port: str) -> None:
    arguments = {
        "override": ["override", *AT, "--by", "x", "--reason", "y", "--level", "5"],
        "ingest": ["ingest", "--site", "a", "--out", "store"],
        "program publish": ["program", "publish", "p.json", *AT],
    }[command]
    refused(slic(*arguments, "--broker", f"localhost:{port}"), "--broker", "HOST:PORT")
    assert not Path("store").exists()


# ---- explain, asking what is no gateway --------------------------------------------------------------


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], str]]:
    """Starts a server that answers everybody with the same bytes; its address."""
    open_sockets: list[socket.socket] = []

    def start(reply: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        open_sockets.append(listener)
        threading.Thread(target=_answer, args=(listener, reply), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in open_sockets:
        listener.close()


def _answer(listener: socket.socket, reply: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(reply)


OK = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    "reply",
    [
        b"", b"\x00\xff" * 50, OK + b"hello", OK + b"\xff", OK + b"[1]", OK + b'{"decision": 5}',
        OK + b'{"decision": {}}', OK + b'{"decision": null, "lamp": 1, "at": 1e300}', OK + b"[" * 100_000,
        b"HTTP/1.0 500 x\r\n\r\n",
        b'HTTP/1.0 404 x\r\n\r\n{"error": 5}', b"HTTP/1.0 302 x\r\nLocation: file:///etc/hostname\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab",
    ],
)  # fmt: skip
def test_explain_of_what_is_no_gateway(slic: Slic, serve: Callable[[bytes], str], reply: bytes) -> None:
    refused(slic("explain", serve(reply), "--lamp", "l001"))


@pytest.mark.parametrize(
    "address",
    ["http://", "http://[::1", "http://127.0.0.1:99999", "http://127.0.0.1:1", "http://a b/", "http://127.0.0.1:x",
     "http://slic.invalid", "http://."],
)  # fmt: skip
def test_explain_of_what_is_no_address(slic: Slic, address: str) -> None:
    refused(slic("explain", address, "--lamp", "l001"), address)
