"""How many RFQs there were, of how many dollars: by hour, collection, event, leg."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar

from rfqwatch.report.answer import Answer, iso
from rfqwatch.report.legs import MOST_LEGS
from rfqwatch.report.sizes import NO_CONTRACTS, UNREADABLE, dollars, rfqs
from rfqwatch.report.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.report.asked import Asked
    from rfqwatch.report.gathering import OnLegs
    from rfqwatch.report.legs import Legs
    from rfqwatch.report.sizes import Size

HOUR_MS = 3_600_000
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
        self._all: Size = 0
        self._unsized = 0

    def take(self, asked: Asked) -> None:
        """Count RFQs."""
        sizes = asked.sizes
        self._all += sum(sizes)
        self._unsized += sizes.count(UNREADABLE) + sizes.count(NO_CONTRACTS)
        self._hours.add([at_ms // HOUR_MS for at_ms in asked.received_ms], sizes)
        self._collections.add([rfq.mve_collection_ticker for rfq in asked.told], sizes)

    def take_legs(self, batch: Sequence[OnLegs]) -> None:
        """Count RFQs by what they are on."""
        by_leg: defaultdict[int, Size] = defaultdict(int)
        for legs, _, size in batch:
            for leg in legs:
                by_leg[leg] += size
        self.legs.add(by_leg.keys(), by_leg.values())
        event = self._names.events.get
        by_event: defaultdict[str | None, Size] = defaultdict(int)
        for leg, size in by_leg.items():
            by_event[event(leg)] += size
        for legs, _, size in batch:
            # Most have each leg on another event.
            if len(set(map(event, legs))) < len(legs):
                for each, count in Counter(map(event, legs)).items():
                    by_event[each] -= (count - 1) * size
        self._events.add(by_event.keys(), by_event.values())

    def keep_legs(self, kept: frozenset[int]) -> None:
        """Forget all other legs."""
        self.legs.keep(kept)

    def answers(self, most: int) -> Iterator[Answer]:
        """Give the answers, the longest lists cut to ``most`` rows."""
        hours = sorted(self._hours.top(_MOST_HOURS))
        yield Answer(
            "rfqs_by_hour",
            "RFQs by hour (UTC)",
            {
                "rfqs": rfqs(self._all),
                "dollars": dollars(self._all),
                "without_size": self._unsized,
            },
            ("hour", "rfqs", "dollars"),
            [(iso(hour * HOUR_MS), rfqs(size), dollars(size)) for hour, size in hours],
            "rfqs",
        )
        name = self._names.names.__getitem__
        legs = [(name(leg), size) for leg, size in self.legs.top(most)]
        yield _ranking("collection", self._collections, self._collections.top(most))
        yield _ranking("event", self._events, self._events.top(most))
        yield _ranking("leg", self.legs, legs)


def _ranking(name: str, tally: Tally[_Key], top: Sequence[tuple[str | None, Size]]) -> Answer:
    return Answer(
        f"rfqs_by_{name}",
        f"RFQs by {name}",
        {"different": len(tally.sizes), "counts_may_lack": tally.lacking},
        (name, "rfqs", "dollars"),
        [(key, rfqs(size), dollars(size)) for key, size in top],
        "rfqs",
    )
