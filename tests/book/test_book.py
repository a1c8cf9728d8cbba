"""The book: what is open, whatever comes in whatever order."""

from __future__ import annotations

import pytest
from corpus import DOCUMENTED, EARLY_2026, RECORDED
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import NOW, accepted, at, book_of, created, outlast, quoted

from rfqwatch.book.book import Book
from rfqwatch.book.lag import TOLD_AGAIN_MS
from rfqwatch.book.rfq import Closed, QuoteState, State
from rfqwatch.exchange.decoding import read
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

SENT = DOCUMENTED + EARLY_2026 + RECORDED


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
    book.tick(100)
    book.tick(101.9)
    assert "r" in book.rows
    book.tick(102)
    assert not book.rows


@pytest.mark.parametrize("lingers", [True, False])
def test_an_announcement_after_its_deletion_opens_nothing(lingers: bool) -> None:  # noqa: FBT001
    book = book_of(*([created()] if lingers else []), RfqDeleted(id="r"), created())
    assert book.open == 0
    outlast(book)
    book.apply(created(), NOW + 6_000)
    assert not book.rows


def test_deletions_of_unknown_rfqs_are_counted_once() -> None:
    book = book_of(RfqDeleted(id="x"), RfqDeleted(id="x"), RfqDeleted(id="y"))
    assert (book.counts.unknown_deletions, len(book.rows)) == (2, 0)


def test_the_first_deletion_starts_the_linger() -> None:
    book = book_of(created(), RfqDeleted(id="r"))
    book.tick(100)
    book.apply(RfqDeleted(id="r"), NOW + 1_500)
    book.tick(102)
    assert not book.rows


def test_a_replay_is_no_new_demand() -> None:
    book = Book()
    book.apply(created("old", NOW - TOLD_AGAIN_MS - 1), NOW)
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


def test_an_acceptance_counts_once_however_often_it_is_told() -> None:
    book = book_of(created(), quoted("q"), accepted("q"), accepted("q"))
    assert book.counts.accepted == 1
    book.apply(accepted("other"), NOW)
    assert book.counts.accepted == 2


def test_the_tempo_is_that_of_openings_and_closings_alone() -> None:
    size = Amount("2.5")
    book = book_of(created(target_cost_dollars=size), created(target_cost_dollars=size))
    book.apply(created("s", contracts_fp=Amount(4)), NOW)
    book.live(NOW + 5_000)
    # One that is told again at a subscription was opened before.
    book.apply(created("t", NOW, target_cost_dollars=Amount(1)), NOW + 5_000)
    assert book.asked == Amount("7.5")
    for _ in range(2):
        book.apply(RfqDeleted(id="r"), NOW + 700)
    last = book.tempo.last(1, NOW + 1_000)
    assert (last.opened, last.asked, last.closed) == (2, Amount("6.5"), 1)
    assert book.tempo.life_ms == 700
    assert book.asked == Amount(5)


def test_quotes_before_their_rfq_are_kept() -> None:
    book = book_of(quoted("q", rfq_id="r"))
    assert (book.rows["r"].announced, book.open, book.counts.unknown_quotes) == (False, 1, 1)
    book.apply(created(target_cost_dollars=Amount(5)), NOW + 5)
    row = book.rows["r"]
    assert (row.announced, len(row.quotes), row.target_cost) == (True, 1, Amount(5))
    assert (book.open, book.counts.created) == (1, 1)


def test_quotes_on_a_gone_rfq_bring_nothing_back() -> None:
    book = book_of(created(), RfqDeleted(id="r"))
    outlast(book)
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


def test_a_full_book_drops_its_oldest_and_counts_them() -> None:
    book = book_of(*(created(str(number)) for number in range(5)), max_open=3)
    assert list(book.rows) == ["2", "3", "4"]
    assert (book.open, book.counts.evicted) == (3, 2)


def test_the_book_is_bounded_without_a_tick() -> None:
    book = Book(max_open=100)
    for number in range(10_000):
        book.apply(created(str(number)), NOW)
        book.apply(quoted("q", rfq_id=f"unknown {number}"), NOW)
        book.apply(RfqDeleted(id=str(number)), NOW)
    assert len(book.rows) < 8_500


def test_what_is_gone_long_enough_is_forgotten() -> None:
    book = Book()
    for number in range(65_537):
        book.apply(RfqDeleted(id=str(number)), NOW)
    book.apply(created("65536"), NOW)
    assert book.open == 0
    book.apply(created("0"), NOW)
    assert book.open == 1


def test_the_newest_come_first() -> None:
    book = book_of(created("a"), created("b"), created("c"))
    assert [row.id for row in book.newest(2)] == ["c", "b"]


def test_changes_name_the_rows_that_came_changed_or_went() -> None:
    book = book_of(created("a"), created("b"))
    assert book.take_changes() == {"a", "b"}
    assert book.take_changes() == set()
    book.apply(RfqDeleted(id="a"), NOW)
    book.apply(quoted("q", rfq_id="b"), NOW)
    assert book.take_changes() == {"a", "b"}
    outlast(book)
    assert book.take_changes() == {"a"}


def test_untaken_changes_are_bounded() -> None:
    book = Book(max_open=10)
    for number in range(100_001):
        book.apply(created(str(number), created_ts=None), NOW)
    book.tick(0)
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
    st.builds(BatchQuoteCreated, batch_ids, names, times, some_offers),
    st.builds(BatchQuoteAccepted, batch_ids, names, sides, times, some_offers),
    st.builds(
        RfqBatchBestQuotes,
        batch_ids,
        version=st.none() | st.integers(0, 5),
        rfqs=st.none()
        | st.lists(st.builds(BestBids, rfq_id=ids, yes_bid_dollars=prices), max_size=3).map(tuple),
    ),
    st.builds(RfqBatchExecuted, batch_ids, executed_rfq_ids=some_ids, failed_rfq_ids=some_ids),
    st.builds(BatchQuoteExecuted, batch_ids, executed_rfq_ids=some_ids),
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
    outlast(book)
    assert not book.rows
    play(book, history)
    assert not book.rows


@given(histories, st.lists(st.integers(0, 25), max_size=3))
@settings(max_examples=150, deadline=None)
def test_the_counts_of_open_rows_are_those_of_the_rows(
    history: list[tuple[Event, int]], gaps: list[int]
) -> None:
    book = Book(max_open=2, linger_s=0.5)
    for number, step in enumerate(history):
        play(book, [step])
        if number in gaps:
            book.gap("3/10")
            outlast(book)
        states = [book.state(row, NOW) for row in book.rows.values()]
        assert book.open == sum(state is not State.CLOSED for state in states) <= 2
        assert book.asked == sum(row.size for row in book.rows.values() if row.reason is None)
        assert book.unconfirmed() == states.count(State.UNCONFIRMED)
        assert book.stale(NOW + 9_000_000) == book.open


def test_creators_are_told_apart_however_many_there_are() -> None:
    # More than are read at once.
    book = book_of(*(created(f"r{n}", creator_id=f"c{n % 400}") for n in range(800)))
    for _ in range(2):
        assert [row.creator_id for row in book.rows.values()] == [f"c{n % 400}" for n in range(800)]


def test_terms_are_the_same_whether_their_message_is_at_hand_or_not() -> None:
    said = [data for data in SENT if b'"rfq_created"' in data]
    for data in said:
        event = read("rfq_created", bytearray(data)).event
        assert isinstance(event, RfqCreated)
        for message in (
            None,
            bytearray(data),
            bytearray(data[:-1] + b',"x":"' + b"x" * 9_999 + b'"}'),
            bytearray(data[:-1] + b',"x":' + b"[" * 400 + b"]" * 400 + b"}"),
        ):
            book = Book()
            book.apply(event, NOW, message=message)
            (row,) = book.rows.values()
            assert row.terms == event
            assert len(row.message) < len(data) + 50
    assert said


def test_what_of_a_message_does_not_fit_is_no_term() -> None:
    data = bytearray(
        rb'{"type":"rfq_created","msg":{"id":"r","market_ticker":"M\ud800","target_cost_dollars":"-1",'
        rb'"contracts_fp":"2.00","mve_selected_legs":[{"market_ticker":"L","side":5}]}}'
    )
    event = read("rfq_created", data).event
    assert event is not None
    book = Book()
    book.apply(event, NOW, message=data)
    (row,) = book.rows.values()
    assert row.terms == event
    assert row.size == 2
    assert (row.target_cost, row.legs) == (None, (Leg(market_ticker="L"),))
