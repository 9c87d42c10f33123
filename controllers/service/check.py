"""Whether a gateway could run here: its files, and what it needs around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from controllers.clock import Clock
from controllers.envelope import Sender, new_boot
from controllers.gateway.config import HttpAddress
from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.link.paho_link import PahoLink
from controllers.link.transport import Received, Subscription, Transport
from controllers.service.certificate import certificate_fault, certificate_warning
from controllers.service.http_status import HttpStatus, NoPages
from controllers.service.load import idle_sensors, load_gateway
from controllers.store.database_file import StoreInUse
from controllers.store.sqlite_store import SqliteStore
from slic.errors import InputError, RunError
from slic.messages.topics import GATEWAY, topic

BROKER_MS = 15_000
"""How long the broker may take to answer, TLS included."""

_BESIDE = "if that is this gateway, which runs already, check its files alone with --offline"
_TURN_S = 0.25


def check_files(path: Path, now_ms: int) -> tuple[GatewayPlan, list[str]]:
    """The configuration with warnings. InputError for a bad file, and for a certificate that is not valid now."""
    plan = load_gateway(path)
    fault = certificate_fault(plan.file, plan.folder, now_ms)
    if fault:
        raise InputError(fault)
    warning = certificate_warning(plan.file, plan.folder, now_ms)
    return plan, [*([warning] if warning else []), *idle_sensors(plan), *_gaps(plan)]


def check_surroundings(plan: GatewayPlan, clock: Clock) -> None:
    """Try the store, the port of the status pages and the broker. RunError or InputError for what cannot be used."""
    _try_store(plan, clock)
    if plan.file.http is not None:
        _try_port(plan.file.http)
    sender = Sender(new_boot())
    name = f"{plan.file.segment}-check-{sender.boot}"
    link = PahoLink(plan.file.broker, name, plan.folder, SystemRandom(), session=False)
    ping_broker(link, plan, Post(plan.file.site, plan.file.segment, sender), clock)


def _try_store(plan: GatewayPlan, clock: Clock) -> None:
    try:
        SqliteStore(plan.folder / plan.file.store, plan.file.store_limits, clock).close()
    except StoreInUse as error:
        raise RunError(f"store: {error.value} {error.problem}; {_BESIDE}") from None


def _try_port(address: HttpAddress) -> None:
    pages = HttpStatus(address, NoPages())
    try:
        pages.open()
    except RunError as error:
        raise RunError(f"{error}; {_BESIDE}") from None
    pages.close()


def ping_broker(link: Transport, plan: GatewayPlan, post: Post, clock: Clock) -> None:
    """Publish a ping and hear it again: a granted subscription alone proves nothing. RunError if it does not come."""
    where = f"broker {plan.file.broker.host}:{plan.file.broker.port}"
    ping_topic = topic(plan.file.site, plan.file.segment, GATEWAY, "ping")
    until_ms = clock.monotonic_ms() + BROKER_MS
    link.open([Subscription(ping_topic, 0)])
    try:
        if not _wait(link, lambda _: link.connected, until_ms, clock):
            raise RunError(link.problem or f"{where} does not answer")
        ping = post.message("ping", clock.now_ms())
        link.publish(ping)
        heard = _wait(link, lambda came: any(one.payload == ping.payload for one in came), until_ms, clock)
        if not heard:
            raise RunError(
                f"{where}: {ping_topic} was published and did not come back: {link.problem or 'check its ACL'}"
            )
    finally:
        link.close()


def _wait(link: Transport, done: Callable[[list[Received]], bool], until_ms: int, clock: Clock) -> bool:
    came: list[Received] = []
    while not done(came):
        if clock.monotonic_ms() >= until_ms or (link.problem and not link.connected):
            return False
        came = link.wait(_TURN_S)
    return True


def _gaps(plan: GatewayPlan) -> list[str]:
    """What the gateway can do without, at a price."""
    found = []
    if plan.file.place is None:
        found.append("place: is missing, so there is no astronomical default if a program is lost")
    unknown = sum(lamp.power_w is None for lamp in plan.lamps)
    if unknown:
        found.append(
            f"{plan.file.lamps}: {unknown} lamps without power_w, whose failures cannot be told by their power"
        )
    if not plan.file.issuers:
        found.append("issuers: is empty, so every override is refused")
    if not plan.file.signers:
        found.append("signers: is empty, so every program is refused")
    return found
