"""Batches of RFQs: their children, and what becomes of them."""

from __future__ import annotations

import pytest
from messages import NOW, at, batch, best, book_of, outlast

from rfqwatch.book.batches import Batches
from rfqwatch.book.rfq import Closed, State
from rfqwatch.exchange.events import (
    Amount,
    BatchQuoteAccepted,
    BatchQuoteCreated,
    BatchQuoteExecuted,
    Event,
    Offer,
    RfqBatchDeleted,
    RfqBatchExecuted,
    RfqDeleted,
)


def test_batch_children_are_rows_with_their_own_legs() -> None:
    book = book_of(batch("x", "y", indices=(2, 0, 0)))
    row = book.rows["x"]
    assert (row.batch_id, [leg.market_ticker for leg in row.legs]) == ("b", ["L2", "L0"])
    assert (book.open, row.creator_id, row.created_ms) == (2, "c", NOW)


def test_the_oldest_batches_are_forgotten() -> None:
    batches = Batches()
    for number in range(20_001):
        batches.announce(str(number), ["x"])
    assert batches.children("0") == ()
    assert batches.children("20000") == ("x",)


def test_leg_indices_that_point_nowhere_are_left_out() -> None:
    book = book_of(batch("x", indices=(-1, 3, 10**9, 1)))
    assert [leg.market_ticker for leg in book.rows["x"].legs] == ["L1"]


def test_a_deleted_batch_closes_its_children_named_or_not() -> None:
    book = book_of(batch("x", "y"), RfqBatchDeleted("b", rfq_ids=("x",)))
    assert [row.reason for row in book.rows.values()] == [Closed.BATCH_CLOSED] * 2
    outlast(book)
    book.apply(batch("x", "y", "z"), NOW)
    assert not book.rows


@pytest.mark.parametrize(
    "event",
    [
        RfqBatchExecuted("b", executed_rfq_ids=("x",), failed_rfq_ids=("y",)),
        BatchQuoteExecuted("b", executed_rfq_ids=("x",), failed_rfq_ids=("y",)),
    ],
)
def test_an_executed_batch_closes_each_child_with_its_reason(event: Event) -> None:
    book = book_of(batch("x", "y", "z"), event)
    assert [row.reason for row in book.rows.values()] == [
        Closed.EXECUTED,
        Closed.EXECUTION_FAILED,
        Closed.BATCH_CLOSED,
    ]


def test_a_batch_that_no_one_closes_goes_stale() -> None:
    book = book_of(batch("x"))
    assert book.state(book.rows["x"], NOW + 7_200_001) is State.STALE


def test_best_quotes_are_a_whole_picture_and_the_latest_version_stands() -> None:
    book = book_of(batch("x", "y"), best(1, x="0.1", y="0.2"), best(3, x="0.3"), best(2, x="0.9"))
    bids = [row.best_bids(NOW).yes for row in book.rows.values()]
    assert bids == [Amount("0.3"), None]
    assert book.rows["y"].ours


def test_batch_quotes_are_quotes_of_the_children() -> None:
    offers = (Offer(rfq_id="x", quote_id="q1", yes_bid_dollars=Amount("0.4")),)
    book = book_of(
        batch("x", "y"),
        BatchQuoteCreated("b", "m", at(NOW), offers),
        BatchQuoteAccepted("b", "m", "yes", at(NOW - 500), offers),
    )
    (quote,) = book.rows["x"].quotes
    assert (quote.state, quote.accepted_side, quote.accepted_ms) == (1, "yes", NOW - 500)
    assert not book.rows["y"].ours


def test_a_picture_after_which_nothing_else_is_bid_changes_nothing_else() -> None:
    book = book_of(batch("x", "y", "z"), best(1, x="0.1"), RfqDeleted("z"))
    outlast(book)
    book.take_changes()
    book.apply(best(2, x="0.2", z="0.3"), NOW)
    # On y nobody bid before, and z is gone.
    assert book.take_changes() == {"x"}
