"""The numbers of one subscription's frames, held against the order that they should have.

``seq`` counts from 1 for each ``sid``, on frames of every type that carry the sid
(docs.kalshi.com, WebSockets). There is no replay, so a number not seen is a message lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.exchange.notices import Gap, Note
from rfqwatch.exchange.wire import Frame, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.exchange.wire import Received

RESTART_RUN = 3
"""Consecutive numbers from behind that mean the exchange counts anew, not that frames are late."""


class Numbering:
    """What was seen of the numbers of one ``sid``; None while it is not known.

    ``started`` tells whether any number was seen, ``next_seq`` which one is due. ``backward``
    counts frames whose number had passed before, ``unnumbered`` those without one; both go on over
    all subscriptions.
    """

    def __init__(self) -> None:
        self.backward = 0
        self.unnumbered = 0
        self.restart(None)

    def restart(self, sid: int | None) -> None:
        """Expect the frames of a subscription from its first on."""
        self.sid = sid
        self.started = False
        self.next_seq = 1
        self._run = 0
        self._run_goes_on = (0, 0)

    @property
    def last_seq(self) -> int | None:
        """The last number in order."""
        return self.next_seq - 1 if self.started else None

    def follow(self, frames: Sequence[Received], start: int = 0) -> int:
        """Count the frames from ``start`` on that are messages with the next numbers, in order."""
        sid, expected = self.sid, self.next_seq
        place, end = start, len(frames)
        while place < end:
            frame = frames[place]
            if not isinstance(frame, Frame) or frame.seq != expected or frame.sid != sid:
                break
            if type(frame) is Unknown:
                break
            expected += 1
            place += 1
        if place != start:
            self.next_seq = expected
            self.started = True
        return place - start

    def take(self, seq: int | None, since_ms: int, now_ms: int) -> Gap | Note | None:
        """Check one number; ``since_ms`` is when the one before it came, in Unix milliseconds."""
        if seq is None:
            self.unnumbered += 1
            return Note("seq", "frames carry no seq: completeness can't be checked")
        expected = self.next_seq
        if seq < expected and self.started:
            return self._step_back(seq)
        self.started = True
        self.next_seq = seq + 1
        if seq <= expected:
            return None
        return Gap(
            "seq",
            missed=seq - expected,
            sid=self.sid,
            last_seq=expected - 1,
            next_seq=seq,
            from_ms=since_ms,
            to_ms=now_ms,
        )

    def _step_back(self, seq: int) -> Note:
        self.backward += 1
        # Only frames without another between them count as consecutive.
        goes_on = (seq, self.next_seq) == self._run_goes_on
        self._run = self._run + 1 if goes_on else 1
        self._run_goes_on = (seq + 1, self.next_seq)
        if self._run < RESTART_RUN:
            return Note("backward", "a frame came late or twice by its seq; passed on (said once)")
        self.next_seq = seq + 1
        return Note(
            "restart", "the numbering of frames went back; completeness is checked from there on"
        )
