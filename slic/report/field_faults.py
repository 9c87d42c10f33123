"""Faults and conditions of a field, each once: begun, ended, how often seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from slic.report.csv_file import Row
from slic.report.field_store import FieldEvent


def fault_rows(events: Iterable[FieldEvent]) -> list[Row]:
    """A row for each fault, by the time it was first seen. Events must come in the order of time."""
    rows: dict[tuple[str, str, str, int], Row] = {}
    for event in events:
        key = (event.segment, event.node, event.code, event.first_seen_ms)
        row = rows.setdefault(key, _row(event))
        row["count"] = max(int(str(row["count"])), event.times)
        row["detail"] = event.detail or row["detail"]
        if event.phase == "end":
            row["ended_utc"] = event.t_ms
    return sorted(rows.values(), key=lambda row: (int(str(row["first_seen_utc"])), row["segment"], row["node"]))


def most_important(rows: Sequence[Row], most: int) -> list[Row]:
    """At most so many faults: those that are not over first, and of each the newest first."""
    newest_first = reversed(rows)
    return sorted(newest_first, key=lambda row: row["ended_utc"] is not None)[:most]


def counts_in_words(rows: Sequence[Row]) -> str:
    """How many faults of each kind there are, the most frequent first."""
    kinds = Counter(str(row["code"]) for row in rows)
    still = Counter(str(row["code"]) for row in rows if row["ended_utc"] is None)
    return ", ".join(
        f"{code} {count:,}" + (f" ({still[code]:,} open)" if still[code] else "") for code, count in kinds.most_common()
    )


def _row(event: FieldEvent) -> Row:
    return {
        "segment": event.segment,
        "node": event.node,
        "code": event.code,
        "first_seen_utc": event.first_seen_ms,
        "ended_utc": None,
        "count": event.times,
        "detail": event.detail,
    }
