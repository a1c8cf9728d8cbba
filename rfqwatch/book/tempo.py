"""What the last minutes of the book were like, second by second."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from statistics import median_low
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT_S = 130
"""How many seconds are kept."""
MOST_LIVES = 1_000
"""How many of the last life times the median is taken over."""


@dataclass(slots=True)
class Stretch:
    """Some time: RFQs opened in it, what they asked for (`Rfq.size`), RFQs closed in it."""

    opened: int = 0
    asked: Decimal = Decimal(0)
    closed: int = 0


class Tempo:
    """Counts by the second of receipt, in Unix time. What is told again is nothing opened."""

    def __init__(self) -> None:
        self._seconds: dict[int, Stretch] = {}
        self._lives_ms: deque[int] = deque(maxlen=MOST_LIVES)

    def open(self, at_ms: int, asked: Decimal) -> None:
        """Count an RFQ that was opened."""
        second = self._seconds.get(at_ms // 1_000) or self._begun(at_ms // 1_000)
        second.opened += 1
        second.asked += asked

    def close(self, at_ms: int, since_ms: int) -> None:
        """Count an RFQ that was closed."""
        second = self._seconds.get(at_ms // 1_000) or self._begun(at_ms // 1_000)
        second.closed += 1
        self._lives_ms.append(at_ms - since_ms)

    def stretches(self, now_ms: int, each_s: int, count: int) -> list[Stretch]:
        """Sum up so many stretches of so many seconds, the last one that is whole at the end.

        They begin at multiples of their length, so that what is drawn of them only moves on.
        """
        begin = (now_ms // 1_000 // each_s - count) * each_s
        return [
            self._sum(range(start, start + each_s))
            for start in range(begin, begin + count * each_s, each_s)
        ]

    def last(self, seconds: int, now_ms: int) -> Stretch:
        """Sum up the last seconds that are whole."""
        now = now_ms // 1_000
        return self._sum(range(now - seconds, now))

    @property
    def life_ms(self) -> int | None:
        """The median life time of the RFQs closed last, in milliseconds; None before the first."""
        return median_low(self._lives_ms) if self._lives_ms else None

    def _sum(self, seconds: Iterable[int]) -> Stretch:
        known = [second for at in seconds if (second := self._seconds.get(at)) is not None]
        return Stretch(
            sum(second.opened for second in known),
            sum((second.asked for second in known), Decimal(0)),
            sum(second.closed for second in known),
        )

    def _begun(self, at: int) -> Stretch:
        # Whichever way the clock was set: what is far from the present is over.
        self._seconds = {
            then: known for then, known in self._seconds.items() if abs(at - then) < KEPT_S
        }
        second = self._seconds[at] = Stretch()
        return second
