"""The files of config/deploy: what docs/deploy.md tells an operator to do, done."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controllers.broker.files import init_folder, parse_segments
from controllers.gateway.signatures import public_key_of
from controllers.operator.key_files import new_key_file
from slic.cli.gateway import app
from slic.messages.channels import CHANNELS

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "config" / "deploy"
UNIT = (DEPLOY / "slic-gateway@.service").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """/etc/slic/el-g0042 as the guide makes it."""
    broker = init_folder(tmp_path / "broker", parse_segments(["el-g0042:ettenleur"]), [], 365, datetime.now(UTC))
    here = tmp_path / "el-g0042"
    (here / "tls").mkdir(parents=True)
    for name in ("gateway.yaml", "lamps.csv", "sensors.csv"):
        shutil.copy(DEPLOY / name, here)
    for source in ("ca.crt", "clients/el-g0042.crt", "clients/el-g0042.key"):
        shutil.copy(broker.path / source, here / "tls")
    public_key = public_key_of(new_key_file(tmp_path / "programs.key"))
    text = (here / "gateway.yaml").read_text()
    (here / "gateway.yaml").write_text(text.replace("signers: {}", f"signers: {{office: {public_key}}}"))
    return here


def test_the_example_passes_the_check_of_the_unit(folder: Path) -> None:
    done = CliRunner().invoke(app, ["check", "--offline", str(folder / "gateway.yaml")])
    assert done.exit_code == 0, done.output
    assert "4 lamps, 3 sensors" in done.output


@pytest.mark.parametrize("command", re.findall(r"/bin/slic gateway (.*?)(?: \|\||$)", UNIT, re.MULTILINE))
def test_the_unit_calls_commands_that_there_are(command: str) -> None:
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0


def test_the_unit_holds_the_gateway_in() -> None:
    """Lines without which the rest is worth little; `systemd-analyze security` gave it 1.2 (OK)."""
    lines = set(UNIT.splitlines())
    assert {
        "Type=notify",
        "WatchdogSec=30",
        "Restart=on-failure",
        "User=slic",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "MemoryDenyWriteExecute=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "SystemCallFilter=@system-service",
    } <= lines


def test_the_broker_takes_the_largest_payload_and_a_town_twice() -> None:
    text = (DEPLOY / "mosquitto.conf").read_text()
    settings = dict(line.split(" ", 1) for line in text.splitlines() if line and not line.startswith(("#", "log_type")))
    largest = max(channel.max_bytes for channel in CHANNELS.values())
    longest_topic = len("slic/v1///_/") + 3 * 63 + 20
    assert largest + longest_topic + 100 <= int(settings["max_packet_size"]) <= largest + 2048
    assert settings["max_queued_messages"] == "200000"
    assert settings["max_inflight_messages"] == "100"
    assert (settings["allow_anonymous"], settings["require_certificate"]) == ("false", "true")
    assert settings["listener"].endswith(" 127.0.0.1")
