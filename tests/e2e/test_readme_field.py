"""Somebody with a shell, Mosquitto's clients and README alone drives a lamp: its blocks are run as they stand."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import eventually, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
SECTION = (ROOT / "README.md").read_text().split("\n## Control a lamp yourself\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
START, WATCH, PROGRAM, SENSOR, OPERATOR, LAMP = BLOCKS
END = "`kill %1 %2` ends both"
BASE = "slic/v1/ettenleur/el-g0042"


class Window:
    """A shell window: what is typed into it, and what it shows. Only the ports of the text are exchanged."""

    def __init__(self, folder: Path, name: str, ports: dict[str, int]) -> None:
        self._ports = ports
        self._shown = folder / f"{name}.txt"
        with self._shown.open("w") as shown:
            self._process = subprocess.Popen(
                ["bash", "-e"],
                stdin=subprocess.PIPE,
                stdout=shown,
                stderr=shown,
                cwd=folder,
                env=_environment(folder),
                text=True,
                start_new_session=True,
            )

    def type(self, text: str) -> None:
        for said, free in self._ports.items():
            text = text.replace(said, str(free))
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def ends(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(30)

    def close(self) -> None:
        """End the window with all that was started in it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def text(self) -> str:
        return self._shown.read_text()

    def waits_for(self, text: str) -> None:
        def look() -> bool:
            if self._process.poll():
                pytest.fail(f"the window ended:\n{self.text()}")
            return text in self.text()

        eventually(look, f"{text} in:\n{self.text()}")

    def messages(self, topic: str) -> list[dict[str, Any]]:
        lines = [line for line in self.text().splitlines(keepends=True) if line.endswith("\n")]
        return [json.loads(line.split(" ", 1)[1]) for line in lines if line.startswith(f"{BASE}/{topic} ")]


def _environment(folder: Path) -> dict[str, str]:
    """With `slic` as a command, as after activating the environment."""
    command = folder / "bin" / "slic"
    if not command.exists():
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from slic.cli import main; main()" "$@"\n')
        command.chmod(0o755)
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{command.parent}:{os.environ['PATH']}"}


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[tuple[Window, Window]]:
    ports = {"18883": free_port(), "9464": free_port()}
    first, second = (Window(tmp_path, name, ports) for name in ("first", "second"))
    yield first, second
    first.close()
    second.close()


def test_a_stranger_drives_a_lamp(windows: tuple[Window, Window]) -> None:
    first, second = windows

    def told() -> list[float]:
        return [message["level_pct"] for message in second.messages("l001/cmd")]

    def answers() -> list[str]:
        return [message["status"] for message in second.messages("_/ack")]

    first.type(START)
    first.waits_for("1 lamp, 1 sensor; broker, store and port can be used")
    second.type(WATCH)
    first.type(PROGRAM)
    first.waits_for("version 1 is in force")
    eventually(lambda: told()[-1:] == [20], "20 % from the program")
    first.type(SENSOR)
    eventually(lambda: 100 in told()[told().index(20) :], "100 % for a presence")
    eventually(lambda: told()[-1] == 20, "20 % again five seconds later")
    first.type(OPERATOR)
    eventually(lambda: told()[-1] == 40, "40 % for the operator")
    eventually(lambda: answers() == ["accepted"], "the order is accepted")
    first.type(LAMP)
    eventually(lambda: answers() == ["accepted", "applied"], "the lamp shows it")
    first.waits_for("level     40 %, decided by override")
    assert END in SECTION
    first.type(END.split("`")[1] + "\n")
    assert first.ends() == 0, first.text()
