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
    """The counts; ``open`` is the one of all, ``asked`` the sum of their sizes."""

    def __init__(self) -> None:
        self.open = 0
        self.asked = Decimal(0)
        self._shards: dict[str, Shard] = {}
        self._seconds: dict[int, int] = {}

    def shard(self, name: str) -> Shard:
        """Give what is known of one shard."""
        shard = self._shards.get(name)
        if shard is None:
            shard = self._shards[name] = Shard()
        return shard

    def count(self, row: Rfq, difference: int) -> None:
        """Add a row or, with -1, take it off again; a closed one makes no difference."""
        if row.reason is not None:
            return
        shard = self._shards[row.shard]
        self.open += difference
        self.asked += row.size if difference > 0 else -row.size
        shard.open += difference
        if row.generation == shard.generation:
            shard.confirmed += difference
        second = row.since_ms // 1_000
        count = self._seconds.get(second, 0) + difference
        if count:
            self._seconds[second] = count
        else:
            del self._seconds[second]

    def unconfirmed(self, away: Container[str]) -> int:
        """Count the rows not heard of since their shard's last gap; all of a shard ``away``."""
        return sum(
            shard.open - (0 if name in away else shard.confirmed)
            for name, shard in self._shards.items()
        )

    def older(self, than_ms: int) -> int:
        """Count the rows that are of an earlier second."""
        return sum(count for second, count in self._seconds.items() if second < than_ms // 1_000)
