"""What was asked for most, counted in bounded memory."""

from __future__ import annotations

from collections import defaultdict
from heapq import nlargest
from typing import TYPE_CHECKING, Generic, TypeVar

from rfqwatch.report.sizes import rfqs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from rfqwatch.report.sizes import Size

MOST_KEPT = 50_000
"""Things of which the counts are kept. Past it the rarer half is forgotten."""

_Key = TypeVar("_Key")


class Tally(Generic[_Key]):
    """RFQs by some key, ``sizes``, of which each is of all RFQs with its key together.

    ``lacking`` is how many RFQs any count may be too low by: as much as the largest that was ever
    forgotten, summed up over the times that some were. It is 0 until there are too many keys.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.sizes: defaultdict[_Key, Size] = defaultdict(int)
        self.lacking = 0
        self._most = most

    def add(self, keys: Iterable[_Key], sizes: Iterable[Size]) -> None:
        """Count RFQs, each with its key."""
        sums = self.sizes
        for key, size in zip(keys, sizes, strict=True):
            sums[key] += size
        self._bound()

    def rfqs(self, key: _Key) -> int:
        """Give how many RFQs there were with a key."""
        return rfqs(self.sizes.get(key, 0))

    def top(self, most: int) -> list[tuple[_Key, Size]]:
        """Give the keys with the most RFQs; equals as they came."""
        return nlargest(most, self.sizes.items(), key=lambda item: rfqs(item[1]))

    def keep(self, kept: AbstractSet[_Key]) -> None:
        """Forget all others."""
        rest = [key for key in self.sizes if key not in kept]
        self.lacking += max((self.rfqs(key) for key in rest), default=0)
        for key in rest:
            del self.sizes[key]

    def _bound(self) -> None:
        if len(self.sizes) > self._most:
            # As `top`, which is slow where it gives many.
            ranked = sorted(self.sizes, key=self.rfqs, reverse=True)
            self.keep(set(ranked[: self._most // 2]))
