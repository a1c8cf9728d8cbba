"""One RFQ: which of its quotes stand, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from messages import NOW, accepted, book_of, created, quoted

from rfqwatch.book.rfq import Bids, Phase, State
from rfqwatch.exchange.events import (
    Amount,
    Leg,
)


def test_a_maker_has_one_quote_and_the_newest_stands() -> None:
    book = book_of(
        created(),
        quoted("q2", yes="0.20", ms=NOW + 2),
        quoted("q1", yes="0.90", ms=NOW + 1),
        quoted("other", "n", yes="0.15"),
    )
    row = book.rows["r"]
    assert [quote.id for quote in row.current_quotes()] == ["q2", "other"]
    assert row.best_bids(NOW) == Bids(Amount("0.20"), None)
    assert row.ours


@pytest.mark.parametrize(
    "hidden", ["", "0", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
)
def test_hidden_makers_do_not_replace_each_other(hidden: str) -> None:
    book = book_of(created(), quoted("q1", hidden), quoted("q2", hidden))
    assert len(book.rows["r"].current_quotes()) == 2


@pytest.mark.parametrize(
    ("terms", "confirm_ms", "execute_ms"),
    [
        ({}, 30_000, 15_000),
        ({"market_ticker": "KXMVE-1"}, 3_000, 1_000),
        ({"mve_selected_legs": (Leg(),)}, 3_000, 1_000),
    ],
)
def test_an_accepted_quote_has_two_timers_and_its_lapse_is_inferred(
    terms: dict[str, Any], confirm_ms: int, execute_ms: int
) -> None:
    book = book_of(created(**terms), quoted("q"))
    book.apply(accepted(), NOW + 900, NOW + 500)
    row = book.rows["r"]
    (quote,) = row.quotes
    start = NOW + 500
    assert row.waiting(quote, start + 1) == (Phase.CONFIRM, confirm_ms - 1)
    assert row.waiting(quote, start + confirm_ms) == (Phase.EXECUTE, execute_ms)
    assert row.deadline_ms(start + confirm_ms) == start + confirm_ms + execute_ms
    end = start + confirm_ms + execute_ms
    assert row.waiting(quote, end) == (Phase.LAPSED, 0)
    assert row.deadline_ms(end) is None
    assert (row.best_bids(end - 1).yes, row.best_bids(end).yes) == (Amount("0.10"), None)
    assert book.state(row, end) is State.OPEN


def test_a_sending_time_ahead_of_the_receipt_does_not_stretch_the_timer() -> None:
    book = book_of(created())
    book.apply(accepted(), NOW, NOW + 60_000)
    assert book.rows["r"].quotes[0].accepted_ms == NOW


def test_quotes_on_one_rfq_are_bounded_oldest_first() -> None:
    book = book_of(created(), *(quoted(f"q{n}", f"m{n}", ms=NOW + n) for n in range(300)))
    row = book.rows["r"]
    assert [quote.id for quote in row.quotes] == [f"q{n}" for n in range(44, 300)]
