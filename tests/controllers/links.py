"""Links under test, and how to run them until something has happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from controllers.gateway.config import BrokerAddress, TlsFiles
from controllers.link.paho_link import PahoLink
from controllers.link.transport import Received, Subscription
from tests.brokers import PATIENCE_S

ALL = (Subscription("#", 1),)


def make(port: int, client_id: str = "el-g0042", *, session: bool = True, keepalive_s: int = 5) -> PahoLink:
    address = BrokerAddress(port=port, keepalive_s=keepalive_s)
    return PahoLink(address, client_id, Path(), Random(1), session)


def make_tls(port: int, files: TlsFiles, folder: Path, host: str = "127.0.0.1") -> PahoLink:
    return PahoLink(BrokerAddress(host=host, port=port, tls=files), "el-g0042", folder, Random(1))


def run(link: PahoLink, done: Callable[[list[Received]], object], *, acknowledge: bool = True) -> list[Received]:
    """Wait in the link until ``done`` is true of all that came; what came."""
    came: list[Received] = []
    deadline = time.monotonic() + PATIENCE_S
    while not done(came):
        if time.monotonic() > deadline:
            pytest.fail(f"did not happen; {len(came)} messages came, problem: {link.problem!r}")
        for message in link.wait(0.2):
            came.append(message)
            if acknowledge:
                link.acknowledge(message)
    return came


def opened(link: PahoLink, subscriptions: Sequence[Subscription]) -> PahoLink:
    link.open(subscriptions)
    return link


def connect(link: PahoLink, subscriptions: Sequence[Subscription] = (), **will: object) -> PahoLink:
    link.open(subscriptions, **will)  # type: ignore[arg-type]
    run(link, lambda _: link.connected)
    return link


def problem(link: PahoLink) -> str:
    """The first problem of a link that cannot connect."""
    link.open(ALL)
    run(link, lambda _: link.problem)
    assert not link.connected
    text = link.problem
    link.close()
    return text
