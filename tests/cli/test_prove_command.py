"""`slic prove` says what it tried, and with a difference ends with exit code 3 and the way to run it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from sim.fast import presence, reach

Slic = Callable[..., Result]


def test_it_counts_cases(slic: Slic) -> None:
    done = slic("prove", "--cases", "3", "--seed", "5")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "3 cases, 0 differences"
    assert "3  by the SimPy street" in done.stdout


def test_counts_as_json(slic: Slic) -> None:
    done = slic("prove", "--cases", "2", "--json")
    found = json.loads(done.stdout)
    assert (found["cases"], found["differences"], found["ran"]["fake clock"]) == (2, 0, 2)


def test_time_ends_it(slic: Slic) -> None:
    done = slic("prove", "--minutes", "0.01", "--quiet")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_difference_ends_with_3(slic: Slic, monkeypatch: pytest.MonkeyPatch) -> None:
    real = presence.held

    def longer(seen: Any, hold_ms: int) -> Any:
        return real(seen, hold_ms + 1)

    monkeypatch.setattr(presence, "held", longer)
    monkeypatch.setattr(reach, "held", longer)
    done = slic("prove", "--cases", "20")
    assert done.exit_code == 3
    assert "again: slic prove --seed " in done.stderr
    assert "differences" in done.stdout.splitlines()[-1] and not done.stdout.endswith(" 0 differences\n")


@pytest.mark.parametrize("option", [["--cases", "0"], ["--minutes", "0"], ["--seed", "-1"]])
def test_bad_numbers_are_refused(slic: Slic, option: list[str]) -> None:
    done = slic("prove", *option)
    assert done.exit_code == 2 and option[1] in done.stderr
