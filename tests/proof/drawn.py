"""The choices of made-up cases from hypothesis, so that a case that fails shrinks to the simplest one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from sim.proof.case import Case, made_up_case

T = TypeVar("T")


class Drawn:
    """Choices that hypothesis draws."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self._draw(st.integers(0, len(choices) - 1))]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    return made_up_case(Drawn(draw))
