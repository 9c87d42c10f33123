"""Random numbers of a street-night: every purpose has its own stream, so that no draw can move another."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from zlib import crc32

import numpy as np


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of a run's seed and must not change."""

    TRAFFIC = 1
    SENSORS = 2
    RADIO = 3
    GEAR = 4


def stream(seed: int, replicate: int, street: str, night: date, purpose: Purpose) -> np.random.Generator:
    """The generator of one purpose; the night counts as its proleptic Gregorian ordinal."""
    key = seed, replicate, crc32(street.encode()), night.toordinal(), int(purpose)
    # As 32-bit words, which they fit as a rule, NumPy takes them as they are: the same stream in half the time.
    return np.random.default_rng(key if seed >> 32 else np.array(key, np.uint32))
