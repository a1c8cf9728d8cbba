from __future__ import annotations

from itertools import count
from math import inf

import pytest

from rfqwatch.exchange.liveness import ANSWER_TIMEOUT_S, Doubt
from rfqwatch.exchange.notices import Note, Send
from rfqwatch.exchange.wire import Error, Ok, list_subscriptions

QUIET_S = 60.0
START_S = 5_000.0
OURS = frozenset({1})


def doubt() -> Doubt:
    """Give that of a subscription which is live since `START_S`."""
    question = Doubt(count(7), QUIET_S)
    question.connected()
    question.live(START_S)
    return question


def asked(command: int, why: str) -> tuple[Send, ...]:
    return (Send(list_subscriptions(command), why),)


def said(notices: tuple[object, ...] | None) -> list[str]:
    """Give the notes told, without what they all say."""
    assert notices is not None
    texts = []
    for note in notices:
        assert isinstance(note, Note)
        assert note.kind == "list"
        text, _, rest = note.text.partition(" when asked for our subscriptions")
        assert rest == ": a quiet stream can't be proven"
        texts.append(text)
    return texts


def test_nothing_is_due_before_a_subscription_is_live() -> None:
    question = Doubt(count(7), QUIET_S)
    assert question.deadline_s == inf
    question.live(START_S)
    assert question.deadline_s == START_S + QUIET_S


def test_quiet_is_counted_from_the_last_message() -> None:
    question = doubt()
    assert question.expired(START_S + 45, START_S + 60) == ()
    assert question.deadline_s == START_S + 105
    assert question.expired(START_S + 45, START_S + 105) == asked(7, "no message for 60 s")
    assert question.deadline_s == START_S + 105 + ANSWER_TIMEOUT_S


def test_a_proof_holds_for_as_long_as_quiet_may_last() -> None:
    question = doubt()
    assert question.expired(START_S, START_S + 60) == asked(7, "no message for 60 s")
    assert question.proven(Ok(7), START_S + 61) == ()
    assert question.deadline_s == START_S + 121
    assert question.expired(START_S, START_S + 121) == asked(8, "no message for 121 s")


def test_doubt_is_asked_about_at_once() -> None:
    question = doubt()
    assert question.arise("why", START_S + 1) == asked(7, "why")
    assert question.deadline_s == START_S + 1 + ANSWER_TIMEOUT_S


def test_one_question_is_asked_at_a_time() -> None:
    question = doubt()
    question.arise("why", START_S + 1)
    assert question.arise("also", START_S + 2) == ()
    assert question.arise("and", START_S + 3) == ()
    assert question.deadline_s == START_S + 1 + ANSWER_TIMEOUT_S
    # The proof may be older than they are, and the next question waits its turn.
    assert question.proven(Ok(7), START_S + 4) == ()
    assert question.deadline_s == START_S + 1 + ANSWER_TIMEOUT_S
    assert question.expired(START_S, START_S + 11) == asked(8, "and")
    assert question.proven(Ok(8), START_S + 12) == ()
    assert question.deadline_s == START_S + 12 + QUIET_S


@pytest.mark.parametrize("why", ["why", ""])
def test_without_answer_and_message_the_subscription_is_given_up(why: str) -> None:
    question = doubt()
    if why:
        question.arise(why, START_S + 60)
    else:
        question.expired(START_S, START_S + 60)
    assert question.expired(START_S + 60, START_S + 70) is None


@pytest.mark.parametrize("why", ["why", ""])
def test_without_answer_messages_are_a_proof(why: str) -> None:
    question = doubt()
    if why:
        question.arise(why, START_S + 60)
    else:
        question.expired(START_S, START_S + 60)
    notices = question.expired(START_S + 61, START_S + 70)
    assert said(notices) == ["the exchange did not answer"]
    assert question.deadline_s == START_S + 70 + QUIET_S
    # It is asked no more.
    assert question.expired(START_S + 61, START_S + 130) == ()
    assert question.deadline_s == START_S + 130 + QUIET_S


def test_doubt_that_arose_after_the_last_message_needs_another() -> None:
    question = doubt()
    question.arise("why", START_S)
    question.arise("before", START_S + 1)
    question.arise("after", START_S + 3)
    assert said(question.expired(START_S + 2, START_S + 10)) == ["the exchange did not answer"]
    assert question.deadline_s == START_S + 20
    assert question.expired(START_S + 2, START_S + 20) is None


def test_where_nothing_is_answered_a_message_is_the_answer() -> None:
    question = doubt()
    question.arise("why", START_S)
    assert said(question.refused(5, "no", START_S + 1)) == ["no"]
    # What was asked is still in doubt.
    assert question.deadline_s == START_S + 1 + ANSWER_TIMEOUT_S
    assert question.expired(START_S + 2, START_S + 11) == ()
    assert question.deadline_s == START_S + 11 + QUIET_S
    assert question.arise("again", START_S + 30) == ()
    assert question.deadline_s == START_S + 30 + ANSWER_TIMEOUT_S
    assert question.arise("and again", START_S + 35) == ()
    assert question.deadline_s == START_S + 30 + ANSWER_TIMEOUT_S
    # A message came, but then the doubt did.
    assert question.expired(START_S + 33, START_S + 40) == ()
    assert question.deadline_s == START_S + 40 + ANSWER_TIMEOUT_S
    assert question.expired(START_S + 33, START_S + 50) is None


def test_a_quiet_stream_that_can_not_be_asked_about_is_left_alone() -> None:
    question = doubt()
    question.expired(START_S, START_S + 60)
    assert said(question.refused(5, "no", START_S + 61)) == ["no"]
    now_s = START_S + 61
    for _ in range(100):
        assert question.deadline_s == now_s + QUIET_S
        now_s = question.deadline_s
        assert question.expired(START_S, now_s) == ()


def test_another_connection_may_answer() -> None:
    question = doubt()
    question.arise("why", START_S)
    question.refused(5, "no", START_S + 1)
    question.connected()
    assert question.deadline_s == inf
    question.live(START_S + 5)
    assert question.expired(START_S + 5, START_S + 65) == asked(8, "no message for 60 s")


@pytest.mark.parametrize(
    ("answer", "answers"),
    [
        (Ok(7), True),
        (Ok(7, listed=OURS), True),
        (Ok(6, listed=OURS), False),
        (Ok(listed=OURS), True),
        (Ok(0, listed=frozenset()), True),
        (Ok(), True),
        (Ok(None, 1, 5), False),
        (Error(7), True),
        (Error(7, 1, 5, 25), True),
        (Error(7, code="GONE"), True),
        (Error(6, code=5), False),
        (Error(code=5), True),
        (Error(0, code=5), True),
        (Error(code=11), True),
        (Error(sid=1, code=11), False),
        (Error(code=7), False),
        (Error(), False),
    ],
    ids=str,
)
def test_what_answers_the_question(answer: Ok | Error, *, answers: bool) -> None:
    question = doubt()
    assert not question.is_answered_by(answer)
    question.arise("why", START_S)
    assert question.is_answered_by(answer) == answers
    question.live(START_S)
    assert not question.is_answered_by(answer)
