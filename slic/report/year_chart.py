"""A year of a planner in one picture: nights from left to right, hours from noon to noon, the level as shade."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from html import escape

from slic.control.civil import night_span, zone
from slic.control.planner import Planner
from slic.control.schedule import Mode, NightSchedule
from slic.control.year import days, span_summary

_NIGHT_PX = 2.6
_HOUR_PX = 21.0
_LEFT, _TOP, _RIGHT, _BELOW = 66.0, 84.0, 22.0, 84.0
_HEIGHT = 24 * _HOUR_PX

_DAY = "#f3efe4"
_DARK = "#171d36"
_SHADES = ((44, 46, 98), (188, 100, 96), (255, 210, 92))
_SWATCHES = 7

_STYLE = """
text{font:13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#3a3d4a}
.title{font-weight:600;fill:#1c2033}.tick{font-size:12px}.end{text-anchor:end}.mid{text-anchor:middle}
.grid{stroke:#8a8fa3;stroke-opacity:.28;stroke-width:.7}
.midnight{stroke:#fff;stroke-opacity:.75;stroke-dasharray:5 4;stroke-width:1}
.sun{fill:none;stroke:#d9644a;stroke-width:1.3;stroke-linejoin:round}
.clock{stroke:#3a3d4a;stroke-width:1;stroke-dasharray:2 3}.frame{fill:none;stroke:#3a3d4a;stroke-width:1.4}
"""

Span = tuple[float, float]


def year_chart_svg(planner: Planner, year: int) -> str:
    """The picture as one SVG text, with its own style and no outside files.

    Levels are the program's, before sensors; a photocell's time is hatched and drawn as the astronomical clock says.
    """
    nights = list(days(date(year, 1, 1), date(year, 12, 31)))
    columns = [_Column(planner.night(night), planner.place.timezone) for night in nights]
    width = _LEFT + len(nights) * _NIGHT_PX + _RIGHT
    parts = [
        *_head(planner, nights, width),
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_px(len(nights) * _NIGHT_PX)}" height="{_HEIGHT}" fill="{_DAY}"/>',
        *_fields(columns),
        *_grid(nights, len(nights) * _NIGHT_PX),
        *_clock_changes(planner.place.timezone, nights),
        *_legend(columns),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Column:
    """One night as spans of clock hours after noon [0, 24]: dark, lit by level, and left to the photocell."""

    def __init__(self, schedule: NightSchedule, timezone: str) -> None:
        self.dark: list[Span] = []
        self.cell: list[Span] = []
        self.lit: dict[int, list[Span]] = {}
        for step, end_ms in schedule.spans():
            span = _clock_hours(schedule, step.t_ms, timezone), _clock_hours(schedule, end_ms, timezone)
            if step.dark_by_clock:
                _extend(self.dark, span)
            if step.mode is Mode.CELL:
                _extend(self.cell, span)
            if step.level_pm and (step.mode is Mode.ON or (step.mode is Mode.CELL and step.dark_by_clock)):
                _extend(self.lit.setdefault(step.level_pm, []), span)


def _clock_hours(schedule: NightSchedule, t_ms: int, timezone: str) -> float:
    """What the clock on the wall shows, in hours after noon; the two ends of the night are 0 and 24."""
    if t_ms <= schedule.start_ms:
        return 0
    if t_ms >= schedule.end_ms:
        return 24
    if schedule.end_ms - schedule.start_ms == 86_400_000:
        return (t_ms - schedule.start_ms) / 3_600_000
    wall = datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone(timezone)).replace(tzinfo=None)
    noon = datetime(schedule.night.year, schedule.night.month, schedule.night.day, 12)
    return min(max((wall - noon) / timedelta(hours=1), 0), 24)


def _extend(spans: list[Span], span: Span) -> None:
    if spans and spans[-1][1] >= span[0]:
        span = (spans.pop()[0], max(span[1], span[0]))
    spans.append(span)


def _head(planner: Planner, nights: list[date], width: float) -> list[str]:
    program = planner.programs[planner.calendar.default]
    single = not planner.calendar.rules
    title = (program.title or program.name) if single else f"Calendar {planner.calendar.name}"
    place = planner.place
    figures = span_summary(planner, nights[0], nights[-1])
    saving = "" if not figures.saving_pct else f", {figures.saving_pct:.1f} % less light than full level"
    line = (
        f"{nights[0].year} at {_degrees(place.latitude, 'N', 'S')}, {_degrees(place.longitude, 'E', 'W')} "
        f"({place.timezone}): {figures.lit_h:,.0f} h lit, "
        f"{figures.full_level_equivalent_h:,.0f} h at full level{saving}"
    )
    height = _TOP + _HEIGHT + _BELOW
    size = min(19.0, 1.75 * (width - _LEFT - _RIGHT) / len(title))
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_px(width)} {_px(height)}" role="img" '
        'aria-labelledby="year-title year-text">',
        f'<title id="year-title">{escape(title)}</title><desc id="year-text">{escape(line)}</desc>',
        f"<style>{_STYLE}</style>",
        '<defs><pattern id="cell" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<rect width="1.6" height="5" fill="#2f6f9f"/></pattern></defs>',
        f'<rect width="{_px(width)}" height="{_px(height)}" fill="#fff"/>',
        f'<text class="title" style="font-size:{_px(size)}px" x="{_LEFT}" y="28">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="49">{escape(line)}</text>',
    ]


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):.2f}° {positive if value >= 0 else negative}"


def _fields(columns: list[_Column]) -> list[str]:
    dark = _outline(column.dark for column in columns)
    parts = [f'<path fill="{_DARK}" d="{dark}"/>']
    for level_pm in _levels(columns):
        shape = _outline(column.lit.get(level_pm, []) for column in columns)
        parts.append(f'<path fill="{_shade(level_pm)}" d="{shape}"><title>{level_pm / 10:g} %</title></path>')
    if any(column.cell for column in columns):
        parts.append(f'<path fill="url(#cell)" d="{_outline(column.cell for column in columns)}"/>')
    return [*parts, f'<path class="sun" d="{dark}"/>']


def _levels(columns: list[_Column]) -> list[int]:
    return sorted({level_pm for column in columns for level_pm in column.lit})


def _shade(level_pm: int) -> str:
    """Dusk blue over rose to lamp yellow."""
    part = level_pm / 1000 * (len(_SHADES) - 1)
    below = min(int(part), len(_SHADES) - 2)
    pairs = zip(_SHADES[below], _SHADES[below + 1], strict=True)
    return "#" + "".join(f"{round(low + (high - low) * (part - below)):02x}" for low, high in pairs)


def _outline(columns: Iterable[list[Span]]) -> str:
    """One path around spans that overlap from night to night."""
    open_areas: list[list[tuple[int, Span]]] = []
    closed: list[list[tuple[int, Span]]] = []
    for night, spans in enumerate(columns):
        extended: list[list[tuple[int, Span]]] = []
        for span in spans:
            before = next((area for area in open_areas if _touch(area[-1][1], span)), None)
            if before is None:
                before = []
                closed.append(before)
            else:
                open_areas.remove(before)
            before.append((night, span))
            extended.append(before)
        open_areas = extended
    return "".join(_path(area) for area in closed)


def _touch(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _path(area: list[tuple[int, Span]]) -> str:
    first, last = area[0][0], area[-1][0] + 1
    tops = _stairs([(night, span[0]) for night, span in area], last)
    bottoms = _stairs([(night, span[1]) for night, span in area], last)
    points = tops + bottoms[::-1]
    moves = [f"M{_px(_x(first))} {_px(points[0][1])}"]
    x, y = points[0]
    for new_x, new_y in points[1:]:
        if new_x != x:
            moves.append(f"H{_px(new_x)}")
        if new_y != y:
            moves.append(f"V{_px(new_y)}")
        x, y = new_x, new_y
    return "".join([*moves, "Z"])


def _stairs(edge: list[tuple[int, float]], last: int) -> list[tuple[float, float]]:
    """Corners of an edge, left to right; a height that holds for several nights has two corners."""
    points: list[tuple[float, float]] = []
    for night, hours in edge:
        y = round(_TOP + hours * _HOUR_PX, 1)
        if points and points[-1][1] == y:
            continue
        if points:
            points.append((_x(night), points[-1][1]))
        points.append((_x(night), y))
    return [*points, (_x(last), points[-1][1])]


def _x(night: int) -> float:
    return round(_LEFT + night * _NIGHT_PX, 1)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _grid(nights: list[date], width: float) -> list[str]:
    right = _px(_LEFT + width)
    parts: list[str] = []
    for hour in range(0, 25, 3):
        y = _px(_TOP + hour * _HOUR_PX)
        kind = "midnight" if hour == 12 else "grid"
        parts.append(f'<line class="{kind}" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
        label = f"{(hour + 12) % 24:02d}:00"
        parts.append(f'<text class="tick end" x="{_LEFT - 9}" y="{_px(_TOP + hour * _HOUR_PX + 4)}">{label}</text>')
    bottom = _TOP + _HEIGHT
    starts = [number for number, night in enumerate(nights) if night.day == 1]
    for start, end in zip(starts, [*starts[1:], len(nights)], strict=True):
        x, middle = _px(_x(start)), _px((_x(start) + _x(end)) / 2)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_px(bottom)}"/>')
        parts.append(f'<text class="tick mid" x="{middle}" y="{_px(bottom + 19)}">{nights[start]:%b}</text>')
    parts.append(f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_px(width)}" height="{_HEIGHT}"/>')
    return parts


def _clock_changes(timezone: str, nights: list[date]) -> list[str]:
    parts: list[str] = []
    for number, night in enumerate(nights):
        span = night_span(timezone, night)
        if span.steady:
            continue
        hours = (span.end_ms - span.start_ms) / 3_600_000 - 24
        text = f"clock {'back' if hours > 0 else 'forward'} {abs(hours):g} h, {night + timedelta(days=1):%d %b}"
        x = _px(_x(number) + _NIGHT_PX)
        parts.append(f'<line class="clock" x1="{x}" x2="{x}" y1="{_TOP - 10}" y2="{_TOP}"/>')
        parts.append(f'<text class="tick mid" x="{x}" y="{_TOP - 14}">{text}</text>')
    return parts


def _legend(columns: list[_Column]) -> list[str]:
    levels = _levels(columns)
    if len(levels) > _SWATCHES:
        levels = [levels[round(number * (len(levels) - 1) / (_SWATCHES - 1))] for number in range(_SWATCHES)]
    entries = [("daylight", _DAY), ("dark, lamp off", _DARK)]
    entries += [(f"{level_pm / 10:g} %", _shade(level_pm)) for level_pm in levels]
    if any(column.cell for column in columns):
        entries.append(("photocell decides", "url(#cell)"))
    y = _TOP + _HEIGHT + 44
    x = _LEFT
    parts: list[str] = []
    for words, fill in entries:
        parts.append(f'<rect x="{_px(x)}" y="{_px(y)}" width="18" height="14" fill="{fill}" stroke="#9a9dab"/>')
        parts.append(f'<text class="tick" x="{_px(x + 25)}" y="{_px(y + 11.5)}">{words}</text>')
        x += 44 + 6.8 * len(words)
    parts.append(f'<line class="sun" x1="{_px(x)}" x2="{_px(x + 20)}" y1="{_px(y + 7)}" y2="{_px(y + 7)}"/>')
    parts.append(f'<text class="tick" x="{_px(x + 27)}" y="{_px(y + 11.5)}">sunset and sunrise</text>')
    return parts
