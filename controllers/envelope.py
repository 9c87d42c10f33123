"""What every message begins with: its id, its time, and the publisher's start and count."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Entropy = Callable[[int], bytes]
"""So many random bytes."""


def new_boot(entropy: Entropy = os.urandom) -> str:
    """A name for a start of a publisher."""
    return entropy(6).hex()


def uuid7(t_ms: int, entropy: Entropy = os.urandom) -> str:
    """A UUID of version 7 (RFC 9562): ordered by time, random within a millisecond."""
    noise = int.from_bytes(entropy(10), "big")
    head = f"{t_ms & 0xFFFFFFFFFFFF:012x}"
    tail = f"{noise & 0x3FFFFFFFFFFFFFFF | 0x8000000000000000:016x}"
    return f"{head[:8]}-{head[8:]}-7{noise >> 68:03x}-{tail[:4]}-{tail[4:]}"


class Sender:
    """Numbers the messages of one publisher.

    boot : name of this start; first_seq : number of its first message; entropy : where random bytes come from
    """

    def __init__(self, boot: str, first_seq: int = 0, entropy: Entropy = os.urandom) -> None:
        self.boot = boot
        self._next_seq = first_seq
        self._entropy = entropy

    def envelope(self, t_ms: int) -> dict[str, Any]:
        """Fields that a message sent at ``t_ms`` begins with."""
        seq = self._next_seq
        self._next_seq += 1
        return {"v": 1, "id": uuid7(t_ms, self._entropy), "ts": t_ms, "boot": self.boot, "seq": seq}
