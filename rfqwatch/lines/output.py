"""The stream as lines for the places they go to, whatever a line looks like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rfqwatch.exchange.notices import Gap
from rfqwatch.lines.buffer import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Live
    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.lines.buffer import Line, Shed


class Ending(NamedTuple):
    """How a stream ended, and how much there was of it.

    ``reason`` is "count", "duration", "quit", "signal" or "error". ``missed`` is None where
    the number of frames missed can't be known.
    """

    reason: str
    events: int
    gaps: int
    missed: int | None
    malformed: int


class Place(Protocol):
    """Where lines go.

    ``describe_shed`` writes the line that stands where lines were shed; empty bytes say nothing.
    """

    describe_shed: Callable[[Shed], bytes]

    def put(self, batch: Batch) -> None:
        """Hand over lines; the oldest are shed when too many wait."""

    def close(self) -> None:
        """Say that no more lines will come."""

    @property
    def shed(self) -> int:
        """How many messages were dropped because nobody took them."""

    @property
    def undelivered(self) -> int:
        """How many messages still wait to be taken."""


class LineOutput(ABC):
    """Lines of what comes; subclasses say what stands in them, but for their end."""

    reads = False
    """Most need none but the envelopes."""

    def __init__(self, place: Place) -> None:
        self.place = place
        place.describe_shed = self._shed_line
        self._shard = ""
        self._received_ms = 0
        self._end = b""
        self._lines: list[Line] = []
        self._former: list[Line] = []
        self._frames: list[Message | None] = []

    def begin(self, shard: str, at: Instant) -> None:
        """Expect what was received over one connection at one moment."""
        if self._lines:
            self._end_former()
        self._shard = shard
        self._received_ms = at.ms
        self._end = self._line_end(shard, at.ms)

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        """Take messages, their bytes beside what was read of them."""
        self._lines += self._message_lines(data, frames)
        self._frames += frames

    def live(self, live: Live) -> None:
        """Print that messages are due from here on."""
        self._print_own(self._live_line(live))

    def gap(self, gap: Gap) -> None:
        """Print that messages are missing here."""
        self._print_own(self._gap_line(gap, self._shard, self._received_ms))

    def ended(self, ending: Ending, at: Instant) -> None:
        """Print that no more will come."""
        self.begin("", at)
        self._print_own(self._ended_line(ending))
        self.end()

    def end(self) -> None:
        """Hand over what came since the first `begin`."""
        lines, end = self._lines, self._end
        if self._former:
            self._end_former()
            lines, end, self._former = self._former, b"", []
        if lines:
            self.place.put(Batch(self._shard, self._received_ms, lines, self._frames, end))
            self._lines = []
            self._frames = []

    @property
    def shed(self) -> int:
        """How many messages were dropped because nobody took them."""
        return self.place.shed

    @property
    def lost(self) -> int:
        """How many were dropped, or are not taken yet."""
        return self.place.shed + self.place.undelivered

    def _end_former(self) -> None:
        """Write the end of lines that others than theirs will follow."""
        self._former += [line + self._end for line in self._lines]
        self._lines = []

    def _print_own(self, line: bytes) -> None:
        if line:
            self._lines.append(line)
            self._frames.append(None)

    def _shed_line(self, shed: Shed) -> bytes:
        gap = Gap(
            "shed",
            missed=shed.missed,
            sid=None,
            last_seq=None,
            next_seq=None,
            from_ms=shed.from_ms,
            to_ms=shed.to_ms,
        )
        line = self._gap_line(gap, shed.shard, shed.to_ms)
        return line and line + self._line_end(shed.shard, shed.to_ms)

    @abstractmethod
    def _line_end(self, shard: str, received_ms: int) -> bytes:
        """Write what every line of a burst ends with. Called from the thread that writes, too."""

    @abstractmethod
    def _message_lines(self, data: Sequence[Payload], frames: Sequence[Message]) -> Sequence[Line]:
        """Write a line for each message."""

    @abstractmethod
    def _live_line(self, live: Live) -> bytes:
        """Write the line for a subscription that became live, or nothing."""

    @abstractmethod
    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:
        """Write the line for a gap, or nothing. Called from the thread that writes, too."""

    @abstractmethod
    def _ended_line(self, ending: Ending) -> bytes:
        """Write the last line, or nothing."""
