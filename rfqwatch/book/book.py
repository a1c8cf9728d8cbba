"""Which RFQs are open: the only place that changes what is open.

Every event may come late, twice, or without the one it follows, and the book comes out the same.
It has no clock, and costs the same however many RFQs are open: times are passed in, and what time
alone changes (an RFQ gone stale, a quote lapsed, a shard's rows unconfirmed after a gap) is worked
out when asked, not stored.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from rfqwatch.book.readings import (
    Receipt,
    announced,
    announced_again,
    child_row,
    executed,
    offered,
    subject,
    summed_up,
    taken,
    taken_in_batch,
)
from rfqwatch.book.rfq import REPLAY_MS, Bids, Closed, Quote, Rfq, State, pack_legs
from rfqwatch.exchange.events import (
    BatchQuoteAccepted,
    BatchQuoteCreated,
    BatchQuoteExecuted,
    Event,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
    RfqBatchBestQuotes,
    RfqBatchCreated,
    RfqBatchDeleted,
    RfqBatchExecuted,
    RfqCreated,
    RfqDeleted,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

BatchEvent: TypeAlias = (
    RfqBatchCreated
    | RfqBatchDeleted
    | BatchQuoteCreated
    | RfqBatchBestQuotes
    | BatchQuoteAccepted
    | RfqBatchExecuted
    | BatchQuoteExecuted
)

_BLOCK = 256
_MOST_LINGERING = 8_192
_MOST_GONE = 65_536
_MOST_BATCHES = 20_000
_MOST_CHILDREN = 1_000
_MOST_CHANGES = 100_000


class Counts(Struct, gc=False):
    """What the book has seen since it was made; every number only grows."""

    created: int = 0
    """RFQs announced for the first time as they were created: the demand."""
    unknown_deletions: int = 0
    """Deletions of RFQs never announced to us."""
    unknown_quotes: int = 0
    """Quotes on RFQs not announced to us before."""
    evicted: int = 0
    """Open RFQs dropped, the oldest first, because there were too many."""


class _Shard(Struct, gc=False):
    """The open rows announced on one shard; those of its latest generation are confirmed."""

    generation: int = 0
    open: int = 0
    confirmed: int = 0
    live_ms: int | None = None


class _Batch(Struct, frozen=True, gc=False):
    children: tuple[str, ...] = ()
    version: int | None = None
    pictured: bool = False


class Book:
    """The RFQs that are open, and for a moment those just closed.

    ``max_age_ms`` is the age from which an open RFQ counts as stale, ``max_open`` how many open
    RFQs are kept, ``linger_ms`` how long closed ones stay. ``mine`` says that every RFQ of the
    stream is the user's own, so that no quote on it is hidden.
    """

    def __init__(
        self,
        *,
        max_age_ms: int = 7_200_000,
        max_open: int = 200_000,
        linger_ms: int = 2_000,
        mine: bool = False,
    ) -> None:
        self.max_age_ms = max_age_ms
        self.mine = mine
        self.counts = Counts()
        self._max_open = max_open
        self._linger_ms = linger_ms
        self._rows: dict[str, Rfq] = {}
        self._open = 0
        self._shards: dict[str, _Shard] = {}
        self._lingering: deque[str] = deque()
        self._gone: set[str] = set()
        self._gone_in_order: deque[str] = deque()
        self._batches: dict[str, _Batch] = {}
        self._changes: set[str] | None = set()
        # How many open RFQs are of each second; looking at every row would take too long.
        self._seconds: dict[int, int] = {}

    @property
    def rows(self) -> Mapping[str, Rfq]:
        """Every row by RFQ id, in the order of arrival, those just closed among them."""
        return MappingProxyType(self._rows)

    @property
    def open(self) -> int:
        """How many RFQs are not known to be closed; unconfirmed and stale ones are among them."""
        return self._open

    def unconfirmed(self, away: Container[str] = ()) -> int:
        """Count the open RFQs not heard of since their shard's last gap; all of a shard ``away``.

        A shard is away while its connection is lost.
        """
        return sum(
            shard.open - (0 if name in away else shard.confirmed)
            for name, shard in self._shards.items()
        )

    def stale(self, now_ms: int) -> int:
        """Count the stale RFQs, to the second."""
        oldest = (now_ms - self.max_age_ms) // 1_000
        return sum(count for second, count in self._seconds.items() if second < oldest)

    def state(self, rfq: Rfq, now_ms: int) -> State:
        """Tell how far a row can be trusted to be open. A row of an earlier moment will do."""
        if rfq.closed_ms is not None:
            return State.CLOSED
        if now_ms - rfq.since_ms > self.max_age_ms:
            return State.STALE
        if rfq.generation != self._shards[rfq.shard].generation:
            return State.UNCONFIRMED
        return State.OPEN

    def take_changes(self) -> set[str] | None:
        """Hand over the ids of the rows that came, changed or went since the last call.

        None when they were too many to keep: look at every row.
        """
        changes, self._changes = self._changes, set()
        return changes

    def gap(self, shard: str = "") -> None:
        """Messages of a shard may have been missed: its open RFQs are unconfirmed from here on."""
        meter = self._shard(shard)
        meter.generation += 1
        meter.confirmed = 0

    def live(self, at_ms: int, shard: str = "") -> None:
        """Messages of a shard are due from here on; RFQs created before are told again."""
        self._shard(shard).live_ms = at_ms

    def tick(self, now_ms: int) -> None:
        """Drop the rows that were closed long enough ago."""
        lingering = self._lingering
        while lingering:
            row = self._rows[lingering[0]]
            if row.closed_ms is not None and now_ms - row.closed_ms < self._linger_ms:
                break
            self._forget(lingering.popleft())

    def apply(
        self, event: Event, received_ms: int, sending_ms: int | None = None, shard: str = ""
    ) -> None:
        """Take in one message.

        ``received_ms`` is when it came, ``sending_ms`` when the exchange says it was sent, if it
        says, and ``shard`` names the connection it came by.
        """
        if isinstance(event, RfqDeleted):
            self._close(event.id, Closed.DELETED, received_ms)
            return
        receipt = Receipt(received_ms, sending_ms, shard, self._shard(shard).generation)
        match event:
            case RfqCreated():
                self._announce(announced(event, receipt))
            case QuoteCreated():
                self._quoted(subject(event, receipt), offered(event, event, receipt))
            case QuoteAccepted():
                self._quoted(subject(event, receipt), taken(event, receipt))
            case QuoteExecuted():
                self._quoted(subject(event, receipt), executed(event, receipt))
                self._close(event.rfq_id, Closed.EXECUTED, received_ms)
            case _:
                self._apply_batch(event, receipt)

    def _apply_batch(self, event: BatchEvent, receipt: Receipt) -> None:
        match event:
            case RfqBatchCreated():
                self._batch_created(event, receipt)
            case RfqBatchDeleted():
                self._close_batch(event.id, {}, event.rfq_ids or (), receipt.received_ms)
            case BatchQuoteCreated():
                for offer in event.quotes or ():
                    self._quoted(subject(offer, receipt), offered(offer, event, receipt))
            case BatchQuoteAccepted():
                for offer in event.quotes or ():
                    self._quoted(subject(offer, receipt), taken_in_batch(offer, event, receipt))
            case RfqBatchBestQuotes():
                self._best_quotes(event, receipt)
            case RfqBatchExecuted() | BatchQuoteExecuted():
                reasons = dict.fromkeys(event.failed_rfq_ids or (), Closed.EXECUTION_FAILED)
                reasons |= dict.fromkeys(event.executed_rfq_ids or (), Closed.EXECUTED)
                self._close_batch(event.rfq_batch_id, reasons, reasons, receipt.received_ms)
            case _:
                assert_never(event)

    def _shard(self, name: str) -> _Shard:
        shard = self._shards.get(name)
        if shard is None:
            shard = self._shards[name] = _Shard()
        return shard

    def _announce(self, row: Rfq) -> None:
        known = self._rows.get(row.id)
        if known is None:
            if row.id in self._gone:
                return
        elif known.closed_ms is not None:
            return
        else:
            row = announced_again(known, row)
        if (known is None or not known.announced) and not self._is_replay(row):
            self.counts.created += 1
        self._put(row, known)

    def _is_replay(self, row: Rfq) -> bool:
        """Tell whether an RFQ is announced again by the exchange, though not known to us."""
        if row.created_ms is None:
            return False
        # Each duration is of one clock, as far as possible: those of the two sides differ.
        age_ms = (row.received_ms if row.sending_ms is None else row.sending_ms) - row.created_ms
        live_ms = self._shards[row.shard].live_ms
        since_ms = REPLAY_MS if live_ms is None else max(0, row.received_ms - live_ms)
        return age_ms > min(REPLAY_MS, since_ms)

    def _quoted(self, about: Rfq, quote: Quote) -> None:
        row = self._heard_of(about)
        if row is not None:
            self._put_heard(row.with_quote(quote))

    def _batch_created(self, event: RfqBatchCreated, receipt: Receipt) -> None:
        if event.id in self._gone:
            return
        children = (event.rfqs or ())[:_MOST_CHILDREN]
        packed: dict[tuple[int, ...], bytes] = {}
        for child in children:
            indices = tuple(dict.fromkeys(child.leg_indices or ()))
            if indices not in packed:
                packed[indices] = self._pack_chosen(event, indices)
            self._announce(child_row(event, child, packed[indices], receipt))
        batch = self._batches.get(event.id, _Batch())
        ids = dict.fromkeys((*batch.children, *(child.id for child in children)))
        self._put_batch(event.id, replace(batch, children=tuple(ids)))
        if batch.pictured:
            self._clear_best(child.id for child in children if not self._is_pictured(child.id))

    @staticmethod
    def _pack_chosen(event: RfqBatchCreated, indices: Iterable[int]) -> bytes:
        legs = event.legs or ()
        # A negative index would silently name a leg from the end.
        return pack_legs([legs[index] for index in indices if 0 <= index < len(legs)])

    def _best_quotes(self, event: RfqBatchBestQuotes, receipt: Receipt) -> None:
        if event.rfq_batch_id in self._gone:
            return
        batch = self._batches.get(event.rfq_batch_id, _Batch())
        version = event.version
        # Without a version nobody can tell whether it is the latest.
        if version is None or (batch.version is not None and version <= batch.version):
            return
        named = set()
        for best in event.rfqs or ():
            named.add(best.rfq_id)
            row = self._heard_of(subject(best, receipt))
            if row is not None:
                self._put_heard(replace(row, best=summed_up(best)))
        # It is a full picture: on the children left out, no one bids.
        self._clear_best(child for child in batch.children if child not in named)
        self._put_batch(
            event.rfq_batch_id,
            _Batch(batch.children, version, pictured=True),
        )

    def _clear_best(self, rfq_ids: Iterable[str]) -> None:
        for rfq_id in rfq_ids:
            row = self._rows.get(rfq_id)
            if row is not None and row.best != Bids():
                self._put_heard(replace(row, best=Bids()))

    def _put_batch(self, batch_id: str, batch: _Batch) -> None:
        self._batches[batch_id] = batch
        if len(self._batches) > _MOST_BATCHES:
            for oldest in list(islice(self._batches, _MOST_BATCHES // _BLOCK)):
                del self._batches[oldest]

    def _close_batch(
        self, batch_id: str, reasons: Mapping[str, Closed], named: Iterable[str], received_ms: int
    ) -> None:
        batch = self._batches.pop(batch_id, _Batch())
        for rfq_id in dict.fromkeys((*named, *batch.children)):
            self._close(rfq_id, reasons.get(rfq_id, Closed.BATCH_CLOSED), received_ms)
        self._bury(batch_id)

    def _close(self, rfq_id: str, reason: Closed, received_ms: int) -> None:
        row = self._rows.get(rfq_id)
        if row is None:
            if rfq_id not in self._gone:
                self.counts.unknown_deletions += 1
                self._bury(rfq_id)
            return
        if row.reason is not None:
            if reason > row.reason:
                self._put(replace(row, reason=reason), row)
            return
        self._count(row, -1)
        self._rows[rfq_id] = replace(row, closed_ms=received_ms, reason=reason)
        self._note(rfq_id)
        self._lingering.append(rfq_id)
        if len(self._lingering) > _MOST_LINGERING:
            self._forget(self._lingering.popleft())

    def _is_pictured(self, rfq_id: str) -> bool:
        row = self._rows.get(rfq_id)
        return row is not None and row.best is not None

    def _heard_of(self, about: Rfq) -> Rfq | None:
        """Give the row a message is about: the known one, else what it says; None when gone."""
        row = self._rows.get(about.id)
        if row is not None:
            return row
        if about.id in self._gone:
            return None
        self.counts.unknown_quotes += 1
        return about

    def _put_heard(self, row: Rfq) -> None:
        generation = self._shard(row.shard).generation
        if row.generation != generation:
            row = replace(row, generation=generation)
        self._put(row, self._rows.get(row.id))

    def _put(self, row: Rfq, known: Rfq | None) -> None:
        if known is not None:
            self._count(known, -1)
        self._count(row, 1)
        self._rows[row.id] = row
        self._note(row.id)
        if self._open > self._max_open:
            self._evict()

    def _count(self, row: Rfq, difference: int) -> None:
        if row.closed_ms is None:
            shard = self._shards[row.shard]
            self._open += difference
            shard.open += difference
            if row.generation == shard.generation:
                shard.confirmed += difference
            second = row.since_ms // 1_000
            count = self._seconds.get(second, 0) + difference
            if count:
                self._seconds[second] = count
            else:
                del self._seconds[second]

    def _note(self, rfq_id: str) -> None:
        if self._changes is not None:
            self._changes.add(rfq_id)
            if len(self._changes) > _MOST_CHANGES:
                self._changes = None

    def _evict(self) -> None:
        # In blocks, as finding the first entry of a dict passes over every one deleted before it.
        still_open = (row for row in self._rows.values() if row.closed_ms is None)
        for row in list(islice(still_open, max(1, self._max_open // _BLOCK))):
            self._count(row, -1)
            self._note(row.id)
            del self._rows[row.id]
            self.counts.evicted += 1

    def _forget(self, rfq_id: str) -> None:
        del self._rows[rfq_id]
        self._note(rfq_id)
        self._bury(rfq_id)

    def _bury(self, rfq_id: str) -> None:
        if rfq_id not in self._gone:
            self._gone.add(rfq_id)
            self._gone_in_order.append(rfq_id)
            if len(self._gone_in_order) > _MOST_GONE:
                self._gone.remove(self._gone_in_order.popleft())
