"""What is said on the wire: one model per kind of message.

Whoever receives ignores fields that it does not know; whoever sends, sends only these. Times are UTC integer
milliseconds, levels are per cent of nominal luminous flux with one decimal, fades are seconds. Where each kind is
published, and how, is in :mod:`slic.messages.channels`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slic.control.calendar import Calendar
from slic.control.program import ControlProgram
from slic.control.segment import OverrideKind, Source
from slic.messages.topics import ID_PATTERN

UtcMs = Annotated[int, Field(ge=0, le=1 << 52, description="UTC, milliseconds since 1970")]
NodeId = Annotated[str, Field(pattern=ID_PATTERN, description="lower-case letters, digits, hyphen")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Boot = Annotated[str, Field(pattern=r"^[0-9a-z-]{8,36}$", description="new at each start of the publisher")]
Percent = Annotated[float, Field(ge=0, le=100, description="luminous flux, per cent of nominal")]
Fade = Annotated[float, Field(ge=0, le=3600, description="seconds, of the whole transition")]
Text = Annotated[str, Field(max_length=200)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]


class Message(BaseModel):
    """What every message has.

    boot, seq : the publisher's start and its number within it; together they tell duplicates, order and gaps
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)

    v: Literal[1] = 1
    id: Uuid
    ts: UtcMs
    boot: Boot
    seq: Annotated[int, Field(ge=0, le=1 << 52)]


# ---- field link: the devices of a segment and their gateway -----------------------------------------


class Presence(Message):
    """A presence sensor rose, saw another user while up, fell, or repeats its state."""

    active: bool
    momentary: bool = Field(False, description="a point sensor: it rose and fell at once")
    kind: Name | None = None
    count: Annotated[int, Field(ge=0, le=50)] = Field(1, description="users newly seen; 0: the state repeated")
    speed_mps: Annotated[float, Field(ge=0, le=100)] | None = None
    dir: Literal[-1, 0, 1] = Field(0, description="+1 up the street, -1 down, 0 not known")
    conf: Annotated[float, Field(ge=0, le=1)] | None = Field(None, description="how sure the sensor is")


class Ambient(Message):
    """A light reading."""

    lux: Annotated[float, Field(ge=0, le=200_000)]
    quality: Literal["good", "doubtful"] = "good"


class LampCommand(Message):
    """The gateway tells a lamp its level, with the decision behind it. ``exp``: not to be obeyed after that."""

    level_pct: Percent
    fade_s: Fade = 0
    exp: UtcMs
    src: Source
    rule: Text = ""
    cause: Text = ""
    until: UtcMs | None = Field(None, description="end of the decision if nothing else happens; null: open")
    program: Text = ""


class LampState(Message):
    """What a lamp does and what it was told. The answer to a command is the state that names it."""

    level_pct: Percent = Field(description="actual level")
    target_pct: Percent = Field(description="level of the last command")
    fade_end: UtcMs | None = None
    mode: Literal["auto", "override", "failsafe", "manual", "maintenance"]
    src: Source | Literal["local"] = Field(description="who decided; local: the lamp on its own")
    cmd_id: Uuid | None = None
    faults: Annotated[list[Name], Field(max_length=8)] = []


class LampReading(Message):
    """Counters of a lamp's meter. They only rise, until the lamp starts anew with another boot."""

    energy_wh: Annotated[float, Field(ge=0)]
    on_s: Annotated[float, Field(ge=0)]
    switch_ons: Annotated[int, Field(ge=0)] = 0
    power_w: Annotated[float, Field(ge=0, le=10_000)] | None = None
    voltage_v: Annotated[float, Field(ge=0, le=1000)] | None = None
    power_factor: Annotated[float, Field(ge=-1, le=1)] | None = None
    temperature_c: Annotated[float, Field(ge=-60, le=200)] | None = None


class Event(Message):
    """A fault or condition of a lamp, sensor or gateway begins or ends; raised once, with how often it was seen."""

    code: Name
    phase: Literal["start", "end"]
    first_seen: UtcMs
    count: Annotated[int, Field(ge=1)] = 1
    detail: Text = ""


# ---- site link: the gateway and the services of the site --------------------------------------------


class SegmentCommand(Message):
    """A person or system overrides the lamps of a segment, or gives them back.

    ``seq`` must rise with every command of the same issuer (``by``), whatever its boot.
    """

    op: Literal["set", "resume"]
    lamps: Annotated[list[NodeId], Field(max_length=1000)] = Field([], description="empty: all lamps of the segment")
    level_pct: Percent | None = Field(None, description="for set")
    fade_s: Fade = 0
    kind: OverrideKind = "override"
    by: Name
    reason: Text
    exp: UtcMs = Field(description="latest moment to accept the command")
    until: UtcMs | None = Field(None, description="end of the override; null: the gateway's default, never for ever")
    ref: Reference | None = Field(None, description="name of the override; resume with it ends that one alone")


class Ack(Message):
    """Answer to a command. Every command has ``accepted`` and then ``applied``, or one of the others."""

    cmd_id: Uuid
    status: Literal["accepted", "applied", "rejected", "superseded", "expired"]
    code: Name = Field("ok", description="why; see docs/messages.md")
    detail: Text = ""
    level_pct: Percent | None = Field(None, description="level that was taken, after lifting to the lamps' minimum")


class Signed(Message):
    """Versioned content with its hash and Ed25519 signature, over canonical JSON with site and segment."""

    version: Annotated[int, Field(ge=1, le=1 << 52)]
    sha256: Sha256
    signer: Name
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$", description="base64")]


class ProgramSet(Signed):
    """Programs and calendars of a segment. A group that is not named has no program: the ladder decides."""

    valid_from: UtcMs | None = None
    valid_until: UtcMs | None = None
    groups: dict[NodeId, NodeId] = Field(description="lamp group -> calendar or program")
    programs: Annotated[dict[NodeId, ControlProgram], Field(max_length=200)]
    calendars: Annotated[dict[NodeId, Calendar], Field(max_length=100)] = {}


class Limits(BaseModel):
    """How much one may darken: at most ``share_pct`` of the lamps go below ``below_pct`` within ``within_s``."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    below_pct: Percent = 20
    share_pct: Annotated[float, Field(ge=0, le=100)] = 10
    within_s: Annotated[float, Field(ge=0, le=86_400)] = 600


class SegmentConfig(Signed):
    """Settings of a gateway that the site may change."""

    safe_level_pct: Percent = 100
    telemetry_s: Annotated[float, Field(ge=0, le=86_400)] = Field(900, description="0: none")
    health_s: Annotated[float, Field(ge=0, le=86_400)] = Field(300, description="0: none")
    sensor_stale_s: Annotated[float, Field(ge=0, le=86_400)] = Field(
        0, description="a presence sensor that says nothing for so long is lost; 0: sensors do not repeat themselves"
    )
    resend_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        10, description="a lamp whose state does not show its command is told again after so long; 0: never"
    )
    override_h: Annotated[float, Field(gt=0, le=168)] = Field(4, description="of an override that names no end")
    limits: Limits = Limits()
    sensor_clusters: dict[NodeId, Name] = Field({}, description="sensor -> cluster, where it is not the inventory's")


class Applied(Message):
    """Whether a program set or configuration was taken over. If not, the one before goes on."""

    version: int
    sha256: str
    ok: bool
    errors: list[Text] = []


Cell = str | float | int | None


def _in_columns(cols: list[str], rows: list[list[Cell]]) -> None:
    if len(set(cols)) < len(cols) or any(len(row) != len(cols) for row in rows):
        raise ValueError("every row must have one cell for each column, and each column a name of its own")


class Telemetry(Message):
    """Readings of many lamps: rows under columns. A cell is null where nothing is known.

    start, end : the period in which they came; cols : lamp, then any of t (when it was read, UTC ms; without it: end),
    boot (of the lamp's counters), wh, on_s, switch_ons (counters), w, v, pf, temp, level_pct, target_pct
    """

    start: UtcMs
    end: UtcMs
    cols: list[Name]
    rows: list[list[Cell]]

    @model_validator(mode="after")
    def _whole_rows(self) -> Telemetry:
        _in_columns(self.cols, self.rows)
        return self


class Status(Message):
    """Whether a gateway is there: online, offline (it left), lost (said by the broker)."""

    status: Literal["online", "offline", "lost"]
    software: Text = ""


class Health(Message):
    """How a gateway does."""

    clock_trusted: bool
    clock_offset_ms: int | None = None
    rungs: dict[NodeId, Source] = Field(description="lamp group -> rung of the fail-safe ladder in force")
    store: Literal["ok", "full", "corrupt"]
    queue_depth: Annotated[int, Field(ge=0)]
    records_dropped: Annotated[int, Field(ge=0)] = 0
    loop_ms: Annotated[float, Field(ge=0)] | None = Field(None, description="longest turn of the loop since the last")
    lamps_lost: Annotated[int, Field(ge=0)] = 0
    sensors_lost: Annotated[int, Field(ge=0)] = 0
    refused: dict[str, int] = Field({}, description="messages refused since the start, by code")


class Ping(Message):
    """Is anybody there? A gateway asks at its start and every hour, since a granted subscription proves nothing."""


class Pong(Message):
    """Answer to a ping, with the time there."""

    ping_id: Uuid
    who: Literal["core", "gateway"]


class Inventory(Message):
    """The lamps and sensors of a gateway, as rows under columns, and where it stands, if it knows."""

    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    timezone: Annotated[str, Field(max_length=60)] | None = Field(None, description="IANA name, as Europe/Brussels")
    lamp_cols: list[Name]
    lamps: list[list[Cell]]
    sensor_cols: list[Name]
    sensors: list[list[Cell]]

    @model_validator(mode="after")
    def _whole_rows(self) -> Inventory:
        _in_columns(self.lamp_cols, self.lamps)
        _in_columns(self.sensor_cols, self.sensors)
        return self


# ---- simulated clock ---------------------------------------------------------------------------------


class Clock(Message):
    """The clock of a simulated field, for gateways that were started to follow it. ``ts`` is the simulated time.

    join : a field begins to speak; begin : start anew at ``ts``, without memory of the lamps; tick : all that
    happens before ``ts`` has been said; trust : the clock is trusted from now on, or no longer
    rate : simulated seconds per second; 0: lockstep, time moves by these messages alone
    """

    op: Literal["join", "begin", "tick", "trust"]
    rate: Annotated[float, Field(ge=0, le=100_000)] = 0
    trusted: bool = True


class ClockDone(Message):
    """Everything before ``ts`` was done; so many lamp commands were sent since the last one."""

    op: Literal["join", "begin", "tick", "trust"]
    commands: Annotated[int, Field(ge=0)]
