"""What must be refused is refused by the real gateway on a real, secured Mosquitto: answered, counted, logged once.

After each test a good command shows that no lamp was told anything in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from controllers.broker.authority import Authority
from controllers.broker.files import BrokerFolder
from sim.field_processes import GatewayProcess
from slic.messages.channels import CHANNELS
from tests.controllers.secured_broker import Peer, Refused, SecuredBroker, until
from tests.e2e.fortress import (
    BASE,
    LAMPS,
    OTHER_KEY,
    SEGMENT,
    VERSION,
    Fortress,
    new_broker_folder,
    new_gateway,
    now_ms,
)

DAY_MS = 86_400_000
FLOOD = 2000


@pytest.fixture(scope="module")
def fortress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    folder = tmp_path_factory.mktemp("fortress")
    new_broker_folder(folder / "broker")
    broker = SecuredBroker(folder / "broker")
    try:
        with broker.peer("site") as site, broker.peer(f"{SEGMENT}-field") as field:
            made = Fortress(folder, broker, site, field)
            try:
                made.start()
                yield made
            finally:
                made.gateway.stop()
    finally:
        broker.stop()


@pytest.fixture
def unharmed(fortress: Fortress) -> Iterator[Fortress]:
    """The gateway; afterwards no lamp has been told anything, and good commands still work."""
    before = len(fortress.told())
    yield fortress
    fortress.prove_unharmed(before)


# ---- commands --------------------------------------------------------------------------------------


def refused_commands() -> list[tuple[dict[str, Any], str, str]]:
    """What is wrong with a command (times from now), and how it is answered: status and code."""
    return [
        ({"exp": -1000}, "expired", "expired"),
        ({"exp": 7 * DAY_MS}, "expired", "expired"),
        ({"until": 0}, "rejected", "bad_until"),
        ({"until": 8 * DAY_MS}, "rejected", "bad_until"),
        ({"by": "nobody"}, "rejected", "unknown_issuer"),
        ({"kind": "safety"}, "rejected", "not_allowed"),
        ({"level_pct": 81}, "rejected", "out_of_band"),
        ({"level_pct": None}, "rejected", "out_of_band"),
        ({"lamps": ["l01", "l99"]}, "rejected", "unknown_lamp"),
        ({"level_pct": 10, "lamps": list(LAMPS[:3])}, "rejected", "limiter"),
        ({"level_pct": 0, "lamps": []}, "rejected", "limiter"),
    ]


@pytest.mark.parametrize(("fault", "status", "code"), refused_commands())
def test_a_command_is_refused(unharmed: Fortress, fault: dict[str, Any], status: str, code: str) -> None:
    counted = unharmed.refused(code)
    times = {key: now_ms() + value for key, value in fault.items() if key in ("exp", "until")}
    answer = unharmed.command(**fault | times)
    assert (answer["status"], answer["code"]) == (status, code)
    until(lambda: unharmed.refused(code) == counted + 1, f"{code} is counted")
    assert len(unharmed.logged("a message was refused", f"code={code} ")) == 1


def test_a_retained_command_is_refused(unharmed: Fortress) -> None:
    answer = unharmed.command(retain=True)
    unharmed.site.publish(f"{BASE}/_/cmd", b"", retain=True)
    assert (answer["status"], answer["code"]) == ("rejected", "retained")
    assert unharmed.refused("retained") >= 1 and len(unharmed.logged("code=retained ")) == 1


def test_a_replayed_command_is_refused_also_after_a_restart(fortress: Fortress) -> None:
    told = len(fortress.told())
    given = fortress.envelope() | {
        "op": "set", "by": "control-room", "reason": "once", "level_pct": 70, "lamps": ["l03"],
        "exp": now_ms() + 300_000, "until": now_ms() + 300_000,
    }  # fmt: skip
    first = fortress.send(given)
    assert first["status"] == "accepted"
    assert fortress.command(op="resume", lamps=["l03"], level_pct=None, until=None)["code"] in ("ok", "ended")
    until(lambda: len(fortress.told()) == told + 2, "the lamp is set and given back")
    for _ in range(2):
        again = fortress.send(given)
        assert again == first, "the same answer, word for word"
        answer = fortress.send(given | {"id": str(uuid4())})
        assert (answer["status"], answer["code"]) == ("rejected", "replayed")
        fortress.restart()
    fortress.prove_unharmed(told + 2)


# ---- programs and settings -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["program", "config"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"key": OTHER_KEY}, "bad_signature"),
        ({"key": OTHER_KEY, "signer": "nobody"}, "unknown_signer"),
        ({"segment": "g0043"}, "bad_hash"),
    ],
)
def test_a_forged_document_is_refused(unharmed: Fortress, kind: str, fault: dict[str, Any], code: str) -> None:
    counted = unharmed.refused(code)
    said = unharmed.document(kind, version=99, **fault)
    assert not said["ok"] and said["errors"][0].startswith(code)
    until(lambda: unharmed.refused(code) == counted + 1, f"{code} is counted")
    assert len(unharmed.logged("a message was refused", f"code={code} ")) == 1


def test_an_older_program_is_refused(unharmed: Fortress) -> None:
    said = unharmed.document("program", version=VERSION - 1)
    assert not said["ok"] and "not above 5" in said["errors"][0]
    assert unharmed.refused("old_version") >= 1 and len(unharmed.logged("code=old_version ")) == 1


# ---- malformed and too large -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("l01/state", b'{"level_pct": 0', "malformed"),
        ("l01/state", b"\xff\xfe", "not_utf8"),
        ("l01/state", b"{" + b" " * 1100 + b"}", "too_large"),
        ("p01/presence", b"[" * 900, "malformed"),
        ("_/clock", b'{"op": "begin"}', ""),
    ],
)
def test_what_the_field_says_wrongly_is_refused(unharmed: Fortress, topic: str, payload: bytes, code: str) -> None:
    counted = unharmed.refused(code)
    unharmed.field.publish(f"{BASE}/{topic}", payload)
    if code:
        until(lambda: unharmed.refused(code) == counted + 1, f"{code} is counted")
        until(lambda: len(unharmed.logged("a message was refused", f"code={code} ")) == 1, "one line in the log")


def test_devices_that_are_not_in_the_inventory_are_refused(unharmed: Fortress) -> None:
    presence = unharmed.envelope() | {"active": True}
    unharmed.field.publish(f"{BASE}/p99/presence", json.dumps(presence).encode())
    unharmed.field.publish(f"{BASE}/l99/ambient", json.dumps(unharmed.envelope() | {"lux": 90_000}).encode())
    until(lambda: unharmed.refused("unknown_sensor") >= 2, "both are counted")
    assert len(unharmed.logged("code=unknown_sensor ")) == 1


def test_a_command_larger_than_a_segments_message_is_refused(unharmed: Fortress) -> None:
    counted = unharmed.refused("too_large")
    unharmed.site.publish(f"{BASE}/_/cmd", b" " * 65_537)
    until(lambda: unharmed.refused("too_large") == counted + 1, "it is counted")


def test_a_flood_is_counted_and_gives_a_handful_of_lines(unharmed: Fortress) -> None:
    counted, lines = unharmed.refused("malformed"), len(unharmed.log())
    for number in range(FLOOD):
        unharmed.field.client.publish(f"{BASE}/l{number % 20:02}/state", b"{}", qos=1)
    until(lambda: unharmed.refused("malformed") == counted + FLOOD, "all are counted")
    assert len(unharmed.log()) - lines <= 3


# ---- who may come at all ---------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["g0043", "g0043-field"])
def test_another_segment_cannot_say_anything_here(unharmed: Fortress, user: str) -> None:
    with unharmed.broker.peer(user) as peer:
        for channel in CHANNELS.values():
            node = {"gateway": "_", "sensor": "p01"}.get(channel.node, "l01")
            if channel.node != "core":
                assert peer.publish(f"{BASE}/{node}/{channel.channel}") == "Not authorized"


def test_without_a_certificate_nobody_comes_in(unharmed: Fortress) -> None:
    peer = Peer(unharmed.broker.port, unharmed.broker.folder / "ca.crt", None)
    with pytest.raises(Refused):
        peer.connect()


def test_a_certificate_of_another_authority_is_refused(unharmed: Fortress, tmp_path: Path) -> None:
    forged = Authority.new(datetime.now(UTC)).issue_client("site", datetime.now(UTC), timedelta(days=1))
    pair = tmp_path / "site.crt", tmp_path / "site.key"
    pair[0].write_text(forged.certificate)
    pair[1].write_text(forged.key)
    with pytest.raises(Refused):
        Peer(unharmed.broker.port, unharmed.broker.folder / "ca.crt", pair).connect()


# ---- gateways that cannot come in ------------------------------------------------------------------


@pytest.fixture(scope="module")
def shut_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[GatewayProcess, SecuredBroker]]]:
    """Gateways of three segments: one is revoked, one has an expired certificate, one a broker of another name."""
    folder = tmp_path_factory.mktemp("shut-out")
    made, now = new_broker_folder(folder / "broker"), datetime.now(UTC)
    made.revoke("g0043", now)
    authority = _authority(made)
    expired = authority.issue_client("g0044", now - timedelta(days=2), timedelta(days=1))
    for end, text in ((".crt", expired.certificate), (".key", expired.key)):
        (made.path / "clients" / f"g0044{end}").write_text(text)
    other = new_broker_folder(folder / "other")
    named = _authority(other).issue_server(["broker.example"], now, timedelta(days=1))
    (other.path / "server.crt").write_text(named.certificate)
    (other.path / "server.key").write_text(named.key)
    brokers = SecuredBroker(made.path), SecuredBroker(other.path)
    places = {"g0043": brokers[0], "g0044": brokers[0], "g0045": brokers[1]}
    gateways = {name: (new_gateway(folder / name, broker, name), broker) for name, broker in places.items()}
    for process, _ in gateways.values():
        process.start()
    yield gateways
    for process, _ in gateways.values():
        process.stop()
    for broker in brokers:
        broker.stop()


def _authority(folder: BrokerFolder) -> Authority:
    key = folder.path / "ca.key"
    return Authority.read((folder.path / "ca.crt").read_text(), key.read_text(), str(key))


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("g0043", "revoked"),
        ("g0044", "g0044.crt: the certificate expired on"),
        ("g0045", "is for another name"),
    ],
)
def test_a_gateway_that_cannot_come_in_says_why_and_goes_on_trying(
    shut_out: dict[str, tuple[GatewayProcess, SecuredBroker]], segment: str, words: str
) -> None:
    process, broker = shut_out[segment]
    until(lambda: process.log.exists() and words in process.log.read_text(), f"{segment} says {words}")
    tries = broker.log.read_text().count("New connection")
    until(lambda: broker.log.read_text().count("New connection") > tries, "it tries again")
    process.check()
    lines = process.log.read_text().splitlines()
    assert sum(words in line for line in lines) == 1 and "Traceback" not in process.log.read_text()
