"""What a stream tells is in the book, by shard and by the moment of its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rfqwatch.book.book import Book
from rfqwatch.book.feed import Feed
from rfqwatch.book.rfq import State
from rfqwatch.clock import Instant
from rfqwatch.exchange.decoding import read, read_told
from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.wire import Frame, Malformed
from rfqwatch.exchange.wire import read as envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.exchange.events import Event
    from rfqwatch.exchange.wire import Message, Payload, Received

AT = Instant(1_788_645_600_000, 5.0)
FRAMES = [
    b'{"type":"rfq_created","sid":1,"seq":1,"msg":{"id":"a"},"sending_ts_ms":1788645599990}',
    b'{"type":"rfq_created","sid":1,"seq":2,"msg":{"market_ticker":"without an id"}}',
    b"no JSON",
    b'{"type":"rfq_created","sid":1,"seq":3,"msg":{"id":"b"}}',
    b'{"type":"rfq_deleted","sid":1,"seq":4,"msg":{"id":"b"}}',
]


def event_of(kind: str, data: Payload) -> Event | None:
    return read(kind, data).event


def message(data: Payload, way: Callable[[Payload], Received] = envelope) -> Message:
    read_so = way(data)
    assert isinstance(read_so, Frame | Malformed)
    return read_so


@pytest.mark.parametrize("way", [envelope, read_told])
def test_what_can_be_read_is_applied(way: Callable[[Payload], Received]) -> None:
    book = Book()
    feed = Feed(book, event_of)
    feed.begin("0/2", AT)
    feed.live(Live(1, AT, 0.1))
    data = [bytearray(frame) for frame in FRAMES]
    feed.messages(data, [message(each, way) for each in data])
    feed.end()
    row = book.rows["a"]
    assert (row.shard, row.received_ms, row.sending_ms) == ("0/2", AT.ms, AT.ms - 10)
    assert (book.open, book.state(row, AT.ms)) == (1, State.OPEN)
    assert (feed.shed, feed.lost) == (0, 0)


def test_the_book_goes_by_the_exchange_s_clock_as_soon_as_that_is_known() -> None:
    book = Book()
    known = [0]
    feed = Feed(book, event_of, lambda: known[0])
    ours = Instant(AT.ms + 3_600_000, 5.0)
    feed.begin("0/2", ours)
    feed.live(Live(1, ours._replace(ms=ours.ms - 1_000), 0.1))
    known[0] = -3_600_000
    feed.begin("0/2", ours)
    created = b'"msg":{"id":"a","created_ts":"2026-09-05T21:59:59.5Z"}'
    frame = bytearray(FRAMES[0].replace(b'"msg":{"id":"a"}', created))
    feed.messages([frame], [message(frame)])
    row = book.rows["a"]
    assert (row.received_ms, row.since_ms) == (AT.ms, AT.ms - 500)
    assert book.tempo.last(60, AT.ms + 1_000).opened == 1
    assert book.state(row, AT.ms) == State.OPEN


def test_a_gap_leaves_its_shard_unconfirmed() -> None:
    book = Book()
    feed = Feed(book, event_of)
    for shard in ("0/2", "1/2"):
        feed.begin(shard, AT)
        frame = bytearray(FRAMES[0].replace(b'"a"', f'"{shard}"'.encode()))
        feed.messages([frame], [message(frame)])
    feed.gap(Gap("seq", missed=3, sid=1, last_seq=1, next_seq=5, from_ms=1, to_ms=2))
    states = {name: book.state(row, AT.ms) for name, row in book.rows.items()}
    assert states == {"0/2": State.OPEN, "1/2": State.UNCONFIRMED}
