"""Carries recordings into a report, as fast as they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.wire import Frame
from rfqwatch.report.reading import line_of, lines_of
from rfqwatch.sources.recorded import Burst, Finish, Recording, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.report.contents import Report
    from rfqwatch.report.reading import Line
    from rfqwatch.selection.selection import Selection
    from rfqwatch.sources.recorded import Piece
    from rfqwatch.stream.drift import Drift


class Survey:
    """A recording on its way into a report.

    Of it goes there what was recorded from ``since_ms`` up to ``until_ms`` (Unix milliseconds), and
    what ``selection`` selects of that. Gaps always do. ``ahead_ms`` is how far the exchange's clock
    was ahead of the one that it was recorded by, as far as it was told.
    """

    def __init__(
        self,
        names: Sequence[str],
        report: Report,
        *,
        selection: Selection | None,
        drift: Drift,
        say: Callable[[str], object],
        lenient: bool = False,
        since_ms: int | None = None,
        until_ms: int | None = None,
    ) -> None:
        # A selection judges the exchange's own bytes, which only lines read one by one have.
        take_block = None if selection else self._take_block
        self.recording = Recording(names, lenient=lenient, say=say, take_block=take_block)
        self._report = report
        self._selection = selection
        self._drift = drift
        self._since_ms = since_ms
        self._until_ms = until_ms
        self._over = False
        self.ahead_ms: int | None = None

    def __iter__(self) -> Iterator[None]:
        """Go on by one read at a time, to the end. Raises `RecordingError`."""
        for pieces in self.recording:
            if pieces:
                self._take(pieces)
            if self._over:
                return
            yield
        if self.recording.breaks_off:
            self._report.broken_off()

    def _take(self, pieces: Sequence[Piece]) -> None:
        lines: list[Line] = []
        for piece in pieces:
            # By which clock it was made is true of all that follows, be it asked for or not.
            if isinstance(piece, Told) and isinstance(piece.notice, Live):
                self.ahead_ms = self.ahead_ms or piece.notice.ahead_ms
            if self._is_outside(piece.at_ms):
                if self._over:
                    break
                continue
            if isinstance(piece, Burst):
                lines += self._lines(piece)
            elif not isinstance(piece, Finish):
                # What is told before a gap is not to be counted behind it.
                self._report.take(lines)
                lines = []
                if isinstance(piece.notice, Gap):
                    self._report.gap(piece.notice, piece.shard, piece.at_ms)
                else:
                    self._report.live(piece.shard, piece.at_ms)
        self._report.take(lines)

    def _take_block(self, block: bytes) -> Sequence[Line] | None:
        lines = lines_of(block)
        if lines is not None and (self._since_ms is not None or self._until_ms is not None):
            self._report.take([ln for ln in lines if not self._is_outside(ln.received_ts_ms)])
        elif lines:
            self._report.take(lines)
        return lines

    def _is_outside(self, at_ms: int) -> bool:
        """Tell whether a moment is before what is wanted, or the first behind it."""
        if self._over or (self._until_ms is not None and at_ms >= self._until_ms):
            self._over = True
        elif self._since_ms is not None:
            if at_ms < self._since_ms:
                return True
            self._since_ms = None
        return self._over

    def _lines(self, burst: Burst) -> Iterator[Line]:
        told: tuple[Sequence[Payload], Sequence[Message]] = burst.data, burst.frames
        if self._selection is not None:
            told = self._selection(*told)
        for payload, frame in zip(*told, strict=True):
            line = None
            if type(frame) is Frame:
                line = line_of(frame, payload, burst.at_ms, burst.shard, self._drift.read)
            if line is None:
                self._report.unread(burst.shard, burst.at_ms)
            else:
                yield line
