"""Pieces of SVG as text. Colours come from the style sheet by class, so that screen, dark mode and paper differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

WIDTH = 820
"""Width of every chart in SVG units, so that text has one size on the page."""

TEXT_PX = 13
COLOURS = 8
"""Number of series colours and dash patterns in the style sheet (classes s0 to s7)."""


def series_class(index: int) -> str:
    """Class of the n-th series: colour and dash pattern."""
    return f"s{index % COLOURS}"


def text(x: float, y: float, content: str, css: str = "", anchor: str = "start") -> str:
    """Text with its baseline at (x, y)."""
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{_css(css)}>{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"{_css(css)}/>'


def rect(x: float, y: float, width: float, height: float, css: str, title: str = "") -> str:
    """A rectangle; ``title`` is shown when the pointer rests on it."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    size = f'width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
    return f'<rect x="{_n(x)}" y="{_n(y)}" {size}{_css(css)}>{inner}</rect>'


def dot(x: float, y: float, radius: float, css: str, title: str = "") -> str:
    """A filled circle."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_css(css)}>{inner}</circle>'


def polyline(points: Iterable[tuple[float, float]], css: str) -> str:
    """An open line through points."""
    return f'<polyline points="{_points(points)}"{_css(css)}/>'


def polygon(points: Iterable[tuple[float, float]], css: str) -> str:
    """A filled area."""
    return f'<polygon points="{_points(points)}"{_css(css)}/>'


def figure(height: float, title: str, description: str, parts: Sequence[str]) -> str:
    """A whole chart, with a title and a description for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {_n(height)}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def text_width(content: str) -> float:
    """Width of a text at the usual size, a little generously (0.6 em per character)."""
    return 0.6 * TEXT_PX * len(content)


def shorten(content: str, width: float) -> str:
    """Text cut with an ellipsis so that it fits ``width``."""
    room = int(width / (0.6 * TEXT_PX))
    return content if len(content) <= room else content[: max(room - 1, 1)] + "…"


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _css(css: str) -> str:
    return f' class="{css}"' if css else ""
