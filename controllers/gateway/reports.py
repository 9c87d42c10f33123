"""What a gateway says of itself: that it is there, what it has, how it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controllers.gateway.plan import GatewayPlan
from controllers.gateway.post import Post
from controllers.link.transport import Outgoing
from slic import __version__
from slic.control.segment import Source
from slic.lamps.level import pct_from_pm

_LAMP_COLUMNS = ["lamp", "group", "cluster", "street", "position_m", "minimum_level_pct", "w", "lat", "lon"]
_SENSOR_COLUMNS = ["sensor", "kind", "cluster", "street", "position_m"]


def status(post: Post, t_ms: int, state: str) -> Outgoing:
    """online, offline or lost."""
    return post.message("status", t_ms, status=state, software=f"slic {__version__}")


def inventory(post: Post, t_ms: int, plan: GatewayPlan) -> Outgoing:
    """Lamps and sensors of the segment."""
    lamps = [
        [
            lamp.id,
            lamp.group,
            lamp.cluster,
            lamp.street,
            lamp.position_mm / 1000,
            pct_from_pm(lamp.minimum_level_pm),
            lamp.power_w,
            lamp.latitude,
            lamp.longitude,
        ]
        for lamp in plan.lamps
    ]
    sensors = [[s.id, s.kind, s.cluster, s.street, s.position_mm / 1000] for s in plan.sensors]
    columns: dict[str, Any] = {"lamp_cols": _LAMP_COLUMNS, "sensor_cols": _SENSOR_COLUMNS}
    place = plan.file.place
    if place is not None:
        columns |= place.model_dump()
    return post.message("inventory", t_ms, **columns, lamps=lamps, sensors=sensors)


def health(post: Post, t_ms: int, rungs: Mapping[str, Source], **figures: Any) -> Outgoing:
    """How the gateway does; figures as in the payload."""
    return post.message("health", t_ms, rungs=dict(rungs), **figures)
