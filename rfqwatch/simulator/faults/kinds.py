"""The faults that a simulated exchange can be asked for, by name."""

from __future__ import annotations

import enum
import itertools
import random
import sys
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEAN_INTERVAL_US: Final = 10_000_000


class FaultKind(enum.StrEnum):
    """A way for an exchange to go wrong. ``description`` says it in a line."""

    description: str

    def __new__(cls, value: str, description: str) -> Self:
        """Make a member out of a name and its line of description."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    RESET = "reset", "the connection is reset (TCP RST)"
    DROP = "drop", "the connection ends without a close frame (1006)"
    CLOSE_1001 = "close-1001", "closed: going away"
    CLOSE_1011 = "close-1011", "closed: internal error"
    CLOSE_1012 = "close-1012", "closed: service restart"
    CLOSE_1013 = "close-1013", "closed: try again later"
    HALF_OPEN = "half-open", "the connection falls silent: no data, pings or close"
    OVERFLOW = "overflow", "error 25 ends the subscription, not the connection"
    CHANNEL_ERROR = "channel-error", "error 10 ends the subscription, not the connection"
    ODD_ERROR = "odd-error", "an error of another shape each time ends the subscription"
    DEAF = "deaf", "the subscription ends without a word, while pings go on"
    NO_LIST = "no-list", "from then on list_subscriptions is unknown (error 5)"
    LATE_FRAMES = "late-frames", "error 10, then the old sid's frames after the new ack"
    SEQ_HOLE = "seq-hole", "1 to 5 frames are lost, their numbers with them"
    NO_SEQ = "no-seq", "frames carry no seq from then on"
    ODD_SEQ = "odd-seq", "a frame with a seq of another type each time"
    REPEAT = "repeat", "a frame is sent twice with the same seq"
    BACKWARD = "backward", "a frame is sent again with an older seq"
    MALFORMED = "malformed", "a hostile frame, of another kind each time"
    DRIFT = "drift", "fields are renamed or retyped, in another way each time"
    UNKNOWN_TYPE = "unknown-type", "a frame of a type nobody knows"
    TOO_BIG = "too-big", "a frame of 10 MB"
    FRAGMENTS = "fragments", "a message split over many WebSocket frames"
    BOMB = "bomb", "a small compressed frame that inflates to 32 MiB"
    EXPIRED = "expired", "the clock jumps: the next handshake is 401 (expired)"
    HTTP_408 = "http-408", "the next handshake is refused: 408"
    HTTP_429 = "http-429", "the next handshake is refused: 429"
    HTTP_503 = "http-503", "the next handshake is refused: 503 with an HTML body"
    MAINTENANCE = "maintenance", "closed up to the next handshake, which is a 503"
    SLOW_ACK = "slow-ack", "the next subscribe is acknowledged late"
    NO_ACK = "no-ack", "the next subscribe is never acknowledged"
    TIMEOUT_18 = "timeout-18", "the next subscribe fails: error 18, command timeout"
    BUSY_27 = "busy-27", "the next subscribe fails: error 27, too many requests"


_BY_NAME: Final = {kind.value: kind for kind in FaultKind}

HANDSHAKE: Final = frozenset(
    {
        *(FaultKind.EXPIRED, FaultKind.HTTP_408, FaultKind.HTTP_429, FaultKind.HTTP_503),
        FaultKind.MAINTENANCE,
    }
)
"""Faults that befall the next handshake."""

SUBSCRIBE: Final = frozenset(
    {FaultKind.SLOW_ACK, FaultKind.NO_ACK, FaultKind.TIMEOUT_18, FaultKind.BUSY_27}
)
"""Faults that befall the next subscribe command."""

BEFORE_FRAMES: Final = HANDSHAKE | SUBSCRIBE
"""Faults that befall what comes before all data frames."""


class Fault(NamedTuple):
    """A fault asked for: once, in place of data frame ``at``, or (None) again and again."""

    kind: FaultKind
    at: int | None = None

    def __str__(self) -> str:
        return self.kind.value if self.at is None else f"{self.kind.value}@{self.at}"


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Parse ``NAME`` or ``NAME@N``, separated by commas, like ``reset,seq-hole@30``.

    ``NAME@N`` happens once, when the exchange is about to send its N-th data frame, counted from
    1 over all connections; ``NAME`` happens at random intervals, 10 s of traffic on average. What
    befalls a handshake or a subscribe (`BEFORE_FRAMES`) brings that about by a reset; ``@0``, and
    once the bare name, it befalls the first one.

    Raises ValueError for an unknown name or a wrong number.
    """
    faults = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, at, number = item.partition("@")
        kind = _BY_NAME.get(name)
        if kind is None:
            raise ValueError(f"{item!r}: no fault is called so")
        if at and not (number.isascii() and number.isdecimal()):
            raise ValueError(f"{item!r}: @ wants the number of a data frame")
        faults.append(Fault(kind, int(number) if at else None))
    return tuple(faults)


class Schedule:
    """When each fault is due, by frames sent or by the market's time.

    ``next_frame`` and ``next_us`` are what the earliest fault waits for.
    """

    def __init__(self, faults: Sequence[Fault], seed: int | None) -> None:
        self._rng = random.Random(seed)
        self._by_frame = sorted(
            (fault.at, order, fault.kind)
            for order, fault in enumerate(faults)
            if fault.at is not None
        )
        self._by_time: list[tuple[int, int, FaultKind]] = []
        self._recurring = [fault.kind for fault in faults if fault.at is None]
        self._order = itertools.count()
        self._aim()

    def at_start(self) -> list[FaultKind]:
        """Take the faults that befall the first handshake or subscribe.

        They are those written ``@0``, which is all there is of them, and those that recur.
        """
        first = [entry for entry in self._by_frame if entry[0] == 0 and entry[2] in BEFORE_FRAMES]
        self._by_frame = [entry for entry in self._by_frame if entry not in first]
        self._aim()
        recurring = [kind for kind in self._recurring if kind in BEFORE_FRAMES]
        return [*(kind for _, _, kind in first), *recurring]

    def start(self, now_us: int) -> None:
        """Begin counting time for the faults that recur."""
        for kind in self._recurring:
            self._again(kind, now_us)
        self._aim()

    def take(self, frame: int, now_us: int) -> FaultKind | None:
        """Take one fault that is due when data frame number ``frame`` is about to be sent."""
        kind = None
        if self._by_frame and self._by_frame[0][0] <= frame:
            kind = self._by_frame.pop(0)[2]
        elif self._by_time and self._by_time[0][0] <= now_us:
            kind = heappop(self._by_time)[2]
            self._again(kind, now_us)
        self._aim()
        return kind

    def _again(self, kind: FaultKind, now_us: int) -> None:
        wait_us = round(self._rng.expovariate(1) * _MEAN_INTERVAL_US)
        heappush(self._by_time, (now_us + wait_us, next(self._order), kind))

    def _aim(self) -> None:
        self.next_frame = self._by_frame[0][0] if self._by_frame else sys.maxsize
        self.next_us = self._by_time[0][0] if self._by_time else sys.maxsize
