"""The log of a long-running process: a line per event, and a flood of one fault is counted, not written.

Events are logged as ``log.warning("event name", extra=facts(lamp="l001"))``.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from typing import TextIO

AGAIN_S = 600.0
"""A fault that goes on is written again after so long, with how often it came in between."""

_MOST_FAULTS = 1000
_LONGEST_TEXT = 500


def facts(**fields: object) -> dict[str, object]:
    """Fields of an event, for ``extra=``. ``key`` tells faults of one kind apart; it is not written."""
    return {"facts": fields}


class OncePerFault(logging.Filter):
    """Lets a warning or error through once, and again after 10 minutes with its count; a thousand kinds are remembered.

    monotonic_s : a clock that never goes back
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic_s = monotonic_s
        self._seen: OrderedDict[tuple[str, str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record; what is written learns how many were not."""
        if record.levelno < logging.WARNING:
            return True
        text = record.getMessage() if record.msg == "%s" else str(record.msg)
        key = (record.name, text, str(getattr(record, "facts", {}).get("key", "")))
        now_s = self._monotonic_s()
        since_s, held = self._seen.pop(key, (-inf, 0))
        write = now_s - since_s >= AGAIN_S
        self._seen[key] = (now_s, 0) if write else (since_s, held + 1)
        if len(self._seen) > _MOST_FAULTS:
            self._seen.popitem(last=False)
        record.held = held if write else 0
        return write


class JsonLines(logging.Formatter):
    """A JSON object per line: ts, level, logger, event, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"ts": moment, "level": record.levelname.lower(), "logger": record.name, **_fields(record)}
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    """A line for people: time, level, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        fields = _fields(record)
        event = fields.pop("event")
        rest = " ".join(f"{name}={value}" for name, value in fields.items())
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%SZ")
        return " ".join(f"{moment} {record.levelname.lower()} {event} {rest}".split())


def start_log(
    as_json: bool, level: str, monotonic_s: Callable[[], float], stream: TextIO | None = None
) -> logging.Handler:
    """Send everything that is logged in this process to ``stream``, by default standard error."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    handler.addFilter(OncePerFault(monotonic_s))
    root = logging.getLogger()
    root.setLevel(level.upper())
    root.addHandler(handler)
    return handler


def keep_silent() -> None:
    """Log nothing in this process: for commands that report by themselves."""
    logging.getLogger().addHandler(logging.NullHandler())


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = {"event": record.getMessage()[:_LONGEST_TEXT]}
    fields |= {
        name: value[:_LONGEST_TEXT] if isinstance(value, str) else value
        for name, value in getattr(record, "facts", {}).items()
        if name != "key"
    }
    if record.exc_info and record.exc_info[1] is not None:
        fields["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"[:_LONGEST_TEXT]
        fields["where"] = _where(record)
    held = getattr(record, "held", 0)
    return fields | ({"not_written": held} if held else {})


def _where(record: logging.LogRecord) -> str:
    """File and line of the innermost frame of an exception."""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
