"""What one message says of an RFQ or of a quote, as the values that the book keeps."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, assert_never

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rfqwatch.book.rfq import Bids, Quote, QuoteState, Rfq
from rfqwatch.exchange.events import (
    Amount,
    BatchQuoteAccepted,
    BatchQuoteCreated,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
    RfqCreated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rfqwatch.exchange.events import BestBids, Event, Offer, RfqBatchCreated
    from rfqwatch.exchange.wire import Payload

_MOST_CHILDREN = 1_000
_LONGEST_KEPT = 2_048
"""Bytes; twice what most combos take."""
_DEEPEST_KEPT = 64
"""How often a list may begin: what is nested too deep where it is drawn can't be read there."""
_SHORT = 1_024
"""Bytes that no nesting too deep fits into."""
_ZERO = Decimal(0)

_write = msgspec.json.Encoder(enc_hook=str).encode


Told: TypeAlias = "tuple[Event, int | None, Payload | None]"
"""An event, when the exchange says it was sent, and the bytes it was read from, if at hand."""


class Receipt(Struct, frozen=True, gc=False):
    """When a message came and was sent (Unix milliseconds), and by which connection.

    ``generation`` counts the gaps of that connection so far.
    """

    received_ms: int
    sending_ms: int | None = None
    shard: str = ""
    generation: int = 0


def announced(event: RfqCreated, receipt: Receipt, message: Payload | None = None) -> Rfq:
    """Make the row of an RFQ; of a message that is odd, or not at hand, it keeps what is known."""
    received_ms = receipt.received_ms
    created_ms = milliseconds(event.created_ts)
    size = event.target_cost or event.contracts or _ZERO
    return Rfq(
        id=event.id,
        message=bytes(message) if message and not _is_odd(message) else _written(event),
        # The collector follows instances of a subclass, and 200,000 of them take it 40 ms a time.
        size=size.plain if type(size) is Amount else size,
        created_ms=created_ms,
        since_ms=received_ms if created_ms is None or created_ms > received_ms else created_ms,
        received_ms=received_ms,
        sending_ms=receipt.sending_ms,
        shard=receipt.shard,
        generation=receipt.generation,
    )


def children(batch: RfqBatchCreated, receipt: Receipt) -> list[Rfq]:
    """Make the rows of the RFQs announced within their batch; none beyond the first 1,000."""
    legs = batch.legs or ()
    rows = []
    for child in (batch.rfqs or ())[:_MOST_CHILDREN]:
        indices = dict.fromkeys(child.leg_indices or ())
        event = RfqCreated(
            id=child.id,
            market_ticker=child.market_ticker,
            event_ticker=child.event_ticker,
            contracts_fp=child.contracts_fp,
            target_cost_dollars=child.target_cost_dollars,
            legacy_contracts=child.legacy_contracts,
            legacy_target_cost=child.legacy_target_cost,
            creator_id=batch.creator_id,
            created_ts=batch.created_ts,
            mve_collection_ticker=child.mve_collection_ticker,
            # A negative index would silently name a leg from the end.
            mve_selected_legs=tuple(legs[at] for at in indices if 0 <= at < len(legs)),
        )
        rows.append(replace(announced(event, receipt), batch_id=batch.id))
    return rows


def _is_odd(message: Payload) -> bool:
    """Tell whether a message holds more than the exchange says of an RFQ."""
    size = len(message)
    return size > _SHORT and (size > _LONGEST_KEPT or message.count(b"[") > _DEEPEST_KEPT)


def _written(event: RfqCreated) -> bytes:
    return _write({"type": event.type, "msg": event})


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
    """Make the row that a message on quotes tells of, as its RFQ was never announced."""
    terms = RfqCreated(
        id=about.rfq_id,
        market_ticker=about.market_ticker,
        event_ticker=getattr(about, "event_ticker", None),
        creator_id=getattr(about, "rfq_creator_id", None),
        target_cost_dollars=getattr(about, "rfq_target_cost_dollars", None),
        legacy_target_cost=getattr(about, "legacy_target_cost", None),
    )
    return replace(announced(terms, receipt), sending_ms=None, announced=False)


def quotes(
    event: QuoteCreated | QuoteAccepted | QuoteExecuted | BatchQuoteCreated | BatchQuoteAccepted,
    receipt: Receipt,
) -> Iterator[tuple[Offer | QuoteExecuted, Quote]]:
    """Make each quote that a message speaks of, with what names the `subject` it is on."""
    match event:
        case QuoteCreated():
            yield event, _offered(event, event, receipt)
        case QuoteAccepted():
            yield event, _taken(event, receipt)
        case QuoteExecuted():
            yield event, _executed(event, receipt)
        case BatchQuoteCreated():
            for offer in event.quotes or ():
                yield offer, _offered(offer, event, receipt)
        case BatchQuoteAccepted():
            for offer in event.quotes or ():
                yield offer, _taken_in_batch(offer, event, receipt)
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


def milliseconds(time: datetime | None) -> int | None:
    """Make Unix milliseconds of a message's time."""
    return None if time is None else round(time.timestamp() * 1_000)


def _microseconds(time: datetime | None, otherwise_ms: int) -> int:
    return otherwise_ms * 1_000 if time is None else round(time.timestamp() * 1_000_000)
