"""The time of a recording: how fast it passes, and whether it stands still."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from math import inf

from rfqwatch.clock import Instant, now

STEP_MS = 1_000

_JITTER_MS = 1_000
"""How far recorded times may run back and still be of one clock, which nobody has set."""
_LEAST_WAIT_S = 0.01
"""Shorter waits would cost more than they are worth: what is due meanwhile comes at once."""


class Playback:
    """A clock that shows recorded time, ``speed`` times as fast as real time; 0 is at once.

    It never runs ahead of what is shown: while something recorded is yet to come, it shows the time
    of that at the most. ``over`` says that the recording is at its end.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.over = False
        self.paused = False
        self._from_ms: float | None = None
        self._since_s = 0.0
        self._next_ms = 0
        self._changed = asyncio.Event()

    def now(self) -> Instant:
        """Give the moment that the recording is at; before it begins, the present one."""
        if self._from_ms is None:
            return now()
        ms = int(min(self._reached_ms, self._next_ms))
        return Instant(ms, ms / 1_000)

    def pause(self, *, paused: bool) -> None:
        """Let time stand still, or go on."""
        if paused is not self.paused:
            self._set(self.now().ms)
            self.paused = paused

    def step(self) -> None:
        """Let time go on by a second, while it stands still."""
        self._set(self._reached_ms + STEP_MS)

    def start(self, ms: int) -> None:
        """Go on from another moment, without a wait for what lies between."""
        self._next_ms = ms
        self._set(ms)

    def is_due(self, ms: int) -> bool:
        """Take note that what was recorded at a moment comes next; tell whether it is due."""
        if self._from_ms is None or ms < self._next_ms - _JITTER_MS:
            self.start(ms)
        self._next_ms = ms
        return ms <= self._reached_ms

    async def due(self, ms: int) -> None:
        """Wait until what was recorded at a moment is due."""
        while not self.is_due(ms):
            wait_s = None if self.paused else (ms - self._reached_ms) / 1_000 / self.speed
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s and max(wait_s, _LEAST_WAIT_S)):
                    await self._changed.wait()

    def __str__(self) -> str:
        if self.over:
            return "at its end"
        if self.paused:
            return "paused"
        return f"{self.speed:g} times as fast" if self.speed else "at once"

    @property
    def _reached_ms(self) -> float:
        if self._from_ms is None:
            return 0.0
        if self.paused:
            return self._from_ms
        if not self.speed:
            return inf
        return self._from_ms + (time.monotonic() - self._since_s) * 1_000 * self.speed

    def _set(self, ms: float) -> None:
        self._from_ms = ms
        self._since_s = time.monotonic()
        self._changed.set()
