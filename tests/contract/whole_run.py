"""A whole run of the tests fails when a channel of the AsyncAPI document was used by none of them.

A pytest plugin, because a channel may be used in any worker of pytest-xdist: each worker hands over what its recorders
saw, and the last word is spoken where all of it comes together. A part of the tests is not held to it; nor is a run
that failed already, in which a test may have stopped before it used what it uses.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from slic.messages.asyncapi import document

EXERCISED: set[str] = set()
"""Channels used so far by the tests of this process, and of its workers that came to their end."""

_COLLECTED: set[Path] = set()
_LEFT_OUT: set[str] = set()
"""Tests that a choice left out, and files of tests that were not looked at."""
_NAME = "every channel of the document is used by a test"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Notice its file."""
    _COLLECTED.add(item.path)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Notice what a choice of tests leaves out, beside those that every usual run leaves out."""
    _LEFT_OUT.update(item.nodeid for item in items if not any(map(item.get_closest_marker, _apart(item.config))))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker hands over; one that crashed has made the run fail already."""
    handed_over = getattr(node, "workeroutput", {})
    EXERCISED.update(handed_over.get("exercised", ()))
    _LEFT_OUT.update(handed_over.get("left_out", ()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A worker hands over; a whole run that passed fails when a channel is missing."""
    config = session.config
    collects = config.getoption("dist", "no") == "no"  # where workers run the tests, they also collect them
    if collects:
        _LEFT_OUT.update(map(str, set(config.rootpath.glob("tests/**/test_*.py")) - _COLLECTED))
    if hasattr(config, "workeroutput"):
        config.workeroutput |= {"exercised": sorted(EXERCISED), "left_out": sorted(_LEFT_OUT)}
        return
    if _whole(config, exitstatus) and _missing():
        _fail(session, f"no test of this run used {', '.join(_missing())}")


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say that it was checked."""
    if _whole(config, exitstatus) and not _missing():
        terminalreporter.write_line("every channel of the AsyncAPI document was used")


def _apart(config: pytest.Config) -> list[str]:
    """Markers that ``addopts`` leaves out: ``-m 'not slow'``."""
    return re.findall(r"\bnot (\w+)", " ".join(config.getini("addopts")))


def _whole(config: pytest.Config, exitstatus: int) -> bool:
    return exitstatus == pytest.ExitCode.OK and not _LEFT_OUT and not config.option.collectonly


def _missing() -> list[str]:
    return sorted(document()["channels"].keys() - EXERCISED)


def _fail(session: pytest.Session, why: str) -> None:
    """As a test that fails, so that it stands where people look for failures."""
    report = pytest.TestReport(_NAME, (_NAME, None, _NAME), {}, "failed", why, "call")
    session.config.hook.pytest_runtest_logreport(report=report)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
