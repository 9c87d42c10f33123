"""Memory of a process that lives for years and must not pause."""

from __future__ import annotations

import gc


def settle_memory() -> None:
    """Let the garbage collector leave alone all that is there now, as it will stay.

    Else it walks the modules and all lamps whenever enough is new: 40 ms with 1,000 lamps, in which no lamp is told
    anything; after this less than 1 ms (measured, November 2026).
    """
    gc.collect()
    gc.freeze()
