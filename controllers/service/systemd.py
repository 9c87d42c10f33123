"""Tells systemd how the service does (sd_notify): datagrams of ``NAME=value`` lines to the socket that it names."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Systemd:
    """Speaks to the service manager, or to nobody where the process is not run by one (see ``man sd_notify``)."""

    def __init__(self, environment: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        own = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid() if pid is None else pid))
        watchdog_us = environment.get("WATCHDOG_USEC", "")
        watched = own and watchdog_us.isdecimal() and bool(self._address)
        self._beat_ms = int(watchdog_us) // 3000 if watched else 0
        self._next_beat_ms = 0

    def ready(self) -> None:
        """The service runs, or has reloaded its configuration."""
        self._say("READY=1")

    def reloading(self, monotonic_ms: int) -> None:
        """A reload begins; :meth:`ready` ends it."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={monotonic_ms * 1000}")

    def stopping(self) -> None:
        """The service ends by its own will."""
        self._say("STOPPING=1")

    def alive(self, monotonic_ms: int) -> None:
        """The process still turns. Call it often: it says so three times per watchdog interval, if there is one."""
        if self._beat_ms and monotonic_ms >= self._next_beat_ms:
            self._next_beat_ms = monotonic_ms + self._beat_ms
            self._say("WATCHDOG=1")

    def _say(self, text: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier:
                notifier.sendto(text.encode(), address)
        except OSError:
            pass  # a service manager that does not listen must not stop the lights
