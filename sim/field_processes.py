"""Gateways that a simulated field starts as processes of its own. They end with it, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import slic
from slic.errors import RunError

_PATIENCE_S = 10
_PR_SET_PDEATHSIG = 1
_SLIC = "from slic.cli import main; main()"


class GatewayProcess:
    """``slic gateway`` with a configuration file. What it logs goes to ``gateway.log`` beside the file.

    follow_clock : its time is that of a simulated field
    """

    def __init__(self, file: Path, *, follow_clock: bool) -> None:
        self._command = [
            sys.executable,
            "-c",
            _SLIC,
            "gateway",
            str(file),
            "--clock",
            "field" if follow_clock else "wall",
        ]
        self.log = file.with_name("gateway.log")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=_same_slic(),
                preexec_fn=_end_with_parent(),
            )

    def check(self) -> None:
        """RunError with its last words if it has ended."""
        if self.process is not None and self.process.poll() is not None:
            words = self.log.read_text(errors="replace").strip().splitlines()
            raise RunError(f"the gateway ended: {words[-1] if words else f'exit code {self.process.returncode}'}")

    def kill(self) -> None:
        """End it without a farewell."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in order; nothing if it does not run."""
        if self.process is None:
            return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE_S)
        self.kill()


def _same_slic() -> dict[str, str]:
    """An environment in which a child runs the SLIC of this process, wherever that is."""
    here = str(Path(slic.__file__).resolve().parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}


def _end_with_parent() -> Callable[[], None]:
    """What a child does before it begins: ask Linux for an end when its parent is gone, also when it was killed."""
    parent, library = os.getpid(), ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if library is not None:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return prepare
