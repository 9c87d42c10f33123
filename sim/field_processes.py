"""Gateways that a simulated field starts as processes of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import slic
from controllers.own_process import OwnProcess
from slic.errors import RunError

_SLIC = "from slic.cli import main; main()"


class GatewayProcess(OwnProcess):
    """``slic gateway`` with a configuration file. What it logs goes to ``gateway.log`` beside the file.

    follow_clock : its time is that of a simulated field
    """

    def __init__(self, file: Path, *, follow_clock: bool) -> None:
        super().__init__(file.with_name("gateway.log"))
        clock = "field" if follow_clock else "wall"
        self._command = [sys.executable, "-c", _SLIC, "gateway", str(file), "--clock", clock]

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        self.run(self._command, _same_slic())

    def check(self) -> None:
        """RunError with its last words if it has ended."""
        if self.process is not None and self.process.poll() is not None:
            raise RunError(f"the gateway ended: {self.last_line() or f'exit code {self.process.returncode}'}")


def _same_slic() -> dict[str, str]:
    """An environment in which a child runs the SLIC of this process, wherever that is."""
    here = str(Path(slic.__file__).resolve().parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}
