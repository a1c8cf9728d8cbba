"""Which combos were asked for again, at which sizes."""

from __future__ import annotations

from collections import Counter
from heapq import nlargest
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.report.answer import Answer
from rfqwatch.report.sizes import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.report.gathering import OnLegs
    from rfqwatch.report.legs import Legs
    from rfqwatch.report.sizes import Size

MOST_KEPT = 200_000
"""Combos kept; past it those asked for least are forgotten."""
MOST_SIZES = 5
"""Sizes of a combo that are told, the most frequent ones."""

_Sizes: TypeAlias = "Size | Counter[Size]"
"""The sizes of a combo; most are asked for once, and have one size."""


class Combos:
    """RFQs by their set of legs, each a market and a side, in whatever order they came."""

    def __init__(self, legs: Legs, most: int = MOST_KEPT) -> None:
        self._names = legs
        self._sizes: dict[tuple[int, ...], _Sizes] = {}
        self._rfqs = 0
        self._again = 0
        self._lacking = 0
        self._most = most

    def take_legs(self, batch: Sequence[OnLegs]) -> None:
        """Count RFQs by what they are on; what has one leg only is no combo."""
        kept = self._sizes
        for legs, sizes, _ in batch:
            if len(legs) == 1:
                continue
            former = kept.get(legs)
            self._rfqs += len(sizes)
            self._again += len(sizes) - (former is None)
            if former is None and len(sizes) == 1:
                kept[legs] = sizes[0]
            elif isinstance(former, Counter):
                former.update(sizes)
            else:
                kept[legs] = Counter(sizes if former is None else (former, *sizes))
        if len(kept) > self._most:
            count = self._by_count()
            ranked = sorted(kept, key=count.__getitem__, reverse=True)
            self._sizes = {legs: kept[legs] for legs in ranked[: self._most // 2]}
            self._lacking += count[ranked[self._most // 2]]

    def keep_legs(self, kept: frozenset[int]) -> None:
        """Forget combos that have another leg."""
        self._sizes = {legs: sizes for legs, sizes in self._sizes.items() if kept.issuperset(legs)}

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answer, cut to ``most`` rows."""
        rows = []
        for legs, rfqs in nlargest(most, self._by_count().items(), key=itemgetter(1)):
            sizes = self._sizes[legs]
            if isinstance(sizes, Counter):
                often = {written(size): count for size, count in sizes.most_common(MOST_SIZES)}
                rows.append((" + ".join(self._names.names[each] for each in legs), rfqs, often))
        yield Answer(
            "combos_asked_again",
            "The same combo asked for again",
            {"rfqs": self._rfqs, "again": self._again, "counts_may_lack": self._lacking},
            ("legs", "rfqs", "sizes"),
            rows,
            "rfqs",
        )

    def _by_count(self) -> dict[tuple[int, ...], int]:
        return {
            legs: sizes.total() if isinstance(sizes, Counter) else 1
            for legs, sizes in self._sizes.items()
        }
