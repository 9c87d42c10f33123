"""`slic asyncapi` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from slic.cli.asyncapi import asyncapi
from slic.messages.asyncapi import document


def _run(*arguments: str) -> Result:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(asyncapi)
    return CliRunner().invoke(app, list(arguments))


def test_yaml_says_the_same_to_readers_of_yaml_1_1_and_1_2() -> None:
    text = _run().output
    for version in ((1, 1), (1, 2)):
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        assert yaml.load(text) == document()


def test_json_to_a_file_and_nothing_on_the_screen(tmp_path: Path) -> None:
    target = tmp_path / "asyncapi.json"
    result = _run("--format", "json", "--out", str(target))
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8")) == document()


def test_the_same_bytes_each_time() -> None:
    assert _run().output == _run().output


def test_an_unknown_format_is_refused() -> None:
    result = _run("--format", "xml")
    assert result.exit_code == 2 and "xml" in result.output


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    result = _run("--out", str(tmp_path / "no-folder" / "asyncapi.yaml"))
    assert "was not written" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_help_has_an_example() -> None:
    assert "slic asyncapi --out asyncapi.yaml" in _run("--help").output
