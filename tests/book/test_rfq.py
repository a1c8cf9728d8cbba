"""One RFQ: which of its quotes stand, and for how long."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from corpus import SENT_BY_EXCHANGE
from hypothesis import given
from hypothesis import strategies as st
from messages import NOW, accepted, batch, book_of, created, quoted

from rfqwatch.book.rfq import Bids, Phase, State, pack, read_terms
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


def said(message: bytes) -> dict[str, Any]:
    """Give all that an announcement says."""
    told = msgspec.structs.asdict(read_terms(message))
    return told | {
        "mve_selected_legs": [
            msgspec.structs.astuple(leg) for leg in told["mve_selected_legs"] or ()
        ]
    }


ANNOUNCED = [frame for frame in SENT_BY_EXCHANGE if b'"rfq_created"' in frame]
texts = st.none() | st.text(st.characters(codec="utf-8"), max_size=8)
amounts = st.none() | st.decimals(0, 10**9, places=4).map(lambda number: Amount(str(number)))


@pytest.mark.parametrize("message", ANNOUNCED)
def test_what_is_packed_says_the_same(message: bytes) -> None:
    assert said(pack(message)) == said(message)
    assert len(pack(message)) < len(message) * 0.8
    assert pack(pack(message)) == pack(message)


@given(
    ticker=texts,
    size=amounts,
    legs=st.lists(st.builds(Leg, texts, texts, texts, amounts), max_size=20).map(tuple),
)
def test_what_is_odd_says_the_same_packed(
    ticker: str | None, size: Amount | None, legs: tuple[Leg, ...]
) -> None:
    terms: dict[str, Any] = {
        "market_ticker": ticker,
        "contracts_fp": size,
        "mve_selected_legs": legs,
    }
    (row,) = book_of(created(**terms)).rows.values()
    assert said(pack(row.message)) == said(row.message)


def test_what_stays_is_packed_and_that_is_no_change() -> None:
    book = book_of(created("a"), created("b"), batch("c"))
    before = {name: (row.terms.market_ticker, row.legs) for name, row in book.rows.items()}
    book.take_changes()
    book.tick(0.0)
    assert all(row.message == pack(row.message) for row in book.rows.values())
    after = {name: (row.terms.market_ticker, row.legs) for name, row in book.rows.items()}
    assert after.keys() == before.keys() == {"a", "b", "c"}
    assert str(after) == str(before).replace("Leg(", "_PackedLeg(")
    assert book.take_changes() == set()
    # Told again, as after a reconnect, it is packed again.
    book.apply(created("a"), NOW + 5)
    book.tick(1.0)
    assert book.rows["a"].message == pack(book.rows["a"].message)
