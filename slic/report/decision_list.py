"""The decisions behind one lamp's night, as a list that fits a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from slic.report.csv_file import Row
from slic.report.night_strips import clock, traced_lamp
from slic.report.run import Run
from slic.report.words import number

_LONGEST = 16


@dataclass(frozen=True, slots=True)
class DecisionList:
    """Decisions of one program in words; ``left_out`` more stand between ``head`` and ``tail``."""

    program: str
    head: Sequence[dict[str, str]]
    left_out: int
    tail: Sequence[dict[str, str]]


def decision_list(run: Run) -> DecisionList | None:
    """Decisions of the traced lamp under the presence program that the report puts first, else under the first one.

    None where there is no trace.
    """
    traced = traced_lamp(run)
    if traced is None:
        return None
    program = run.summary["headline_presence"] or run.summary["headline"] or run.summary["baseline"]
    span = [int(str(row["at_utc"])) for row in run.tables["trace"]]
    rows = [row for row in run.tables["decisions"] if _belongs(row, program, traced[0], min(span), max(span))]
    zone = ZoneInfo(run.summary["timezone"])
    lines = [_words(row, zone) for row in rows]
    if len(lines) <= _LONGEST:
        return DecisionList(program, lines, 0, [])
    return DecisionList(program, lines[: _LONGEST - 4], len(lines) - _LONGEST, lines[-4:])


def _belongs(row: Row, program: str, lamp: str, start_ms: int, end_ms: int) -> bool:
    at_ms = int(str(row["at_utc"]))
    return row["program"] == program and row["lamp"] == lamp and start_ms <= at_ms <= end_ms


def _words(row: Row, zone: ZoneInfo) -> dict[str, str]:
    level = float(str(row["level_pct"]))
    return {
        "at": clock(int(str(row["at_utc"])), zone, "%H:%M:%S"),
        "level": f"{number(level, 0 if level == int(level) else 1)} %",
        "source": str(row["source"]),
        "rule": str(row["rule"]),
        "cause": str(row["cause"]),
        "until": "end of the night"
        if row["until_utc"] is None
        else clock(int(str(row["until_utc"])), zone, "%H:%M:%S"),
    }
