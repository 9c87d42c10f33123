"""Topics: ``slic/v1/{site}/{segment}/{node}/{channel}``, where the node ``_`` is the gateway itself."""

from __future__ import annotations

import re
from typing import NamedTuple

from slic.errors import InputError

ROOT = "slic/v1"
GATEWAY = "_"
CORE = "_core"
ID_PATTERN = "^[a-z0-9][a-z0-9-]{0,62}$"
"""What a site, segment or node in a topic is, as a JSON Schema says it."""
_ID = re.compile(ID_PATTERN)
ALLOWED = "lower-case letters, digits and hyphen, 63 at most"


class Topic(NamedTuple):
    """A topic in its parts. ``segment`` is ``_core`` and ``node`` empty for the site's core."""

    site: str
    segment: str
    node: str
    channel: str

    def __str__(self) -> str:
        parts = (ROOT, self.site, self.segment, self.node, self.channel)
        return "/".join(part for part in parts if part)


def topic(site: str, segment: str, node: str, channel: str) -> str:
    """A topic as text. InputError for a site, segment or node that is no identifier."""
    for field, value in (("site", site), ("segment", segment), ("node", node)):
        if not is_id(value) and not (field == "node" and value == GATEWAY):
            raise InputError("is no identifier", field=field, value=value, allowed=ALLOWED)
    return f"{ROOT}/{site}/{segment}/{node}/{channel}"


def core_topic(site: str) -> str:
    """Where the core of a site says whether it is there."""
    return f"{ROOT}/{site}/{CORE}/status"


def parse_topic(text: str) -> Topic | None:
    """The parts of a topic, or None if it is not one of the tree."""
    parts = text.split("/")
    if parts[:2] != ["slic", "v1"]:
        return None
    if len(parts) == 5 and is_id(parts[2]) and parts[3:] == [CORE, "status"]:
        return Topic(parts[2], CORE, "", "status")
    if len(parts) != 6 or not (is_id(parts[2]) and is_id(parts[3]) and is_id(parts[5])):
        return None
    if parts[4] != GATEWAY and not is_id(parts[4]):
        return None
    return Topic(*parts[2:])


def is_id(text: str) -> bool:
    """Whether a text can be a site, segment or node in a topic."""
    return _ID.fullmatch(text) is not None
