"""Which messages came before: by the publisher's start (boot) and its number within it (seq)."""

from __future__ import annotations

from typing import Literal

Seen = Literal["new", "duplicate", "old"]

WINDOW = 64
"""Messages of one publisher that may overtake each other."""

_ALL = (1 << WINDOW) - 1


class Duplicates:
    """Remembers the last :data:`WINDOW` numbers of each publisher that spoke lately.

    publishers : how many are remembered; of more, those that were silent longest are forgotten and then begin anew
    missing : messages that never came, counted once they are too old to come; before a publisher's first, none
    """

    def __init__(self, publishers: int) -> None:
        self._publishers = publishers
        # boot -> first number heard, highest number, and a bit for each number of the window that was seen
        self._marks: dict[str, tuple[int, int, int]] = {}
        self.missing = 0

    def verdict(self, boot: str, seq: int) -> Seen:
        """Take note of a message.

        new : not seen before; duplicate : seen; old : so far behind the newest that nobody knows, to be dropped
        """
        marks = self._marks
        mark = marks.pop(boot, None)
        if mark is None:
            if len(marks) >= self._publishers:
                del marks[next(iter(marks))]
            marks[boot] = seq, seq, 1
            return "new"
        first, top, bits = mark
        behind = top - seq
        if behind < 0:
            self.missing += _left_unseen(first, top, bits, -behind)
            marks[boot] = first, seq, (bits << -behind & _ALL | 1) if behind > -WINDOW else 1
            return "new"
        if behind >= WINDOW:
            marks[boot] = mark
            return "old"
        marks[boot] = first, top, bits | 1 << behind
        return "duplicate" if bits >> behind & 1 else "new"


def _left_unseen(first: int, top: int, bits: int, ahead: int) -> int:
    """Numbers that were not seen and leave the window as it moves ``ahead``."""
    lowest = max(WINDOW - ahead, 0)
    leaving = min(WINDOW, top - first + 1) - lowest
    beyond = max(ahead - WINDOW, 0)
    if leaving <= 0:
        return beyond
    return beyond + leaving - (bits >> lowest & (1 << leaving) - 1).bit_count()
