"""A message that a gateway was told."""

from __future__ import annotations

from typing import NamedTuple

from slic.messages.channels import Channel
from slic.messages.payloads import Message
from slic.messages.topics import Topic


class Heard(NamedTuple):
    """A message with where and how it came."""

    topic: Topic
    channel: Channel
    message: Message
    payload: bytes
    retain: bool
