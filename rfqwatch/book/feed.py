"""Feeds a stream to the book that the table is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.wire import Frame

if TYPE_CHECKING:
    from rfqwatch.book.book import Book
    from rfqwatch.exchange.session import Gap, Live
    from rfqwatch.exchange.wire import Malformed, Payload, Unknown


class BookOutput:
    """Applies every event to a book, and every gap."""

    shed = 0
    """Nothing is shed: the book takes each event as it comes."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._shard = ""
        self._received_ms = 0

    def begin(self, shard: str, received_ms: int) -> None:
        """Expect what was received over one connection at one moment."""
        self._shard = shard
        self._received_ms = received_ms

    def event(self, data: Payload, frame: Frame | Unknown | Malformed) -> bool:  # noqa: ARG002
        """Apply a message; tell whether the table has a place for it."""
        if not isinstance(frame, Frame):
            return False
        self._book.apply(frame.msg, self._received_ms, frame.sending_ts_ms, self._shard)
        return True

    def live(self, live: Live) -> None:
        """Take note that messages are due from here on."""
        self._book.live(live.at_ms, self._shard)

    def gap(self, gap: Gap) -> None:  # noqa: ARG002
        """Take note that the shard's RFQs may be gone by now."""
        self._book.gap(self._shard)

    def end(self) -> None:
        """Do nothing: the picture is drawn at its own pace."""
