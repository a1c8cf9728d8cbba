"""Lines that wait for whoever takes them, in a bounded amount of memory. Pure.

When the buffer is full the oldest lines about RFQs are shed, lines about quotes last, and a mark
stands where they would have stood. Lines of our own stay, unless a hostile stream makes nothing but
gaps: then they become one gap.

It is a queue of three stretches, so that no line is looked at more than twice::

    oldest                                                        newest
    own lines, marks | own lines, quotes, marks | whatever was received
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rfqwatch.exchange.events import RfqBatchCreated, RfqBatchDeleted, RfqCreated, RfqDeleted
from rfqwatch.exchange.wire import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.exchange.wire import Message

RFQ, QUOTE, OWN = range(3)
"""How dear a line is."""

_ABOUT_RFQS = frozenset(
    event.type for event in (RfqCreated, RfqDeleted, RfqBatchCreated, RfqBatchDeleted)
)

Line: TypeAlias = bytes | bytearray
"""A line without its end."""

OWN_ALLOWANCE = 16 * 2**20
"""Bytes that lines of our own may take beyond the limit: about 50,000 gaps."""

_LINE_OVERHEAD = 64
"""Bytes that a line takes in memory beyond its own, nearly."""
_BATCH_OVERHEAD = 400
"""The same for a batch, which many have to themselves when the stream is slow."""


class Batch:
    """Lines of one shard received together, without the ``end`` that all of them have.

    ``frames`` is what was read of the messages that they tell of, None for a line of our own.
    ``size`` is about how many bytes of memory it takes.
    """

    __slots__ = ("end", "frames", "lines", "received_ms", "shard", "size")

    def __init__(
        self,
        shard: str,
        received_ms: int,
        lines: Sequence[Line],
        frames: Sequence[Message | None],
        end: bytes,
    ) -> None:
        self.shard = shard
        self.received_ms = received_ms
        self.lines = lines
        self.frames = frames
        self.end = end
        each = _LINE_OVERHEAD + len(end)
        self.size = sum(map(len, lines)) + each * len(lines) + _BATCH_OVERHEAD

    @property
    def messages(self) -> int:
        """How many lines tell of messages, and are not our own."""
        return sum(frame is not None for frame in self.frames)

    def written(self) -> bytes:
        """Give the lines as they go out."""
        return self.end.join([*self.lines, b""])

    def part(self, start: int, end: int | None = None) -> Batch:
        """Give some of its lines."""
        return Batch(
            self.shard, self.received_ms, self.lines[start:end], self.frames[start:end], self.end
        )


def rank(frame: Message | None) -> int:
    """Tell how dear a line is by the message it tells of."""
    if frame is None:
        return OWN
    return RFQ if isinstance(frame, Frame) and frame.type in _ABOUT_RFQS else QUOTE


class Shed(NamedTuple):
    """How many messages of one shard were shed in one place, received from when to when.

    ``missed`` is None where gaps went with them, of which nobody can tell any more.
    """

    shard: str
    missed: int | None
    from_ms: int
    to_ms: int


class Mark:
    """A place in the stream where messages were shed."""

    __slots__ = ("sheds",)

    def __init__(self) -> None:
        self.sheds: dict[str, Shed] = {}

    def add(self, shed: Shed) -> None:
        """Count in what was shed here."""
        before = self.sheds.get(shed.shard)
        if before is not None:
            known = before.missed is not None and shed.missed is not None
            missed = (before.missed or 0) + (shed.missed or 0) if known else None
            shed = Shed(shed.shard, missed, before.from_ms, shed.to_ms)
        self.sheds[shed.shard] = shed

    def take(self, later: Mark) -> None:
        """Count in what was shed at a later mark."""
        for shed in later.sheds.values():
            self.add(shed)


class Buffer:
    """Batches of lines in the order they came, ``limit`` bytes of them in memory.

    ``shed`` counts the messages dropped so far.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._own: deque[Batch | Mark] = deque()
        self._quotes: deque[Batch | Mark] = deque()
        self._whole: deque[Batch | Mark] = deque()
        self._stretches = (self._own, self._quotes, self._whole)
        self._size = 0
        self.shed = 0

    def __bool__(self) -> bool:
        return any(self._stretches)

    def put(self, batch: Batch) -> None:
        """Add lines, and shed the oldest when there is no more room."""
        self._whole.append(batch)
        self._size += batch.size
        if self._size > self._limit:
            self._shed(self._whole, self._quotes, QUOTE)
            self._shed(self._quotes, self._own, OWN)
            if self._size > self._limit + OWN_ALLOWANCE:
                self._merge_own()

    @property
    def size(self) -> int:
        """About how many bytes of memory all batches take."""
        return self._size

    @property
    def messages(self) -> int:
        """How many messages wait."""
        return sum(
            entry.messages
            for stretch in self._stretches
            for entry in stretch
            if isinstance(entry, Batch)
        )

    def _shed(self, source: deque[Batch | Mark], kept: deque[Batch | Mark], least: int) -> None:
        """Move entries on, without the lines that are less dear, until the size will do."""
        while self._size > self._limit and source:
            entry = source.popleft()
            if isinstance(entry, Mark):
                _mark(kept).take(entry)
            else:
                self._thin(entry, kept, least)

    def _merge_own(self) -> None:
        mark = Mark()
        for entry in self._own:
            if isinstance(entry, Mark):
                mark.take(entry)
            else:
                self._size -= entry.size
                mark.add(Shed(entry.shard, None, entry.received_ms, entry.received_ms))
        self._own.clear()
        self._own.append(mark)

    def _thin(self, batch: Batch, kept: deque[Batch | Mark], least: int) -> None:
        dear = [index for index, frame in enumerate(batch.frames) if rank(frame) >= least]
        self._size -= batch.size
        self.shed += len(batch.lines) - len(dear)
        start = 0
        for index in dear:
            _mark_missing(kept, batch, index - start)
            start = index + 1
            line = batch.part(index, start)
            self._size += line.size
            kept.append(line)
        _mark_missing(kept, batch, len(batch.lines) - start)

    def take(self) -> Batch | Mark | None:
        """Take the oldest entry, with all marks that stand in the same place; None of nothing."""
        taken: Batch | Mark | None = None
        for stretch in self._stretches:
            while stretch:
                if taken is None:
                    taken = stretch.popleft()
                    if isinstance(taken, Batch):
                        self._size -= taken.size
                elif isinstance(taken, Mark) and isinstance(entry := stretch[0], Mark):
                    taken.take(entry)
                    stretch.popleft()
                else:
                    return taken
        return taken


def _mark(kept: deque[Batch | Mark]) -> Mark:
    """Give the mark at the end of a stretch, made when there is none."""
    if kept and isinstance(last := kept[-1], Mark):
        return last
    mark = Mark()
    kept.append(mark)
    return mark


def _mark_missing(kept: deque[Batch | Mark], batch: Batch, missed: int) -> None:
    if missed:
        _mark(kept).add(Shed(batch.shard, missed, batch.received_ms, batch.received_ms))
