"""Messages of a made-up field, as they are on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from slic.messages.channels import CHANNELS
from slic.messages.codec import encode

SITE = "ghent"
BOOT = "boot-0001"
T0_MS = 1_668_434_400_000
"""14 November 2022, 14:00 UTC: 15:00 in Ghent."""


def message(channel: str, seq: int, t_ms: int, *, boot: str = BOOT, **fields: Any) -> bytes:
    """A valid message of a channel."""
    envelope = {"id": str(UUID(int=seq + 1)), "ts": t_ms, "boot": boot, "seq": seq}
    return encode(CHANNELS[channel].payload(**envelope, **fields))


def telemetry(seq: int, t_ms: int, rows: Sequence[Sequence[Any]], cols: Sequence[str], boot: str = BOOT) -> bytes:
    """A gateway's batch of readings."""
    fields = {"start": t_ms - 2000, "end": t_ms, "cols": list(cols), "rows": [list(row) for row in rows]}
    return message("telemetry", seq, t_ms, boot=boot, **fields)


def state(seq: int, t_ms: int, level_pct: float = 100.0, **fields: Any) -> bytes:
    """A lamp's state."""
    said = {"level_pct": level_pct, "target_pct": level_pct, "mode": "auto", "src": "program"} | fields
    return message("lampState", seq, t_ms, **said)


def inventory(seq: int, t_ms: int, lamps: Sequence[Sequence[Any]], cols: Sequence[str] = ("lamp", "w")) -> bytes:
    """A gateway's inventory without sensors."""
    fields = {"lamp_cols": list(cols), "lamps": [list(lamp) for lamp in lamps], "sensor_cols": [], "sensors": []}
    return message("inventory", seq, t_ms, **fields)


def place(segment: str, node: str, channel: str) -> str:
    """A topic of the site."""
    return f"slic/v1/{SITE}/{segment}/{node}/{channel}"
