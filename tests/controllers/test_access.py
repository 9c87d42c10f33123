"""The access list on a real Mosquitto: who may write and who receives, for every role and channel."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from controllers.broker.access_list import access_list
from controllers.broker.files import init_folder, parse_segments
from slic.errors import InputError
from slic.messages.channels import CHANNELS, Channel
from tests.controllers.secured_broker import Peer, SecuredBroker, until

SITE, SEGMENT, OTHER = "ettenleur", "el-g0042", "el-g0043"
USERS = {"gateway": SEGMENT, "field": f"{SEGMENT}-field", "site": "site", "ingest": "ingest", "visitor": "visitor"}
TAKEN = {"Success", "No matching subscribers"}
MARK = "slic/v1/mark"

READS_ITSELF = {"event", "ack", "telemetry"}
WRITES_TO_ITSELF = {"command"}
"""What the access list cannot keep a gateway from, inside its own segment: "+" for its lamps covers "_"."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    folder = tmp_path_factory.mktemp("access") / "broker"
    init_folder(folder, parse_segments([f"{SEGMENT}:{SITE}", f"{OTHER}:{SITE}"]), [], 30, datetime.now(UTC))
    found = SecuredBroker(folder)
    yield found
    found.stop()


@pytest.fixture(scope="module")
def peers(broker: SecuredBroker) -> Iterator[dict[str, Peer]]:
    """One connection of each role, and of the gateway and the devices of another segment."""
    users = {**USERS, "other": OTHER, "other-field": f"{OTHER}-field"}
    managers = {role: broker.peer(user) for role, user in users.items()}
    yield {role: manager.__enter__() for role, manager in managers.items()}
    for manager in managers.values():
        manager.__exit__(None, None, None)


@pytest.fixture(scope="module")
def delivered(peers: dict[str, Peer]) -> dict[str, set[str]]:
    """Role -> names of the channels that reach it, when each is published by its sender and all subscribe to all."""
    assert {peer.subscribe("#") for peer in peers.values()} == {"Granted QoS 1"}, "a SUBACK says nothing"
    for channel in CHANNELS.values():
        assert peers[channel.sender].publish(topic_of(channel), channel.name.encode()) in TAKEN, channel.name
    for peer in peers.values():
        peer.subscribe(MARK)
    return {role: {payload.decode() for _, payload in peer.received} for role, peer in peers.items()}


def topic_of(channel: Channel, segment: str = SEGMENT) -> str:
    if channel.node == "core":
        return f"slic/v1/{SITE}/_core/status"
    node = {"gateway": "_", "sensor": "p03"}.get(channel.node, "l017")
    return f"slic/v1/{SITE}/{segment}/{node}/{channel.channel}"


@pytest.mark.parametrize("role", USERS)
def test_only_its_sender_may_write_a_channel(peers: dict[str, Peer], role: str) -> None:
    written = {c.name for c in CHANNELS.values() if peers[role].publish(topic_of(c)) in TAKEN}
    expected = {c.name for c in CHANNELS.values() if c.sender == role}
    assert written == expected | (WRITES_TO_ITSELF if role == "gateway" else set())


@pytest.mark.parametrize("role", USERS)
def test_a_channel_reaches_its_readers_alone(delivered: dict[str, set[str]], role: str) -> None:
    expected = {c.name for c in CHANNELS.values() if role in c.readers}
    assert delivered[role] == expected | (READS_ITSELF if role == "gateway" else set())


def test_movements_of_people_stay_in_their_segment(delivered: dict[str, set[str]]) -> None:
    assert [role for role, channels in delivered.items() if "presence" in channels] == ["gateway"]
    assert [role for role, channels in delivered.items() if "command" in channels] == ["gateway"]
    assert [role for role, channels in delivered.items() if "lampCommand" in channels] == ["field"]
    assert delivered["visitor"] == set()


def test_nothing_reaches_another_segment(delivered: dict[str, set[str]]) -> None:
    assert delivered["other"] == {"coreStatus"}
    assert delivered["other-field"] == set()


@pytest.mark.parametrize("role", ["gateway", "field"])
def test_another_segment_cannot_be_written(peers: dict[str, Peer], role: str) -> None:
    reasons = {peers[role].publish(topic_of(c, OTHER)) for c in CHANNELS.values() if c.node != "core"}
    assert reasons == {"Not authorized"}


# What matters most, in words of its own: topics as in docs/messages.md, independent of the table of channels.
CRITICAL = [
    ("gateway", "el-g0042/l017/cmd", True),
    ("field", "el-g0042/l017/cmd", False),
    ("site", "el-g0042/l017/cmd", False),
    ("site", "el-g0042/_/cmd", True),
    ("ingest", "el-g0042/_/cmd", False),
    ("field", "el-g0042/_/cmd", False),
    ("site", "el-g0042/_/program", True),
    ("gateway", "el-g0042/_/program", False),
    ("gateway", "el-g0042/_/config", False),
    ("field", "el-g0042/_/config", False),
    ("ingest", "el-g0042/_/program", False),
    ("field", "el-g0042/l017/state", True),
    ("gateway", "el-g0042/l017/state", False),
    ("field", "el-g0042/_/telemetry", False),
    ("field", "el-g0042/_/event", False),
    ("field", "el-g0042/_/ack", False),
    ("field", "el-g0042/_/status", False),
    ("gateway", "el-g0042/_/status", True),
    ("gateway", "_core/status", False),
    ("visitor", "el-g0042/_/status", False),
    ("gateway", "el-g0043/_/status", False),
    ("other", "el-g0042/l017/cmd", False),
    ("gateway", "el-g0042/_/anything", False),
]


@pytest.mark.parametrize(("role", "topic", "allowed"), CRITICAL)
def test_what_matters_most(peers: dict[str, Peer], role: str, topic: str, allowed: bool) -> None:
    reason = peers[role].publish(f"slic/v1/ettenleur/{topic}")
    assert (reason in TAKEN) is allowed
    assert allowed or reason == "Not authorized"


def test_another_site_is_out_of_reach(peers: dict[str, Peer]) -> None:
    assert peers["gateway"].publish("slic/v1/elsewhere/el-g0042/_/status") == "Not authorized"
    assert peers["site"].publish("slic/v1/elsewhere/el-g0042/_/cmd") == "Not authorized"


def test_mqtt_3_hides_a_refusal_but_nothing_arrives(broker: SecuredBroker) -> None:
    """Why gateways speak MQTT 5 only."""
    topic = f"slic/v1/{SITE}/{OTHER}/_/inventory"
    with broker.peer("ingest") as ingest, broker.peer(SEGMENT, protocol=MQTTProtocolVersion.MQTTv311) as old:
        ingest.subscribe("#")
        assert old.publish(topic) == "Success"
        ingest.subscribe(MARK)
        assert ingest.received == []


def test_a_taken_over_session_gives_nothing_away(broker: SecuredBroker) -> None:
    """Another certificate under the gateway's client id: the queue is lost, but not to the wrong one."""
    command = f"slic/v1/{SITE}/{SEGMENT}/_/cmd"
    with broker.peer(SEGMENT, client_id="gateway", session=True) as gateway:
        gateway.subscribe(command)
    with broker.peer("site") as site:
        assert site.publish(command) == "Success", "the broker has a session to keep it for"
    with broker.peer("visitor", client_id="gateway", session=True) as thief:
        thief.subscribe(MARK)
        assert thief.received == []


def test_a_payload_of_the_largest_size_passes_and_a_larger_packet_ends_the_connection(broker: SecuredBroker) -> None:
    topic = f"slic/v1/{SITE}/{SEGMENT}/_/inventory"
    with broker.peer(SEGMENT) as gateway:
        assert gateway.publish(topic, b"x" * 1_048_576) in TAKEN
        gateway.client.publish(topic, b"x" * 1_049_600, qos=1)
        # the broker may close before all of it was sent, and then its reason is lost on the way
        assert gateway.ended() in ("Packet too large", "Unspecified error")
        until(lambda: "oversize packet" in broker.log.read_text(), "the broker tells why")


def test_retained_and_queued_messages_survive_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    init_folder(folder, parse_segments([SEGMENT]), [], 30, datetime.now(UTC))
    broker = SecuredBroker(folder)
    command, program = (f"slic/v1/{SITE}/{SEGMENT}/_/{channel}" for channel in ("cmd", "program"))
    try:
        with broker.peer(SEGMENT, client_id="gateway", session=True) as gateway:
            gateway.subscribe(command)
        with broker.peer("site") as site:
            assert site.publish(command, b"queued") == "Success"
            site.publish(program, b"retained", retain=True)
        broker.restart()
        with broker.peer(SEGMENT, client_id="gateway", session=True) as gateway:
            gateway.subscribe(program)
            gateway.subscribe(MARK)
            assert sorted(gateway.received) == [(command, b"queued"), (program, b"retained")]
    finally:
        broker.stop()


@pytest.mark.parametrize("segment", ["site", "ingest", "visitor", "a-field", "A", "", "a/b", "x" * 59, "a+"])
def test_a_segment_that_could_be_another_user_is_refused(segment: str) -> None:
    with pytest.raises(InputError, match="gateway"):
        parse_segments([segment])


def test_a_user_without_rights_is_not_in_the_list() -> None:
    text = access_list({SEGMENT: SITE, OTHER: SITE}, without={SEGMENT})
    assert f"user {SEGMENT}\n" not in text
    assert f"user {SEGMENT}-field\n" in text and f"user {OTHER}\n" in text
