"""A gateway as a process: its parts put together, run, and taken apart again."""

from __future__ import annotations

import logging
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom
from types import FrameType

from controllers.clock import WallClock
from controllers.envelope import Sender, new_boot
from controllers.gateway.clock_watch import ClockWatch
from controllers.gateway.following import FollowingGateway
from controllers.gateway.gateway import Gateway
from controllers.gateway.plan import GatewayPlan
from controllers.link.paho_link import PahoLink
from controllers.link.transport import Transport
from controllers.service.certificate import certificate_fault
from controllers.service.dry_run import ListenOnly
from controllers.service.http_status import HttpStatus
from controllers.service.load import load_gateway
from controllers.service.loop import Ended, GatewayLoop
from controllers.service.pages import GatewayPages
from controllers.service.systemd import Systemd
from controllers.service.takeover import Takeover
from controllers.store.forwarder import Forwarder
from controllers.store.sqlite_store import SqliteStore
from slic.errors import RunError

log = logging.getLogger("slic.gateway")


class GatewayService:
    """One gateway (see the module).

    follow_clock : time is that of a simulated field; dry_run : listen and log, publish and keep nothing
    """

    def __init__(self, path: Path, *, follow_clock: bool = False, dry_run: bool = False) -> None:
        self._path = path
        self._plan = load_gateway(path)
        self._follow_clock, self._dry_run = follow_clock, dry_run
        self._clock = WallClock()
        self._systemd = Systemd()
        self._sender = Sender(new_boot())
        self._loop: GatewayLoop
        self._http: HttpStatus | None = None

    def run(self) -> None:
        """Run until SIGTERM or Ctrl-C; SIGHUP reads the file again. RunError where another gateway has the name."""
        with ExitStack() as stack:
            store = self._store(stack)
            earlier_boots = store.boots()
            store.keep_boot(self._sender.boot)
            kind = FollowingGateway if self._follow_clock else Gateway
            gateway = kind(self._plan, store, self._sender)
            self._loop = self._new_loop(gateway, store)
            self._serve(stack, store)
            self._catch_signals(stack)
            self._systemd.ready()
            self._live(gateway, store, earlier_boots)
            self._systemd.stopping()
        log.info("stopped")

    def _live(self, gateway: Gateway, store: SqliteStore, earlier_boots: list[str]) -> None:
        """Take the name and control the lamps; where another takes the name, ask whether it lives before going on."""
        certain = False
        while self._alone(gateway, earlier_boots, certain) and self._control() == "taken over":
            log.warning("another gateway has taken the name of this one")
            certain = True
            self._loop = self._new_loop(gateway, store)

    def _control(self) -> Ended:
        """Read what the lamps do, then control them."""
        if not (self._dry_run or self._follow_clock):
            file, loop = self._plan.file, self._loop
            guest = self._link(f"{file.segment}-look-{self._sender.boot}", session=False)
            loop.reading.read_ahead(guest, file.site, file.segment, self._clock, loop.idle)
            loop.idle("")
        return self._loop.run()

    def _alone(self, gateway: Gateway, earlier_boots: list[str], certain: bool) -> bool:
        """Whether to go on. RunError if a living gateway has the name."""
        fault = certificate_fault(self._plan.file, self._plan.folder, self._clock.now_ms())
        if fault:
            log.error("%s", fault)
        if self._dry_run:
            return True
        file, loop = self._plan.file, self._loop
        takeover = Takeover(file.site, file.segment, gateway.post, self._clock, earlier_boots, loop.idle)
        other = takeover.other(self._link(f"{file.segment}-look-{self._sender.boot}", session=False), certain=certain)
        if other is not None:
            problem = (
                f"segment {file.segment} has a gateway already: its boot is {other}, this one's {self._sender.boot}"
            )
            raise RunError(problem)
        return loop.idle("")

    # ---- parts ----------------------------------------------------------------------------------

    def _store(self, stack: ExitStack) -> SqliteStore:
        folder = self._plan.folder / self._plan.file.store
        if self._dry_run:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slic-")))
        store = SqliteStore(folder, self._plan.file.store_limits, self._clock)
        stack.callback(store.close)
        return store

    def _new_loop(self, gateway: Gateway, store: SqliteStore) -> GatewayLoop:
        link = self._link(self._plan.file.segment, session=True)
        watch = ClockWatch(store.last_ms())
        loop = GatewayLoop(gateway, link, store, Forwarder(store, link), self._clock, watch, self._load_again)
        loop.on_turn.append(self._systemd.alive)
        if self._http is not None:
            loop.on_turn.append(self._http.turn)
        return loop

    def _load_again(self) -> GatewayPlan:
        self._systemd.reloading(self._clock.monotonic_ms())
        try:
            return load_gateway(self._path)
        finally:
            self._systemd.ready()

    def _link(self, name: str, session: bool) -> Transport:
        if not self._dry_run:
            return PahoLink(self._plan.file.broker, name, self._plan.folder, SystemRandom(), session)
        guest = f"{name}-dry-run-{self._sender.boot}"
        return ListenOnly(PahoLink(self._plan.file.broker, guest, self._plan.folder, SystemRandom(), False))

    def _serve(self, stack: ExitStack, store: SqliteStore) -> None:
        if self._plan.file.http is not None:
            self._http = HttpStatus(self._plan.file.http, GatewayPages(lambda: self._loop, store, self._clock))
            stack.callback(self._http.close)
            self._loop.on_turn.append(self._http.turn)

    def _catch_signals(self, stack: ExitStack) -> None:
        for number, act in (
            (signal.SIGTERM, self._on_stop),
            (signal.SIGINT, self._on_stop),
            (signal.SIGHUP, self._on_reload),
        ):
            stack.callback(signal.signal, number, signal.signal(number, act))

    def _on_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._loop.stop()

    def _on_reload(self, _signal: int, _frame: FrameType | None) -> None:
        self._loop.reload()
