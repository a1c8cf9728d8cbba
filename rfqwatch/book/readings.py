"""What one message says of an RFQ or of a quote, as the values that the book keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec import Struct
from msgspec.structs import replace

from rfqwatch.book.rfq import Bids, Quote, QuoteState, Rfq, pack_legs
from rfqwatch.exchange.events import (
    Amount,
    BatchQuoteAccepted,
    BatchQuoteCreated,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from decimal import Decimal

    from rfqwatch.exchange.events import BatchRfq, BestBids, Offer, RfqBatchCreated, RfqCreated

_MOST_CHILDREN = 1_000
_MOST_TEXTS = 4_096
_texts: dict[str, str] = {}


class Receipt(Struct, frozen=True, gc=False):
    """When a message came and was sent (Unix milliseconds), and by which connection.

    ``generation`` counts the gaps of that connection so far.
    """

    received_ms: int
    sending_ms: int | None = None
    shard: str = ""
    generation: int = 0


def announced(event: RfqCreated, receipt: Receipt) -> Rfq:
    """Make the row of an RFQ announced on its own."""
    return _opened(event, event, pack_legs(event.mve_selected_legs), receipt, None)


def children(batch: RfqBatchCreated, receipt: Receipt) -> list[Rfq]:
    """Make the rows of the RFQs announced within their batch; none beyond the first 1,000."""
    legs = batch.legs or ()
    packed: dict[tuple[int, ...], bytes] = {}
    rows = []
    for child in (batch.rfqs or ())[:_MOST_CHILDREN]:
        indices = tuple(dict.fromkeys(child.leg_indices or ()))
        if indices not in packed:
            # A negative index would silently name a leg from the end.
            packed[indices] = pack_legs([legs[at] for at in indices if 0 <= at < len(legs)])
        rows.append(_opened(child, batch, packed[indices], receipt, batch.id))
    return rows


def _opened(
    terms: RfqCreated | BatchRfq,
    opening: RfqCreated | RfqBatchCreated,
    packed_legs: bytes,
    receipt: Receipt,
    batch_id: str | None,
) -> Rfq:
    received_ms = receipt.received_ms
    created_ms = milliseconds(opening.created_ts)
    return Rfq(
        id=terms.id,
        market_ticker=terms.market_ticker,
        event_ticker=terms.event_ticker,
        collection_ticker=_shared(terms.mve_collection_ticker),
        creator_id=_shared(opening.creator_id),
        contracts=_untracked(terms.contracts),
        target_cost=_untracked(terms.target_cost),
        packed_legs=packed_legs,
        created_ms=created_ms,
        since_ms=received_ms if created_ms is None else min(created_ms, received_ms),
        received_ms=received_ms,
        sending_ms=receipt.sending_ms,
        shard=receipt.shard,
        generation=receipt.generation,
        batch_id=batch_id,
    )


def announced_again(known: Rfq, row: Rfq) -> Rfq:
    """Take an RFQ's newest terms, with what only its former row knows."""
    first = known if known.announced else row
    return replace(
        row,
        since_ms=min(known.since_ms, row.since_ms),
        received_ms=first.received_ms,
        sending_ms=first.sending_ms,
        batch_id=row.batch_id or known.batch_id,
        quotes=known.quotes,
        best=known.best,
    )


def subject(about: Offer | BestBids | QuoteExecuted, receipt: Receipt) -> Rfq:
    """Make the row that a message on quotes tells of, in case its RFQ was never announced."""
    return Rfq(
        id=about.rfq_id,
        market_ticker=about.market_ticker,
        event_ticker=getattr(about, "event_ticker", None),
        creator_id=getattr(about, "rfq_creator_id", None),
        target_cost=getattr(about, "target_cost", None),
        since_ms=receipt.received_ms,
        received_ms=receipt.received_ms,
        shard=receipt.shard,
        generation=receipt.generation,
        announced=False,
    )


def quotes(
    event: QuoteCreated | QuoteAccepted | QuoteExecuted | BatchQuoteCreated | BatchQuoteAccepted,
    receipt: Receipt,
) -> Iterator[tuple[Rfq, Quote]]:
    """Make each quote that a message speaks of, with the `subject` it is on."""
    match event:
        case QuoteCreated():
            yield subject(event, receipt), _offered(event, event, receipt)
        case QuoteAccepted():
            yield subject(event, receipt), _taken(event, receipt)
        case QuoteExecuted():
            yield subject(event, receipt), _executed(event, receipt)
        case BatchQuoteCreated():
            for offer in event.quotes or ():
                yield subject(offer, receipt), _offered(offer, event, receipt)
        case BatchQuoteAccepted():
            for offer in event.quotes or ():
                yield subject(offer, receipt), _taken_in_batch(offer, event, receipt)
        case _:
            assert_never(event)


def _offered(offer: Offer, said_in: QuoteCreated | BatchQuoteCreated, receipt: Receipt) -> Quote:
    return _bidding(
        offer,
        said_in.quote_creator_id,
        _microseconds(said_in.created_ts, receipt.received_ms),
    )


def _taken(event: QuoteAccepted, receipt: Receipt) -> Quote:
    # The message has no time, so its sending has to do.
    at_ms = receipt.received_ms
    if receipt.sending_ms is not None:
        at_ms = min(receipt.sending_ms, at_ms)
    return replace(
        _bidding(event, event.quote_creator_id, at_ms * 1_000),
        state=QuoteState.ACCEPTED,
        accepted_side=event.accepted_side,
        accepted_contracts=event.contracts_accepted,
        accepted_ms=at_ms,
    )


def _taken_in_batch(offer: Offer, batch: BatchQuoteAccepted, receipt: Receipt) -> Quote:
    at_us = min(_microseconds(batch.accepted_ts, receipt.received_ms), receipt.received_ms * 1_000)
    sizes = {"yes": offer.yes_contracts, "no": offer.no_contracts}
    return replace(
        _bidding(offer, batch.quote_creator_id, at_us),
        state=QuoteState.ACCEPTED,
        accepted_side=batch.accepted_side,
        accepted_contracts=sizes.get(batch.accepted_side or ""),
        accepted_ms=at_us // 1_000,
    )


def _executed(event: QuoteExecuted, receipt: Receipt) -> Quote:
    return Quote(
        event.quote_id,
        event.quote_creator_id,
        state=QuoteState.EXECUTED,
        at_us=_microseconds(event.executed_ts, receipt.received_ms),
    )


def summed_up(best: BestBids) -> Bids:
    """Make the best bids on one child of a batch."""
    return Bids(best.yes_bid, best.no_bid)


def _bidding(offer: Offer, maker: str | None, at_us: int) -> Quote:
    return Quote(
        offer.quote_id,
        maker,
        offer.yes_bid,
        offer.no_bid,
        offer.yes_contracts,
        offer.no_contracts,
        at_us=at_us,
    )


def _shared(text: str | None) -> str | None:
    """Give the same object for a text that comes again and again."""
    if text is None:
        return None
    if len(_texts) >= _MOST_TEXTS:
        _texts.clear()
    return _texts.setdefault(text, text)


def _untracked(amount: Decimal | None) -> Decimal | None:
    # The collector follows instances of a subclass, and 200,000 of them take it 40 ms each time.
    return amount.plain if type(amount) is Amount else amount


def milliseconds(time: datetime | None) -> int | None:
    """Make Unix milliseconds of a message's time."""
    return None if time is None else round(time.timestamp() * 1_000)


def _microseconds(time: datetime | None, otherwise_ms: int) -> int:
    return otherwise_ms * 1_000 if time is None else round(time.timestamp() * 1_000_000)
