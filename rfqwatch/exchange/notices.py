"""What a session tells of its stream: where it is whole, where not, what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from rfqwatch.clock import Instant

GapReason: TypeAlias = Literal[
    "seq", "disconnected", "overflow", "shed", "unacknowledged", "deaf", "unrecorded"
]


class Live(Struct, frozen=True):
    """The subscription is live: every message from here on is due."""

    sid: int | None
    at: Instant
    asked_s: float
    """Seconds from the command to its acknowledgement."""
    ahead_ms: int | None = None
    """How far the exchange's clock was ahead of ours, as it told when the connection was made."""


class Gap(Struct, frozen=True):
    """Messages that were sent, or may have been sent, and did not arrive.

    ``missed`` is None where their number can't be known. ``from_ms`` is when the stream was last
    known to be whole; ``to_ms`` is when it was again, None for a gap that never ends, because
    nobody watches any more. Both are Unix milliseconds.
    """

    reason: GapReason
    missed: int | None
    sid: int | None
    last_seq: int | None
    next_seq: int | None
    from_ms: int
    to_ms: int | None


class Ended(Struct, frozen=True):
    """The subscription is no more; it will be asked for again ``delay_s`` seconds later."""

    why: str
    delay_s: float
    overflow: bool = False


class Send(Struct, frozen=True):
    """``command`` is due; ``why`` says what made it so, and is empty where that was said before."""

    command: bytes
    why: str = ""


class Proven(Struct, frozen=True):
    """The exchange said that the subscription lives."""


class Note(Struct, frozen=True):
    """Something odd about the stream that loses nothing; one of each ``kind`` is enough."""

    kind: str
    text: str


Notice: TypeAlias = Live | Gap | Ended | Send | Proven | Note
