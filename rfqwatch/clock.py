"""The moment, by the two clocks that a computer has."""

from __future__ import annotations

import time
from typing import NamedTuple


class Instant(NamedTuple):
    """One moment.

    ``ms`` is what the clock on the wall says, in Unix milliseconds: it stamps, signs, and is held
    against the exchange's own times. ``s`` are the seconds of the clock that no one can set: all
    that is waited for, or that lasts, is measured by it.
    """

    ms: int
    s: float


def now() -> Instant:
    """Give the present moment."""
    return Instant(time.time_ns() // 1_000_000, time.monotonic())
