"""When the simulated market speaks: at its own pace, or as fast as it is heard."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from rfqwatch.simulator.market.chance import natural_book
from rfqwatch.simulator.market.traffic import OPEN_LIMIT, Traffic

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rfqwatch.simulator.connection import Line
    from rfqwatch.simulator.faults.effects import Saboteur
    from rfqwatch.simulator.market.agenda import Event

_LONGEST_PAUSE = 0.1
_MOST_AT_ONCE = 5_000
_UNPACED_RATE: Final = 3_000.0
_UNPACED_BURST = 250
_UNPACED_STANDING = 5_000
_MOST_STANDING = 20_000


class Market:
    """A market that is open from now on, told to everyone who subscribes.

    The options mean what they mean to SimulatedExchange; ``lines`` are its connections.
    """

    def __init__(
        self,
        lines: Collection[Line],
        saboteur: Saboteur,
        *,
        rate: float,
        seed: int | None,
        standing: int | None,
        batches: bool,
        ahead_ms: int = 0,
    ) -> None:
        self._lines = lines
        self._saboteur = saboteur
        self._rate = rate
        if standing is None:
            standing = min(natural_book(rate), _MOST_STANDING) if rate else _UNPACED_STANDING
        self._start_us = time.time_ns() // 1_000 + ahead_ms * 1_000
        self._traffic = Traffic(
            seed=seed,
            rate=rate or _UNPACED_RATE,
            start_us=self._start_us,
            standing=standing,
            batches=batches,
            # Unpaced, RFQs end as fast as they come: the book keeps its size.
            open_limit=OPEN_LIMIT if rate else max(standing, 1_000),
        )
        # The clock that can't be set, so that no jump becomes a burst or a pause.
        self._started_ns = time.monotonic_ns()
        self.watcher = self._traffic.watcher
        self._bursts = standing > 0
        saboteur.start(self._start_us)

    @property
    def greeting(self) -> tuple[Event, ...]:
        """What a subscription starts with: the announcements of everything open, or nothing."""
        return self._traffic.open if self._bursts else ()

    async def trade(self) -> None:
        """Speak for ever."""
        while True:
            if self._rate:
                self._deliver(self._traffic.until(self._now_us(), _MOST_AT_ONCE))
                pause = min((self._traffic.next_us - self._now_us()) / 1e6, _LONGEST_PAUSE)
            elif self._keeping_up():
                self._deliver(self._traffic.burst(self._now_us(), _UNPACED_BURST))
                pause = 0
            else:
                self._deliver(())
                pause = 0.001
            if any(line.waiting and line.writable for line in self._lines):
                pause = 0
            await asyncio.sleep(pause)

    def _now_us(self) -> int:
        return self._start_us + (time.monotonic_ns() - self._started_ns) // 1_000

    def _keeping_up(self) -> bool:
        lines = [line for line in self._lines if line.alive and line.subscriptions]
        return bool(lines) and all(line.writable and not line.waiting for line in lines)

    def _deliver(self, events: Sequence[Event]) -> None:
        for line in list(self._lines):
            for subscription in list(line.subscriptions.values()):
                if not line.alive:
                    break
                subscription.offer(events)
                if line.writable:
                    subscription.pump(self._saboteur.lets_pass)
