"""`slic broker`, from the command line to a running Mosquitto."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from controllers.broker import private_broker
from slic.cli.broker import app
from slic.errors import InputError, RunError
from tests.controllers.secured_broker import PATIENCE_S, SecuredBroker, free_port, until

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = ["--gateway", "el-g0042:ettenleur"]


def broker(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_init_makes_a_folder_and_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "broker"
    done = broker("init", folder, *GATEWAY, "--host", "broker.example", "--host", "192.0.2.7")
    assert done.exit_code == 0, done.output
    assert "not for production" in done.stdout and f"slic broker run {folder}" in done.stdout
    assert sorted(path.stem for path in folder.glob("clients/*.key")) == [
        *("el-g0042", "el-g0042-field", "ingest", "site", "visitor"),
    ]
    shown = ["openssl", "x509", "-in", str(folder / "server.crt"), "-noout", "-ext", "subjectAltName"]
    names = subprocess.run(shown, check=True, capture_output=True, text=True).stdout
    assert all(name in names for name in ("DNS:localhost", "127.0.0.1", "DNS:broker.example", "192.0.2.7"))


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        assert broker("init", tmp_path / "broker", *GATEWAY).exit_code == 0
    finally:
        os.umask(previous)
    keys = list((tmp_path / "broker").rglob("*.key"))
    assert len(keys) == 7
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    assert (tmp_path / "broker").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    done = broker("init", tmp_path, *GATEWAY)
    assert isinstance(done.exception, InputError) and "not empty" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert broker("init", tmp_path, *GATEWAY).exit_code == 0
    assert not list(tmp_path.glob(".*"))


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last file of all fails, as on a full disk."""
    written = Path.replace

    def full(path: Path, target: Path) -> Path:
        if Path(target).name == "broker.json":
            raise OSError(28, "No space left on device")
        return written(path, target)

    monkeypatch.setattr(Path, "replace", full)
    done = broker("init", tmp_path / "broker", *GATEWAY)
    assert isinstance(done.exception, RunError) and "No space left" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--gateway", "Gateway"], "'Gateway'"),
        (["--gateway", "site"], "another user"),
        (["--gateway", "a", "--gateway", "a:b"], "stands twice"),
        (["--gateway", "a:"], "no site"),
        (["--gateway", "a", "--host", "no host"], "'no host'"),
    ],
)
def test_bad_input_makes_nothing(tmp_path: Path, arguments: list[str], part: str) -> None:
    done = broker("init", tmp_path / "broker", *arguments)
    assert isinstance(done.exception, InputError) and part in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_add_and_revoke(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    broker("init", folder, *GATEWAY)
    authority = (folder / "ca.crt").read_text()
    done = broker("add", folder, "--gateway", "el-g0043:ettenleur", "--json")
    assert json.loads(done.stdout)["clients"] == ["el-g0043", "el-g0043-field"]
    assert "user el-g0043-field\n" in (folder / "access.acl").read_text()
    done = broker("revoke", folder, "el-g0042-field")
    assert "kill -HUP" in done.stdout
    rules = (folder / "access.acl").read_text()
    assert "user el-g0042-field\n" not in rules and "user el-g0042\n" in rules
    assert (folder / "ca.crt").read_text() == authority


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["revoke", "{}", "nobody"], "el-g0042, el-g0042-field, ingest, site, visitor"),
        (["revoke", "{}/clients", "site"], "no folder of slic broker init"),
        (["add", "{}", "--gateway", "el-g0042"], "is there already"),
    ],
)
def test_what_add_and_revoke_refuse(tmp_path: Path, arguments: list[str], part: str) -> None:
    folder = tmp_path / "broker"
    broker("init", folder, *GATEWAY)
    done = broker(*(argument.format(folder) for argument in arguments))
    assert isinstance(done.exception, InputError) and part in str(done.exception)


def test_a_client_is_revoked_once(tmp_path: Path) -> None:
    broker("init", tmp_path / "broker", *GATEWAY)
    assert broker("revoke", tmp_path / "broker", "site").exit_code == 0
    assert "revoked already" in str(broker("revoke", tmp_path / "broker", "site").exception)


def test_debians_clients_talk_over_a_running_broker_until_ctrl_c(tmp_path: Path) -> None:
    folder, port = tmp_path / "broker", free_port()
    broker("init", folder, *GATEWAY)
    code = "from slic.cli.broker import app; app()"
    log = (tmp_path / "log").open("w")
    running = subprocess.Popen(
        [sys.executable, "-c", code, "run", str(folder), "--port", str(port)], cwd=ROOT, stderr=log
    )
    try:
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the broker listens")
        state = "slic/v1/ettenleur/el-g0042/l017/state"
        publish = ["mosquitto_pub", *_tls(folder, "el-g0042-field", port), "-t", state, "-m", "lit", "-r", "-q", "1"]
        subprocess.run(publish, check=True, timeout=PATIENCE_S)
        read = ["mosquitto_sub", *_tls(folder, "ingest", port), "-t", "slic/#", "-C", "1"]
        assert subprocess.run(read, check=True, capture_output=True, timeout=PATIENCE_S).stdout == b"lit\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_S) == 0
    finally:
        running.kill()
        running.wait()


def _tls(folder: Path, user: str, port: int) -> list[str]:
    pair = ["--cert", str(folder / f"clients/{user}.crt"), "--key", str(folder / f"clients/{user}.key")]
    return ["-h", "localhost", "-p", str(port), "-V", "5", "--cafile", str(folder / "ca.crt"), *pair]


def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    broker("init", tmp_path / "broker", *GATEWAY)
    running = SecuredBroker(tmp_path / "broker")
    try:
        listening = {(address, port) for address, port in _listening() if port == running.port}
    finally:
        running.stop()
    assert listening == {("0100007F", running.port)}, "127.0.0.1, as the kernel writes it"


def _listening() -> list[tuple[str, int]]:
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    places = [row[1].split(":") for row in rows if row[3] == "0A"]
    return [(address, int(port, 16)) for address, port in places]


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    broker("init", tmp_path / "broker", *GATEWAY)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = broker("run", tmp_path / "broker", "--port", str(port))
    assert isinstance(done.exception, RunError) and str(port) in str(done.exception)


def test_a_missing_mosquitto_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker("init", tmp_path / "broker", *GATEWAY)
    monkeypatch.setattr(private_broker, "mosquitto_program", lambda: None)
    done = broker("run", tmp_path / "broker")
    assert isinstance(done.exception, InputError) and "apt-get install mosquitto" in str(done.exception)
