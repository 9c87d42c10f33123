"""One lamp's night under every program."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from slic.report.charts.strips import Strip, strips_chart
from slic.report.run import Run

_HOUR_MS = 3_600_000


def traced_lamp(run: Run) -> tuple[str, str] | None:
    """Lamp id and night of the trace; None where none was kept."""
    rows = run.tables["trace"]
    return (str(rows[0]["lamp"]), str(rows[0]["night"])) if rows else None


def night_chart(run: Run) -> str:
    """The traced lamp's actual level over its night, one strip per program; empty without a trace."""
    points: dict[str, list[tuple[int, float]]] = {}
    for row in run.tables["trace"]:
        points.setdefault(str(row["program"]), []).append((int(str(row["at_utc"])), float(str(row["level_pct"]))))
    if not points:
        return ""
    span = _lit_span(points)
    strips = [Strip(name, _inside(path, span), name == run.summary["headline"]) for name, path in points.items()]
    title = "Actual level of one lamp over one night, by program"
    return strips_chart(title, strips, span, _hours(span, ZoneInfo(run.summary["timezone"])))


def clock(t_ms: int, zone: ZoneInfo, form: str = "%H:%M") -> str:
    """Local time of day of UTC milliseconds."""
    return datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone).strftime(form)


def _lit_span(points: dict[str, list[tuple[int, float]]]) -> tuple[int, int]:
    """From half an hour before any lamp lights to half an hour after the last goes dark."""
    lit = [t for path in points.values() for t, level in path if level > 0]
    ends = [path[0][0] for path in points.values()] + [path[-1][0] for path in points.values()]
    if not lit:
        return min(ends), max(ends)
    return max(min(ends), min(lit) - _HOUR_MS // 2), min(max(ends), max(lit) + _HOUR_MS // 2)


def _inside(path: list[tuple[int, float]], span: tuple[int, int]) -> list[tuple[int, float]]:
    return [(t, level) for t, level in path if span[0] <= t <= span[1]] or path[:1]


def _hours(span: tuple[int, int], zone: ZoneInfo) -> list[tuple[float, str]]:
    every = 2 if span[1] - span[0] > 8 * _HOUR_MS else 1
    hours = range(-(-span[0] // _HOUR_MS) * _HOUR_MS, span[1], _HOUR_MS)
    return [(t, clock(t, zone)) for t in hours if int(clock(t, zone, "%H")) % every == 0]
