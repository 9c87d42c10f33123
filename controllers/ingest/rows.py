"""From a message of the field to rows of the store: whole numbers, and nothing that the message does not say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from slic.messages import payloads as p
from slic.messages.topics import Topic

EARLIEST_MS = 946_684_800_000
LATEST_MS = 4_102_444_800_000
"""2000 to 2100 UTC: a record outside comes from a clock that was never set."""

MJ_PER_WH = 3_600_000


class Row(NamedTuple):
    """A row for a table of the day that holds ``t_ms`` [UTC ms], in the order of its columns."""

    table: str
    t_ms: int
    values: tuple[Any, ...]


class Unusable(Exception):
    """A message that is well formed and says what cannot be; its text is a code."""


_TELEMETRY: Mapping[str, tuple[type, float]] = {
    "boot": (str, 1),
    "wh": (int, MJ_PER_WH),
    "on_s": (int, 1000),
    "switch_ons": (int, 1),
    "w": (int, 1000),
    "v": (int, 1000),
    "pf": (int, 1000),
    "temp": (int, 1000),
    "level_pct": (int, 10),
    "target_pct": (int, 10),
}
"""Columns of telemetry in the order of the table, their type there and the factor to its unit."""

_COUNTERS = {"wh", "on_s", "switch_ons"}


def rows_of(topic: Topic, message: p.Message, received_ms: int) -> list[Row]:
    """Rows of a message. Unusable if its time or its table cannot be; no rows for what the store does not keep."""
    if isinstance(message, p.Telemetry):
        return _readings(topic, message)
    make = _MAKERS.get(type(message))
    if make is None:
        return []
    table, values = make(message, received_ms)
    t_ms = _usable(message.ts)
    key = (topic.segment, topic.node, t_ms, message.boot, message.seq, topic.channel)
    return [Row(table, t_ms, key + values)]


def _readings(topic: Topic, message: p.Telemetry) -> list[Row]:
    places = {name: index for index, name in enumerate(message.cols)}
    if "lamp" not in places:
        raise Unusable("columns")
    rows = []
    for number, row in enumerate(message.rows):
        lamp = row[places["lamp"]]
        if not isinstance(lamp, str) or not lamp:
            raise Unusable("columns")
        read_ms = row[places["t"]] if "t" in places else None
        t_ms = _usable(message.end if read_ms is None else read_ms)
        key = (topic.segment, lamp, t_ms, message.boot, message.seq, number)
        cells = tuple(_cell(name, row[places[name]] if name in places else None) for name in _TELEMETRY)
        rows.append(Row("readings", t_ms, key + cells))
    return rows


def _cell(name: str, value: p.Cell) -> str | int | None:
    kind, factor = _TELEMETRY[name]
    if value is None:
        return None
    if kind is str:
        if not isinstance(value, str):
            raise Unusable("cell")
        return value
    if isinstance(value, str) or not abs(value * factor) < 1 << 62 or (name in _COUNTERS and value < 0):
        raise Unusable("cell")
    return round(value * factor)


def _usable(t_ms: object) -> int:
    if not isinstance(t_ms, int) or not EARLIEST_MS <= t_ms < LATEST_MS:
        raise Unusable("time")
    return t_ms


def _pm(level_pct: float) -> int:
    return round(level_pct * 10)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


_Made = tuple[str, tuple[Any, ...]]


def _state(m: p.LampState, _received_ms: int) -> _Made:
    levels = (_pm(m.level_pct), _pm(m.target_pct), m.fade_end)
    return "states", (*levels, m.mode, m.src, m.cmd_id, _text(m.faults))


def _ambient(m: p.Ambient, _received_ms: int) -> _Made:
    return "ambients", (round(m.lux * 1000), m.quality)


def _event(m: p.Event, _received_ms: int) -> _Made:
    return "events", (m.code, m.phase, m.first_seen, m.count, m.detail)


def _ack(m: p.Ack, _received_ms: int) -> _Made:
    return "acks", (m.cmd_id, m.status, m.code, m.detail, None if m.level_pct is None else _pm(m.level_pct))


def _status(m: p.Status, received_ms: int) -> _Made:
    return "status", (m.status, m.software, received_ms)


def _health(m: p.Health, _received_ms: int) -> _Made:
    lost = (m.lamps_lost, m.sensors_lost)
    counts = (m.store, m.queue_depth, m.records_dropped, *lost, _text(m.rungs), _text(m.refused))
    return "health", (int(m.clock_trusted), m.clock_offset_ms, *counts)


def _applied(m: p.Applied, _received_ms: int) -> _Made:
    return "applied", (m.version, m.sha256, int(m.ok), _text(m.errors))


_MAKERS: Mapping[type[p.Message], Callable[[Any, int], _Made]] = {
    p.LampState: _state,
    p.Ambient: _ambient,
    p.Event: _event,
    p.Ack: _ack,
    p.Status: _status,
    p.Health: _health,
    p.Applied: _applied,
}
