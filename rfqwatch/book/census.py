"""How many RFQs are open: in all, unconfirmed since a gap of their shard, older than a time.

Kept up as rows come and go: looking at every row would take too long.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from rfqwatch.book.rfq import Rfq


@dataclass(slots=True)
class Shard:
    """The open rows announced on one shard; those of its latest generation are confirmed.

    ``live_ms`` is since when its messages are due, None where that isn't known.
    """

    generation: int = 0
    open: int = 0
    confirmed: int = 0
    live_ms: int | None = None

    def gap(self) -> None:
        """Let none be confirmed any more."""
        self.generation += 1
        self.confirmed = 0


class Census:
    """The counts of the open rows; ``asked`` is the sum of their sizes."""

    def __init__(self) -> None:
        self.asked = Decimal(0)
        self._shards: dict[str, Shard] = {}
        self._seconds: dict[int, int] = {}

    def shard(self, name: str) -> Shard:
        """Give what is known of one shard."""
        shard = self._shards.get(name)
        if shard is None:
            shard = self._shards[name] = Shard()
        return shard

    def add(self, row: Rfq) -> None:
        """Count an open row that was just heard of, so that it is of the latest generation."""
        shard = self._shards[row.shard]
        shard.open += 1
        shard.confirmed += 1
        self.asked += row.size
        second = row.since_ms // 1_000
        self._seconds[second] = self._seconds.get(second, 0) + 1

    def take_off(self, row: Rfq) -> None:
        """Count an open row no more."""
        shard = self._shards[row.shard]
        shard.open -= 1
        if row.generation == shard.generation:
            shard.confirmed -= 1
        self.asked -= row.size
        second = row.since_ms // 1_000
        left = self._seconds[second] - 1
        if left:
            self._seconds[second] = left
        else:
            del self._seconds[second]

    @property
    def open(self) -> int:
        """How many rows are open."""
        return sum(shard.open for shard in self._shards.values())

    def unconfirmed(self, away: Container[str]) -> int:
        """Count the rows not heard of since their shard's last gap; all of a shard ``away``."""
        return sum(
            shard.open - (0 if name in away else shard.confirmed)
            for name, shard in self._shards.items()
        )

    def older(self, than_ms: int) -> int:
        """Count the rows that are of an earlier second."""
        return sum(count for second, count in self._seconds.items() if second < than_ms // 1_000)
