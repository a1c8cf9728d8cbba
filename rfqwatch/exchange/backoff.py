"""When to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FIRST_S = 0.5
LONGEST_S = 30.0
STABLE_S = 30.0


class Backoff:
    """Full-jitter exponential delays, forgotten only after a stable stretch of stream.

    A handshake proves nothing: a server that accepts and closes would be redialled without end.
    """

    def __init__(self, random: Random, limit: int | None = None) -> None:
        self._random = random
        self._limit = limit
        self._attempts = 0

    def delay(self) -> float | None:
        """Count one more attempt, and give the seconds to wait before it; None when spent."""
        if self._limit is not None and self._attempts >= self._limit:
            return None
        longest = min(LONGEST_S, FIRST_S * 2 ** min(self._attempts, 10))
        self._attempts += 1
        return self._random.uniform(0, longest)

    def lived(self, duration_s: float) -> None:
        """Take note that a subscription was live, and heard of, for so long."""
        if duration_s >= STABLE_S:
            self._attempts = 0
