"""Processes that SLIC starts beside itself. They end with it, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_PATIENCE_S = 10
_PR_SET_PDEATHSIG = 1


class OwnProcess(ABC):
    """A program that runs while the context is entered.

    log : file for what it says; process : None while it does not run
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Start it."""

    def kill(self) -> None:
        """End it without a farewell; nothing if it does not run."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in order; nothing if it does not run."""
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_PATIENCE_S)
            self.kill()

    def run(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Run a command as this process, in a session of its own, so that Ctrl-C leaves its end to the context."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=env,
                preexec_fn=_end_with_parent(),
            )
        return self.process

    def last_line(self) -> str:
        """What it said last, or empty."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _end_with_parent() -> Callable[[], None]:
    """What a child does before it begins: ask Linux for an end when its parent is gone, also when it was killed."""
    parent, library = os.getpid(), ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if library is not None:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return prepare
