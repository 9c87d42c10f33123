"""The broker's access list (Mosquitto's ``acl_file``), made from the channels and their roles.

A certificate's common name is the user. A segment has two: its gateway, named as the segment, and its devices,
``<segment>-field``. The services of the site are ``site`` and ``ingest``; ``visitor`` may connect and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from slic.errors import InputError
from slic.messages.channels import CHANNELS, Channel, Role
from slic.messages.topics import GATEWAY, ROOT, is_id

SERVICES: tuple[Role, ...] = ("site", "ingest")
VISITOR = "visitor"
FIELD_SUFFIX = "-field"
LONGEST_SEGMENT = 58
"""A common name has 64 characters at most (X.520), the longest being ``<segment>-field``."""

_HEAD = """\
# Made by "slic broker": who may write and read which topic. Whoever is not named may do nothing.
#
# "+" stands for a lamp or sensor and covers "_" (the gateway) too, so what a user has no right to there is denied by
# name. Mosquitto has no rule for "read, but not write": a gateway may therefore also write its own _/cmd and read what
# it has said itself. Both stay inside its own segment.
"""


def field_user(segment: str) -> str:
    """User name of the devices of a segment."""
    return segment + FIELD_SUFFIX


def check_segment(segment: str, field: str = "gateway") -> None:
    """InputError for a segment that cannot be a user name beside those of the services and the devices."""
    if not is_id(segment) or len(segment) > LONGEST_SEGMENT:
        allowed = f"lower-case letters, digits and hyphen, {LONGEST_SEGMENT} at most"
        raise InputError("is no segment", field=field, value=segment, allowed=allowed)
    if segment in (*SERVICES, VISITOR) or segment.endswith(FIELD_SUFFIX):
        taken = f"not {', '.join(SERVICES)} or {VISITOR}, and not ending with {FIELD_SUFFIX}"
        raise InputError("is the name of another user", field=field, value=segment, allowed=taken)


def access_list(segments: Mapping[str, str], without: Collection[str] = ()) -> str:
    """The access list for segments (name -> site; empty: any site). ``without``: users who have lost all rights."""
    sites = {site or "+" for site in segments.values()}
    sites = {"+"} if "+" in sites else sites
    users: list[tuple[Role, str, list[str], str]] = [(role, role, sorted(sites), "+") for role in SERVICES]
    for segment, site in sorted(segments.items()):
        users.append(("gateway", segment, [site or "+"], segment))
        users.append(("field", field_user(segment), [site or "+"], segment))
    blocks = [
        "\n".join([f"user {user}", *(rule for site in sites for rule in _rules(role, site, segment))])
        for role, user, sites, segment in users
        if user not in without
    ]
    return "\n\n".join([_HEAD.rstrip(), *blocks]) + "\n"


def _rules(role: Role, site: str, segment: str) -> Iterator[str]:
    for channel in CHANNELS.values():
        rights = _rights(role, channel)
        if rights:
            yield f"topic {rights} {channel.address(site, segment, '+')}"
    for name in _denied(role):
        yield f"topic deny {ROOT}/{site}/{segment}/{GATEWAY}/{name}"


def _rights(role: Role, channel: Channel) -> str:
    return ("read" if role in channel.readers else "") + ("write" if role == channel.sender else "")


def _denied(role: Role) -> list[str]:
    """Last levels that a role has rights to at devices, but none at the gateway."""
    at_gateway = {c.channel for c in CHANNELS.values() if c.node == "gateway" and _rights(role, c)}
    at_devices = {c.channel for c in CHANNELS.values() if c.node not in ("gateway", "core") and _rights(role, c)}
    return sorted(at_devices - at_gateway)
