"""The way of lines to standard output, which never holds up the reader of the exchange.

A thread writes; the event loop only hands over. Between them stands a buffer of bounded size that
rides out a slow consumer. When it is full the oldest lines about RFQs are shed, lines about quotes
last, and a mark stands where they would have stood. Lines of our own stay, unless a hostile stream
makes nothing but gaps: then they become one gap. Lines are whole in
every write: one by one when the stream is slow, many at once when it is fast.

The buffer is a queue of three stretches, so that no line is looked at more than twice::

    oldest                                                        newest
    own lines, marks | own lines, quotes, marks | whatever was received
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import select
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

OWN_ALLOWANCE = 16 * 2**20
"""Bytes that lines of our own may take beyond the limit: about 50,000 gaps."""

_LINE_OVERHEAD = 64
"""Bytes that a line takes in memory beyond its own, nearly."""
_BATCH_OVERHEAD = 400
"""The same for a batch, which many have to themselves when the stream is slow."""


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
        self.size = (
            sum(map(len, lines)) + (_LINE_OVERHEAD + len(end)) * len(lines) + _BATCH_OVERHEAD
        )

    @property
    def events(self) -> int:
        """How many lines are events, and none of our own."""
        return len(self.lines) - sum(rank == OWN for rank in self.dear.values())

    def written(self) -> bytes:
        """Give the lines as they go out."""
        return self.end.join([*self.lines, b""])


class Shed(NamedTuple):
    """How many events of one shard were shed in one place, received from when to when.

    ``missed`` is None where gaps went with them, of which nobody can tell any more.
    """

    shard: str
    missed: int | None
    from_ms: int
    to_ms: int


class _Mark:
    """A place in the stream where events were shed."""

    __slots__ = ("sheds",)

    def __init__(self) -> None:
        self.sheds: dict[str, Shed] = {}

    def add(self, shed: Shed) -> None:
        before = self.sheds.get(shed.shard)
        if before is not None:
            known = before.missed is not None and shed.missed is not None
            missed = (before.missed or 0) + (shed.missed or 0) if known else None
            shed = Shed(shed.shard, missed, before.from_ms, shed.to_ms)
        self.sheds[shed.shard] = shed

    def take(self, later: _Mark) -> None:
        for shed in later.sheds.values():
            self.add(shed)


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
        self._own: deque[Batch | _Mark] = deque()
        self._quotes: deque[Batch | _Mark] = deque()
        self._whole: deque[Batch | _Mark] = deque()
        self._stretches = (self._own, self._quotes, self._whole)
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
        if _is_writing_end(self._fd):
            # A pipe whose reader has gone reports an error even when there is nothing to write.
            self._loop.add_reader(self._fd, self._finish, ConsumerGoneError())
        self._thread.start()
        return self._ended

    def put(self, batch: Batch) -> None:
        """Hand over lines, and shed the oldest when the buffer is full."""
        with self._condition:
            self._whole.append(batch)
            self._size += batch.size
            if self._size > self._limit:
                self._shed(self._whole, self._quotes, QUOTE)
                self._shed(self._quotes, self._own, OWN)
                if self._size > self._limit + OWN_ALLOWANCE:
                    self._merge_own()
            self._condition.notify()

    def close(self) -> None:
        """Say that no more lines will come."""
        with self._condition:
            self._closing = True
            self._condition.notify()

    @property
    def undelivered(self) -> int:
        """How many events still wait to be written, or are being written."""
        with self._condition:
            return self._in_hand + sum(
                entry.events
                for stretch in self._stretches
                for entry in stretch
                if isinstance(entry, Batch)
            )

    def _shed(self, source: deque[Batch | _Mark], kept: deque[Batch | _Mark], rank: int) -> None:
        """Move entries on, without the lines that are less dear, until the size will do."""
        while self._size > self._limit and source:
            entry = source.popleft()
            if isinstance(entry, _Mark):
                _mark(kept).take(entry)
            else:
                self._thin(entry, kept, rank)

    def _merge_own(self) -> None:
        mark = _Mark()
        for entry in self._own:
            if isinstance(entry, _Mark):
                mark.take(entry)
            else:
                self._size -= entry.size
                mark.add(Shed(entry.shard, None, entry.received_ms, entry.received_ms))
        self._own.clear()
        self._own.append(mark)

    def _thin(self, batch: Batch, kept: deque[Batch | _Mark], rank: int) -> None:
        dear = {index: own for index, own in batch.dear.items() if own >= rank}
        self._size -= batch.size
        self.shed += len(batch.lines) - len(dear)
        start = 0
        for index, own in dear.items():
            _mark_missing(kept, batch, index - start)
            line = Batch(
                batch.shard, batch.received_ms, batch.lines[index : index + 1], batch.end, {0: own}
            )
            self._size += line.size
            kept.append(line)
            start = index + 1
        _mark_missing(kept, batch, len(batch.lines) - start)

    def _next(self) -> Batch | _Mark | None:
        """Take the oldest entry, with all marks that stand in the same place."""
        taken: Batch | _Mark | None = None
        for stretch in self._stretches:
            while stretch:
                if taken is None:
                    taken = stretch.popleft()
                elif isinstance(taken, _Mark) and isinstance(entry := stretch[0], _Mark):
                    taken.take(entry)
                    stretch.popleft()
                else:
                    return taken
        return taken

    def _take(self) -> bytes | None:
        with self._condition:
            self._in_hand = 0
            while (entry := self._next()) is None:
                if self._closing:
                    return None
                self._condition.wait()
            if isinstance(entry, Batch):
                self._size -= entry.size
                self._in_hand = entry.events
        if isinstance(entry, _Mark):
            return b"".join(map(self._describe_shed, entry.sheds.values()))
        return entry.written()

    def _write_all(self) -> None:
        try:
            while (data := self._take()) is not None:
                self._write(data)
        except BrokenPipeError:
            self._report(ConsumerGoneError())
        except OSError as error:
            self._report(OutputError(f"standard output can't be written: {error.strerror}"))
        else:
            self._report(None)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:
                # Whoever shares the pipe or terminal with us may have set it so.
                select.select([], [self._fd], [])

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


def _is_writing_end(fd: int) -> bool:
    is_pipe = stat.S_ISFIFO(os.fstat(fd).st_mode)
    return is_pipe and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY


def _mark(kept: deque[Batch | _Mark]) -> _Mark:
    """Give the mark at the end of a stretch, made when there is none."""
    if kept and isinstance(last := kept[-1], _Mark):
        return last
    mark = _Mark()
    kept.append(mark)
    return mark


def _mark_missing(kept: deque[Batch | _Mark], batch: Batch, missed: int) -> None:
    if missed:
        _mark(kept).add(Shed(batch.shard, missed, batch.received_ms, batch.received_ms))
