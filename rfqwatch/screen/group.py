"""RFQs that share something, summed up."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from rfqwatch.book.rfq import Rfq

MOST_SIZES = 100
"""Of how many RFQs at most, the last ones, a group keeps the sizes."""
TEN_MS = 10_000

_MOST_TENS = 13
"""Those of two minutes, and the one that is not over."""


class Group(Struct, gc=False):
    """The sums of a group.

    ``count`` is how many are open, ``dollars`` what they ask for, ``asked`` what all that were open
    while the group was watched asked for (`Rfq.size`), and ``sizes`` the last of that. ``opened``
    is how many were seen opened, by the number of the ten seconds. ``newest_ms`` is when the newest
    was asked for, be it closed by now.
    """

    count: int = 0
    dollars: Decimal = Decimal(0)
    asked: Decimal = Decimal(0)
    newest_ms: int = 0
    sizes: list[Decimal] = []
    opened: dict[int, int] = {}

    def take_off(self, size: Decimal) -> None:
        """Count an open RFQ of that size no more."""
        self.count -= 1
        self.dollars -= size

    def put(self, size: Decimal) -> None:
        """Count an open RFQ of that size."""
        self.count += 1
        self.dollars += size

    def note(self, row: Rfq, size: Decimal, since_ms: int) -> None:
        """Remember one seen for the first time; if it came after ``since_ms``, it was opened."""
        self.asked += size
        self.newest_ms = max(self.newest_ms, row.since_ms)
        self.sizes.append(size)
        if len(self.sizes) > MOST_SIZES:
            del self.sizes[: MOST_SIZES // 2]
        if row.received_ms >= since_ms:
            ten = row.received_ms // TEN_MS
            self.opened[ten] = self.opened.get(ten, 0) + 1
            if len(self.opened) > _MOST_TENS:
                del self.opened[min(self.opened)]

    def forgettable(self, now_ms: int) -> bool:
        """Whether it has nothing to say of the last two minutes."""
        return not self.count and now_ms - self.newest_ms > _MOST_TENS * TEN_MS
