"""Settings in force: those of the gateway's file, or of a configuration that the site has sent since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controllers.gateway.config import GatewayFile
from slic.messages.payloads import Limits, SegmentConfig


@dataclass(frozen=True, slots=True)
class Settings:
    """What a site may change while the gateway runs; meanings as in SegmentConfig."""

    safe_level_pct: float
    telemetry_s: float
    health_s: float
    sensor_stale_s: float
    resend_s: float
    override_h: float
    limits: Limits
    sensor_clusters: Mapping[str, str] = field(default_factory=dict)


def settings_of(source: GatewayFile | SegmentConfig) -> Settings:
    """The settings that a file or a message gives."""
    return Settings(
        safe_level_pct=source.safe_level_pct,
        telemetry_s=source.telemetry_s,
        health_s=source.health_s,
        sensor_stale_s=source.sensor_stale_s,
        resend_s=source.resend_s,
        override_h=source.override_h,
        limits=source.limits,
        sensor_clusters=source.sensor_clusters if isinstance(source, SegmentConfig) else {},
    )
