"""Who asked most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.events import ANONYMOUS_CREATORS
from rfqwatch.report.answer import Answer
from rfqwatch.report.sizes import dollars, rfqs
from rfqwatch.report.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.report.asked import Asked
    from rfqwatch.report.sizes import Size


class Creators:
    """RFQs by creator; those who hide share their ids, so they are one number."""

    def __init__(self) -> None:
        self._rfqs = 0
        self._hidden: Size = 0
        self._named: Tally[str | None] = Tally()

    def take(self, asked: Asked) -> None:
        """Count RFQs."""
        self._rfqs += len(asked.told)
        self._named.add([rfq.creator_id for rfq in asked.told], asked.sizes)
        for hidden in (None, *ANONYMOUS_CREATORS):
            self._hidden += self._named.sizes.pop(hidden, 0)

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answer, cut to ``most`` rows."""
        yield Answer(
            "creators",
            "Busiest creators",
            {
                "rfqs": self._rfqs,
                "anonymous_rfqs": rfqs(self._hidden),
                "anonymous_dollars": dollars(self._hidden),
                "different": len(self._named.sizes),
                "counts_may_lack": self._named.lacking,
            },
            ("creator", "rfqs", "dollars"),
            [(creator, rfqs(size), dollars(size)) for creator, size in self._named.top(most)],
            "rfqs",
        )
