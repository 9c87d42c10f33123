"""Where a schedule holds: position and civil time zone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A site for sun and civil time.

    latitude : degrees north [-90, 90]; longitude : degrees east [-180, 180]; timezone : IANA name.
    """

    latitude: float
    longitude: float
    timezone: str
