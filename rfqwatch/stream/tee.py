"""Gives one stream to two outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.stream.quota import Output


class Tee:
    """Passes all on to what shows the stream, and to what keeps it."""

    reads = False
    """What is kept may wait, and would hold events that nobody reads any more."""

    def __init__(self, shown: Output, kept: Output) -> None:
        self._shown = shown
        self._kept = kept

    def begin(self, shard: str, at: Instant) -> None:
        """Expect what was received over one connection at one moment."""
        self._shown.begin(shard, at)
        self._kept.begin(shard, at)

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        """Pass messages on, to each bytes of its own: whoever takes them may change them."""
        self._shown.messages([payload.copy() for payload in data], frames)
        self._kept.messages(data, frames)

    def live(self, live: Live) -> None:
        """Pass on that messages are due from here on."""
        self._shown.live(live)
        self._kept.live(live)

    def gap(self, gap: Gap) -> None:
        """Pass on that messages are missing here."""
        self._shown.gap(gap)
        self._kept.gap(gap)

    def end(self) -> None:
        """Have what came since `begin` shown, and kept."""
        self._shown.end()
        self._kept.end()

    @property
    def shed(self) -> int:
        """How many messages were dropped, and so not shown."""
        return self._shown.shed

    @property
    def lost(self) -> int:
        """How many were dropped or are not taken yet, by either."""
        return self._shown.lost + self._kept.lost
