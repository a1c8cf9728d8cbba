"""Which RFQs are open: the only place that changes what is open.

Every event may come late, twice, or without the one it follows, and the book comes out the same.
It has no clock, and costs the same however many RFQs are open: times are passed in, and what time
alone changes (an RFQ gone stale, a quote lapsed, a shard's rows unconfirmed after a gap) is worked
out when asked, not stored.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rfqwatch.book.batches import Batches
from rfqwatch.book.census import Census
from rfqwatch.book.lag import is_told_again
from rfqwatch.book.readings import (
    Receipt,
    announced,
    announced_again,
    children,
    quotes,
    subject,
    summed_up,
)
from rfqwatch.book.rfq import Bids, Closed, Quote, QuoteState, Rfq, State, pack
from rfqwatch.book.tempo import Tempo
from rfqwatch.exchange.events import (
    BatchQuoteExecuted,
    Event,
    RfqBatchBestQuotes,
    RfqBatchCreated,
    RfqBatchDeleted,
    RfqBatchExecuted,
    RfqCreated,
    RfqDeleted,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from decimal import Decimal

    from rfqwatch.book.readings import Told
    from rfqwatch.exchange.events import BestBids, Offer, QuoteExecuted
    from rfqwatch.exchange.wire import Payload

_BLOCK = 256
_PACKED_AT_ONCE = 500
_MOST_LINGERING = 8_192
_MOST_GONE = 65_536
_MOST_CHANGES = 100_000


@dataclass(slots=True)
class Counts:
    """What the book has seen since it was made; every number only grows."""

    created: int = 0
    """RFQs announced for the first time as they were created: the demand."""
    unknown_deletions: int = 0
    """Deletions of RFQs never announced to us."""
    unknown_quotes: int = 0
    """Quotes on RFQs not announced to us before."""
    accepted: int = 0
    """Quotes that were accepted, as far as we may know of them."""
    evicted: int = 0
    """Open RFQs dropped, the oldest first, because there were too many."""


class Book:
    """The RFQs that are open, and for a moment those just closed.

    ``max_age_ms`` is the age from which an open RFQ counts as stale, ``max_open`` how many open
    RFQs are kept, ``linger_s`` how long closed ones stay: 8,192 at most, whatever closes beyond
    that goes at once. ``mine`` says that every RFQ of the stream is the user's own, so that no
    quote on it is hidden.
    """

    def __init__(
        self,
        *,
        max_age_ms: int = 7_200_000,
        max_open: int = 200_000,
        linger_s: float = 2.0,
        mine: bool = False,
    ) -> None:
        self.mine = mine
        self.counts = Counts()
        self.tempo = Tempo()
        self._max_age_ms = max_age_ms
        self._max_open = max_open
        self._linger_s = linger_s
        self._rows: dict[str, Rfq] = {}
        self._census = Census()
        self._batches = Batches()
        self._fresh: deque[str] = deque(maxlen=max_open)
        self._closed: deque[str] = deque()
        self._lingering: deque[tuple[str, float]] = deque()
        # In order, as dicts are and sets are not.
        self._gone: dict[str, None] = {}
        self._changes: dict[str, None] = {}
        self._changes_lost = False

    @property
    def rows(self) -> Mapping[str, Rfq]:
        """Every row by RFQ id, in the order of arrival, those just closed among them."""
        return self._rows

    @property
    def open(self) -> int:
        """How many RFQs are not known to be closed; unconfirmed and stale ones are among them."""
        return self._census.open

    def newest(self, count: int) -> Iterator[Rfq]:
        """Give so many rows, the last to arrive first, those just closed among them."""
        return islice(reversed(self._rows.values()), count)

    @property
    def asked(self) -> Decimal:
        """What the open RFQs ask for in all, in dollars; a contract counts as one (`Rfq.size`)."""
        return self._census.asked

    def unconfirmed(self, away: Container[str] = ()) -> int:
        """Count the open RFQs not heard of since their shard's last gap; all of a shard ``away``.

        A shard is away while its connection is lost.
        """
        return self._census.unconfirmed(away)

    def stale(self, now_ms: int) -> int:
        """Count the stale RFQs, to the second."""
        return self._census.older(now_ms - self._max_age_ms)

    def state(self, rfq: Rfq, now_ms: int) -> State:
        """Tell how far a row can be trusted to be open. A row of an earlier moment will do."""
        if rfq.reason is not None:
            return State.CLOSED
        if now_ms - rfq.since_ms > self._max_age_ms:
            return State.STALE
        if rfq.generation != self._census.shard(rfq.shard).generation:
            return State.UNCONFIRMED
        return State.OPEN

    def take_changes(self) -> AbstractSet[str] | None:
        """Hand over the ids of the rows that came, changed or went since the last call.

        They are in the order of their first change: rows that came together lie together.
        None when they were too many to keep: look at every row.
        """
        changes, self._changes = self._changes.keys(), {}
        lost, self._changes_lost = self._changes_lost, False
        return None if lost else changes

    def gap(self, shard: str = "") -> None:
        """Messages of a shard may have been missed: its open RFQs are unconfirmed from here on."""
        self._census.shard(shard).gap()

    def live(self, at_ms: int, shard: str = "") -> None:
        """Messages of a shard are due from here on; RFQs created before are told again."""
        self._census.shard(shard).live_ms = at_ms

    def tick(self, now_s: float) -> None:
        """Drop the rows that were closed long enough ago, by the clock that can't be set.

        Call it now and then: it also keeps bounded what `take_changes` would give, and has rows
        take less memory.
        Their time begins with the first tick that finds them closed.
        """
        lingering = self._lingering
        self._pack()
        while lingering and now_s - lingering[0][1] >= self._linger_s:
            rfq_id, _ = lingering.popleft()
            del self._rows[rfq_id]
            self._changes[rfq_id] = None
            self._bury(rfq_id)
        lingering.extend((rfq_id, now_s) for rfq_id in self._closed)
        self._closed.clear()
        if len(self._changes) > _MOST_CHANGES:
            self._changes.clear()
            self._changes_lost = True

    def _pack(self) -> None:
        """Pack rows that are open still; no more of them than a picture can wait for."""
        fresh, rows, left = self._fresh, self._rows, _PACKED_AT_ONCE
        while fresh and left:
            rfq_id = fresh.popleft()
            row = rows.get(rfq_id)
            if row is not None and row.reason is None:
                left -= 1
                # It says the same, and is no change.
                rows[rfq_id] = replace(row, message=pack(row.message))

    def apply(
        self,
        event: Event,
        received_ms: int,
        sending_ms: int | None = None,
        shard: str = "",
        message: Payload | None = None,
    ) -> None:
        """Take in one message.

        ``received_ms`` is when it came, ``sending_ms`` when the exchange says it was sent, if it
        says, and ``shard`` names the connection it came by. ``message`` is the bytes that the event
        was read from, if they are at hand; else it is written anew where that is kept.
        """
        self.apply_all([(event, sending_ms, message)], received_ms, shard)

    def apply_all(self, told: Iterable[Told], received_ms: int, shard: str = "") -> None:
        """Take in messages that came at one moment over one connection: see `apply`."""
        known = self._census.shard(shard)
        generation, live_ms = known.generation, known.live_ms
        for event, sending_ms, message in told:
            if isinstance(event, RfqDeleted):
                self._close(event.id, Closed.DELETED, received_ms)
                continue
            receipt = Receipt(received_ms, sending_ms, shard, generation)
            match event:
                case RfqCreated():
                    self._announce(announced(event, receipt, message), live_ms)
                case RfqBatchCreated():
                    self._announce_batch(event.id, children(event, receipt), live_ms)
                case RfqBatchBestQuotes():
                    self._picture(event, receipt)
                case RfqBatchDeleted():
                    reasons = dict.fromkeys(event.rfq_ids or (), Closed.BATCH_CLOSED)
                    self._close_batch(event.id, reasons, received_ms)
                case RfqBatchExecuted() | BatchQuoteExecuted():
                    reasons = dict.fromkeys(event.failed_rfq_ids or (), Closed.EXECUTION_FAILED)
                    reasons |= dict.fromkeys(event.executed_rfq_ids or (), Closed.EXECUTED)
                    self._close_batch(event.rfq_batch_id, reasons, received_ms)
                case _:
                    for about, quote in quotes(event, receipt):
                        self._quoted(about, quote, receipt)
                        if quote.state is QuoteState.EXECUTED:
                            self._close(about.rfq_id, Closed.EXECUTED, received_ms)

    def _announce(self, row: Rfq, live_ms: int | None) -> None:
        """Take in an RFQ; what was created before ``live_ms`` is told again, though not known."""
        known = self._rows.get(row.id)
        if known is None:
            if row.id in self._gone:
                return
        elif known.reason is not None:
            return
        else:
            row = announced_again(known, row)
        if (known is None or not known.announced) and not (
            row.created_ms is not None
            and is_told_again(row.received_ms, row.sending_ms, row.created_ms, live_ms)
        ):
            self.counts.created += 1
            self.tempo.open(row.received_ms, row.size)
        self._fresh.append(row.id)
        self._put(row, known)

    def _quoted(self, about: Offer | QuoteExecuted, quote: Quote, receipt: Receipt) -> None:
        row = self._heard_of(about, receipt)
        if row is not None:
            known = {known.id: known.state for known in row.quotes}
            if quote.state is QuoteState.ACCEPTED > known.get(quote.id, QuoteState.OFFERED):
                self.counts.accepted += 1
            self._put_heard(row.with_quote(quote))

    def _announce_batch(self, batch_id: str, rows: Sequence[Rfq], live_ms: int | None) -> None:
        if batch_id in self._gone:
            return
        for row in rows:
            self._announce(row, live_ms)
        if self._batches.announce(batch_id, [row.id for row in rows]):
            known = [self._rows.get(row.id) for row in rows]
            self._clear_best(row for row in known if row is not None and row.best is None)

    def _picture(self, event: RfqBatchBestQuotes, receipt: Receipt) -> None:
        batch_id = event.rfq_batch_id
        if batch_id in self._gone or not self._batches.picture(batch_id, event.version):
            return
        named = set()
        for best in event.rfqs or ():
            named.add(best.rfq_id)
            row = self._heard_of(best, receipt)
            if row is not None:
                self._put_heard(replace(row, best=summed_up(best)))
        # It is a full picture: on the children left out, no one bids.
        left_out = [child for child in self._batches.children(batch_id) if child not in named]
        self._clear_best(row for row in map(self._rows.get, left_out) if row is not None)

    def _clear_best(self, rows: Iterable[Rfq]) -> None:
        for row in rows:
            if row.best != Bids():
                self._put_heard(replace(row, best=Bids()))

    def _close_batch(self, batch_id: str, reasons: Mapping[str, Closed], at_ms: int) -> None:
        for rfq_id in dict.fromkeys((*reasons, *self._batches.children(batch_id))):
            self._close(rfq_id, reasons.get(rfq_id, Closed.BATCH_CLOSED), at_ms)
        self._batches.forget(batch_id)
        self._bury(batch_id)

    def _close(self, rfq_id: str, reason: Closed, at_ms: int) -> None:
        row = self._rows.get(rfq_id)
        if row is None:
            if rfq_id not in self._gone:
                self.counts.unknown_deletions += 1
                self._bury(rfq_id)
        elif row.reason is None:
            self._census.take_off(row)
            self.tempo.close(at_ms, row.since_ms)
            self._changes[rfq_id] = None
            if len(self._lingering) + len(self._closed) < _MOST_LINGERING:
                self._rows[rfq_id] = replace(row, reason=reason)
                self._closed.append(rfq_id)
            else:
                del self._rows[rfq_id]
                self._bury(rfq_id)
        elif reason > row.reason:
            self._rows[rfq_id] = replace(row, reason=reason)
            self._changes[rfq_id] = None

    def _heard_of(self, about: Offer | BestBids | QuoteExecuted, receipt: Receipt) -> Rfq | None:
        """Give the row a message is about: the known one, else what it says; None when gone."""
        row = self._rows.get(about.rfq_id)
        if row is not None:
            return row
        if about.rfq_id in self._gone:
            return None
        self.counts.unknown_quotes += 1
        return subject(about, receipt)

    def _put_heard(self, row: Rfq) -> None:
        generation = self._census.shard(row.shard).generation
        if row.generation != generation:
            row = replace(row, generation=generation)
        self._put(row, self._rows.get(row.id))

    def _put(self, row: Rfq, known: Rfq | None) -> None:
        if row.reason is None:
            if known is not None:
                self._census.take_off(known)
            self._census.add(row)
        self._rows[row.id] = row
        self._changes[row.id] = None
        if len(self._rows) > self._max_open and self._census.open > self._max_open:
            self._evict()

    def _evict(self) -> None:
        # In blocks, as finding the first entry of a dict passes over every one deleted before it.
        still_open = (row for row in self._rows.values() if row.reason is None)
        for row in list(islice(still_open, max(1, self._max_open // _BLOCK))):
            self._census.take_off(row)
            self._changes[row.id] = None
            del self._rows[row.id]
            self.counts.evicted += 1

    def _bury(self, rfq_id: str) -> None:
        """Remember that it is gone."""
        gone = self._gone
        gone[rfq_id] = None
        if len(gone) > _MOST_GONE:
            for oldest in list(islice(gone, _BLOCK)):
                del gone[oldest]
