"""Whether the subscription lives: asked for where that is doubtful, proven by an answer.

A subscription can end without a word that we understand, while the connection lives, and silence
proves nothing. So whatever is odd, and a stream that has nothing to say, makes it doubtful, and the
exchange is asked which subscriptions the connection has (docs.kalshi.com, ``list_subscriptions``).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from rfqwatch.exchange.errorcodes import HARMLESS_CODES, PASSING_CODES
from rfqwatch.exchange.notices import Note, Send
from rfqwatch.exchange.wire import Error, Ok, list_subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.exchange.notices import Notice

ANSWER_TIMEOUT_S = 10.0
"""How long the exchange may take to answer a command."""

_NOTHING: tuple[Notice, ...] = ()


class Doubt:
    """The questions about one subscription after another.

    Doubt has a reason, ``_why`` (none where the stream is merely quiet), and last arose at
    ``_doubted_s``; a message that came since, or the answer to a question asked since, ends it. One
    question is ``_open`` at a time. Where the exchange answers none, it is ``_mute`` until an
    answer comes late, or another connection, and only a message helps. Without answer or message
    in `ANSWER_TIMEOUT_S` from ``_begun_s`` on, the subscription is to be given up.

    ``ids`` gives the ids of commands. All times are seconds of the clock that can't be set.
    """

    def __init__(self, ids: Iterator[int], quiet_s: float) -> None:
        self._ids = ids
        self._quiet_s = quiet_s
        self._why = ""
        self._doubted_s = self._begun_s = -inf
        self.connected()

    def connected(self) -> None:
        """Start afresh, over a new connection."""
        self._mute = False
        self.live(inf)

    def live(self, now_s: float) -> None:
        """Start afresh with a subscription: answers to what was asked before are none of it."""
        self._questions: set[int] = set()
        self._asked_s = -inf
        self._settle(now_s)

    def _settle(self, now_s: float) -> None:
        self._why = ""
        self._open: int | None = None
        self.deadline_s = now_s + self._quiet_s
        """When `expired` must be called."""

    def arise(self, why: str, now_s: float) -> tuple[Notice, ...]:
        """Doubt, and ask; where that is no use, a message in the time for an answer is proof."""
        doubted = self._why or self._open is not None
        self._why, self._doubted_s = why, now_s
        return _NOTHING if doubted else self._ask(now_s)

    def expired(self, heard_s: float, now_s: float) -> tuple[Notice, ...] | None:
        """Take note that the deadline passed; None when the subscription must be given up.

        ``heard_s`` is when the last message came.
        """
        if self._open is None and not self._why:
            self.deadline_s = heard_s + self._quiet_s
            if now_s < self.deadline_s:
                return _NOTHING
            if self._mute:
                self.deadline_s = now_s + self._quiet_s
                return _NOTHING
            self._doubted_s = now_s
            return self._ask(now_s, f"no message for {now_s - heard_s:.0f} s")
        notices = _NOTHING
        if self._open is not None or self._mute:
            if heard_s <= self._begun_s:
                return None
            if self._open is not None:
                notices = self._give_up("the exchange did not answer", now_s)
        if heard_s > self._doubted_s:
            # Messages are a proof, too, but not against what made doubt after the last of them.
            self._settle(now_s)
            return notices
        return notices + self._ask(now_s)

    def _ask(self, now_s: float, why: str = "") -> tuple[Notice, ...]:
        """Ask, though not too often; where nothing can be asked, give a message time to come."""
        self._begun_s = now_s
        next_s = self._asked_s + min(ANSWER_TIMEOUT_S, self._quiet_s)
        if self._mute or now_s < next_s:
            self.deadline_s = now_s + ANSWER_TIMEOUT_S if self._mute else next_s
            return _NOTHING
        self._open = next(self._ids)
        self._questions.add(self._open)
        self._asked_s = now_s
        self.deadline_s = now_s + ANSWER_TIMEOUT_S
        return (Send(list_subscriptions(self._open), why or self._why),)

    def is_answered_by(self, answer: Ok | Error) -> bool:
        """Tell whether an answer is that to a question, be it late; an id of 0 means none.

        One that names neither a command nor a subscription is taken for it.
        """
        if answer.id:
            return answer.id in self._questions
        if self._open is None:
            return False
        if isinstance(answer, Error):
            return answer.sid is None and answer.code in HARMLESS_CODES
        return answer.sid is None or answer.listed is not None

    def proven(self, answer: Ok, now_s: float) -> tuple[Notice, ...]:
        """Take an answer's word that the subscription lives, or lived when that was asked."""
        self._mute = False
        late = bool(answer.id) and answer.id != self._open
        if self._why and (late or self._doubted_s > self._asked_s):
            if late:
                return _NOTHING
            self._open = None
            return self._ask(now_s)
        self._settle(now_s)
        return _NOTHING

    def refused(self, code: int | str | None, why: str, now_s: float) -> tuple[Notice, ...]:
        """Take note that a question was refused, for now or for good, or answered in vain."""
        if code not in PASSING_CODES:
            return self._give_up(why, now_s)
        self._open = None
        if self._why:
            return self._ask(now_s)
        self.deadline_s = now_s + self._quiet_s
        return _NOTHING

    def _give_up(self, why: str, now_s: float) -> tuple[Notice, ...]:
        """Ask no more over this connection, unless an answer comes late."""
        self._mute = True
        self._open = None
        self.deadline_s = now_s + (ANSWER_TIMEOUT_S if self._why else self._quiet_s)
        text = f"{why} when asked for our subscriptions: a quiet stream can't be proven"
        return (Note("list", text),)
