"""The conversation about one subscription, without sockets or clocks.

A session outlives connections. It says what to send, checks every frame against the subscription's
numbering, and tells what happened to the stream as `Live` and `Gap`::

            subscribe()             subscribed                   10, 17, 25, unsubscribed
    closed ------------> asking -----------------> live --------------------------------> ended
       ^                   |  no answer in time      |                                      |
       +-------------------+-------- lost() ---------+--------------------------------------+

An ended subscription is asked for again on the same connection, after a delay; whatever else goes
wrong needs a new connection, which `SubscriptionLostError` asks for. Times are Unix
milliseconds and come from the caller.

Numbering (docs.kalshi.com, WebSockets): ``seq`` counts from 1 for each ``sid``, on frames of every
type that carry the sid. There is no replay, so a number not seen is a message lost; a malformed
frame's is not seen either, as nothing of it can be passed on.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.wire import Error, Frame, Malformed, Subscribed, Unsubscribed, subscribe

if TYPE_CHECKING:
    from rfqwatch.exchange.backoff import Backoff
    from rfqwatch.exchange.shards import Shard
    from rfqwatch.exchange.wire import Control, Received, Unknown

ACK_TIMEOUT_MS = 10_000

RESTART_RUN = 3
"""Consecutive numbers from behind that mean the exchange counts anew, not that frames are late."""

MOST_NOTES = 100
"""Kinds of oddity told of; a hostile stream could invent them without end."""

AUTHENTICATION_REQUIRED = 9
OVERFLOW = 25
ENDING_CODES = frozenset({10, 17, OVERFLOW})
"""Errors that end a subscription while the connection lives (docs.kalshi.com, Terminal errors)."""
REFUSING_CODES = frozenset({8, 11, 19, 20, 21, 22})
"""Errors that no repetition mends: the channel or the shard does not exist."""

GapReason: TypeAlias = Literal["seq", "disconnected", "overflow", "shed", "unacknowledged"]


class Live(Struct, frozen=True):
    """The subscription is live: every message from here on is due."""

    sid: int | None
    at_ms: int


class Gap(Struct, frozen=True):
    """Messages that were sent, or may have been sent, and did not arrive.

    ``missed`` is None where their number can't be known. ``from_ms`` is when the stream was last
    known to be whole; ``to_ms`` is when it was again, None for a gap that never ends, because
    nobody watches any more.
    """

    reason: GapReason
    missed: int | None
    sid: int | None
    last_seq: int | None
    next_seq: int | None
    from_ms: int
    to_ms: int | None


class Ended(Struct, frozen=True):
    """The exchange ended the subscription; it will be asked for again at ``retry_ms``."""

    why: str
    retry_ms: int
    overflow: bool


class Note(Struct, frozen=True):
    """Something odd about the stream that loses nothing, said once."""

    text: str


Notice: TypeAlias = Live | Gap | Ended | Note

_NOTHING: tuple[Notice, ...] = ()


class SubscriptionLostError(Exception):
    """The subscription can't be had over this connection; another one is needed."""


class _Outage(Struct, frozen=True):
    reason: GapReason
    sid: int | None
    last_seq: int | None
    from_ms: int


class Session:
    """One subscription to the channel, over one connection after another.

    ``backward`` counts frames whose ``seq`` had passed before, ``unnumbered`` those without one,
    of whose stream nobody can say that it is complete.
    """

    def __init__(self, *, shard: Shard | None, mine: bool, backoff: Backoff) -> None:
        self._shard = shard
        self._mine = mine
        self._backoff = backoff
        self._command_id = 0
        self._state: Literal["closed", "asking", "live", "ended"] = "closed"
        self._deadline_ms: int | None = None
        self._live_ms = 0
        self._heard_ms = 0
        self._outage: _Outage | None = None
        self._said: set[str] = set()
        self._old_sids: deque[int] = deque(maxlen=64)
        self._acknowledged_sid: int | None = None
        self._count_from_one(None)
        self.backward = 0
        self.unnumbered = 0

    def _count_from_one(self, sid: int | None) -> None:
        self._sid = sid
        self._next_seq = 1
        self._numbered = False
        self._backward_run = 0
        self._backward_next = (0, 0)

    def _forget_sid(self) -> None:
        self._acknowledged_sid = None
        self._count_from_one(None)

    @property
    def live(self) -> bool:
        """Whether messages are due now."""
        return self._state == "live"

    @property
    def deadline_ms(self) -> int | None:
        """When `expired` must be called if nothing else happens; None while all is well."""
        return self._deadline_ms

    def subscribe(self, now_ms: int) -> bytes:
        """Give the command to send on a new connection."""
        self._old_sids.clear()
        self._forget_sid()
        return self._ask(now_ms)

    def _ask(self, now_ms: int) -> bytes:
        self._command_id += 1
        self._state = "asking"
        self._heard_ms = now_ms
        self._deadline_ms = now_ms + ACK_TIMEOUT_MS
        return subscribe(
            self._command_id,
            shard_key=self._shard.key if self._shard else None,
            shard_factor=self._shard.factor if self._shard else None,
            mine=self._mine,
        )

    def expired(self, now_ms: int) -> bytes | None:
        """Take note that the deadline passed: give what to send now, if anything.

        Raises `SubscriptionLostError` when the exchange did not acknowledge in time.
        """
        if self._deadline_ms is None or now_ms < self._deadline_ms:
            return None
        if self._state == "ended":
            return self._ask(now_ms)
        self._fail("unacknowledged")
        raise SubscriptionLostError(
            f"the exchange did not acknowledge the subscription in {ACK_TIMEOUT_MS // 1000} s"
        )

    def lost(self, alive_ms: int) -> float | None:
        """Take note that the connection is gone; give the seconds to wait, None when spent.

        ``alive_ms`` is when anything at all was last heard over it, be it a ping: a quiet stream
        can be as stable as a busy one.
        """
        if self._state == "live":
            self._fail("disconnected")
            self._backoff.lived(max(self._heard_ms, alive_ms) - self._live_ms)
        elif self._state == "asking" and self._following:
            # Messages came before the acknowledgement that never did.
            self._fail("disconnected")
        self._state = "closed"
        self._deadline_ms = None
        return self._backoff.delay()

    def finish(self, now_ms: int | None) -> tuple[Notice, ...]:
        """Close the account: the gap that is still open, if one is.

        ``now_ms`` is None when the stream goes on for others but never again for this session.
        """
        return self._mended(now_ms)

    def observe(self, frame: Received, now_ms: int) -> tuple[Notice, ...]:
        """Check one frame against the conversation; the notices stand before it in the stream.

        Raises `RefusedError` and `SubscriptionRefusedError` for what no repetition mends, and
        `SubscriptionLostError` when only a new connection helps.
        """
        if isinstance(frame, Frame):
            if frame.seq == self._next_seq and frame.sid == self._sid:
                self._next_seq += 1
                self._numbered = True
                self._heard_ms = now_ms
                return _NOTHING
            return self._take(frame.sid, frame.seq, now_ms)
        return self._converse(frame, now_ms)

    def _converse(self, frame: Control | Unknown | Malformed, now_ms: int) -> tuple[Notice, ...]:
        match frame:
            case Malformed():
                return _NOTHING
            case Subscribed():
                return self._acknowledge(frame, now_ms)
            case Error() if not self._is_old(frame.sid):
                return self._hear_error(frame, now_ms)
            case Unsubscribed() if self._concerns(frame.sid):
                return self._ended("the exchange unsubscribed us", now_ms)
        # What is no message of the channel need not be numbered.
        return _NOTHING if frame.seq is None else self._take(frame.sid, frame.seq, now_ms)

    @property
    def _following(self) -> bool:
        return self._numbered or self._sid is not None

    def _is_old(self, sid: int | None) -> bool:
        return sid != self._sid and sid in self._old_sids

    def _concerns(self, sid: int | None) -> bool:
        """Whether what is said of ``sid`` is said of the subscription that is live."""
        if self._state != "live" or self._is_old(sid):
            return False
        return sid in {None, self._sid, self._acknowledged_sid} or self._sid is None

    def _take(self, sid: int | None, seq: int | None, now_ms: int) -> tuple[Notice, ...]:
        """Take a frame's number, unless it comes late from a subscription that has ended."""
        if self._state == "ended" or self._is_old(sid):
            return _NOTHING
        # Messages prove that the subscription is live, should they precede its acknowledgement.
        return self._mended(now_ms) + self._number(sid, seq, now_ms)

    def _number(self, sid: int | None, seq: int | None, now_ms: int) -> tuple[Notice, ...]:
        if sid is not None and sid != self._sid:
            if self._sid is not None:
                if self._numbered and sid != self._acknowledged_sid:
                    return self._note(
                        "sid", "frames of a subscription that was never acknowledged are passed on"
                    )
                self._count_from_one(sid)
            # The acknowledgement named no sid, or is yet to come.
            self._sid = sid
        heard_ms, self._heard_ms = self._heard_ms, now_ms
        if seq is None:
            self.unnumbered += 1
            return self._note("seq", "frames carry no seq: completeness can't be checked")
        expected = self._next_seq
        if seq < expected and self._numbered:
            return self._step_back(seq)
        self._numbered = True
        self._next_seq = seq + 1
        if seq <= expected:
            return _NOTHING
        return (
            Gap(
                "seq",
                missed=seq - expected,
                sid=self._sid,
                last_seq=expected - 1,
                next_seq=seq,
                from_ms=heard_ms,
                to_ms=now_ms,
            ),
        )

    def _step_back(self, seq: int) -> tuple[Notice, ...]:
        self.backward += 1
        # Only frames without another between them count as consecutive.
        consecutive = (seq, self._next_seq) == self._backward_next
        self._backward_run = self._backward_run + 1 if consecutive else 1
        self._backward_next = (seq + 1, self._next_seq)
        if self._backward_run < RESTART_RUN:
            return self._note("backward", "a frame came late or twice by its seq; it is passed on")
        self._next_seq = seq + 1
        return self._note(
            "restart", "the numbering of frames went back; completeness is checked from there on"
        )

    def _acknowledge(self, frame: Subscribed, now_ms: int) -> tuple[Notice, ...]:
        if self._state != "asking" or not self._answers(frame):
            return self._note("ack", "an acknowledgement that nothing asked for")
        sid = frame.msg.sid
        if sid is None:
            sid = self._sid
        self._acknowledged_sid = sid
        if not self._numbered:
            self._sid = sid
        self._state = "live"
        self._deadline_ms = None
        self._live_ms = self._heard_ms = now_ms
        return (*self._mended(now_ms), Live(sid, now_ms))

    def _answers(self, frame: Subscribed | Error) -> bool:
        # An id of 0 means none.
        return frame.id in {None, 0, self._command_id}

    def _refuses(self, error: Error) -> bool:
        # What names a sid and no command is said of a subscription, and ends it or not.
        return self._answers(error) and (
            error.sid is None or error.id == self._command_id or error.msg.code in ENDING_CODES
        )

    def _hear_error(self, error: Error, now_ms: int) -> tuple[Notice, ...]:
        if self._state == "asking" and self._refuses(error):
            raise _refusal(error)
        if error.msg.code in ENDING_CODES and self._concerns(error.sid):
            return self._ended(_describe(error), now_ms, error.msg.code)
        note = self._note(f"error {error.msg.code}", f"the exchange said {_describe(error)}")
        return note if error.seq is None else self._take(error.sid, error.seq, now_ms) + note

    def _ended(self, why: str, now_ms: int, code: int | None = None) -> tuple[Notice, ...]:
        self._fail("overflow" if code == OVERFLOW else "disconnected")
        self._backoff.lived(self._heard_ms - self._live_ms)
        self._state = "ended"
        sids = {self._sid, self._acknowledged_sid}
        self._old_sids.extend(sid for sid in sids if sid is not None)
        self._forget_sid()
        delay_s = self._backoff.delay()
        if delay_s is None:
            raise SubscriptionLostError(why)
        self._deadline_ms = now_ms + round(delay_s * 1000)
        return (Ended(why, self._deadline_ms, code == OVERFLOW),)

    def _fail(self, reason: GapReason) -> None:
        # The first cause stands for the whole outage: one loss is one gap.
        if self._outage is None:
            last_seq = self._next_seq - 1 if self._numbered else None
            self._outage = _Outage(reason, self._sid, last_seq, self._heard_ms)

    def _mended(self, now_ms: int | None) -> tuple[Notice, ...]:
        """Tell of the outage that ends here, if there was one."""
        outage, self._outage = self._outage, None
        if outage is None:
            return _NOTHING
        return (
            Gap(
                outage.reason,
                missed=None,
                sid=outage.sid,
                last_seq=outage.last_seq,
                next_seq=None,
                from_ms=outage.from_ms,
                to_ms=now_ms,
            ),
        )

    def _note(self, kind: str, text: str) -> tuple[Notice, ...]:
        if kind in self._said or len(self._said) >= MOST_NOTES:
            return _NOTHING
        self._said.add(kind)
        return (Note(text),)


def _refusal(error: Error) -> Exception:
    code = error.msg.code
    if code == AUTHENTICATION_REQUIRED:
        return RefusedError(
            f"the exchange refused the subscription: {_describe(error)}",
            "Check the API key: is it of this environment, and still active?",
        )
    if code in REFUSING_CODES:
        return SubscriptionRefusedError(
            f"the exchange refused the subscription: {_describe(error)}",
            "Check --shard and --url.",
        )
    return SubscriptionLostError(f"the exchange did not subscribe us: {_describe(error)}")


def _describe(error: Error) -> str:
    return f"error {error.msg.code} ({error.msg.msg or 'no text'})"
