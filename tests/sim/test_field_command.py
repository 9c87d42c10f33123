"""`slic field`: what it refuses, what it writes, and a short life with a broker and a gateway of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from controllers.service.load import load_gateway
from slic.cli.field import field
from slic.errors import InputError, RunError
from tests.brokers import Mosquitto

app = typer.Typer()
app.command()(field)


def run(*arguments: str):
    return CliRunner().invoke(app, [*arguments])


def refused(*arguments: str) -> InputError:
    error = run(*arguments).exception
    assert isinstance(error, InputError), error
    return error


def test_help_has_an_example():
    assert "Example: slic field" in run("--help").output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--lockstep", "--speed", "5"], "say one of them"),
        (["--real-time", "--lockstep"], "say one of them"),
        (["--out", "a"], "goes with --lockstep only"),
        (["--ca", "ca.pem"], "belong together"),
        (["--gateways", "g", "--hours", "1"], "goes with --broker only"),
        (["--broker", "nowhere"], "is no address of a broker"),
        (["--street", "nosuch", "--hours", "1"], "is not a street of the scenario"),
        (["--regime", "nosuch", "--hours", "1"], "is not a regime of the scenario"),
        (["--from", "tomorrow"], "is not a moment"),
        (
            ["--from", "2022-11-21 12:00"],
            "not in the nights of the scenario .allowed: 2022-11-14 12:00 to before 2022-11-21 12:00",
        ),
        (["--from", "2022-11-14 11:59"], "--from: '2022-11-14 11:59' is not in the nights"),
        (["--lockstep", "--broker", "127.0.0.1:1", "--gateways", "nosuch"], "signing-key.pem"),
        (["--broker", "127.0.0.1:1", "--set", "field_faults=[{kind: gateway_kill}]"], "is not in the field's hands"),
        (["--broker", "broker.example:8883", "--hours", "1"], "TLS|tls"),
    ],
)
def test_what_it_refuses(arguments, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert re.search(word, str(refused("ghent-coupure-fiftieth", *arguments)))
    assert list(tmp_path.iterdir()) == []


def test_it_writes_the_gateways_of_a_scenario(tmp_path):
    result = run("luminext-town", "--write-gateways", str(tmp_path / "g"), "--lockstep", "--broker", "127.0.0.1:1884")
    assert result.exit_code == 0, result.exception
    lines = result.output.splitlines()
    files = [Path(line.removeprefix("slic gateway ").removesuffix(" --clock field")) for line in lines]
    assert lines == [f"slic gateway {file} --clock field" for file in files]
    plans = [load_gateway(file) for file in files]
    assert {plan.file.segment for plan in plans} >= {"main", "secondary", "residential"}
    assert {(plan.file.broker.port, plan.file.telemetry_s) for plan in plans} == {(1884, 0)}


def test_a_field_that_never_had_a_broker_says_so():
    error = run("ghent-coupure-fiftieth", "--broker", "127.0.0.1:1", "--hours", "1", "--speed", "600").exception
    assert isinstance(error, RunError) and "no broker listens at 127.0.0.1:1" in str(error)


def test_a_field_that_no_gateway_led_says_so(tmp_path):
    with Mosquitto(tmp_path) as broker:
        where = ["--broker", f"127.0.0.1:{broker.port}", "--speed", "600", "--hours", "1"]
        result = run("ghent-coupure-fiftieth", *where)
    assert result.exit_code == 4, result.exception
    assert "warning: no gateway was heard" in result.stderr and " 0 received." in result.stdout


def test_a_quarter_of_an_hour_of_dusk_with_a_gateway_that_is_killed(tmp_path):
    """Accelerated, with a broker and gateway of its own; the gateway is killed in the middle and leads again.

    At this speed a command may take a second of the machine's time before it is too late.
    """
    fault = "field_faults=[{kind: gateway_kill, from_h: 0.12}]"
    begin = ["--from", "2022-11-14 16:45", "--hours", "0.25", "--speed", "60", "--regime", "presence-train"]
    result = run("ghent-coupure-fiftieth", *begin, "--set", fault)
    assert result.exit_code == 0, result.output
    assert re.match(r"Status pages of its gateway: http://127\.0\.0\.1:[1-9]\d+$", result.output.splitlines()[1])
    sent, received = (int(part.split()[0].replace(",", "")) for part in result.output.splitlines()[-1].split(", ", 1))
    assert sent > 500 and received > 34
    hours, used = result.output.splitlines()[-2].split(" h, ")
    assert float(hours) == 0.25 and used.endswith(" kWh by the meters of 34 lamps.")
    assert 0 < float(used.split()[0]) <= 34 * 28 / 1000 * 0.25


def test_a_field_that_is_too_fast_for_its_lamps_says_so():
    """As at a speed at which every message takes 70 s of the field's time."""
    late = "field_faults=[{kind: message_delay, share: 1, seconds: 70, for_h: 1}]"
    begin = ["--from", "2022-11-14 16:30", "--hours", "0.5", "--speed", "300"]
    result = run("ghent-coupure-fiftieth", *begin, "--set", late, "--json")
    assert result.exit_code == 4, result.exception
    too_late = json.loads(result.stdout)["too_late"]
    assert too_late > 0
    assert f"warning: {too_late:,} lamp commands came later than their 60 s of field time" in result.stderr
