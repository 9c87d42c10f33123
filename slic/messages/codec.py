"""Messages to bytes and back. Nothing that comes is believed, and nothing that comes raises an exception."""

from __future__ import annotations

from sys import intern
from typing import NamedTuple

from pydantic import ValidationError

from slic.messages.channels import Channel, channel_of
from slic.messages.codes import RefusalCode
from slic.messages.payloads import Message
from slic.messages.topics import Topic, parse_topic

KNOWN_TOPICS = 65_536
"""Topics whose parts are remembered: three of each of 20,000 lamps."""
_DETAIL_CHARACTERS = 200
_FAULTS_IN_WORDS = 20


class Decoded(NamedTuple):
    """A message that is what its channel says, with where it was published."""

    topic: Topic
    channel: Channel
    message: Message


class Refusal(NamedTuple):
    """Why a message was not taken. channel : where it was published, None outside the tree."""

    code: RefusalCode
    detail: str = ""
    channel: Channel | None = None


_known: dict[str, tuple[Topic, Channel]] = {}


def encode(message: Message) -> bytes:
    """The payload of a message: UTF-8 JSON without spaces. A field that is None is left out."""
    return message.__pydantic_serializer__.to_json(message, exclude_none=True)


def decode(topic: str, payload: bytes, retain: bool = False) -> Decoded | Refusal:
    """What a message says, or why it is refused. Fields that are not known are ignored.

    retain : the flag as it came; a message of a channel that is never retained is refused with it.
    """
    place = _known.get(topic) or _find(topic)
    if place is None:
        return Refusal("unknown_topic", _short(topic))
    channel = place[1]
    if retain and not channel.retain:
        return Refusal("retained", "", channel)
    if len(payload) > channel.max_bytes:
        return Refusal("too_large", f"{len(payload)} bytes, allowed are {channel.max_bytes}", channel)
    try:
        message = channel.payload.__pydantic_validator__.validate_json(payload)
    except ValidationError as error:
        return _refused(payload, error, channel)
    return Decoded(place[0], channel, message)


def _find(text: str) -> tuple[Topic, Channel] | None:
    """Parts and channel of a topic. Only those of the tree are remembered: others may be long and many."""
    topic = parse_topic(text)
    channel = topic and channel_of(topic)
    if topic is None or channel is None:
        return None
    if len(_known) >= KNOWN_TOPICS:
        _known.clear()
    # Equal parts share their memory: a gateway knows thousands of topics of one segment.
    place = Topic(intern(topic.site), intern(topic.segment), intern(topic.node), channel.channel), channel
    _known[text] = place
    return place


def _refused(payload: bytes, error: ValidationError, channel: Channel) -> Refusal:
    try:
        payload.decode()
    except UnicodeDecodeError as fault:
        return Refusal("not_utf8", f"at byte {fault.start}", channel)
    return Refusal("malformed", _sentence(error), channel)


def _sentence(error: ValidationError) -> str:
    """The first fault in words, and how many more there are. Thousands are counted only: words for each take time."""
    count = error.error_count()
    if count > _FAULTS_IN_WORDS:
        return f"{count} faults"
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {count - 1} more)" if count > 1 else ""
    return _short(f"{where}: {first['msg']}" if where else first["msg"]) + more


def _short(text: str) -> str:
    """At most 200 characters, and none that a log could not hold."""
    plain = text.encode(errors="replace").decode()
    return plain if len(plain) <= _DETAIL_CHARACTERS else plain[: _DETAIL_CHARACTERS - 3] + "..."
