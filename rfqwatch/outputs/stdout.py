"""The way of lines to standard output, which never holds up the reader of the exchange.

A thread writes; the event loop only hands over. Between them stands a buffer of bounded size that
rides out a slow consumer. When it is full the oldest lines about RFQs are shed, lines about quotes
last, lines of our own never, and a mark stands where they would have stood. Lines are whole in
every write: one by one when the stream is slow, many at once when it is fast.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUOTE = 1
OWN = 2
"""How dear a line is; one about an RFQ has no rank."""

DEFAULT_LIMIT = 64 * 2**20

_LINE_OVERHEAD = 64
"""Bytes that a line takes in memory beyond its own, nearly."""


class ConsumerGoneError(Exception):
    """Whoever read standard output has gone away."""


class Batch:
    """Lines of one shard received together, without the ``end`` that all of them have.

    ``dear`` holds the ranks of the lines, by index, that are worth more than one about an RFQ.
    """

    __slots__ = ("dear", "end", "lines", "received_ms", "shard", "size")

    def __init__(
        self,
        shard: str,
        received_ms: int,
        lines: Sequence[bytes | bytearray],
        end: bytes,
        dear: dict[int, int],
    ) -> None:
        self.shard = shard
        self.received_ms = received_ms
        self.lines = lines
        self.end = end
        self.dear = dear
        self.size = sum(map(len, lines)) + (_LINE_OVERHEAD + len(end)) * len(lines)

    def written(self) -> bytes:
        """Give the lines as they go out."""
        return self.end.join([*self.lines, b""])


class Shed(NamedTuple):
    """How many events of one shard were shed in one place, received from when to when."""

    shard: str
    missed: int
    from_ms: int
    to_ms: int


class _Mark:
    """A place in the stream where events were shed."""

    __slots__ = ("sheds",)

    def __init__(self) -> None:
        self.sheds: dict[str, Shed] = {}

    def add(self, shed: Shed) -> None:
        before = self.sheds.get(shed.shard, shed)
        missed = shed.missed if before is shed else before.missed + shed.missed
        self.sheds[shed.shard] = Shed(shed.shard, missed, before.from_ms, shed.to_ms)


class Stdout:
    """Standard output, or another file descriptor, behind a bounded buffer.

    ``describe_shed`` writes the line that stands for a mark; empty bytes say nothing.
    """

    def __init__(
        self, fd: int, *, limit: int = DEFAULT_LIMIT, describe_shed: Callable[[Shed], bytes]
    ) -> None:
        self._fd = fd
        self._limit = limit
        self._describe_shed = describe_shed
        self._condition = threading.Condition()
        self._scanned: deque[Batch | _Mark] = deque()
        self._waiting: deque[Batch] = deque()
        self._size = 0
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._thread = threading.Thread(target=self._write_all, name="stdout", daemon=True)
        self._in_hand = 0
        self.shed = 0

    def start(self) -> asyncio.Future[None]:
        """Begin to write; the future ends when all is written, or raises what prevents it.

        It raises `ConsumerGoneError` or `OutputError`.
        """
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        if stat.S_ISFIFO(os.fstat(self._fd).st_mode):
            # A pipe whose reader has gone reports an error even when there is nothing to write.
            self._loop.add_reader(self._fd, self._finish, ConsumerGoneError())
        self._thread.start()
        return self._ended

    def put(self, batch: Batch) -> None:
        """Hand over lines, and shed the oldest when the buffer is full."""
        with self._condition:
            self._waiting.append(batch)
            self._size += batch.size
            if self._size > self._limit:
                self._shed_rfqs()
            self._condition.notify()

    def close(self) -> None:
        """Say that no more lines will come."""
        with self._condition:
            self._closing = True
            self._condition.notify()

    @property
    def undelivered(self) -> int:
        """How many lines still wait to be written."""
        with self._condition:
            return self._in_hand + sum(
                len(batch.lines)
                for batches in (self._scanned, self._waiting)
                for batch in batches
                if isinstance(batch, Batch)
            )

    def _shed_rfqs(self) -> None:
        while self._size > self._limit and self._waiting:
            self._thin(self._waiting.popleft(), QUOTE)
        if self._size > self._limit:
            scanned, self._scanned = self._scanned, deque()
            for entry in scanned:
                if isinstance(entry, _Mark):
                    for shed in entry.sheds.values():
                        self._mark().add(shed)
                elif self._size > self._limit:
                    self._thin(entry, OWN)
                else:
                    self._scanned.append(entry)

    def _thin(self, batch: Batch, rank: int) -> None:
        """Keep only the lines of a batch that are at least so dear, and mark where others stood."""
        kept = {index: own for index, own in batch.dear.items() if own >= rank}
        missed = len(batch.lines) - len(kept)
        self._size -= batch.size
        self.shed += missed
        if missed:
            self._mark().add(Shed(batch.shard, missed, batch.received_ms, batch.received_ms))
        if kept:
            thinned = Batch(
                batch.shard,
                batch.received_ms,
                [batch.lines[index] for index in kept],
                batch.end,
                dict(enumerate(kept.values())),
            )
            self._size += thinned.size
            self._scanned.append(thinned)

    def _mark(self) -> _Mark:
        if self._scanned and isinstance(self._scanned[-1], _Mark):
            return self._scanned[-1]
        mark = _Mark()
        self._scanned.append(mark)
        return mark

    def _take(self) -> bytes | None:
        with self._condition:
            self._in_hand = 0
            while not (self._scanned or self._waiting):
                if self._closing:
                    return None
                self._condition.wait()
            entry = self._scanned.popleft() if self._scanned else self._waiting.popleft()
            if isinstance(entry, Batch):
                self._size -= entry.size
                self._in_hand = len(entry.lines)
        if isinstance(entry, _Mark):
            return b"".join(map(self._describe_shed, entry.sheds.values()))
        return entry.written()

    def _write_all(self) -> None:
        try:
            while (data := self._take()) is not None:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._fd, view) :]
        except BrokenPipeError:
            self._report(ConsumerGoneError())
        except OSError as error:
            self._report(
                OutputError(f"standard output can't be written: {error.strerror}", "Is it full?")
            )
        else:
            self._report(None)

    def _report(self, failure: Exception | None) -> None:
        assert self._loop is not None  # noqa: S101 - the thread starts after it is set
        # The loop is closed when the program ended without waiting for a consumer that is stuck.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._finish, failure)

    def _finish(self, failure: Exception | None) -> None:
        assert self._loop is not None  # noqa: S101 - the same
        assert self._ended is not None  # noqa: S101 - the same
        self._loop.remove_reader(self._fd)
        if not self._ended.done():
            if failure is None:
                self._ended.set_result(None)
            else:
                self._ended.set_exception(failure)
