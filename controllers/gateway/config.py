"""The configuration file of a gateway, and the lists of its lamps and sensors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from slic.control.program import Percent, Strict
from slic.control.segment import OverrideKind
from slic.messages.payloads import Limits, Name, NodeId


class Position(Strict):
    """Where the segment stands, for sun and civil time."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    timezone: str = Field(description="IANA name, as Europe/Brussels")


class TlsFiles(Strict):
    """Certificates in PEM files: of the authority, of this client, and its key. Relative to the configuration file."""

    ca: str
    certificate: str
    key: str


class BrokerAddress(Strict):
    """The broker. Without ``tls`` only a broker on this machine is accepted."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    tls: TlsFiles | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30
    session_expiry_s: Annotated[int, Field(ge=0, le=604_800)] = 86_400


class Issuer(Strict):
    """Who may override lamps, how, and between which levels."""

    name: Name
    kinds: list[OverrideKind] = Field(["override"], min_length=1)
    level_min_pct: Percent = 0
    level_max_pct: Percent = 100


class HttpAddress(Strict):
    """Where /healthz, /readyz, /metrics and the live explanation are served."""

    listen: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(9464, description="0: any free port")


class StoreLimits(Strict):
    """How much may wait for the broker. When it is full the oldest readings go first, events and answers last."""

    records: Annotated[int, Field(ge=100, le=50_000_000)] = 500_000
    decisions: Annotated[int, Field(ge=100, le=50_000_000)] = 1_000_000


class GatewayFile(Strict):
    """A gateway's configuration. Paths are relative to the file."""

    slic_gateway: Literal[1] = Field(1, description="version of this file format")
    site: NodeId
    segment: NodeId
    place: Position | None = Field(None, description="unknown: no astronomical default, the ladder goes on below it")
    lamps: str = Field("lamps.csv", description="id,group,cluster,street,position_m,entrance,minimum_level_pct,power_w")
    sensors: str = Field("sensors.csv", description="id,kind,cluster,street,position_m")
    broker: BrokerAddress = BrokerAddress()
    store: str = Field("state", description="folder for what must survive a restart")
    store_limits: StoreLimits = StoreLimits()
    http: HttpAddress | None = HttpAddress()
    safe_level_pct: Percent = 100
    smoothing_s: Annotated[float, Field(ge=0, le=3600)] = 120
    stale_after_s: Annotated[float, Field(gt=0, le=86_400)] = 1800
    telemetry_s: Annotated[float, Field(ge=0, le=86_400)] = Field(900, description="0: none")
    health_s: Annotated[float, Field(ge=0, le=86_400)] = Field(300, description="0: none")
    sensor_stale_s: Annotated[float, Field(ge=0, le=86_400)] = Field(0, description="0: sensors do not repeat")
    resend_s: Annotated[float, Field(ge=0, le=3600)] = Field(10, description="0: never")
    override_h: Annotated[float, Field(gt=0, le=168)] = 4
    limits: Limits = Limits()
    issuers: list[Issuer] = []
    signers: dict[Name, str] = Field({}, description="program authority -> Ed25519 public key, base64")
