"""What a simulated market says, in time's order.

It has no clock: the time comes from outside, so a seed is one sequence of messages for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rfqwatch.simulator.market.agenda import SECOND, Agenda
from rfqwatch.simulator.market.batches import Batches
from rfqwatch.simulator.market.catalog import Catalog
from rfqwatch.simulator.market.chance import LONGEST_LIFE, Chance, natural_book
from rfqwatch.simulator.market.people import People
from rfqwatch.simulator.market.quoting import QuotedRfqs
from rfqwatch.simulator.market.rfqs import Rfqs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.simulator.market.agenda import Event

OPEN_LIMIT: Final = 50_000
"""Most RFQs kept open: past it they end early, so that memory stays bounded at any rate."""

_NEVER_DELETED = 0.04
_NEVER_ANNOUNCED = 0.03
_QUOTED = 0.03
_QUOTED_PER_SECOND = 1.0
_BATCH = 0.02


class Traffic:
    """A market's messages, in the proportions observed on the exchange.

    About half of the messages create RFQs and half delete them; 95 % are sized by target cost;
    nearly all are combos of 2 to 15 legs; a few RFQs are never seen deleted, a few deletions are
    of RFQs never announced. Some RFQs are quoted, by or for ``watcher``, the account whose
    connections hear about quotes.

    ``rate`` is messages per second of the market's time, ``start_us`` its first moment (µs since
    1970), ``standing`` how many RFQs are open then. ``batches`` adds the seven batch types.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        rate: float = 20,
        start_us: int = 0,
        standing: int = 0,
        batches: bool = False,
        open_limit: int = OPEN_LIMIT,
    ) -> None:
        self._chance = Chance(seed)
        self._mean_gap_us = SECOND / rate
        self._quoted_share = min(_QUOTED, _QUOTED_PER_SECOND * 2 / rate)
        self._batch_share = _BATCH if batches else 0.0
        self._open_limit = max(open_limit, standing)
        self._people = People(self._chance)
        self._agenda = Agenda()
        catalog = Catalog(start_us)
        self._rfqs = Rfqs(self._chance, catalog, self._agenda)
        self._quoted = QuotedRfqs(self._chance, self._people, self._agenda, self._rfqs)
        self._batches = Batches(self._chance, catalog, self._people, self._agenda)
        self._owed = 0
        self._slot_us = start_us
        self._fill(start_us, standing, rate)

    @property
    def watcher(self) -> str:
        """The account that everyone connects with."""
        return self._people.watcher

    @property
    def open(self) -> tuple[Event, ...]:
        """The announcements of everything open now, oldest first."""
        return tuple(self._agenda.open.values())

    @property
    def next_us(self) -> int:
        """The time before which nothing more will happen."""
        return min(self._slot_us, self._agenda.next_us)

    def until(self, now_us: int, most: int = 1 << 62) -> list[Event]:
        """Return what happened up to ``now_us``, at most ``most`` messages, in order."""
        events: list[Event] = []
        while len(events) < most and self.next_us <= now_us:
            if self._agenda.next_us <= self._slot_us:
                if event := self._agenda.take(now_us):
                    # What falls due takes the place of a later RFQ: the rate holds.
                    self._owed += 1
                    events.append(event)
                continue
            at_us = self._slot_us
            self._slot_us += max(1, round(self._chance.expovariate(1) * self._mean_gap_us))
            if self._owed:
                self._owed -= 1
            else:
                events.extend(self._arrive(at_us))
        return events

    def burst(self, now_us: int, count: int) -> list[Event]:
        """Return the next ``count`` messages or so, whatever the rate, all by ``now_us``."""
        events: list[Event] = []
        while len(events) < count:
            if self._agenda.next_us <= now_us:
                if event := self._agenda.take(now_us):
                    events.append(event)
            else:
                events.extend(self._arrive(now_us))
        return events

    def _arrive(self, at_us: int) -> Iterator[Event]:
        if len(self._agenda.open) >= self._open_limit:
            yield from self._end_early(at_us)
        elif self._chance.happens(self._batch_share):
            yield self._batches.create(at_us)
        elif self._chance.happens(self._quoted_share):
            yield self._quoted.create(at_us)
        else:
            yield self._create(at_us)

    def _end_early(self, at_us: int) -> Iterator[Event]:
        while self._agenda:
            if event := self._agenda.take(at_us):
                yield event
                return

    def _fill(self, start_us: int, standing: int, rate: float) -> None:
        """Open ``standing`` RFQs before ``start_us``, of the ages that a running market has."""
        horizon = 60.0
        while horizon < LONGEST_LIFE and natural_book(rate, horizon) < standing:
            horizon *= 2
        lives: list[tuple[float, float]] = []
        while len(lives) < standing:
            age, life = self._chance.uniform(0, horizon), self._chance.life()
            if life > age:
                lives.append((age, life))
        for age, life in sorted(lives, reverse=True):
            rfq = self._rfqs.draw(self._people.creator())
            self._rfqs.announce(rfq, start_us - round(age * SECOND))
            self._rfqs.end(rfq, start_us + round((life - age) * SECOND))

    def _create(self, at_us: int) -> Event:
        chance, rfqs = self._chance, self._rfqs
        if chance.happens(_NEVER_ANNOUNCED):
            unannounced = rfqs.draw(self._people.creator())
            rfqs.end(unannounced, at_us + round(chance.life() * SECOND))
        rfq = rfqs.draw(self._people.creator())
        ends_us = at_us + round(chance.life() * SECOND)
        if chance.happens(_NEVER_DELETED):
            self._agenda.schedule_silent_end(ends_us, rfq.id)
        else:
            rfqs.end(rfq, ends_us)
        return rfqs.announce(rfq, at_us)
