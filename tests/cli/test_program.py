"""`slic program`: keys, signed programs, and a gateway's answer over a real broker."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from controllers.broker.files import init_folder, parse_segments
from controllers.gateway.signatures import check
from controllers.operator.program_file import ProgramFile, read_program_file
from slic.cli.program import app
from slic.errors import InputError, RunError
from slic.messages.payloads import ProgramSet
from slic.scenario.library import load_program
from tests.controllers.secured_broker import SecuredBroker, until

SITE, SEGMENT = "ettenleur", "el-g0042"
PLACE = ["--site", SITE, "--segment", SEGMENT]
PROGRAMS = """\
groups: {all: week, square: dim}
programs:
  dim: {name: dim, idle_level_pct: 20}
  presence: presence-cluster
  near: own.yaml
calendars:
  week: {name: week, default: presence, rules: [{program: dim, weekdays: [fri]}]}
"""


def program(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of programs and a key."""
    (tmp_path / "programs.yaml").write_text(PROGRAMS)
    (tmp_path / "own.yaml").write_text("name: own\nidle_level_pct: 33\n")
    (tmp_path / "public").write_text(program("keygen", tmp_path / "key.pem").stdout.strip())
    return tmp_path


def sign(folder: Path, version: int = 1, *more: str) -> Result:
    key = ["--version", str(version), "--signer", "office", "--key", str(folder / "key.pem")]
    return program("sign", folder / "programs.yaml", *PLACE, *key, "--out", folder / "signed.json", *more)


def test_what_is_signed_is_a_program_set_for_this_segment(folder: Path) -> None:
    assert sign(folder, 7).exit_code == 0
    payload = (folder / "signed.json").read_bytes()
    found = ProgramSet.model_validate_json(payload)
    assert (found.version, found.signer) == (7, "office")
    assert found.groups == {"all": "week", "square": "dim"}
    assert found.programs["presence"] == load_program("presence-cluster").model_copy(update={"name": "presence"})
    assert (found.programs["near"].name, found.programs["near"].idle_level_pct) == ("near", 33)
    signers = {"office": (folder / "public").read_text()}
    assert check(json.loads(payload), SITE, SEGMENT, "program", signers) == "ok"
    assert check(json.loads(payload), SITE, "el-g0043", "program", signers) == "bad_hash"


def test_sign_prints_without_a_file(folder: Path) -> None:
    key = ["--version", "1", "--signer", "office", "--key", folder / "key.pem"]
    done = program("sign", folder / "programs.yaml", *PLACE, *key)
    assert json.loads(done.stdout)["version"] == 1


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (
            "square: dim",
            "square: dimm",
            "groups.square: 'dimm' is not in this file (allowed: dim, presence, near, week)",
        ),
        ("default: presence", "default: week", "calendars.week.default: 'week' is not in this file"),
        ("{program: dim", "{program: nosuch", "calendars.week.rules.0.program: 'nosuch'"),
        ("presence-cluster", "presence-clusters", "not in the library"),
        ("own.yaml", "other.yaml", "does not exist"),
        ("week: {name", "dim: {name", "groups.all"),
        ("groups: {all: week, square: dim}", "groups: {}", "groups"),
        ("idle_level_pct: 20", "idle_level: 20", "idle_level"),
        ("dim: {name: dim,", "dim: {name: low,", "programs.dim.name: 'low' is not the name above it (allowed: dim)"),
        ("week: {name: week", "week: {name: weak", "calendars.week.name: 'weak' is not the name above it"),
    ],
)
def test_a_file_that_a_gateway_would_refuse_is_not_signed(folder: Path, before: str, after: str, part: str) -> None:
    text = PROGRAMS.replace(before, after)
    assert text != PROGRAMS
    (folder / "programs.yaml").write_text(text)
    done = sign(folder)
    assert isinstance(done.exception, InputError) and part in str(done.exception)
    assert not (folder / "signed.json").exists()


def test_a_name_that_two_have_is_refused(folder: Path) -> None:
    text = PROGRAMS.replace("all: week", "all: dim").replace("  week: {name", "  dim: {name")
    (folder / "programs.yaml").write_text(text)
    assert "is a program and a calendar" in str(sign(folder).exception)


def test_more_than_the_channel_takes_is_refused(folder: Path) -> None:
    many = "".join(f"  p{n}: {{name: p{n}}}\n" for n in range(199))
    (folder / "programs.yaml").write_text(f"groups: {{all: p0}}\nprograms:\n{many}")
    assert "65536 bytes" in str(sign(folder).exception)


def test_the_example_that_ships_can_be_signed() -> None:
    found = read_program_file(Path(__file__).resolve().parents[2] / "config/deploy/programs.yaml")
    assert isinstance(found, ProgramFile) and found.groups == {"all": "week"}


# ---- publishing


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    folder = tmp_path_factory.mktemp("program") / "broker"
    init_folder(folder, parse_segments([f"{SEGMENT}:{SITE}"]), [], 30, datetime.now(UTC))
    found = SecuredBroker(folder)
    yield found
    found.stop()


def publish(folder: Path, broker: SecuredBroker, user: str = "site") -> Result:
    """`slic program publish` with a user's certificate."""
    pair = ["--cert", broker.folder / f"clients/{user}.crt", "--key", broker.folder / f"clients/{user}.key"]
    place = ["--broker", f"localhost:{broker.port}", "--ca", broker.folder / "ca.crt"]
    return program("publish", folder / "signed.json", *PLACE, *place, *pair)


def gateway_answers(broker: SecuredBroker, ok: bool, errors: list[str]) -> threading.Thread:
    """A stand-in for the gateway, which answers the first program that comes; ready when this returns."""
    topic = f"slic/v1/{SITE}/{SEGMENT}/_/program"
    listening = threading.Event()

    def answer() -> None:
        with broker.peer(SEGMENT) as peer:
            peer.subscribe(topic)
            listening.set()
            until(lambda: bool(peer.received), "a program")
            sent = json.loads(peer.received[-1][1])
            common = {"id": "018f6b1e-0000-7000-8000-000000000000", "ts": 1, "boot": os.urandom(6).hex(), "seq": 0}
            reply = {**common, "version": sent["version"], "sha256": sent["sha256"], "ok": ok, "errors": errors}
            peer.publish(f"{topic}-applied", json.dumps(reply).encode(), retain=True)

    thread = threading.Thread(target=answer)
    thread.start()
    assert listening.wait(20)
    return thread


def test_a_program_is_taken_or_refused_by_the_gateway(folder: Path, broker: SecuredBroker) -> None:
    sign(folder, 1)
    thread = gateway_answers(broker, True, [])
    done = publish(folder, broker)
    thread.join()
    assert (done.exit_code, done.stdout) == (0, "version 1 is in force\n")


def test_a_refusal_ends_with_its_reasons(folder: Path, broker: SecuredBroker) -> None:
    sign(folder, 2)
    with broker.peer("site") as site:
        site.publish(f"slic/v1/{SITE}/{SEGMENT}/_/program", b"", retain=True)
    thread = gateway_answers(broker, False, ["unknown_signer"])
    done = publish(folder, broker)
    thread.join()
    assert isinstance(done.exception, RunError)
    assert str(done.exception) == "the gateway refuses version 2: unknown_signer"


def test_a_certificate_without_the_right_is_told_so(folder: Path, broker: SecuredBroker) -> None:
    sign(folder, 3)
    done = publish(folder, broker, "ingest")
    assert isinstance(done.exception, RunError)
    assert "refuse" in str(done.exception) and "authori" in str(done.exception).lower()


def test_a_file_that_is_not_signed_is_not_sent(folder: Path, broker: SecuredBroker) -> None:
    (folder / "signed.json").write_text("{}")
    assert "no signed program" in str(publish(folder, broker).exception)
