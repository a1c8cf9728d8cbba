"""What chance decides in the simulated market: yes or no, names, life times."""

from __future__ import annotations

import bisect
import math
import random
from typing import Final

# Observed life times: quantile, seconds. Between two, life times are log-uniform.
_LIFE: Final = (
    (0.0, 0.4),
    (0.10, 2.4),
    (0.25, 8.7),
    (0.50, 19.2),
    (0.75, 33.6),
    (0.90, 205.0),
    (0.99, 6_091.0),
    (1.0, 20_000.0),
)
_LIFE_AT: Final = [share for share, _ in _LIFE]
LONGEST_LIFE: Final = _LIFE[-1][1]
"""The life time, in seconds, that no RFQ outlives."""


class Chance(random.Random):
    """The market's only source of random numbers, so that a seed is one market."""

    def happens(self, share: float) -> bool:
        """Decide something that is true of ``share`` of all."""
        return self.random() < share

    def account(self) -> str:
        """Make a public id as the exchange gives to an account."""
        return f"{self.getrandbits(256):064x}"

    def uuid(self) -> str:
        """Make a random UUID."""
        digits = f"{self.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def life(self) -> float:
        """Draw an RFQ's life time in seconds."""
        return _life_at(self.random())


def natural_book(rate: float, horizon: float = 60.0) -> int:
    """Return how many RFQs no older than ``horizon`` seconds are open at ``rate`` messages/s."""
    grid = 1_000
    lived = sum(min(_life_at((n + 0.5) / grid), horizon) for n in range(grid)) / grid
    return round(rate / 2 * lived)


def _life_at(share: float) -> float:
    """Return the life time, in seconds, that ``share`` of the RFQs don't outlive."""
    upper = bisect.bisect_right(_LIFE_AT, share)
    (low_share, low), (high_share, high) = _LIFE[upper - 1 : upper + 1]
    position = (share - low_share) / (high_share - low_share)
    return low * math.exp(math.log(high / low) * position)
