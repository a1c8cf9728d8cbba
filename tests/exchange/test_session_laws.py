"""What a session owes its reader, against an exchange that does all that one can do."""

from __future__ import annotations

import json
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest
from conversing import Clock, ack, data, error, listed, odd, ok, session, unknown, unsubscribed
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rfqwatch.exchange.liveness import ANSWER_TIMEOUT_S
from rfqwatch.exchange.notices import Ended, Gap, Live, Note, Proven, Send
from rfqwatch.exchange.session import QUIET_TIMEOUT_S, SubscriptionLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from rfqwatch.exchange.notices import Notice
    from rfqwatch.exchange.wire import Received

Answer: TypeAlias = Literal["list", "error", "nothing"]
"""What the exchange does when asked for the subscriptions."""

STRANGE_SID = 10**6


class Exchange(RuleBasedStateMachine):
    """An exchange that numbers, drops, ends, falls silent, disconnects; it knows what is due.

    ``state`` is that of the session; ``silent_s`` says since when the exchange, without a word,
    has no subscription of ours though the session is live, and ``hinted_s`` when it last said
    something then that may mean it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.session = session()
        self.clock = Clock()
        self.state = "closed"
        self.command_id = 0
        self.next_sid = 1
        self.sid = 0
        self.old_sids: list[int] = []
        self.named = False
        self.seq = 0
        self.heard_s = inf
        self.outage: str | None = None
        self.outages = 0
        self.told_outages = 0
        self.sent = self.seen = self.missed = 0
        self.answer: Answer = "list"
        self.answer_takes_s = 0.0
        self.question: int | None = None
        self.stale_question: int | None = None
        self.answer_due_s = inf
        self.unanswered = False
        self.silent_s: float | None = None
        self.hinted_s: float | None = None

    def observe(self, received: Received) -> list[Notice]:
        return self.take(self.session.observe(received, self.clock.now))

    def take(self, notices: Sequence[Notice]) -> list[Notice]:
        """Hear a question, count what is missed; give all that else is told, without the notes."""
        others: list[Notice] = []
        for notice in notices:
            match notice:
                case Send():
                    command = json.loads(notice.command)
                    assert command["cmd"] == "list_subscriptions"
                    assert not self.unanswered
                    self.new_command(command["id"])
                    self.question = command["id"]
                    if self.answer != "nothing":
                        self.answer_due_s = self.clock.s + self.answer_takes_s
                case Note():
                    pass
                case _:
                    if isinstance(notice, Gap) and notice.reason == "seq":
                        assert notice.missed is not None
                        self.missed += notice.missed
                    others.append(notice)
        return others

    def new_command(self, command_id: int) -> None:
        assert command_id > self.command_id
        self.command_id = command_id

    def fail(self, reason: str) -> None:
        if self.outage is None:
            self.outage = reason
            self.outages += 1

    def check_outage(self, notices: Sequence[Notice]) -> list[Notice]:
        """Take the gap of the outage off what is told, if there was one."""
        if self.outage is None:
            return list(notices)
        gap, *others = notices
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.missed, gap.to_ms) == (self.outage, None, self.clock.ms)
        assert gap.from_ms <= self.clock.ms
        self.outage = None
        self.told_outages += 1
        return others

    def asked(self, command: bytes) -> None:
        self.new_command(json.loads(command)["id"])
        self.state = "asking"
        self.sid, self.next_sid = self.next_sid, self.next_sid + 1
        self.seq = 0

    def over(self, state: str) -> None:
        self.state = state
        self.stale_question = self.question if state == "ended" else None
        self.question = self.silent_s = self.hinted_s = None
        self.answer_due_s = inf

    def ended(self, notices: Sequence[Notice], reason: str) -> None:
        (ended,) = notices
        assert isinstance(ended, Ended)
        assert ended.overflow == (reason == "overflow")
        self.fail(reason)
        if self.seq or self.named:
            # Otherwise the session never heard of it.
            self.old_sids.append(self.sid)
        self.over("ended")

    # Time

    @rule(ms=st.integers(1, 90_000))
    def wait(self, ms: int) -> None:
        end_s = self.clock.s + ms / 1_000
        if self.state in {"asking", "ended"}:
            # What happens then is for other rules.
            end_s = min(end_s, self.session.deadline_s - 0.001)
        while (due_s := min(self.session.deadline_s, self.answer_due_s)) <= end_s:
            self.pass_time(due_s)
            if due_s == self.answer_due_s:
                self.give_answer()
            else:
                self.expire()
            if self.state != "live":
                return
        self.pass_time(end_s)
        assert self.session.expired(self.clock.now) == ()

    def pass_time(self, until_s: float) -> None:
        self.clock.ms += round((until_s - self.clock.s) * 1_000)
        self.clock.wait_until(until_s)

    def expire(self) -> None:
        since_question = self.question is not None
        try:
            told = self.take(self.session.expired(self.clock.now))
        except SubscriptionLostError:
            # Never while messages come, nor while the exchange says that all is well.
            assert self.clock.s - self.heard_s >= ANSWER_TIMEOUT_S
            assert self.silent_s is not None or self.answer != "list"
            self.fail("deaf")
            self.disconnect()
            return
        assert told == []
        if since_question:
            self.stale_question, self.question = self.question, None
            self.unanswered = True

    def give_answer(self) -> None:
        question, self.question = self.question, None
        self.answer_due_s = inf
        if self.answer == "error":
            assert self.observe(error(5, command=question)) == []
            self.unanswered = True
        elif self.silent_s is None:
            proven, *others = self.observe(listed(self.sid, command=question))
            assert isinstance(proven, Proven)
            assert not others
        else:
            self.ended(self.observe(listed(command=question)), "deaf")

    @precondition(lambda self: self.stale_question is not None)
    @rule(sids=st.sets(st.integers(1, 9)), refused=st.booleans())
    def answer_too_late(self, sids: set[int], *, refused: bool) -> None:
        question, self.stale_question = self.stale_question, None
        late = error(5, command=question) if refused else listed(*sids, command=question)
        assert self.observe(late) == []

    # A subscription's beginning

    @initialize(answer=st.sampled_from(["list", "error", "nothing"]), takes_s=st.floats(0, 9))
    def first(self, answer: Answer, takes_s: float) -> None:
        self.connect(answer, takes_s)

    @precondition(lambda self: self.state == "closed")
    @rule(answer=st.sampled_from(["list", "error", "nothing"]), takes_s=st.floats(0, 9))
    def connect(self, answer: Answer, takes_s: float) -> None:
        self.old_sids = []
        self.unanswered = False
        self.answer, self.answer_takes_s = answer, takes_s
        self.asked(self.session.subscribe(self.clock.now))

    @precondition(lambda self: self.state == "ended")
    @rule()
    def ask_again(self) -> None:
        self.pass_time(self.session.deadline_s)
        (send,) = self.session.expired(self.clock.now)
        assert isinstance(send, Send)
        self.asked(send.command)

    @precondition(lambda self: self.state == "asking")
    @rule(named=st.booleans())
    def acknowledge(self, *, named: bool) -> None:
        sid = self.sid if named else None
        (live,) = self.check_outage(self.observe(ack(sid, self.command_id)))
        assert isinstance(live, Live)
        assert live.sid in {sid, self.sid}
        self.state = "live"
        self.named = named
        self.heard_s = self.clock.s

    @precondition(lambda self: self.state == "asking")
    @rule()
    def stay_silent(self) -> None:
        self.pass_time(self.session.deadline_s)
        with pytest.raises(SubscriptionLostError):
            self.session.expired(self.clock.now)
        self.fail("unacknowledged")
        self.disconnect()

    @precondition(lambda self: self.state == "asking")
    @rule(code=st.sampled_from([1, 10, 18, 25, 27, "GONE", None]))
    def refuse(self, code: object) -> None:
        with pytest.raises(SubscriptionLostError):
            self.observe(error(code, command=self.command_id))
        self.disconnect()

    # Messages

    @precondition(lambda self: self.state in {"live", "asking"} and self.silent_s is None)
    @rule(
        dropped=st.sampled_from([0, 0, 0, 1, 3]),
        message=st.sampled_from([data, odd, unknown, ok, partial(error, 8)]),
    )
    def send(self, dropped: int, message: Callable[..., Received]) -> None:
        received = message(seq=self.seq + dropped + 1, sid=self.sid)
        notices = self.check_outage(self.observe(received))
        if dropped:
            (gap,) = notices
            assert isinstance(gap, Gap)
            assert (gap.missed, gap.last_seq) == (dropped, self.seq)
        else:
            assert not notices
        self.seq += dropped + 1
        self.sent += dropped + 1
        self.seen += 1
        self.heard_s = self.clock.s

    @precondition(lambda self: self.state == "live" and self.seq and self.silent_s is None)
    @rule(back=st.integers(0, 3))
    def send_again(self, back: int) -> None:
        before = self.session.numbering.backward
        seq = max(1, self.seq - 2 * back)
        # A run of consecutive numbers would be a numbering that starts again.
        assert self.observe(data(seq, self.sid)) + self.observe(data(seq, self.sid)) == []
        assert self.session.numbering.backward == before + 2
        self.heard_s = self.clock.s

    @precondition(lambda self: self.old_sids)
    @rule(
        pick=st.randoms(use_true_random=False),
        seq=st.integers(1, 99) | st.none(),
        message=st.sampled_from([data, unknown, partial(error, 25), ok]),
    )
    def send_late(self, pick: Random, seq: int | None, message: Callable[..., Received]) -> None:
        received = message(seq=seq, sid=pick.choice(self.old_sids))
        assert self.session.observe(received, self.clock.now) == ()

    # Its end, loud or not

    @precondition(lambda self: self.state == "live" and self.seq)
    @rule(code=st.sampled_from([10, 17, 25]), scoped=st.booleans())
    def end(self, code: int, *, scoped: bool) -> None:
        notices = self.observe(error(code, self.sid if scoped else None))
        self.ended(notices, "overflow" if code == 25 else "disconnected")

    @precondition(lambda self: self.state == "live" and self.silent_s is None)
    @rule()
    def fall_silent(self) -> None:
        self.silent_s = self.clock.s

    @precondition(lambda self: self.state == "live" and self.seq)
    @rule(
        code=st.sampled_from([1, 7, 99, "GONE", None, 0.5]),
        scoped=st.booleans(),
        said=st.sampled_from([error, lambda _, sid: unsubscribed(sid)]),
    )
    def hint(
        self, code: object, said: Callable[[object, int | None], Received], *, scoped: bool
    ) -> None:
        """Say something that may mean the end, whether or not it does."""
        assert self.observe(said(code, self.sid if scoped else None)) == []
        if self.silent_s is not None:
            self.hinted_s = self.hinted_s or self.clock.s

    @precondition(lambda self: self.state == "live" and self.seq)
    @rule(seq=st.integers(1, 9) | st.none(), sid=st.integers(0, 2))
    def stray(self, seq: int | None, sid: int) -> None:
        """Send of a subscription that never was."""
        assert self.observe(data(seq, STRANGE_SID + sid)) == []

    @rule()
    def disconnect(self) -> None:
        if self.state == "live" or (self.state == "asking" and self.seq):
            self.fail("disconnected")
        delay_s = self.session.lost(self.clock.s)
        assert delay_s is not None
        assert 0 <= delay_s <= 30
        self.over("closed")

    # What holds at any time

    @invariant()
    def the_session_knows_where_it_stands(self) -> None:
        assert self.session.live == (self.state == "live")
        assert (self.session.deadline_s == inf) == (self.state == "closed")

    @invariant()
    def all_that_was_sent_is_accounted_for(self) -> None:
        assert self.seen + self.missed == self.sent

    @invariant()
    def deafness_does_not_last(self) -> None:
        if self.silent_s is not None and not self.unanswered:
            assert self.clock.s <= self.silent_s + QUIET_TIMEOUT_S + ANSWER_TIMEOUT_S
        if self.hinted_s is not None:
            # The time to answer a question asked before, and what doubt then allows a message.
            assert self.clock.s <= self.hinted_s + 2 * ANSWER_TIMEOUT_S

    def teardown(self) -> None:
        if self.state != "live":
            # What is not live at the end is no complete stream.
            self.fail("unacknowledged")
        assert self.check_outage(self.session.finish(self.clock.now)) == []
        assert self.session.finish(self.clock.now) == ()
        assert self.told_outages == self.outages


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
