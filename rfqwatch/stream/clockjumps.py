"""Notices when time jumps: a clock was set, the computer slept, or the program stood still."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.clock import now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

INTERVAL_S = 1.0
LEAST_SET_S = 0.5
"""Clocks are steered all the time, by far less than this in a second."""
LEAST_STOOD_S = 5.0

_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the computer sleeps; where there is no such clock, sleep looks like a set clock."""


class Clocks(NamedTuple):
    """What the clocks show, in seconds: on the wall, since the start of the computer, and awake."""

    wall_s: float
    boot_s: float
    awake_s: float


class Jump(NamedTuple):
    """What happened, in words, and whether the exchange may have given us up meanwhile.

    ``set_s`` is how far the clock on the wall was set meanwhile.
    """

    text: str
    absent: bool
    set_s: float


def read() -> Clocks:
    """Give what the clocks show."""
    at = now()
    return Clocks(at.ms / 1000, time.clock_gettime(_BOOT), at.s)


def between(before: Clocks, after: Clocks) -> Jump | None:
    """Tell of a jump between two moments that were meant to be `INTERVAL_S` apart."""
    wall_s, boot_s, awake_s = (late - early for early, late in zip(before, after, strict=True))
    slept_s, stood_s, set_s = boot_s - awake_s, awake_s - INTERVAL_S, wall_s - boot_s
    if slept_s >= LEAST_STOOD_S:
        return Jump(f"this computer slept for {slept_s:.0f} s", absent=True, set_s=set_s)
    if stood_s >= LEAST_STOOD_S:
        return Jump(f"rfqwatch stood still for {stood_s:.0f} s", absent=True, set_s=set_s)
    if abs(set_s) >= LEAST_SET_S:
        ways = "forward" if set_s > 0 else "back"
        text = f"this computer's clock was set {ways} by {abs(set_s):.1f} s"
        return Jump(text, absent=False, set_s=set_s)
    return None


async def jumps() -> AsyncIterator[Jump]:
    """Give every jump from here on."""
    before = read()
    while True:
        await asyncio.sleep(INTERVAL_S)
        after = read()
        jump = between(before, after)
        before = after
        if jump:
            yield jump
