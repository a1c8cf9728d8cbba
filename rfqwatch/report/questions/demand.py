"""How many RFQs there were, of how many dollars: by hour, collection, event, leg."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rfqwatch.report.answer import Answer, iso
from rfqwatch.report.asked import HOUR_MS
from rfqwatch.report.legs import MOST_LEGS
from rfqwatch.report.sizes import dollars
from rfqwatch.report.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.report.asked import Asked, OnLegs
    from rfqwatch.report.legs import Legs

_MOST_HOURS = 10_000

_Key = TypeVar("_Key")


class Demand:
    """RFQs and dollars by what they ask for; an RFQ counts for each of its events and legs."""

    def __init__(self, legs: Legs) -> None:
        self.legs: Tally[int] = Tally(2 * MOST_LEGS)
        self._names = legs
        self._hours: Tally[int] = Tally(_MOST_HOURS)
        self._collections: Tally[str | None] = Tally()
        self._events: Tally[str | None] = Tally()
        self._rfqs = 0
        self._micros = 0
        self._unsized = 0

    def take(self, asked: Asked) -> None:
        """Count RFQs."""
        self._rfqs += len(asked.sizes)
        self._micros += sum(asked.micros)
        self._unsized += asked.micros.count(0)
        self._hours.add(asked.hours, asked.micros)
        collections = [told.mve_collection_ticker for told in asked.told]
        self._collections.add(collections, asked.micros)

    def take_legs(self, batch: Sequence[OnLegs]) -> None:
        """Count RFQs by what they are on."""
        event = self._names.events.get
        self.legs.add_each((legs, len(sizes), micros) for legs, sizes, micros in batch)
        self._events.add_each(
            (dict.fromkeys(map(event, legs)), len(sizes), micros) for legs, sizes, micros in batch
        )

    def keep_legs(self, kept: frozenset[int]) -> None:
        """Forget all other legs."""
        self.legs.keep(kept)

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answers, the longest lists cut to ``most`` rows."""
        hours = sorted(self._hours.top(_MOST_HOURS))
        yield Answer(
            "rfqs_by_hour",
            "RFQs by hour (UTC)",
            {"rfqs": self._rfqs, "dollars": dollars(self._micros), "without_size": self._unsized},
            ("hour", "rfqs", "dollars"),
            [(iso(hour * HOUR_MS), rfqs, dollars(micros)) for hour, rfqs, micros in hours],
            "rfqs",
        )
        name = self._names.names.__getitem__
        legs = [(name(leg), rfqs, micros) for leg, rfqs, micros in self.legs.top(most)]
        yield _ranking("collection", self._collections, self._collections.top(most))
        yield _ranking("event", self._events, self._events.top(most))
        yield _ranking("leg", self.legs, legs)


def _ranking(name: str, tally: Tally[_Key], top: Sequence[tuple[str | None, int, int]]) -> Answer:
    return Answer(
        f"rfqs_by_{name}",
        f"RFQs by {name}",
        {"different": len(tally.rfqs), "counts_may_lack": tally.lacking},
        (name, "rfqs", "dollars"),
        [(key, rfqs, dollars(micros)) for key, rfqs, micros in top],
        "rfqs",
    )
