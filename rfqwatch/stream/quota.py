"""How much of a stream goes to its output, wherever it comes from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from rfqwatch.exchange.decoding import read_told
from rfqwatch.exchange.wire import read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message, Payload, Received
    from rfqwatch.selection.selection import Selection


_NEAR = 64
"""So many messages stay in the caches of a processor with the events that were read of them."""


class EnoughError(Exception):
    """As many messages as asked for were shown."""


class Output(Protocol):
    """What takes the stream: messages and notices, from `begin` on until `end`.

    What does not wait for more may begin several times before it ends. ``reads`` is whether it
    reads the event of each message.
    """

    reads: bool

    def begin(self, shard: str, at: Instant) -> None:
        """Expect what was received over one connection at one moment; ``shard`` may be empty."""

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        """Take messages, their bytes beside what was read of them."""

    def live(self, live: Live) -> None:
        """Take note that messages are due from here on."""

    def gap(self, gap: Gap) -> None:
        """Take note that messages are missing here."""

    def end(self) -> None:
        """Show what came since the first `begin`."""

    @property
    def shed(self) -> int:
        """How many messages were dropped after all, as nobody took them."""

    @property
    def lost(self) -> int:
        """How many were, or are not taken yet."""


class Quota:
    """The way of messages into the output: those selected, over all shards, as many as asked for.

    ``count`` is how many; None for no end. ``selection`` is None for all of them. ``read`` is how
    they had better be read on their way here, and ``at_once`` how many of a burst; None for all.
    """

    def __init__(
        self, count: int | None, output: Output, selection: Selection | None = None
    ) -> None:
        self._count = count
        self._output = output
        self._selection = selection
        self.shown = 0
        every = output.reads and selection is None
        self.read: Callable[[Payload], Received] = read_told if every else read
        self.at_once = _NEAR if every else None

    def show(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        """Hand on messages. Raises `EnoughError` after the last that was asked for."""
        if self._selection is not None:
            data, frames = self._selection(data, frames)
        left = self.left
        if len(frames) > left:
            data, frames = data[:left], frames[:left]
        self._output.messages(data, frames)
        self.shown += len(frames)
        if len(frames) == left:
            raise EnoughError

    @property
    def left(self) -> int:
        """How many may still be shown."""
        if self._count is None:
            return sys.maxsize
        return self._count - (self.shown - self._output.shed)
