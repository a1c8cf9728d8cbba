"""Who asked most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.events import ANONYMOUS_CREATORS
from rfqwatch.report.answer import Answer
from rfqwatch.report.sizes import dollars
from rfqwatch.report.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.report.asked import Asked


class Creators:
    """RFQs by creator; those who hide share their ids, so they are one number."""

    def __init__(self) -> None:
        self._rfqs = 0
        self._hidden = 0
        self._hidden_micros = 0
        self._named: Tally[str | None] = Tally()

    def take(self, asked: Asked) -> None:
        """Count RFQs."""
        self._rfqs += len(asked.told)
        self._named.add([told.creator_id for told in asked.told], asked.micros)
        for hidden in (None, *ANONYMOUS_CREATORS):
            self._hidden += self._named.rfqs.pop(hidden, 0)
            self._hidden_micros += self._named.micros.pop(hidden, 0)

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answer, cut to ``most`` rows."""
        yield Answer(
            "creators",
            "Busiest creators",
            {
                "rfqs": self._rfqs,
                "anonymous_rfqs": self._hidden,
                "anonymous_dollars": dollars(self._hidden_micros),
                "different": len(self._named.rfqs),
                "counts_may_lack": self._named.lacking,
            },
            ("creator", "rfqs", "dollars"),
            [(creator, rfqs, dollars(micros)) for creator, rfqs, micros in self._named.top(most)],
            "rfqs",
        )
