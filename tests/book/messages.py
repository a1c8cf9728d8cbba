"""Messages of the channel, made briefly, and a book of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rfqwatch.book.book import Book
from rfqwatch.exchange.events import (
    Amount,
    BatchRfq,
    BestBids,
    Event,
    Leg,
    QuoteAccepted,
    QuoteCreated,
    RfqBatchBestQuotes,
    RfqBatchCreated,
    RfqCreated,
)

NOW = 1_788_645_600_000


def at(ms: int) -> datetime:
    return datetime(2026, 9, 5, 22, tzinfo=UTC) + timedelta(milliseconds=ms - NOW)


def created(rfq_id: str = "r", ms: int = NOW, **terms: object) -> RfqCreated:
    fields = {"market_ticker": "M", "creator_id": "c", "created_ts": at(ms)}
    return RfqCreated(id=rfq_id, **(fields | terms))  # type: ignore[arg-type]


def quoted(
    quote_id: str, maker: str = "m", yes: str = "0.10", ms: int | None = NOW, rfq_id: str = "r"
) -> QuoteCreated:
    return QuoteCreated(
        rfq_id=rfq_id,
        quote_id=quote_id,
        quote_creator_id=maker,
        yes_bid_dollars=Amount(yes),
        no_bid_dollars=Amount("0.0000"),
        created_ts=None if ms is None else at(ms),
    )


def accepted(quote_id: str = "q", side: str = "yes", rfq_id: str = "r") -> QuoteAccepted:
    return QuoteAccepted(rfq_id=rfq_id, quote_id=quote_id, quote_creator_id="m", accepted_side=side)


def batch(*children: str, legs: int = 3, indices: tuple[int, ...] = (0, 1)) -> RfqBatchCreated:
    return RfqBatchCreated(
        "b",
        "c",
        at(NOW),
        tuple(Leg(f"E{leg}", f"L{leg}", "yes") for leg in range(legs)),
        tuple(BatchRfq(id=child, market_ticker="K", leg_indices=indices) for child in children),
    )


def best(version: int | None, **yes: str) -> RfqBatchBestQuotes:
    rfqs = tuple(BestBids(rfq_id=key, yes_bid_dollars=Amount(bid)) for key, bid in yes.items())
    return RfqBatchBestQuotes("b", version=version, rfqs=rfqs)


def book_of(*events: Event, **options: object) -> Book:
    book = Book(**options)  # type: ignore[arg-type]
    for event in events:
        book.apply(event, NOW)
    return book


def outlast(book: Book) -> None:
    """Let the rows that are closed go."""
    book.tick(0)
    book.tick(3_600)
