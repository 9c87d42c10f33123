"""Messages that were not taken: each is counted, and the last of each kind is kept for the log."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

_LONGEST_TOPIC = 100


class LastRefusal(NamedTuple):
    """The last refused message of a code. total : how many there were since the start."""

    code: str
    topic: str
    detail: str
    total: int


class Refusals:
    """counts : refused messages since the start, by code of :mod:`slic.messages.codes`."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._news: dict[str, tuple[str, str]] = {}

    def add(self, code: str, topic: str, detail: str = "") -> None:
        """A message was refused."""
        self.counts[code] += 1
        self._news[code] = topic, detail

    def take_news(self) -> list[LastRefusal]:
        """The last refusal of each code since the last call. What others wrote is fit to be shown."""
        if not self._news:
            return []
        news, self._news = self._news, {}
        return [
            LastRefusal(code, _shown(topic[:_LONGEST_TOPIC]), _shown(detail), self.counts[code])
            for code, (topic, detail) in news.items()
        ]


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
