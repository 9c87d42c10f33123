"""Mosquitto with the files of a broker's folder."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

from controllers.broker.private_broker import installed_mosquitto
from slic.errors import InputError, RunError
from slic.files import read_text, write_whole

_RUN = "mosquitto.run.conf"
_LISTENER = re.compile(r"^listener +(\d+)(?: +(\S+))?", re.MULTILINE)


def mosquitto_command(folder: Path, port: int | None = None) -> list[str]:
    """The command that runs Mosquitto with a folder's ``mosquitto.conf``. It must be started in that folder.

    port : instead of that of the first listener
    Raises InputError if Mosquitto is not installed, RunError if the port is taken.
    """
    program = installed_mosquitto()
    text = read_text(folder / "mosquitto.conf", str(folder / "mosquitto.conf"))
    listener = _LISTENER.search(text)
    if listener is None:
        raise InputError("has no listener", file=str(folder / "mosquitto.conf"), allowed="listener PORT [ADDRESS]")
    port, address = port or int(listener[1]), listener[2] or ""
    _refuse_taken(address, port)
    line = f"listener {port} {address}".rstrip()
    write_whole(folder / _RUN, _as_owner(folder) + text[: listener.start()] + line + text[listener.end() :])
    return [program, "-c", _RUN]


def _as_owner(folder: Path) -> str:
    """Mosquitto, started by root, becomes the user ``mosquitto``, who cannot read the keys of another owner."""
    return f"user {folder.owner()}\n" if os.geteuid() == 0 else ""


def _refuse_taken(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise RunError(f"cannot listen on port {port} of {address or 'this machine'}: {error.strerror}") from None
