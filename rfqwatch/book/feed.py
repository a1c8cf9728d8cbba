"""Feeds a stream to the book that the table is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.wire import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.book.book import Book
    from rfqwatch.book.readings import Told
    from rfqwatch.clock import Instant
    from rfqwatch.exchange.events import Event
    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message, Payload


class Feed:
    """Applies every event to a book, and every gap; ``read`` makes events of messages.

    ``ahead_ms`` gives how far the exchange's clock is ahead of ours: the book goes by its.
    """

    reads = True
    shed = lost = 0
    """Nothing is shed: the book takes each event as it comes."""

    def __init__(
        self,
        book: Book,
        read: Callable[[str, Payload], Event | None],
        ahead_ms: Callable[[], int] = int,
    ) -> None:
        self._book = book
        self._read = read
        self._ahead_ms = ahead_ms
        self._shard = ""
        self._received_ms = 0
        self._live_ms: dict[str, int] = {}
        self._known_ms = 0

    def begin(self, shard: str, at: Instant) -> None:
        """Expect what was received over one connection at one moment."""
        self._shard = shard
        ahead_ms = self._ahead_ms()
        self._received_ms = at.ms + ahead_ms
        if ahead_ms != self._known_ms:
            # It is certain only when something came.
            self._known_ms = ahead_ms
            for name, live_ms in self._live_ms.items():
                self._book.live(live_ms + ahead_ms, name)

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        """Apply what can be read."""
        self._book.apply_all(self._told(data, frames), self._received_ms, self._shard)

    def _told(self, data: Sequence[Payload], frames: Sequence[Message]) -> Iterator[Told]:
        for payload, frame in zip(data, frames, strict=True):
            if not isinstance(frame, Frame):
                continue
            event = frame.event
            if event is None and type(frame) is Frame:
                event = self._read(frame.type, payload)
            if event is not None:
                yield event, frame.sending_ts_ms, payload

    def live(self, live: Live) -> None:
        """Take note that messages are due from here on."""
        self._live_ms[self._shard] = live.at.ms
        self._book.live(live.at.ms + self._known_ms, self._shard)

    def gap(self, gap: Gap) -> None:  # noqa: ARG002
        """Take note that the shard's RFQs may be gone by now."""
        self._book.gap(self._shard)

    def end(self) -> None:
        """Do nothing: the picture is drawn at its own pace."""
