"""What `slic ingest` refuses before it begins, and how it is asked for help."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from slic.cli.ingest import app
from slic.errors import InputError

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


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "Example: slic ingest --site" in result.stdout


def test_a_folder_that_is_no_store_is_not_exported(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "is no store of field records" in str(result.exception)
