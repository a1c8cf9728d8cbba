"""Whether the subscription lives: asked for where that is doubtful, proven by an answer.

A subscription can end without a word that we understand, while the connection lives, and silence
proves nothing. So whatever is odd, and a stream that has nothing to say, makes it doubtful, and the
exchange is asked which subscriptions the connection has (docs.kalshi.com, ``list_subscriptions``).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from rfqwatch.exchange.notices import Note, Send
from rfqwatch.exchange.wire import UNKNOWN_COMMAND, Error, Ok, list_subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.exchange.notices import Notice

ANSWER_TIMEOUT_S = 10.0
"""How long the exchange may take to answer a command."""

_NOTHING: tuple[Notice, ...] = ()


class Doubt:
    """The question about one subscription after another.

    ``ids`` gives the ids of commands. All times are seconds of the clock that can't be set.
    """

    def __init__(self, ids: Iterator[int], quiet_s: float) -> None:
        self._ids = ids
        self._quiet_s = quiet_s
        self._why = self._since = ""
        self._since_s = -inf
        self.connected()

    def connected(self) -> None:
        """Start afresh, over a new connection."""
        self._unanswerable = False
        self.none(inf)

    def none(self, now_s: float) -> str:
        """Take the subscription for live; give what made doubt since it was last doubted."""
        since, self._since, self._why = self._since, "", ""
        self._question: int | None = None
        self._asked_s = now_s
        self.deadline_s = now_s + self._quiet_s
        """When `expired` must be called."""
        return since

    def arise(self, why: str, now_s: float) -> tuple[Notice, ...]:
        """Doubt; where nothing can be asked, a message within the time for an answer is proof."""
        if self._why or self._question is not None:
            self._since, self._since_s = why, now_s
            return _NOTHING
        self._why = why
        self._asked_s = now_s
        self.deadline_s = now_s + ANSWER_TIMEOUT_S
        return self._ask(why, now_s)

    def expired(self, heard_s: float, now_s: float) -> tuple[Notice, ...] | None:
        """Take note that the deadline passed; None when the subscription must be given up.

        ``heard_s`` is when the last message came.
        """
        if self._question is None and not self._why:
            self.deadline_s = heard_s + self._quiet_s
            if now_s < self.deadline_s:
                return _NOTHING
            self.deadline_s = now_s + self._quiet_s
            return self._ask(f"no message for {now_s - heard_s:.0f} s", now_s)
        if heard_s <= self._asked_s:
            return None
        unanswered = self._question is not None
        since = self.none(now_s)
        notices = self.give_up("the exchange did not answer", now_s) if unanswered else _NOTHING
        # Messages are a proof, too, but not against what made doubt after the last of them.
        if since and heard_s <= self._since_s:
            self.arise(since, now_s)
        return notices

    def is_answered_by(self, answer: Ok | Error) -> bool:
        """Tell whether an answer is that to the question; an id of 0 means none."""
        if self._question is None:
            return False
        if answer.id:
            return answer.id == self._question
        if isinstance(answer, Error):
            return answer.code == UNKNOWN_COMMAND
        return answer.listed is not None

    def give_up(self, why: str, now_s: float) -> tuple[Notice, ...]:
        """Ask no more over this connection, as nothing comes of it."""
        self._unanswerable = True
        suspicion = self._why
        if suspicion := self.none(now_s) or suspicion:
            self.arise(suspicion, now_s)
        text = f"{why} when asked for our subscriptions: a quiet stream can't be proven"
        return (Note("list", text),)

    def _ask(self, why: str, now_s: float) -> tuple[Notice, ...]:
        if self._unanswerable:
            return _NOTHING
        self._question = next(self._ids)
        self._asked_s = now_s
        self.deadline_s = now_s + ANSWER_TIMEOUT_S
        return (Send(list_subscriptions(self._question), why),)
