"""`slic gateway`, `slic override` and a live `slic explain`: real processes at a real Mosquitto."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from paho.mqtt.client import Client as PahoClient
from typer.testing import Result

from controllers.envelope import Sender
from controllers.gateway.post import Post
from tests.brokers import Client, Mosquitto, eventually, free_port

Slic = Callable[..., Result]

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = [sys.executable, "-c", "from slic.cli import main; main()"]
BASE = "slic/v1/ettenleur/el-g0042"
LIMIT_S = 60
FIELD = Post("ettenleur", "el-g0042", Sender("field-boot"))


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture
def plain(broker: Mosquitto) -> Iterator[Client]:
    with Client(broker.port) as client:
        client.subscribe(f"{BASE}/#")
        yield client


def folder(path: Path, broker_port: int, http_port: int = 0) -> Path:
    """A gateway's folder with two lamps; place on the equator, where half of all hours are dark."""
    path.mkdir(exist_ok=True)
    (path / "gateway.yaml").write_text(
        "slic_gateway: 1\nsite: ettenleur\nsegment: el-g0042\nsafe_level_pct: 80\n"
        f"broker: {{host: 127.0.0.1, port: {broker_port}}}\nhttp: {{port: {http_port}}}\n"
        "issuers: [{name: control-room}]\n"
    )
    (path / "lamps.csv").write_text("id,power_w\nl001,28\nl002,28\n")
    (path / "sensors.csv").write_text("id\n")
    return path / "gateway.yaml"


class Running:
    """A gateway process and what it logs."""

    def __init__(self, file: Path, *options: str) -> None:
        self.log_path = file.parent / f"log-{len(list(file.parent.glob('log-*')))}"
        with self.log_path.open("w") as log:
            command = [*PROGRAM, "gateway", str(file), "--json-log", *options]
            self.process = subprocess.Popen(command, stderr=log, cwd=file.parent, env=_environment())

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def log(self) -> list[dict[str, Any]]:
        lines = self.log_path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def wait_for(self, event: str, count: int = 1) -> dict[str, Any]:
        def look() -> list[dict[str, Any]]:
            found = [line for line in self.log() if line["event"] == event]
            return found[count - 1 :]

        return eventually(look, f"{event} in {self.log_path.read_text()}")[0]

    def address(self) -> str:
        return str(self.wait_for("status pages")["address"])

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)

    def error(self) -> str:
        """How a gateway ended that ends by itself, as the last line says."""
        assert self.process.wait(LIMIT_S) == 3
        return self.log_path.read_text().splitlines()[-1]


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)])}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, env=_environment(), cwd=ROOT)


def state(lamp: str, level_pct: float) -> tuple[str, bytes]:
    fields = {"level_pct": level_pct, "target_pct": level_pct, "mode": "failsafe", "src": "safe"}
    message = FIELD.message("lampState", 1_800_000_000_000, lamp, **fields)
    return message.topic, message.payload


def override(broker: Mosquitto, *options: object, by: str = "control-room") -> subprocess.CompletedProcess[str]:
    where = ("--broker", f"127.0.0.1:{broker.port}", "--site", "ettenleur", "--segment", "el-g0042")
    return run("override", *where, "--by", by, "--reason", "test", *options)


# ---- a gateway and what it is asked ----------------------------------------------------------------------


def test_a_gateway_from_start_to_end(broker: Mosquitto, plain: Client, tmp_path: Path) -> None:
    for lamp, level in (("l001", 80), ("l002", 30)):
        plain.publish(*state(lamp, level), retain=True)
    with Running(folder(tmp_path / "gw", broker.port)) as gateway:
        assert gateway.wait_for("started")["states_known"] == 2
        (command,) = eventually(lambda: plain.payloads(f"{BASE}/l002/cmd"))[:1]
        assert json.loads(command)["level_pct"] == 80, "the safe level, since nothing else is known"
        assert plain.payloads(f"{BASE}/l001/cmd") == [], "a lamp that is right is told nothing"
        _look_at_pages(gateway)
        assert gateway.end(signal.SIGTERM) == 0
        assert [line["event"] for line in gateway.log()].count("connected") == 1
    statuses = [json.loads(payload)["status"] for payload in plain.payloads(f"{BASE}/_/status")]
    assert statuses == ["online", "offline"]


def _look_at_pages(gateway: Running) -> None:
    for page in ("/healthz", "/readyz", "/metrics"):
        with urlopen(gateway.address() + page, timeout=10) as reply:
            assert reply.status == 200
    why = run("explain", gateway.address(), "--lamp", "l002")
    assert why.returncode == 0 and "80 %, decided by safe" in why.stdout
    assert json.loads(run("explain", gateway.address(), "--lamp", "l002", "--json").stdout)["lamp"] == "l002"
    assert run("explain", gateway.address(), "--lamp", "l999").returncode == 2


def test_an_override_is_accepted_and_then_applied(broker: Mosquitto, plain: Client, tmp_path: Path) -> None:
    plain.paho.message_callback_add(
        f"{BASE}/l001/cmd",
        lambda client, _data, message: client.publish(*state("l001", json.loads(message.payload)["level_pct"])),
    )
    with Running(folder(tmp_path / "gw", broker.port)) as gateway:
        gateway.wait_for("started")
        done = override(broker, "--lamp", "l001", "--level", "40", "--for", "2h", "--json")
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert [answer["status"] for answer in answers] == ["accepted", "applied"], done.stderr
        assert done.returncode == 0
        refused = override(broker, "--level", "40", by="a-stranger")
        assert refused.returncode == 3 and "unknown_issuer" in refused.stdout
        unknown = override(broker, "--level", "40", "--lamp", "l999")
        assert unknown.returncode == 3 and "unknown_lamp" in unknown.stdout
        back = override(broker, "--resume", "--lamp", "l001")
        assert back.returncode == 0, back.stderr


def test_no_gateway_answers_an_override(broker: Mosquitto) -> None:
    done = override(broker, "--level", "40")
    assert done.returncode == 3 and "did not answer" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--level", "40", "--for", "soon"], "--for"),
        (["--level", "40", "--resume"], "--level: does not go with --resume"),
        ([], "--level: is missing"),
        (["--level", "40", "--lamp", "L 1"], "--lamp"),
        (["--level", "40", "--ca", "ca.pem"], "--ca, --cert, --key"),
    ],
)
def test_an_override_that_makes_no_sense(broker: Mosquitto, options: list[str], words: str) -> None:
    done = override(broker, *options)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_it_reads_more_states_than_the_broker_sends_at_a_time(broker: Mosquitto, plain: Client, tmp_path: Path) -> None:
    file = folder(tmp_path / "gw", broker.port)
    lamps = [f"l{i:03}" for i in range(300)]
    (file.parent / "lamps.csv").write_text("\n".join(["id", *lamps]) + "\n")
    for lamp in lamps:
        plain.publish(*state(lamp, 80), retain=True)
    with Running(file) as gateway:
        assert gateway.wait_for("started")["states_known"] == 300


# ---- restart, reload, a second gateway -------------------------------------------------------------------


def test_a_killed_gateway_starts_again_at_once_and_no_lamp_is_told_anything(
    broker: Mosquitto, plain: Client, tmp_path: Path
) -> None:
    for lamp in ("l001", "l002"):
        plain.publish(*state(lamp, 80), retain=True)
    file = folder(tmp_path / "gw", broker.port)
    for _ in range(3):
        with Running(file) as gateway:
            gateway.wait_for("started")
            gateway.end(signal.SIGKILL)
    with Running(file) as gateway:
        gateway.wait_for("started")
        assert "another gateway may run under this name, asking it" not in [line["event"] for line in gateway.log()]
        assert gateway.end(signal.SIGTERM) == 0
    assert [message.topic for message in plain.messages if message.topic.endswith("/cmd")] == []


def test_a_second_gateway_of_the_same_name_refuses(broker: Mosquitto, plain: Client, tmp_path: Path) -> None:
    with Running(folder(tmp_path / "one", broker.port)) as first:
        first.wait_for("started")
        boot = json.loads(eventually(lambda: plain.payloads(f"{BASE}/_/status"))[-1])["boot"]
        with Running(folder(tmp_path / "two", broker.port)) as second:
            assert boot in second.error() and "has a gateway already" in second.error()
        with Running(folder(tmp_path / "one", broker.port)) as third:
            assert third.process.wait(LIMIT_S) == 2, "the same store is refused before the broker is asked"
        assert first.process.poll() is None


def test_a_gateway_that_loses_its_name_does_not_fight(broker: Mosquitto, tmp_path: Path) -> None:
    post = Post("ettenleur", "el-g0042", Sender("00000000"))
    with Running(folder(tmp_path / "gw", broker.port)) as gateway:
        gateway.wait_for("started")

        def online(client: PahoClient, *_: object) -> None:
            client.publish(*post.message("status", 1_800_000_000_000, status="online")[:4])

        def as_a_gateway(client: PahoClient) -> None:
            inner = client.on_connect
            client.on_connect = lambda *given: (inner(*given), client.subscribe(f"{BASE}/_/ping"), online(client))
            client.on_message = online

        with Client(broker.port, "el-g0042", prepare=as_a_gateway):
            assert "its boot is 00000000" in gateway.error()


def test_sighup_takes_a_good_file_and_refuses_a_bad_one(broker: Mosquitto, tmp_path: Path) -> None:
    file = folder(tmp_path / "gw", broker.port)
    with Running(file) as gateway:
        gateway.wait_for("started")
        (file.parent / "lamps.csv").write_text("id\nl001\nl001\n")
        gateway.process.send_signal(signal.SIGHUP)
        why = gateway.wait_for("the new configuration is refused, the old one goes on")["why"]
        assert "lamps.csv:3" in why and "line 2" in why
        (file.parent / "lamps.csv").write_text("id\nl001\nl002\nl003\n")
        gateway.process.send_signal(signal.SIGHUP)
        assert gateway.wait_for("reloaded")["lamps"] == 3


def test_without_a_broker_it_goes_on_trying_and_says_why(tmp_path: Path) -> None:
    with Running(folder(tmp_path / "gw", port := free_port())) as gateway:
        gateway.wait_for(f"no broker listens at 127.0.0.1:{port} (connection refused)")
        with urlopen(gateway.address() + "/healthz", timeout=10) as reply:
            assert reply.status == 200
        with pytest.raises(URLError, match="503"):
            urlopen(gateway.address() + "/readyz", timeout=10)
        assert gateway.end(signal.SIGTERM) == 0


def test_a_dry_run_publishes_nothing(broker: Mosquitto, plain: Client, tmp_path: Path) -> None:
    file = folder(tmp_path / "gw", broker.port)
    with Running(file, "--dry-run") as gateway:
        told = gateway.wait_for("would command", 2)
        assert (told["lamp"], told["level_pct"], told["src"]) == ("l002", 80, "safe")
        assert gateway.end(signal.SIGTERM) == 0
    plain.publish(f"{BASE}/l001/event", b"the last message")
    eventually(lambda: plain.payloads(f"{BASE}/l001/event"))
    assert len(plain.messages) == 1
    assert not (file.parent / "state").exists()


# ---- check and new ---------------------------------------------------------------------------------------


def test_check_of_a_good_gateway_warns_of_gaps(broker: Mosquitto, tmp_path: Path) -> None:
    done = run("gateway", "check", folder(tmp_path / "gw", broker.port))
    assert done.returncode == 4, done.stderr
    assert "2 lamps, 0 sensors" in done.stdout and "place" in done.stderr and "signers" in done.stderr


def test_check_of_a_bad_file(tmp_path: Path) -> None:
    file = folder(tmp_path / "gw", 1883)
    file.write_text(file.read_text() + "colour: red\n")
    done = run("gateway", "check", file)
    assert done.returncode == 2 and "gateway.yaml:8" in done.stderr and len(done.stderr.splitlines()) == 1


def test_check_says_what_cannot_be_used(broker: Mosquitto, tmp_path: Path) -> None:
    file = folder(tmp_path / "gw", port := free_port())
    done = run("gateway", "check", file)
    assert done.returncode == 3 and f"no broker listens at 127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert run("gateway", "check", file, "--offline").returncode == 4
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file = folder(tmp_path / "gw", broker.port, taken.getsockname()[1])
        done = run("gateway", "check", file)
    assert done.returncode == 3 and "cannot be listened on" in done.stderr


def test_check_beside_the_running_gateway_says_how_to_check_the_files_alone(broker: Mosquitto, tmp_path: Path) -> None:
    with Running(folder(tmp_path / "one", broker.port)) as gateway:
        gateway.wait_for("started")
        same = run("gateway", "check", tmp_path / "one" / "gateway.yaml")
        assert same.returncode == 3 and f"in use by another gateway (process {gateway.process.pid})" in same.stderr
        assert "--offline" in same.stderr and len(same.stderr.splitlines()) == 1
        port = int(gateway.address().rpartition(":")[2])
        other = run("gateway", "check", folder(tmp_path / "two", broker.port, port))
        assert (
            other.returncode == 3 and f":{port} cannot be listened on" in other.stderr and "--offline" in other.stderr
        )
        assert run("gateway", "check", tmp_path / "one" / "gateway.yaml", "--offline").returncode == 4


def test_a_new_folder_from_an_inventory(tmp_path: Path, slic: Slic) -> None:
    inventory = tmp_path / "inventory.csv"
    inventory.write_text("lamp_id,lat,lon,street,lamp_w\nL 001,51.57,4.64,Coupure,28\nl002,51.58,4.65,Coupure,28\n")
    options = ("--lamps", str(inventory), "--site", "ettenleur", "--segment", "el-g0042")
    made = slic("gateway", "new", str(tmp_path / "gw"), *options, "--timezone", "Europe/Amsterdam")
    assert made.exit_code == 0, made.output
    assert "L 001 is called l-001" in made.stderr
    checked = slic("gateway", "check", str(tmp_path / "gw" / "gateway.yaml"), "--offline")
    assert checked.exit_code == 4 and "2 lamps, 0 sensors" in checked.stdout
    again = slic("gateway", "new", str(tmp_path / "gw"), *options, "--timezone", "Europe/Amsterdam")
    assert again.exit_code == 2 and "is not an empty folder" in again.stderr
    wrong = slic("gateway", "new", str(tmp_path / "other"), *options, "--timezone", "Europe/Amsterdm")
    assert wrong.exit_code == 2 and "Amsterdm" in wrong.stderr and not (tmp_path / "other").exists()


@pytest.mark.parametrize("command", ["run", "check", "new"])
def test_help_has_an_example(slic: Slic, command: str) -> None:
    assert "Example: slic gateway" in " ".join(slic("gateway", command, "--help").output.split())
