"""The conversation about one subscription, without sockets or clocks.

A session outlives connections. It says what to send, checks every frame against the subscription's
numbering, and tells what happened to the stream as `Live` and `Gap`::

            subscribe()             subscribed                        10, 17, 25
    closed ------------> asking -----------------> live --------------------------------> ended
       ^                   |  no answer in time      |      not listed when asked           |
       +-------------------+-------- lost() ---------+--------------------------------------+

An ended subscription is asked for again on the same connection, after a delay; whatever else goes
wrong needs a new connection, which `SubscriptionLostError` asks for.

"""

from __future__ import annotations

from collections import deque
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.errorcodes import (
    AUTHENTICATION_REQUIRED,
    ENDING_CODES,
    HARMLESS_CODES,
    OVERFLOW,
    REFUSING_CODES,
)
from rfqwatch.exchange.liveness import ANSWER_TIMEOUT_S, Doubt
from rfqwatch.exchange.notices import Ended, Gap, Live, Note, Proven, Send
from rfqwatch.exchange.numbering import Numbering
from rfqwatch.exchange.wire import (
    Error,
    Frame,
    Malformed,
    Ok,
    Subscribed,
    Unknown,
    Unsubscribed,
    subscribe,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.backoff import Backoff
    from rfqwatch.exchange.notices import GapReason, Notice
    from rfqwatch.exchange.shards import Shard
    from rfqwatch.exchange.wire import Received

QUIET_TIMEOUT_S = 60.0

MOST_NOTES = 100
"""Kinds of oddity told of; a hostile stream could invent them without end."""

_NOTHING: tuple[Notice, ...] = ()


class SubscriptionLostError(Exception):
    """The subscription can't be had over this connection; another one is needed."""


class Session:
    """One subscription to the channel, over one connection after another.

    ``quiet_s`` is after how many seconds without a message the exchange is asked whether the
    subscription still lives.
    """

    def __init__(
        self,
        *,
        shard: Shard | None,
        mine: bool,
        backoff: Backoff,
        quiet_s: float = QUIET_TIMEOUT_S,
    ) -> None:
        self._shard = shard
        self._mine = mine
        self._backoff = backoff
        self._command_id = 0
        self._state: Literal["closed", "asking", "live", "ended"] = "closed"
        self._asked_s = 0.0
        self._live_s = 0.0
        self._heard: Instant | None = None
        self._outage: Gap | None = None
        self._said: set[str] = set()
        self._old_sids: deque[int] = deque(maxlen=64)
        self._strange_sids: deque[int] = deque(maxlen=64)
        self._acknowledged_sid: int | None = None
        self._ids = count(1)
        self._doubt = Doubt(self._ids, quiet_s)
        self._deadline_s = inf
        self.numbering = Numbering()

    def _forget_sid(self) -> None:
        self._acknowledged_sid = None
        self.numbering.restart(None)

    @property
    def live(self) -> bool:
        """Whether messages are due now."""
        return self._state == "live"

    @property
    def deadline_s(self) -> float:
        """When `expired` must be called, by the clock that can't be set."""
        return self._doubt.deadline_s if self.live else self._deadline_s

    def begin(self, now: Instant) -> None:
        """Take note of when it is first wished for: what came before is no loss."""
        self._heard = now

    def subscribe(self, now: Instant) -> bytes:
        """Give the command to send on a new connection."""
        self._old_sids.clear()
        self._strange_sids.clear()
        self._doubt.connected()
        self._forget_sid()
        return self._ask(now)

    def _ask(self, now: Instant) -> bytes:
        self._command_id = next(self._ids)
        self._state = "asking"
        self._heard = now
        self._asked_s = now.s
        self._deadline_s = now.s + ANSWER_TIMEOUT_S
        return subscribe(
            self._command_id,
            shard_key=self._shard.key if self._shard else None,
            shard_factor=self._shard.factor if self._shard else None,
            mine=self._mine,
        )

    def expired(self, now: Instant) -> tuple[Notice, ...]:
        """Take note that the deadline passed.

        Raises `SubscriptionLostError` when the exchange did not answer in time.
        """
        if now.s < self.deadline_s:
            return _NOTHING
        match self._state:
            case "ended":
                return (Send(self._ask(now)),)
            case "asking":
                self._fail("unacknowledged")
                raise SubscriptionLostError(
                    f"the exchange did not acknowledge the subscription in {ANSWER_TIMEOUT_S:.0f} s"
                )
        notices = self._doubt.expired(self._heard_s, now.s)
        if notices is None:
            self._fail("deaf")
            raise SubscriptionLostError(
                f"no sign of our subscription {ANSWER_TIMEOUT_S:.0f} s after it became doubtful"
            )
        return self._once_each(notices)

    def lost(self, alive_s: float) -> float | None:
        """Take note that the connection is gone; give the seconds to wait, None when spent.

        ``alive_s`` is when anything at all was last heard over it, be it a ping: a quiet stream
        can be as stable as a busy one.
        """
        if self.live:
            self._fail("disconnected")
            self._backoff.lived(max(self._heard_s, alive_s) - self._live_s)
        elif self._state == "asking" and self.numbering.sid is not None:
            # Messages came before the acknowledgement that never did.
            self._fail("disconnected")
        self._state = "closed"
        self._deadline_s = inf
        return self._backoff.delay()

    def finish(self, now: Instant | None) -> tuple[Notice, ...]:
        """Close the account: the gap that is still open, if one is.

        A subscription that was never live is one. ``now`` is None when the stream goes on for
        others but never again for this session.
        """
        if not self.live:
            self._fail("unacknowledged")
        self._heard = None
        return self._mended(now)

    def follow(self, frames: Sequence[Received], start: int, now: Instant) -> int:
        """Count the frames from ``start`` on that are messages with the next numbers, in order.

        All others are for `observe`, each in its turn.
        """
        if not self.live:
            return 0
        followed = self.numbering.follow(frames, start)
        if followed:
            self._heard = now
        return followed

    def observe(self, frame: Received, now: Instant) -> tuple[Notice, ...]:
        """Check one frame against the conversation; the notices stand before it in the stream.

        Raises `RefusedError` and `SubscriptionRefusedError` for what no repetition mends, and
        `SubscriptionLostError` when only a new connection helps.
        """
        match frame:
            case Malformed():
                return _NOTHING
            case Subscribed():
                return self._acknowledge(frame, now)
            case Error() if not self._is_old(frame.sid):
                return self._hear_error(frame, now)
        notices = self._take(frame.sid, frame.seq, now) if self._counts(frame) else _NOTHING
        if isinstance(frame, Unsubscribed) and self._concerns(frame.sid):
            notices += self.doubt("the exchange says that it unsubscribed us", now)
        elif isinstance(frame, Ok) and self._doubt.is_answered_by(frame):
            notices += self._once_each(self._answered(frame, now))
        return notices

    @property
    def _heard_s(self) -> float:
        return self._asked_s if self._heard is None else self._heard.s

    def _is_old(self, sid: int | None) -> bool:
        return sid != self.numbering.sid and sid in self._old_sids

    def _concerns(self, sid: int | None) -> bool:
        """Whether what is said of ``sid`` is said of the subscription that is live."""
        if not self.live or self._is_old(sid):
            return False
        ours = self.numbering.sid
        return ours is None or sid in {None, ours, self._acknowledged_sid}

    def _counts(self, frame: Frame | Unsubscribed | Ok | Error) -> bool:
        """Whether a frame has, or should have, a number among those of the subscription.

        A message of the channel should. What names no subscription is believed to be none of it,
        unless its number is the very next: so it neither makes a hole nor fills one.
        """
        if isinstance(frame, Frame) and type(frame) is not Unknown:
            return True
        if frame.sid is None:
            return self.live and frame.seq == self.numbering.next_seq
        return frame.seq is not None or isinstance(frame, Unknown)

    def _take(self, sid: int | None, seq: int | None, now: Instant) -> tuple[Notice, ...]:
        """Take a frame's number, unless it comes late from a subscription that has ended."""
        if self._state == "ended" or self._is_old(sid):
            return _NOTHING
        # Messages prove that the subscription is live, should they precede its acknowledgement.
        return self._mended(now) + self._number(sid, seq, now)

    def _number(self, sid: int | None, seq: int | None, now: Instant) -> tuple[Notice, ...]:
        numbering = self.numbering
        strange = _NOTHING
        if sid is not None and sid != numbering.sid:
            if numbering.sid is not None and sid != self._acknowledged_sid:
                strange = self._strange(sid, now)
                if numbering.started:
                    return strange
            # The acknowledgement named no sid, or another, or is yet to come.
            numbering.restart(sid)
        heard, self._heard = self._heard or now, now
        told = numbering.take(seq, heard.ms, now.ms)
        return strange if told is None else strange + self._once_each((told,))

    def _strange(self, sid: int, now: Instant) -> tuple[Notice, ...]:
        if sid in self._strange_sids:
            return _NOTHING
        self._strange_sids.append(sid)
        return self._note(
            "sid", "frames of a subscription that was never acknowledged are passed on"
        ) + self.doubt(f"a frame came of subscription {sid}, which is not ours", now)

    # Acknowledgements and errors

    def _acknowledge(self, frame: Subscribed, now: Instant) -> tuple[Notice, ...]:
        # An id of 0 means none.
        if self._state != "asking" or frame.id not in {None, 0, self._command_id}:
            return self._note("ack", "an acknowledgement that nothing asked for")
        sid = self.numbering.sid if frame.sid is None else frame.sid
        self._acknowledged_sid = sid
        if not self.numbering.started:
            self.numbering.restart(sid)
        self._state = "live"
        self._live_s = now.s
        self._heard = now
        self._doubt.live(now.s)
        return (*self._mended(now), Live(sid, now, now.s - self._asked_s))

    def _refuses(self, error: Error) -> bool:
        # What names a sid and no command is said of a subscription, and ends it or not.
        return error.id in {None, 0, self._command_id} and (
            error.sid is None or error.id == self._command_id or error.code in ENDING_CODES
        )

    def _hear_error(self, error: Error, now: Instant) -> tuple[Notice, ...]:
        if self._state == "asking" and self._refuses(error):
            raise _refusal(error)
        said = f"the exchange said {_describe(error)}"
        if error.code in ENDING_CODES and self._concerns(error.sid):
            reason: GapReason = "overflow" if error.code == OVERFLOW else "disconnected"
            return self._ended(_describe(error), reason, now)
        numbered = self._take(error.sid, error.seq, now) if self._counts(error) else _NOTHING
        if self._doubt.is_answered_by(error):
            return numbered + self._once_each(self._doubt.refused(error.code, said, now.s))
        notices = numbered + self._note(f"error {error.code}", said)
        if error.code in HARMLESS_CODES or not self._concerns(error.sid):
            return notices
        return notices + self.doubt(said, now)

    def _ended(self, why: str, reason: GapReason, now: Instant) -> tuple[Notice, ...]:
        self._fail(reason)
        self._backoff.lived(self._heard_s - self._live_s)
        self._state = "ended"
        self._doubt.live(now.s)
        sids = {self.numbering.sid, self._acknowledged_sid}
        self._old_sids.extend(sid for sid in sids if sid is not None)
        self._forget_sid()
        delay_s = self._backoff.delay()
        if delay_s is None:
            raise SubscriptionLostError(why)
        self._deadline_s = now.s + delay_s
        return (Ended(why, delay_s, overflow=reason == "overflow"),)

    # Whether the subscription lives

    def doubt(self, why: str, now: Instant) -> tuple[Notice, ...]:
        """Have the exchange asked whether the subscription lives, for a reason."""
        return self._doubt.arise(why, now.s) if self.live else _NOTHING

    def _answered(self, answer: Ok, now: Instant) -> tuple[Notice, ...]:
        if answer.listed is None:
            return self._doubt.refused(None, "the exchange's answer can't be read", now.s)
        known = {self.numbering.sid, self._acknowledged_sid} - {None}
        if known & answer.listed if known else answer.listed:
            return (Proven(), *self._doubt.proven(answer, now.s))
        why = "the exchange no longer has our subscription"
        if answer.listed:
            # Asking again over this connection might bring everything twice.
            self._fail("deaf")
            raise SubscriptionLostError(why)
        return self._ended(why, "deaf", now)

    def _fail(self, reason: GapReason) -> None:
        # The first cause stands for the whole outage: one loss is one gap.
        if self._outage is None and self._heard is not None:
            self._outage = Gap(
                reason,
                missed=None,
                sid=self.numbering.sid,
                last_seq=self.numbering.last_seq,
                next_seq=None,
                from_ms=self._heard.ms,
                to_ms=None,
            )

    def _mended(self, now: Instant | None) -> tuple[Notice, ...]:
        """Tell of the outage that ends here, if there was one."""
        outage, self._outage = self._outage, None
        if outage is None:
            return _NOTHING
        return (outage if now is None else replace(outage, to_ms=now.ms),)

    def _note(self, kind: str, text: str) -> tuple[Notice, ...]:
        return self._once_each((Note(kind, text),))

    def _once_each(self, notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
        """Leave out the notes that were told before."""
        kept = []
        for notice in notices:
            if isinstance(notice, Note):
                if notice.kind in self._said or len(self._said) >= MOST_NOTES:
                    continue
                self._said.add(notice.kind)
            kept.append(notice)
        return tuple(kept)


def _refusal(error: Error) -> Exception:
    if error.code == AUTHENTICATION_REQUIRED:
        return RefusedError(
            f"the exchange refused the subscription: {_describe(error)}",
            "Check the API key: is it of this environment, and still active?",
        )
    if error.code in REFUSING_CODES:
        return SubscriptionRefusedError(
            f"the exchange refused the subscription: {_describe(error)}",
            "Check --shard, and --url or RFQWATCH_URL.",
        )
    return SubscriptionLostError(f"the exchange did not subscribe us: {_describe(error)}")


def _describe(error: Error) -> str:
    code = "an error without a code" if error.code is None else f"error {error.code}"
    return f"{code} ({error.text or 'no text'})"
