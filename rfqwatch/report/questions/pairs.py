"""Which legs come together."""

from __future__ import annotations

from collections import Counter
from itertools import chain, combinations, repeat
from typing import TYPE_CHECKING

from rfqwatch.report.answer import Answer
from rfqwatch.report.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.report.gathering import OnLegs
    from rfqwatch.report.legs import Legs

MOST_PAIRED = 100
"""Legs that are paired: no pair comes more often than either of its legs."""


class Pairs:
    """RFQs by each pair of those legs that were asked for most so far.

    ``legs`` are all legs with how often they were asked for.
    """

    def __init__(self, legs: Tally[int], names: Legs) -> None:
        self._legs = legs
        self._names = names
        self._pairs: Tally[tuple[int, int]] = Tally()
        self._paired: set[int] = set()
        self._lacking = 0

    def take_legs(self, batch: Sequence[OnLegs]) -> None:
        """Count RFQs by what they are on, once the legs are counted by themselves."""
        self._review()
        paired = self._paired
        rows = (
            row
            for legs, sizes, _ in batch
            for row in repeat([leg for leg in legs if leg in paired], len(sizes))
        )
        pairs = Counter(chain.from_iterable(combinations(row, 2) for row in rows))
        self._pairs.add(pairs.keys(), pairs.values())

    def keep_legs(self, kept: frozenset[int]) -> None:
        """Forget pairs that have another leg."""
        self._paired &= kept
        self._pairs.keep({pair for pair in self._pairs.sizes if kept.issuperset(pair)})

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answer, cut to ``most`` rows."""
        names = self._names.names
        yield Answer(
            "leg_pairs",
            "Legs that come together",
            {"legs_paired": len(self._paired), "counts_may_lack": self._lacking},
            ("leg", "other_leg", "rfqs"),
            [(names[one], names[other], rfqs) for (one, other), rfqs in self._pairs.top(most)],
            "rfqs",
        )

    def _review(self) -> None:
        paired = {leg for leg, _ in self._legs.top(MOST_PAIRED)}
        late = (self._legs.rfqs(leg) for leg in paired - self._paired)
        if len(self._paired) == MOST_PAIRED:
            self._lacking = max(self._lacking, *late, 0)
        self._paired = paired
