"""RFQs by their legs, gathered before they are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgspec import Raw

    from rfqwatch.report.asked import Asked
    from rfqwatch.report.legs import Legs
    from rfqwatch.report.sizes import Size

MOST_GATHERED = 100_000
"""RFQs that are gathered before they are counted: a kilobyte each, at the most.

A fifth of it would be as fast, but which legs are worth pairing is clear only once many are seen.
"""

OnLegs: TypeAlias = "tuple[tuple[int, ...], Sequence[Size], Size]"
"""RFQs on the same legs, which are numbers of `Legs`: the size of each, and of all together."""


class Gathering:
    """RFQs by their legs, until there are many: the same legs need be counted only once.

    A combo's market has the same legs every time, so they are read the first time, and later only
    held against those.
    """

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._markets: dict[str | None, tuple[Raw, tuple[int, ...], list[Size]]] = {}
        self._odd: list[OnLegs] = []
        self._count = 0

    def take(self, asked: Asked) -> bool:
        """Gather RFQs; tell whether there are many."""
        markets = self._markets
        known, of = markets.get, self._legs.of
        for rfq, size in zip(asked.told, asked.sizes, strict=True):
            held = known(rfq.market_ticker)
            if held is None:
                # A copy, as the other holds the whole block that it was read from.
                legs = rfq.mve_selected_legs.copy()
                markets[rfq.market_ticker] = legs, of(rfq), [size]
            elif held[0] == rfq.mve_selected_legs:
                held[2].append(size)
            else:
                self._odd.append((of(rfq), [size], size))
        self._count += len(asked.told)
        return self._count >= MOST_GATHERED

    def gathered(self) -> list[OnLegs]:
        """Give what was gathered, and begin anew."""
        batch = self._odd
        batch += [(legs, sizes, sum(sizes)) for _, legs, sizes in self._markets.values()]
        self._markets, self._odd, self._count = {}, [], 0
        return batch
