"""Memory that is freed stays with the process, so that the next street-night need not ask the kernel for it again.

The C library of Linux gives the end of its heap back as soon as little of it is in use, and takes large arrays from
the kernel each time; every page is then cleared anew. Both limits rise to the size of the largest array ever freed.
"""

from __future__ import annotations

import numpy as np

_KEPT_BYTES = 16 << 20


def keep_freed_memory() -> None:
    """Raise the limits by freeing one array that no page of was ever touched. Other C libraries ignore it."""
    np.empty(_KEPT_BYTES, np.uint8)
