"""Stores of a made-up field, written by the worker's own code from messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from controllers.ingest.ingest_store import Batch, IngestStore, Inventory, Rejected
from controllers.ingest.rows import rows_of
from slic.messages import payloads
from slic.messages.codec import Decoded, decode
from tests.field_messages import SITE, inventory, message, place, state, telemetry

NOON_MS = 1_668_423_600_000
"""14 November 2022, noon in Ghent (11:00 UTC)."""
HOUR_MS = 3_600_000
QUARTER_MS = 900_000
DAY_MS = 86_400_000
ZONE = "Europe/Brussels"
WHERE = (51.05, 3.71)


class Field:
    """Gathers messages of one segment and writes them to a folder."""

    def __init__(self, segment: str = "seg") -> None:
        self.segment = segment
        self.sent: list[tuple[str, bytes]] = []
        self._seq = 0

    def _put(self, node: str, channel: str, payload: bytes) -> None:
        self._seq += 1
        self.sent.append((place(self.segment, node, channel), payload))

    def inventory(self, lamps: Sequence[Sequence[Any]], cols: Sequence[str] = ("lamp", "w", "lat", "lon")) -> None:
        self._put("_", "inventory", inventory(self._seq, NOON_MS, lamps, cols))

    def reading(
        self, lamp: str, t_ms: int, wh: float | None, on_s: float | None = None, boot: str | None = "b1"
    ) -> None:
        row = [lamp, boot, wh, on_s]
        self._put("_", "telemetry", telemetry(self._seq, t_ms, [row], ("lamp", "boot", "wh", "on_s")))

    def state(self, lamp: str, t_ms: int, level_pct: float, **fields: Any) -> None:
        self._put(lamp, "state", state(self._seq, t_ms, level_pct, **fields))

    def fault(self, lamp: str, t_ms: int, code: str, phase: str, first_seen: int, count: int = 1) -> None:
        fields = {"code": code, "phase": phase, "first_seen": first_seen, "count": count, "detail": "no current"}
        self._put(lamp, "fault", message("fault", self._seq, t_ms, **fields))

    def write(self, folder: Path) -> Path:
        store = IngestStore(folder, SITE)
        store.write(batch_of(self.sent))
        store.close()
        return folder


def batch_of(sent: Iterable[tuple[str, bytes]]) -> Batch:
    batch = Batch()
    for topic, payload in sent:
        found = decode(topic, payload)
        if not isinstance(found, Decoded):
            batch.rejected.append(Rejected(NOON_MS, found.code, topic, payload))
        elif isinstance(found.message, payloads.Inventory):
            said = found.message
            batch.inventories.append(Inventory(found.topic.segment, said.ts, said.boot, said.seq, payload.decode()))
        else:
            batch.rows += rows_of(found.topic, found.message, NOON_MS)
    return batch


def steady(field: Field, lamp: str, power_w: float, on: tuple[float, float], nights: int = 1, wh: float = 0) -> None:
    """Readings each quarter of an hour from noon on, of a lamp that is lit between two hours after noon each night."""
    on_s = 0.0
    for night in range(nights):
        for quarter in range(96 if night < nights - 1 else 97):
            hour = quarter / 4
            lit_h = min(max(hour - on[0], 0), on[1] - on[0])
            t_ms = NOON_MS + night * DAY_MS + quarter * QUARTER_MS
            field.reading(lamp, t_ms, wh + power_w * lit_h, on_s + 3600 * lit_h)
        wh, on_s = wh + power_w * (on[1] - on[0]), on_s + 3600 * (on[1] - on[0])
