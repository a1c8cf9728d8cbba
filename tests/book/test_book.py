"""The book: what is open, whatever comes in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.book.book import Book
from rfqwatch.book.lag import REPLAY_MS
from rfqwatch.book.rfq import Bids, Closed, Phase, QuoteState, State
from rfqwatch.exchange.events import (
    Amount,
    BatchQuoteAccepted,
    BatchQuoteCreated,
    BatchQuoteExecuted,
    BatchRfq,
    BestBids,
    Event,
    Leg,
    Offer,
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


def book_of(*events: Event, **options: object) -> Book:
    book = Book(**options)  # type: ignore[arg-type]
    for event in events:
        book.apply(event, NOW)
    return book


def test_an_announced_rfq_is_open_with_all_its_terms() -> None:
    leg = Leg("E", "L", "no", Amount("1.0000"))
    event = created(
        event_ticker="EV",
        mve_collection_ticker="C",
        target_cost_dollars=Amount("10.0000"),
        mve_selected_legs=(leg,),
    )
    book = Book()
    book.apply(event, NOW + 70, NOW + 50, "3/10")
    row = book.rows["r"]
    assert (row.market_ticker, row.event_ticker, row.collection_ticker) == ("M", "EV", "C")
    assert (str(row.target_cost), row.contracts, row.creator_id) == ("10.0000", None, "c")
    assert [(x.event_ticker, x.market_ticker, x.side) for x in row.legs] == [("E", "L", "no")]
    assert str(row.legs[0].yes_settlement_value_dollars) == "1.0000"
    assert (row.created_ms, row.lag_ms, row.combo, row.ours) == (NOW, 20, True, False)
    assert (book.state(row, NOW + 70), book.open) == (State.OPEN, 1)


def test_a_deleted_rfq_lingers_closed_and_goes() -> None:
    book = book_of(created(), RfqDeleted(id="r"))
    row = book.rows["r"]
    assert (book.state(row, NOW), row.reason, book.open) == (State.CLOSED, Closed.DELETED, 0)
    book.tick(NOW + 1_999)
    assert "r" in book.rows
    book.tick(NOW + 2_000)
    assert not book.rows


@pytest.mark.parametrize("lingers", [True, False])
def test_an_announcement_after_its_deletion_opens_nothing(lingers: bool) -> None:  # noqa: FBT001
    book = book_of(*([created()] if lingers else []), RfqDeleted(id="r"), created())
    assert book.open == 0
    book.tick(NOW + 5_000)
    book.apply(created(), NOW + 6_000)
    assert not book.rows


def test_deletions_of_unknown_rfqs_are_counted_once() -> None:
    book = book_of(RfqDeleted(id="x"), RfqDeleted(id="x"), RfqDeleted(id="y"))
    assert (book.counts.unknown_deletions, len(book.rows)) == (2, 0)


def test_the_first_deletion_starts_the_linger() -> None:
    book = book_of(created(), RfqDeleted(id="r"))
    book.apply(RfqDeleted(id="r"), NOW + 1_500)
    book.tick(NOW + 2_000)
    assert not book.rows


def test_a_replay_is_no_new_demand() -> None:
    book = Book()
    book.apply(created("old", NOW - REPLAY_MS - 1), NOW)
    book.apply(created("new", NOW), NOW)
    book.apply(created("new", NOW), NOW)
    # A late reader is not a replaying exchange.
    book.apply(created("late", NOW), NOW + 60_000, NOW + 10)
    assert (book.counts.created, book.open) == (2, 3)


def test_what_was_created_before_a_subscription_is_no_new_demand() -> None:
    book = Book()
    book.live(NOW)
    book.apply(created("before", NOW - 40), NOW + 10, NOW + 10)
    book.apply(created("unsent", NOW - 40), NOW + 10)
    book.apply(created("since", NOW + 9), NOW + 10, NOW + 10)
    book.apply(created("long since", NOW + 59_000), NOW + 60_000)
    # The exchange's clock is an hour behind: what it says of itself still holds.
    behind = NOW - 3_600_000
    book.apply(created("their before", behind - 40), NOW + 10, behind + 10)
    book.apply(created("their since", behind + 9), NOW + 10, behind + 10)
    assert (book.counts.created, book.open) == (3, 6)


def test_a_lost_shard_has_nothing_confirmed() -> None:
    book = Book()
    for rfq_id, shard in (("a", "0/2"), ("b", "1/2"), ("c", "1/2")):
        book.apply(created(rfq_id), NOW, shard=shard)
    assert (book.unconfirmed(), book.unconfirmed({"1/2"})) == (0, 2)


def test_only_the_gaps_shard_is_unconfirmed_until_heard_again() -> None:
    book = Book()
    for rfq_id, shard in (("a", "0/2"), ("b", "0/2"), ("c", "1/2"), ("d", "0/2")):
        book.apply(created(rfq_id), NOW, shard=shard)
    book.gap("0/2")
    assert [book.state(row, NOW) for row in book.rows.values()] == [
        State.UNCONFIRMED,
        State.UNCONFIRMED,
        State.OPEN,
        State.UNCONFIRMED,
    ]
    book.apply(created("a"), NOW, shard="0/2")
    # A quote proves the RFQ alive too, by whichever connection it comes.
    book.apply(quoted("q", rfq_id="b"), NOW, shard="1/2")
    assert book.unconfirmed() == 1
    assert book.state(book.rows["a"], NOW) is State.OPEN
    assert book.state(book.rows["b"], NOW) is State.OPEN
    book.apply(RfqDeleted(id="d"), NOW, shard="0/2")
    assert (book.unconfirmed(), book.open) == (0, 3)


def test_an_old_rfq_is_stale_by_its_creation_else_its_receipt() -> None:
    book = Book(max_age_ms=1_000)
    book.apply(created("by creation", NOW - 1_001), NOW)
    book.apply(created("by receipt", created_ts=None), NOW)
    book.apply(created("from the future", NOW + 10**9), NOW)
    assert [book.state(row, NOW) for row in book.rows.values()] == ["stale", "open", "open"]
    assert [book.state(row, NOW + 1_001) for row in book.rows.values()] == ["stale"] * 3
    assert (book.stale(NOW), book.stale(NOW + 2_000)) == (1, 3)


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


def test_quotes_before_their_rfq_are_kept() -> None:
    book = book_of(quoted("q", rfq_id="r"))
    assert (book.rows["r"].announced, book.open, book.counts.unknown_quotes) == (False, 1, 1)
    book.apply(created(target_cost_dollars=Amount(5)), NOW + 5)
    row = book.rows["r"]
    assert (row.announced, len(row.quotes), row.target_cost) == (True, 1, Amount(5))
    assert (book.open, book.counts.created) == (1, 1)


def test_quotes_on_a_gone_rfq_bring_nothing_back() -> None:
    book = book_of(created(), RfqDeleted(id="r"))
    book.tick(NOW + 9_999)
    book.apply(quoted("q"), NOW + 10_000)
    assert not book.rows


def test_an_execution_before_its_acceptance_stays_executed() -> None:
    executed = QuoteExecuted("q", "r", "m", executed_ts=at(NOW + 3))
    book = book_of(created(), executed, accepted(), quoted("q"))
    row = book.rows["r"]
    (quote,) = row.quotes
    assert (quote.state, quote.accepted_side) == (QuoteState.EXECUTED, "yes")
    assert (quote.yes_bid, row.reason) == (Amount("0.10"), Closed.EXECUTED)
    assert row.waiting(quote, NOW) is None


def test_an_execution_tells_why_a_deleted_rfq_is_gone() -> None:
    book = book_of(created(), RfqDeleted(id="r"), QuoteExecuted("q", "r"))
    assert book.rows["r"].reason is Closed.EXECUTED
    book.apply(RfqDeleted(id="r"), NOW)
    assert book.rows["r"].reason is Closed.EXECUTED


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


def test_batch_children_are_rows_with_their_own_legs() -> None:
    book = book_of(batch("x", "y", indices=(2, 0, 0)))
    row = book.rows["x"]
    assert (row.batch_id, [leg.market_ticker for leg in row.legs]) == ("b", ["L2", "L0"])
    assert (book.open, row.creator_id, row.created_ms) == (2, "c", NOW)


def test_leg_indices_that_point_nowhere_are_left_out() -> None:
    book = book_of(batch("x", indices=(-1, 3, 10**9, 1)))
    assert [leg.market_ticker for leg in book.rows["x"].legs] == ["L1"]


def test_a_deleted_batch_closes_its_children_named_or_not() -> None:
    book = book_of(batch("x", "y"), RfqBatchDeleted("b", rfq_ids=("x",)))
    assert [row.reason for row in book.rows.values()] == [Closed.BATCH_CLOSED] * 2
    book.tick(NOW + 2_000)
    book.apply(batch("x", "y", "z"), NOW)
    assert not book.rows


@pytest.mark.parametrize(
    "event",
    [
        RfqBatchExecuted("b", executed_rfq_ids=("x",), failed_rfq_ids=("y",)),
        BatchQuoteExecuted("bq", "b", executed_rfq_ids=("x",), failed_rfq_ids=("y",)),
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


def best(version: int | None, **yes: str) -> RfqBatchBestQuotes:
    rfqs = tuple(BestBids(rfq_id=key, yes_bid_dollars=Amount(bid)) for key, bid in yes.items())
    return RfqBatchBestQuotes("b", version=version, rfqs=rfqs)


def test_best_quotes_are_a_whole_picture_and_the_latest_version_stands() -> None:
    book = book_of(batch("x", "y"), best(1, x="0.1", y="0.2"), best(3, x="0.3"), best(2, x="0.9"))
    bids = [row.best_bids(NOW).yes for row in book.rows.values()]
    assert bids == [Amount("0.3"), None]
    assert book.rows["y"].ours


def test_batch_quotes_are_quotes_of_the_children() -> None:
    offers = (Offer(rfq_id="x", quote_id="q1", yes_bid_dollars=Amount("0.4")),)
    book = book_of(
        batch("x", "y"),
        BatchQuoteCreated("bq", "b", "m", at(NOW), offers),
        BatchQuoteAccepted("bq", "b", "m", "c", "yes", at(NOW - 500), offers),
    )
    (quote,) = book.rows["x"].quotes
    assert (quote.state, quote.accepted_side, quote.accepted_ms) == (1, "yes", NOW - 500)
    assert not book.rows["y"].ours


def test_a_full_book_drops_its_oldest_and_counts_them() -> None:
    book = book_of(*(created(str(number)) for number in range(5)), max_open=3)
    assert list(book.rows) == ["2", "3", "4"]
    assert (book.open, book.counts.evicted) == (3, 2)


def test_the_book_is_bounded_without_a_tick() -> None:
    book = Book(max_open=100)
    for number in range(30_000):
        book.apply(created(str(number)), NOW)
        book.apply(quoted("q", rfq_id=f"unknown {number}"), NOW)
        book.apply(RfqDeleted(id=str(number)), NOW)
    assert len(book.rows) < 9_000


def test_quotes_on_one_rfq_are_bounded_oldest_first() -> None:
    book = book_of(created(), *(quoted(f"q{n}", f"m{n}", ms=NOW + n) for n in range(300)))
    row = book.rows["r"]
    assert [quote.id for quote in row.quotes] == [f"q{n}" for n in range(44, 300)]


def test_changes_name_the_rows_that_came_changed_or_went() -> None:
    book = book_of(created("a"), created("b"))
    assert book.take_changes() == {"a", "b"}
    assert book.take_changes() == set()
    book.apply(RfqDeleted(id="a"), NOW)
    book.apply(quoted("q", rfq_id="b"), NOW)
    assert book.take_changes() == {"a", "b"}
    book.tick(NOW + 2_000)
    assert book.take_changes() == {"a"}


def test_untaken_changes_are_bounded() -> None:
    book = Book(max_open=10)
    for number in range(100_001):
        book.apply(created(str(number), created_ts=None), NOW)
    assert book.take_changes() is None
    assert book.take_changes() == set()


def test_an_unchanged_row_is_the_same_object() -> None:
    book = book_of(created("a"), created("b"))
    before = book.rows["a"]
    book.apply(RfqDeleted(id="b"), NOW)
    book.gap()
    assert book.rows["a"] is before


ids = st.sampled_from("abc")
times = st.none() | st.integers(-10, 10).map(lambda ms: at(NOW + ms))
prices = st.none() | st.sampled_from(["0.0000", "0.35", "0.123456"]).map(Amount)
names = st.none() | st.sampled_from(["", "m", "n"])
sides = st.none() | st.sampled_from(["yes", "no", "maybe"])
offers = st.builds(
    Offer,
    rfq_id=ids,
    quote_id=st.sampled_from("pqs"),
    yes_bid_dollars=prices,
    no_bid_dollars=prices,
)
some_offers = st.none() | st.lists(offers, max_size=3).map(tuple)
some_ids = st.none() | st.lists(ids, max_size=3).map(tuple)
batch_ids = st.sampled_from(["B1", "B2"])


# An RFQ's own terms are the same whenever it is announced, as they are on the exchange.
def announcement(rfq_id: str) -> RfqCreated:
    return created(rfq_id, market_ticker="even" if rfq_id == "b" else "odd")


def batch_announcement(batch_id: str, children: list[str]) -> RfqBatchCreated:
    rfqs = tuple(
        BatchRfq(id=child, market_ticker=announcement(child).market_ticker, leg_indices=(0, -1))
        for child in children
    )
    return RfqBatchCreated(batch_id, "c", at(NOW), (Leg("E", "L", "yes"),), rfqs)


events: st.SearchStrategy[Event] = st.one_of(
    ids.map(announcement),
    ids.map(lambda rfq_id: RfqDeleted(id=rfq_id)),
    st.builds(
        QuoteCreated,
        rfq_id=ids,
        quote_id=st.sampled_from("pqs"),
        quote_creator_id=names,
        yes_bid_dollars=prices,
        no_bid_dollars=prices,
        created_ts=times,
    ),
    st.builds(
        QuoteAccepted,
        rfq_id=ids,
        quote_id=st.sampled_from("pqs"),
        quote_creator_id=names,
        accepted_side=sides,
        yes_bid_dollars=prices,
    ),
    st.builds(QuoteExecuted, st.sampled_from("pqs"), ids, names, executed_ts=times),
    st.builds(batch_announcement, batch_ids, st.lists(ids, max_size=3)),
    st.builds(RfqBatchDeleted, batch_ids, rfq_ids=some_ids),
    st.builds(BatchQuoteCreated, st.just("bq"), batch_ids, names, times, some_offers),
    st.builds(
        BatchQuoteAccepted, st.just("bq"), batch_ids, names, names, sides, times, some_offers
    ),
    st.builds(
        RfqBatchBestQuotes,
        batch_ids,
        version=st.none() | st.integers(0, 5),
        rfqs=st.none()
        | st.lists(st.builds(BestBids, rfq_id=ids, yes_bid_dollars=prices), max_size=3).map(tuple),
    ),
    st.builds(RfqBatchExecuted, batch_ids, executed_rfq_ids=some_ids, failed_rfq_ids=some_ids),
    st.builds(BatchQuoteExecuted, st.just("bq"), batch_ids, executed_rfq_ids=some_ids),
)
histories = st.lists(st.tuples(events, st.integers(0, 3_000)), max_size=25)


def play(book: Book, history: list[tuple[Event, int]]) -> None:
    for event, delay_ms in history:
        book.apply(event, NOW + delay_ms, NOW + delay_ms - 5, "3/10")


@given(histories)
@settings(max_examples=150, deadline=None)
def test_replaying_any_sequence_gives_the_same_book(history: list[tuple[Event, int]]) -> None:
    book = Book()
    play(book, history)
    once = dict(book.rows)
    play(book, history)
    assert dict(book.rows) == once


@given(histories)
@settings(max_examples=150, deadline=None)
def test_every_rfq_deleted_leaves_nothing(history: list[tuple[Event, int]]) -> None:
    book = Book()
    play(book, history)
    for rfq_id in "abc":
        book.apply(RfqDeleted(id=rfq_id), NOW + 5_000)
    assert book.open == book.unconfirmed() == 0
    book.tick(NOW + 7_000)
    assert not book.rows
    play(book, history)
    assert not book.rows


@given(histories, st.lists(st.integers(0, 25), max_size=3))
@settings(max_examples=150, deadline=None)
def test_the_counts_of_open_rows_are_those_of_the_rows(
    history: list[tuple[Event, int]], gaps: list[int]
) -> None:
    book = Book(max_open=2, linger_ms=500)
    for number, step in enumerate(history):
        play(book, [step])
        if number in gaps:
            book.gap("3/10")
            book.tick(NOW + 2_000)
        states = [book.state(row, NOW) for row in book.rows.values()]
        assert book.open == sum(state is not State.CLOSED for state in states) <= 2
        assert book.unconfirmed() == states.count(State.UNCONFIRMED)
        assert book.stale(NOW + 9_000_000) == book.open
