from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from slic.report.charts.axes import Scale, round_ticks, tick_text
from slic.report.charts.compare import Compared, compare_chart
from slic.report.charts.lines import Series, line_chart
from slic.report.charts.svg import WIDTH, text_width

FINITE = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


def test_ticks_are_round_and_enclose_the_values() -> None:
    assert round_ticks(0, 47) == [0, 10, 20, 30, 40, 50]
    assert round_ticks(-3, 8) == [-5, -2.5, 0, 2.5, 5, 7.5, 10]
    assert round_ticks(0, 0.9) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert round_ticks(5, 5) == [5, 6, 7, 8, 9, 10]


@given(FINITE, FINITE)
def test_ticks_always_enclose_and_stay_few(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    ticks = round_ticks(low, high)
    slack = 1e-6 * (abs(low) + abs(high) + 1)
    assert ticks[0] <= low + slack and ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 12
    assert ticks == sorted(set(ticks))


def test_ticks_are_written_out() -> None:
    found = [tick_text(value) for value in (1_000_000, 2_500_000, 12_000, 0.25, 0.00002, -2.5, 0, -0.0, 100)]
    assert found == ["1,000,000", "2,500,000", "12,000", "0.25", "0.00002", "-2.5", "0", "0", "100"]


def test_a_scale_maps_its_ends_and_its_middle() -> None:
    scale = Scale(-10, 30, 100, 500)
    assert (scale(-10), scale(10), scale(30)) == (100, 300, 500)


def boxes(svg: str) -> list[tuple[float, float, float]]:
    """Baseline y, left and right end of each text, by the width the charts reckon with."""
    found = []
    for x, y, anchor, words in re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)" text-anchor="(\w+)"[^>]*>([^<]*)<', svg):
        width, at = text_width(words), float(x)
        left = {"start": at, "middle": at - width / 2, "end": at - width}[anchor]
        found.append((float(y), left, left + width))
    return found


def overlaps(svg: str) -> bool:
    texts = sorted(boxes(svg))
    return any(
        abs(a[0] - b[0]) < 8 and a[1] < b[2] - 1 and b[1] < a[2] - 1
        for i, a in enumerate(texts)
        for b in texts[i + 1 :]
    )


@given(
    st.lists(
        st.tuples(st.floats(-40, 95), st.floats(0, 10), st.one_of(st.none(), st.floats(0, 100))),
        min_size=1,
        max_size=9,
    )
)
def test_texts_of_the_comparison_stay_inside_and_apart(
    programs: list[tuple[float, float, float | None]],
) -> None:
    rows = [Compared("full-night", None, None, None, 100.0, baseline=True)]
    rows += [Compared(f"program-{i}", s, s - w, s + w, served) for i, (s, w, served) in enumerate(programs)]
    svg = compare_chart(rows, "t")
    assert all(left >= -1 and right <= WIDTH + 1 for _, left, right in boxes(svg))
    assert not overlaps(svg)


@example([[0.0, 0.0, 0.0001537]])
@given(st.lists(st.lists(st.floats(0, 5000), min_size=3, max_size=3), min_size=1, max_size=8))
def test_texts_of_a_line_chart_stay_inside_and_apart(values: list[list[float]]) -> None:
    series = [Series(f"program-{i}", v, i, "mean 4,321 W") for i, v in enumerate(values)]
    svg = line_chart("t", "W", [(0, "16:00"), (2, "18:00")], series, steps=True)
    assert all(left >= -1 and right <= WIDTH + 1 for _, left, right in boxes(svg))
    assert not overlaps(svg)
