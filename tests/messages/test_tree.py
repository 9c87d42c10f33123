"""Topics and channels of the tree, against what the specification of the wire says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slic.errors import InputError
from slic.messages.channels import CHANNELS, channel_of
from slic.messages.topics import CORE, Topic, core_topic, is_id, parse_topic, topic

IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(site=IDS, segment=IDS, node=IDS | st.just("_"), channel=st.sampled_from([c.channel for c in CHANNELS.values()]))
def test_a_topic_is_read_as_it_was_written(site: str, segment: str, node: str, channel: str) -> None:
    text = topic(site, segment, node, channel)
    assert parse_topic(text) == Topic(site, segment, node, channel)
    assert str(parse_topic(text)) == text


@given(
    st.text() | st.lists(st.text() | IDS, min_size=3, max_size=5).map(lambda parts: "/".join(["slic", "v1", *parts]))
)
def test_any_text_is_a_topic_or_none(text: str) -> None:
    found = parse_topic(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "slic", "slic/v1", "slic/v2/a/b/c/state", "slic/v1/a/b/c", "slic/v1/a/b/c/state/x",
        "/slic/v1/a/b/c/state", "slic/v1/a/b/c/", "slic/v1/a/b/c/State",
        "slic/v1/A/b/c/state", "slic/v1/a/b/+/state", "slic/v1/a/#", "slic/v1/a/_/c/state", "slic/v1/_/b/c/state",
        "slic/v1/a/b//state", "slic/v1/a/_core/status/x", "slic/v1/a/_core/cmd", "slic/v1/a/b/c\n/state",
    ],
)  # fmt: skip
def test_what_is_not_of_the_tree_is_none(text: str) -> None:
    assert parse_topic(text) is None


@pytest.mark.parametrize(
    ("site", "segment", "node"), [("A", "b", "c"), ("a", "_", "c"), ("a", "b", "c/d"), ("", "b", "c")]
)
def test_a_topic_is_not_made_of_what_is_no_identifier(site: str, segment: str, node: str) -> None:
    with pytest.raises(InputError, match="is no identifier"):
        topic(site, segment, node, "state")


def test_the_core_has_a_topic_of_its_own() -> None:
    found = parse_topic(core_topic("ettenleur"))
    assert found == Topic("ettenleur", CORE, "", "status") and str(found) == "slic/v1/ettenleur/_core/status"
    assert channel_of(found) is CHANNELS["coreStatus"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("slic/v1/s/g/l1/cmd", "lampCommand"),
        ("slic/v1/s/g/_/cmd", "command"),
        ("slic/v1/s/g/l1/ack", "lampAck"),
        ("slic/v1/s/g/_/ack", "ack"),
        ("slic/v1/s/g/l1/telemetry", "lampReading"),
        ("slic/v1/s/g/_/telemetry", "telemetry"),
        ("slic/v1/s/g/p1/event", "deviceEvent"),
        ("slic/v1/s/g/_/event", "event"),
        ("slic/v1/s/g/p1/fault", "fault"),
        ("slic/v1/s/g/_/status", "status"),
        ("slic/v1/s/g/l1/status", None),
        ("slic/v1/s/g/_/state", None),
        ("slic/v1/s/g/_/presence", None),
        ("slic/v1/s/g/_/fault", None),
    ],
)
def test_the_same_last_level_means_another_channel_under_another_node(text: str, name: str | None) -> None:
    found = parse_topic(text)
    assert found is not None
    channel = channel_of(found)
    assert (channel and channel.name) == name


def test_two_channels_never_share_a_topic() -> None:
    places = [("gateway" if c.node == "gateway" else c.node == "core", c.channel) for c in CHANNELS.values()]
    assert len(set(places)) == len(places)


def test_commands_are_never_retained_and_always_expire() -> None:
    for name in ("command", "lampCommand"):
        assert (CHANNELS[name].qos, CHANNELS[name].retain, CHANNELS[name].expiry_s) == (1, False, "exp")


def test_what_a_late_subscriber_must_know_is_retained() -> None:
    assert {name for name, channel in CHANNELS.items() if channel.retain} == {
        "ambient", "lampState", "programApplied", "configApplied", "status", "inventory", "program", "config",
        "coreStatus",
    }  # fmt: skip


def test_settings_of_the_specification() -> None:
    # Channel: QoS, expiry [s]; from the table of topics of the specification.
    said = {
        "presence": (0, 5), "ambient": (1, 1800), "lampState": (1, 90_000), "ack": (1, 300), "telemetry": (1, 259_200),
        "event": (1, 604_800), "health": (0, 600), "ping": (0, 10), "pong": (0, 10), "status": (1, None),
        "program": (1, None), "programApplied": (1, None), "inventory": (1, None), "coreStatus": (1, None),
    }  # fmt: skip
    assert {name: (CHANNELS[name].qos, CHANNELS[name].expiry_s) for name in said} == said
    assert CHANNELS["inventory"].max_bytes == 1_048_576
    others = [channel for channel in CHANNELS.values() if channel.name != "inventory"]
    assert {channel.max_bytes for channel in others if channel.node == "gateway"} == {65_536}
    assert {channel.max_bytes for channel in CHANNELS.values() if channel.node != "gateway"} == {1024}


def test_nobody_but_its_sender_speaks_on_a_channel_that_moves_light() -> None:
    assert {name: CHANNELS[name].sender for name in ("command", "program", "config", "lampCommand", "presence")} == {
        "command": "site", "program": "site", "config": "site", "lampCommand": "gateway", "presence": "field",
    }  # fmt: skip
    assert all(is_id(c.channel) for c in CHANNELS.values())
