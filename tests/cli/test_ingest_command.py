"""What `slic ingest` refuses before it begins, and how it is asked for help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controllers.ingest.worker import subscriptions
from slic.cli.ingest import app
from slic.errors import InputError
from tests.controllers.fake_broker import CONNACK, FakeBroker

GOOD = {"--site": "ghent", "--broker": "127.0.0.1:1883", "--out": "store"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--site": ""}, "--site: is missing"),
        ({"--broker": ""}, "--broker: is missing"),
        ({"--out": ""}, "--out: is missing"),
        ({"--site": "Ghent City"}, "is no identifier"),
        ({"--worker": "A/B"}, "is no identifier"),
        ({"--share": "+"}, "is no identifier"),
        ({"--broker": "localhost"}, "is no address"),
        ({"--broker": "localhost:port"}, "is no address"),
        ({"--broker": "localhost:70000"}, "is no address"),
        ({"--ca": "ca.pem"}, "belong together"),
        ({"--ca": "no.pem", "--cert": "no.pem", "--key": "no.key"}, "cannot be read"),
        ({"--broker": "broker.example:8883"}, "needs TLS"),
    ],
)
def test_bad_options_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [part for option, value in {**GOOD, **changed}.items() if value for part in (option, value)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


def test_a_broker_that_refuses_to_subscribe_ends_it_with_an_error(tmp_path: Path) -> None:
    """The SUBACK of MQTT 5, section 3.9: the last filter is refused with 0x87, Not authorized."""
    filters = subscriptions("ghent", "slic")
    reasons = bytes([1] * (len(filters) - 1) + [0x87])
    speech = CONNACK + bytes([0x90, 3 + len(reasons), 0, 1, 0]) + reasons
    with FakeBroker(speech) as broker:
        where = ["--site", "ghent", "--broker", f"127.0.0.1:{broker.port}", "--out", str(tmp_path / "store")]
        command = [sys.executable, "-c", "from slic.cli import main; main()", "ingest", *where, "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    last = done.stderr.splitlines()[-1]
    assert (
        last == f"error: the broker 127.0.0.1:{broker.port} refuses to subscribe {filters[-1].filter} (Not authorized)"
    )


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "Example: slic ingest --site" in result.stdout


def test_a_folder_that_is_no_store_is_not_exported(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "is no store of field records" in str(result.exception)
