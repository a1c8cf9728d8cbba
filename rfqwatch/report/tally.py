"""What was asked for most, counted in bounded memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

MOST_KEPT = 50_000
"""Things of which the counts are kept. Past it the rarer half is forgotten."""

_Key = TypeVar("_Key")


class Tally(Generic[_Key]):
    """RFQs by some key, and their dollars, in millionths.

    ``lacking`` is how many RFQs any count may be too low by: as much as the largest that was ever
    forgotten, summed up over the times that some were. It is 0 until there are too many keys.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.rfqs: Counter[_Key] = Counter()
        self.micros: defaultdict[_Key, int] = defaultdict(int)
        self.lacking = 0
        self._most = most

    def add(self, keys: Sequence[_Key], micros: Sequence[int]) -> None:
        """Count RFQs, each with its key and its dollars."""
        sums = self.micros
        for key, amount in zip(keys, micros, strict=True):
            sums[key] += amount
        self.count(keys)

    def add_each(self, rows: Iterable[tuple[Iterable[_Key], int, int]]) -> None:
        """Count so many RFQs, of so many dollars together, for each of some keys, row by row."""
        rfqs, sums = self.rfqs, self.micros
        known = rfqs.get
        for keys, count, micros in rows:
            for key in keys:
                rfqs[key] = known(key, 0) + count
                sums[key] += micros
        self.count(())

    def count(self, keys: Iterable[_Key]) -> None:
        """Count an RFQ for each of the keys, without its dollars."""
        self.rfqs.update(keys)
        if len(self.rfqs) > self._most:
            self._forget()

    def top(self, most: int) -> list[tuple[_Key, int, int]]:
        """Give the keys with the most RFQs, with these and the dollars; equals as they came."""
        return [(key, count, self.micros[key]) for key, count in self.rfqs.most_common(most)]

    def keep(self, kept: AbstractSet[_Key]) -> None:
        """Forget all others."""
        rest = [key for key in self.rfqs if key not in kept]
        self.lacking += max((self.rfqs[key] for key in rest), default=0)
        for key in rest:
            del self.rfqs[key]
            self.micros.pop(key, None)

    def _forget(self) -> None:
        self.keep({key for key, _ in self.rfqs.most_common(self._most // 2)})
