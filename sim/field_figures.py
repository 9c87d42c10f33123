"""What a live field can say of itself: how long it lived, what its lamps' meters count, how many messages went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sim.field_live import LiveField
from sim.setup import HOUR_MS


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """hours : of the field's time; lit : lamps that were not dark at its end; energy_kwh : of all lamps' meters
    sent, received, not_sent : messages; too_late : lamp commands that came too late to be obeyed
    """

    hours: float
    lamps: int
    lit: int
    energy_kwh: float
    sent: int
    received: int
    not_sent: int
    too_late: int


def figures(field: LiveField, start_ms: int, now_ms: int) -> LiveFigures:
    """The figures of a field that began at ``start_ms``, at a moment [UTC ms]."""
    lamps = field.lamps.lamps
    energy_kwh = sum(lamp.reading(now_ms)["energy_wh"] for lamp in lamps) / 1000
    hours = (now_ms - start_ms) / HOUR_MS
    lit, messages = _lit(field, now_ms), (field.sent, field.received, field.not_sent)
    return LiveFigures(hours, len(lamps), lit, energy_kwh, *messages, field.lamps.too_late)


def progress_line(field: LiveField, now_ms: int, timezone: str) -> str:
    """Where a field is, in a line: its civil time, what its lamps do, how many messages it has sent."""
    lamps = field.lamps.lamps
    level_pct = sum(lamp.state(now_ms)["level_pct"] for lamp in lamps) / len(lamps)
    lit = f"{_lit(field, now_ms)} of {len(lamps)} lamps lit, mean level {level_pct:.0f} %"
    return f"{local_time(now_ms, timezone)}  {lit}, {field.sent:,} messages sent"


def local_time(t_ms: int, timezone: str) -> str:
    """A moment as people there write it."""
    return f"{datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def _lit(field: LiveField, now_ms: int) -> int:
    return sum(lamp.state(now_ms)["level_pct"] > 0 for lamp in field.lamps.lamps)
