"""The stream as lines on standard output, whatever a line looks like."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from rfqwatch.escaping import safe_json_line
from rfqwatch.exchange.events import RfqBatchCreated, RfqBatchDeleted, RfqCreated, RfqDeleted
from rfqwatch.exchange.session import Gap
from rfqwatch.exchange.wire import FRAMES
from rfqwatch.lines.stdout import DEFAULT_LIMIT, OWN, QUOTE, Batch, Shed, Stdout

if TYPE_CHECKING:
    from asyncio import Future

    from rfqwatch.exchange.session import Live
    from rfqwatch.exchange.wire import Frame, Malformed, Payload, Unknown

_RFQ_FRAMES = frozenset(
    FRAMES[event] for event in (RfqCreated, RfqDeleted, RfqBatchCreated, RfqBatchDeleted)
)


def fold(data: Payload) -> Payload:
    """Put a message on one line: outside of strings, JSON takes a space for a line break."""
    return data.replace(b"\n", b" ").replace(b"\r", b" ")


class LineOutput(ABC):
    """Lines on standard output; subclasses say what stands in them, but for their end."""

    def __init__(self, fd: int, *, limit: int = DEFAULT_LIMIT) -> None:
        self._stdout = Stdout(fd, limit=limit, describe_shed=self._shed_line)
        self._terminal = os.isatty(fd)
        self._shard = ""
        self._received_ms = 0
        self._end = b""
        self._lines: list[bytes | bytearray] = []
        self._dear: dict[int, int] = {}

    def start(self) -> Future[None]:
        """Begin to write; see `Stdout.start`."""
        return self._stdout.start()

    def close(self) -> None:
        """Say that no more lines will come."""
        self._stdout.close()

    @property
    def shed(self) -> int:
        """How many events were dropped because the consumer did not take them."""
        return self._stdout.shed

    @property
    def undelivered(self) -> int:
        """How many events still wait to be written, or are being written."""
        return self._stdout.undelivered

    def begin(self, shard: str, received_ms: int) -> None:
        """Expect what was received over one connection at one moment."""
        self._shard = shard
        self._received_ms = received_ms
        self._end = self._line_end(shard, received_ms)

    def event(self, data: Payload, frame: Frame | Unknown | Malformed) -> bool:
        """Take a message and its bytes; tell whether it makes a line."""
        line = self._event_line(data, frame)
        if line is None:
            return False
        if type(frame) not in _RFQ_FRAMES:
            self._dear[len(self._lines)] = QUOTE
        self._lines.append(line)
        return True

    def live(self, live: Live) -> None:
        """Print that messages are due from here on."""
        self._print_own(self._live_line(live))

    def gap(self, gap: Gap) -> None:
        """Print that messages are missing here."""
        self._print_own(self._gap_line(gap, self._shard, self._received_ms))

    def end(self) -> None:
        """Hand over what came since `begin`."""
        if not self._lines:
            return
        batch = Batch(self._shard, self._received_ms, self._lines, self._end, self._dear)
        if self._terminal:
            lines = batch.written().splitlines(keepends=True)
            batch.lines = [safe_json_line(line)[:-1] for line in lines]
            batch.end = b"\n"
        self._stdout.put(batch)
        self._lines = []
        self._dear = {}

    def _print_own(self, line: bytes) -> None:
        if line:
            self._dear[len(self._lines)] = OWN
            self._lines.append(line)

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
    def _event_line(
        self, data: Payload, frame: Frame | Unknown | Malformed
    ) -> bytes | bytearray | None:
        """Write the line for a message, or None for no line."""

    @abstractmethod
    def _live_line(self, live: Live) -> bytes:
        """Write the line for a subscription that became live, or nothing."""

    @abstractmethod
    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:
        """Write the line for a gap, or nothing. Called from the thread that writes, too."""
