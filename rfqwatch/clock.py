"""The time as the exchange writes it."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Give the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000
