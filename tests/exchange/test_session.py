from __future__ import annotations

import json
from itertools import accumulate, pairwise
from random import Random
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.session import (
    ACK_TIMEOUT_MS,
    MOST_NOTES,
    Ended,
    Gap,
    Live,
    Note,
    Session,
    SubscriptionLostError,
)
from rfqwatch.exchange.shards import Shard
from rfqwatch.exchange.wire import Payload, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.exchange.session import Notice
    from rfqwatch.exchange.wire import Received

    Step: TypeAlias = Received | Callable[[Session, int], str | list[str]]

START_MS = 1_000


def frame(type_: str, **members: object) -> Received:
    return decode(Payload(json.dumps({"type": type_, **members}).encode()))


def envelope(sid: int | None, seq: int | None) -> dict[str, int]:
    numbers = {"sid": sid, "seq": seq}
    return {key: value for key, value in numbers.items() if value is not None}


def data(seq: int | None, sid: int | None = 1) -> Received:
    return frame("rfq_deleted", msg={"id": "x"}, **envelope(sid, seq))


def unknown(seq: int | None, sid: int | None = 1) -> Received:
    return frame("rfq_whispered", **envelope(sid, seq))


def malformed(seq: int, sid: int = 1) -> Received:
    return frame("rfq_deleted", msg={"id": None}, sid=sid, seq=seq)


def ack(sid: int | None = 1, command: int | None = 1) -> Received:
    msg = {"channel": "communications"} | ({} if sid is None else {"sid": sid})
    return frame("subscribed", msg=msg, **({} if command is None else {"id": command}))


def error(
    code: int, sid: int | None = None, seq: int | None = None, command: int | None = None
) -> Received:
    id_ = {} if command is None else {"id": command}
    return frame("error", msg={"code": code, "msg": "why"}, **id_, **envelope(sid, seq))


def unsubscribed(sid: int | None = 1, seq: int | None = None) -> Received:
    return frame("unsubscribed", **envelope(sid, seq))


def ok(seq: int | None = None, sid: int | None = 1) -> Received:
    return frame("ok", msg={"market_tickers": []}, **envelope(sid, seq))


def session(limit: int | None = None) -> Session:
    return Session(shard=None, mine=False, backoff=Backoff(Random(1), limit))


def connect(talk: Session, now_ms: int) -> str:
    return f"ask {json.loads(talk.subscribe(now_ms))['id']}"


def expire(talk: Session, now_ms: int) -> str:
    try:
        command = talk.expired(now_ms)
    except SubscriptionLostError:
        return "new connection"
    return "nothing" if command is None else f"ask {json.loads(command)['id']}"


def expire_when_due(talk: Session, now_ms: int) -> str:  # noqa: ARG001 - it jumps ahead
    assert talk.deadline_ms is not None
    return expire(talk, talk.deadline_ms)


def lose(talk: Session, now_ms: int) -> str:
    return "spent" if talk.lost(now_ms) is None else "wait"


def finish(talk: Session, now_ms: int) -> list[str]:
    return [told(notice) for notice in talk.finish(now_ms)]


def give_up(talk: Session, now_ms: int) -> list[str]:  # noqa: ARG001 - it never ends
    return [told(notice) for notice in talk.finish(None)]


def told(notice: Notice) -> str:
    match notice:
        case Live():
            return f"live {notice.sid} at {notice.at_ms}"
        case Gap():
            return (
                f"gap {notice.reason} of {notice.missed}, sid {notice.sid}, "
                f"{notice.last_seq}-{notice.next_seq}, {notice.from_ms}-{notice.to_ms}"
            )
        case Ended():
            return "ended by overflow" if notice.overflow else "ended"
        case Note():
            return f"note: {notice.text.split(';')[0].split(':')[0]}"


LATE = "note: a frame came late or twice by its seq"
RESTARTED = "note: the numbering of frames went back"
NO_SEQ = "note: frames carry no seq"
NEVER_ACKNOWLEDGED = "note: frames of a subscription that was never acknowledged are passed on"
UNASKED = "note: an acknowledgement that nothing asked for"

GAP_OF_ONE = (
    "gap disconnected of None, sid 1, None-None, 1001-1005",
    "gap seq of 1, sid 1, 0-2, 1004-1005",
)

# A step a millisecond, from START_MS; what is told stands beside it, if anything is.
CONVERSATIONS: dict[str, list[tuple[Step, *tuple[str, ...]]]] = {
    "every number in its turn": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        *[(data(seq),) for seq in range(1, 50)],
        (finish,),
    ],
    "holes, with what surrounds them": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (data(2),),
        (data(5), "gap seq of 2, sid 1, 2-5, 1003-1004"),
        (data(6),),
        (data(8), "gap seq of 1, sid 1, 6-8, 1005-1006"),
        (finish,),
    ],
    "the first number is 1": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(4), "gap seq of 3, sid 1, 0-4, 1001-1002"),
        (data(5),),
    ],
    "a numbering from 0": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(0),),
        (data(1),),
        (data(3), "gap seq of 1, sid 1, 1-3, 1003-1004"),
    ],
    "frames of every type have numbers": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (ok(2),),
        (unknown(3),),
        (error(7, sid=1, seq=4), "note: the exchange said error 7 (why)"),
        (unsubscribed(sid=9, seq=5), NEVER_ACKNOWLEDGED),
        (data(5),),
        (ok(7), "gap seq of 1, sid 1, 5-7, 1007-1008"),
        (unknown(9), "gap seq of 1, sid 1, 7-9, 1008-1009"),
        (error(7, sid=1, seq=11), "gap seq of 1, sid 1, 9-11, 1009-1010"),
        (data(12),),
    ],
    "answers that carry no number": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (ok(sid=None),),
        (unknown(None, None),),
        (unknown(None),),
        (error(7), "note: the exchange said error 7 (why)"),
        (error(7),),
        (data(1),),
        (data(2),),
    ],
    "a malformed frame is a frame missed": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (malformed(2),),
        (data(3), "gap seq of 1, sid 1, 1-3, 1002-1004"),
    ],
    "no seq is said once": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(None), NO_SEQ),
        (data(None),),
        (data(None, sid=None),),
        (lose, "wait"),
        (connect, "ask 2"),
        (ack(2, 2), "gap disconnected of None, sid 1, None-None, 1004-1007", "live 2 at 1007"),
        (data(None, sid=2),),
        (finish,),
    ],
    "no sid, but numbers": [
        (connect, "ask 1"),
        (ack(None), "live None at 1001"),
        (data(1, None),),
        (data(2, None),),
        (data(4, None), "gap seq of 1, sid None, 2-4, 1003-1004"),
    ],
    "late and repeated frames are noted once": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        *[(data(seq),) for seq in range(1, 11)],
        (data(10), LATE),
        (data(10),),
        (data(4),),
        (data(11),),
        (data(5),),
        (data(12),),
        (data(6),),
        (data(13),),
        (data(7),),
        (data(14),),
        (data(13),),
        (data(12),),
        (data(15),),
        (data(17), "gap seq of 1, sid 1, 15-17, 1024-1025"),
        (finish,),
    ],
    "a numbering that starts again is followed": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        *[(data(seq),) for seq in range(1, 11)],
        (data(1), LATE),
        (data(2),),
        (data(3), RESTARTED),
        (data(4),),
        (data(7), "gap seq of 2, sid 1, 4-7, 1015-1016"),
        (data(8),),
    ],
    "an acknowledgement without a sid": [
        (connect, "ask 1"),
        (ack(None), "live None at 1001"),
        (data(1, sid=5),),
        (data(3, sid=5), "gap seq of 1, sid 5, 1-3, 1002-1003"),
        (error(25, sid=5), "ended by overflow"),
        (data(4, sid=5),),
    ],
    "an acknowledgement without an id": [
        (connect, "ask 1"),
        (ack(command=None), "live 1 at 1001"),
    ],
    "an acknowledgement with the id that means none": [
        (connect, "ask 1"),
        (ack(command=0), "live 1 at 1001"),
    ],
    "an acknowledgement of another command": [
        (connect, "ask 1"),
        (ack(command=7), UNASKED),
        (ack(), "live 1 at 1002"),
        (ack(),),
        (ack(sid=2, command=8),),
        (data(1),),
        (data(2),),
    ],
    "data before the acknowledgement": [
        (connect, "ask 1"),
        (data(1),),
        (data(2),),
        (ack(), "live 1 at 1003"),
        (data(3),),
        (data(5), "gap seq of 1, sid 1, 3-5, 1004-1005"),
    ],
    "data before an acknowledgement without a sid": [
        (connect, "ask 1"),
        (data(1, sid=3),),
        (ack(None), "live 3 at 1002"),
        (data(2, sid=3),),
    ],
    "data of another sid than the one acknowledged": [
        (connect, "ask 1"),
        (ack(sid=1), "live 1 at 1001"),
        (data(1, sid=7),),
        (data(3, sid=7), "gap seq of 1, sid 7, 1-3, 1002-1003"),
        (error(10, sid=7), "ended"),
    ],
    "a strange sid at first, then the one acknowledged": [
        (connect, "ask 1"),
        (ack(sid=1), "live 1 at 1001"),
        (data(1, sid=7),),
        (data(1, sid=1),),
        (data(9, sid=7), NEVER_ACKNOWLEDGED),
        (data(10, sid=7),),
        (data(4, sid=1), "gap seq of 2, sid 1, 1-4, 1003-1006"),
        (error(10, sid=7), "note: the exchange said error 10 (why)"),
        (error(10, sid=1), "ended"),
    ],
    "data before an acknowledgement that names another sid": [
        (connect, "ask 1"),
        (data(1, sid=7),),
        (ack(sid=1), "live 1 at 1002"),
        (data(2, sid=7),),
        (data(1, sid=1),),
        (data(2, sid=1),),
        (data(3, sid=7), NEVER_ACKNOWLEDGED),
    ],
    "an overflow, and the same connection again": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (data(2),),
        (error(25, sid=1, seq=3), "ended by overflow"),
        (expire, "nothing"),
        (data(3),),
        (data(9),),
        (expire_when_due, "ask 2"),
        (data(10),),
        (error(25, sid=1),),
        (unsubscribed(1, 11),),
        (ack(2, 2), "gap overflow of None, sid 1, 2-None, 1003-1012", "live 2 at 1012"),
        (data(12, sid=1),),
        (data(1, sid=2),),
        (error(25, sid=1),),
        (unsubscribed(1),),
        (data(2, sid=2),),
        (finish,),
    ],
    "late frames without a sid": [
        (connect, "ask 1"),
        (ack(None), "live None at 1001"),
        (data(1, None),),
        (error(10), "ended"),
        (data(9, None),),
        (data(None, None),),
        (finish, "gap disconnected of None, sid None, 1-None, 1002-1006"),
    ],
    "a sid that another connection had": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (error(10, sid=1), "ended"),
        (lose, "wait"),
        (connect, "ask 2"),
        (data(2, sid=1), *GAP_OF_ONE),
        (ack(1, 2), "live 1 at 1006"),
    ],
    "ended before any data, by a sid not heard of": [
        (connect, "ask 1"),
        (ack(None), "live None at 1001"),
        (error(25, sid=3), "ended by overflow"),
    ],
    "the sid acknowledged ended, not the one followed": [
        (connect, "ask 1"),
        (ack(sid=1), "live 1 at 1001"),
        (data(1, sid=7),),
        (error(10, sid=1), "ended"),
        (expire_when_due, "ask 2"),
        (data(5, sid=1),),
        (data(5, sid=7),),
        (ack(2, 2), "gap disconnected of None, sid 7, 1-None, 1002-1007", "live 2 at 1007"),
    ],
    "the same sid again": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (error(10, sid=1), "ended"),
        (expire_when_due, "ask 2"),
        (ack(1, 2), "gap disconnected of None, sid 1, 1-None, 1002-1005", "live 1 at 1005"),
        (data(1),),
        (data(3), "gap seq of 1, sid 1, 1-3, 1006-1007"),
        (error(17, sid=1), "ended"),
    ],
    "an error that names no sid ends what is live": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (error(10), "ended"),
        (finish, "gap disconnected of None, sid 1, None-None, 1001-1003"),
        (finish,),
    ],
    "unsubscribed without a wish": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (unsubscribed(1, 2), "ended"),
        (expire_when_due, "ask 2"),
        (ack(2, 2), "gap disconnected of None, sid 1, 1-None, 1002-1005", "live 2 at 1005"),
    ],
    "ended, then refused": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (error(25, sid=1), "ended by overflow"),
        (expire_when_due, "ask 2"),
        (error(27, command=2), "SubscriptionLostError"),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(1, 3), "gap overflow of None, sid 1, None-None, 1001-1007", "live 1 at 1007"),
    ],
    "ended, then without an answer": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (error(10, sid=1), "ended"),
        (expire_when_due, "ask 2"),
        (expire_when_due, "new connection"),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(1, 3), "gap disconnected of None, sid 1, None-None, 1001-1007", "live 1 at 1007"),
    ],
    "ended, then disconnected": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (error(25, sid=1), "ended by overflow"),
        (lose, "wait"),
        (lose, "wait"),
        (connect, "ask 2"),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(1, 3), "gap overflow of None, sid 1, None-None, 1001-1008", "live 1 at 1008"),
        (finish,),
    ],
    "no acknowledgement": [
        (connect, "ask 1"),
        (expire, "nothing"),
        (expire_when_due, "new connection"),
        (lose, "wait"),
        (connect, "ask 2"),
        (ack(1, 2), "gap unacknowledged of None, sid None, None-None, 1000-1005", "live 1 at 1005"),
    ],
    "data, but no acknowledgement": [
        (connect, "ask 1"),
        (data(1),),
        (expire_when_due, "new connection"),
        (lose, "wait"),
        (finish, "gap unacknowledged of None, sid 1, 1-None, 1001-1004"),
    ],
    "disconnected": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (lose, "wait"),
        (connect, "ask 2"),
        (ack(1, 2), "gap disconnected of None, sid 1, 1-None, 1002-1005", "live 1 at 1005"),
        (data(1),),
        (data(2),),
        (lose, "wait"),
        (finish, "gap disconnected of None, sid 1, 2-None, 1007-1009"),
        (finish,),
    ],
    "disconnected, and data before the acknowledgement": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (lose, "wait"),
        (connect, "ask 2"),
        (data(1, sid=2), "gap disconnected of None, sid 1, 1-None, 1002-1005"),
        (ack(2, 2), "live 2 at 1006"),
        (data(2, sid=2),),
    ],
    "data before an acknowledgement that never came": [
        (connect, "ask 1"),
        (data(1),),
        (lose, "wait"),
        (connect, "ask 2"),
        (ack(1, 2), "gap disconnected of None, sid 1, 1-None, 1001-1004", "live 1 at 1004"),
    ],
    "never live": [
        (lose, "wait"),
        (connect, "ask 1"),
        (lose, "wait"),
        (connect, "ask 2"),
        (error(18, command=2), "SubscriptionLostError"),
        (lose, "wait"),
        (finish,),
    ],
    "given up": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (lose, "wait"),
        (connect, "ask 2"),
        (error(9, command=2), "RefusedError"),
        (give_up, "gap disconnected of None, sid 1, 1-None, 1002-None"),
        (finish,),
    ],
    "refused on behalf of another command": [
        (connect, "ask 1"),
        (error(9, command=5), "note: the exchange said error 9 (why)"),
        (error(25, command=5), "note: the exchange said error 25 (why)"),
        (ack(), "live 1 at 1003"),
    ],
    "an error that names a sid is no answer": [
        (connect, "ask 1"),
        (data(1),),
        (error(7, sid=1, seq=2), "note: the exchange said error 7 (why)"),
        (ack(), "live 1 at 1003"),
        (data(3),),
    ],
    "ended before the acknowledgement": [
        (connect, "ask 1"),
        (data(1),),
        (error(25, sid=1, seq=2), "SubscriptionLostError"),
        (lose, "wait"),
        (connect, "ask 2"),
        (ack(2, 2), "gap disconnected of None, sid 1, 1-None, 1001-1005", "live 2 at 1005"),
    ],
    "refused without an id": [(connect, "ask 1"), (error(9), "RefusedError")],
    "refused with the id that means none": [
        (connect, "ask 1"),
        (error(21, command=0), "SubscriptionRefusedError"),
    ],
}


def play(steps: Sequence[tuple[Step, *tuple[str, ...]]], talk: Session) -> list[list[str]]:
    answers = []
    for now_ms, (step, *_) in enumerate(steps, START_MS):
        if callable(step):
            said = step(talk, now_ms)
            answers.append([said] if isinstance(said, str) else said)
        else:
            try:
                answers.append([told(notice) for notice in talk.observe(step, now_ms)])
            except (RefusedError, SubscriptionRefusedError, SubscriptionLostError) as refusal:
                answers.append([type(refusal).__name__])
    return answers


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation(name: str) -> None:
    steps = CONVERSATIONS[name]
    assert play(steps, session()) == [list(expected) for _, *expected in steps]


@pytest.mark.parametrize(
    ("codes", "refusal", "exit_code"),
    [
        ([9], RefusedError, 4),
        ([8, 11, 19, 20, 21, 22], SubscriptionRefusedError, 6),
        ([1, 2, 3, 5, 7, 10, 17, 18, 25, 26, 27, 28, 99], SubscriptionLostError, None),
    ],
)
def test_what_a_refusal_means(
    codes: list[int], refusal: type[Exception], exit_code: int | None
) -> None:
    for code in codes:
        talk = session()
        talk.subscribe(START_MS)
        with pytest.raises(refusal, match=rf"error {code} \(why\)") as raised:
            talk.observe(error(code, command=1), START_MS)
        assert getattr(raised.value, "exit_code", None) == exit_code
        assert talk.lost(START_MS) is not None
        assert talk.finish(START_MS) == ()


@pytest.mark.parametrize("code", [1, 7, 8, 9, 11, 18, 21, 26, 27, 99])
def test_errors_that_end_nothing(code: int) -> None:
    talk = session()
    talk.subscribe(START_MS)
    talk.observe(ack(), START_MS)
    (note,) = talk.observe(error(code, sid=1, seq=1), START_MS)
    assert isinstance(note, Note)
    assert talk.live
    assert talk.observe(data(2), START_MS) == ()


def test_the_command_says_what_is_asked_for() -> None:
    talk = Session(shard=Shard(3, 10), mine=True, backoff=Backoff(Random(1)))
    assert json.loads(talk.subscribe(START_MS)) == {
        "id": 1,
        "cmd": "subscribe",
        "params": {
            "channels": ["communications"],
            "shard_factor": 10,
            "shard_key": 3,
            "user_filter": "self",
        },
    }


def test_the_acknowledgement_has_a_deadline() -> None:
    talk = session()
    deadlines_ms = [talk.deadline_ms]
    talk.subscribe(START_MS)
    deadlines_ms.append(talk.deadline_ms)
    assert talk.expired(START_MS + ACK_TIMEOUT_MS - 1) is None
    talk.observe(ack(), START_MS)
    deadlines_ms.append(talk.deadline_ms)
    assert deadlines_ms == [None, START_MS + 10_000, None]
    assert talk.expired(START_MS + 10 * ACK_TIMEOUT_MS) is None


def test_an_ended_subscription_waits_before_it_is_asked_for_again() -> None:
    talk = session()
    talk.subscribe(START_MS)
    talk.observe(ack(), START_MS)
    (ended,) = talk.observe(error(10, sid=1), START_MS)
    assert isinstance(ended, Ended)
    assert START_MS <= ended.retry_ms <= START_MS + 500
    assert talk.deadline_ms == ended.retry_ms
    assert not talk.live


def test_no_more_attempts() -> None:
    talk = session(limit=0)
    talk.subscribe(START_MS)
    talk.observe(ack(), START_MS)
    with pytest.raises(SubscriptionLostError, match=r"error 10 \(why\)"):
        talk.observe(error(10, sid=1), START_MS)
    assert talk.lost(START_MS) is None
    (gap,) = talk.finish(START_MS)
    assert isinstance(gap, Gap)


@pytest.mark.parametrize(("data_for_ms", "forgotten"), [(29_999, False), (30_000, True)])
@pytest.mark.parametrize("how", ["disconnected", "ended"])
def test_attempts_are_forgotten_after_a_stable_stretch(
    how: str, data_for_ms: int, *, forgotten: bool
) -> None:
    talk = session(limit=2)
    for _ in range(2):
        assert talk.lost(START_MS) is not None
    talk.subscribe(START_MS)
    talk.observe(ack(), START_MS)
    talk.observe(data(1), START_MS + data_for_ms)
    long_after_ms = START_MS + 10 * data_for_ms
    if how == "disconnected":
        assert (talk.lost(START_MS + data_for_ms) is not None) == forgotten
    elif forgotten:
        assert talk.observe(error(10), long_after_ms)
    else:
        with pytest.raises(SubscriptionLostError):
            talk.observe(error(10), long_after_ms)


def test_a_quiet_connection_is_as_stable_as_a_busy_one() -> None:
    talk = session(limit=1)
    for _ in range(5):
        talk.subscribe(START_MS)
        talk.observe(ack(command=None), START_MS)
        assert talk.lost(START_MS + 60_000) is not None


def test_a_handshake_is_no_stable_stretch() -> None:
    talk = session(limit=3)
    for _ in range(3):
        talk.subscribe(START_MS)
        talk.observe(ack(command=None), START_MS)
        assert talk.lost(START_MS + 1_000) is not None
    assert talk.lost(START_MS) is None


def test_oddities_told_are_bounded() -> None:
    talk = session()
    talk.subscribe(START_MS)
    talk.observe(ack(), START_MS)
    notes = [talk.observe(error(code), START_MS) for code in range(100, 1_000)]
    assert sum(map(len, notes)) == MOST_NOTES


# Laws.


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=60), st.booleans())
def test_missed_and_seen_make_all_that_was_sent(
    steps: list[int],
    named: bool,  # noqa: FBT001
) -> None:
    talk = session()
    talk.subscribe(START_MS)
    talk.observe(ack(1 if named else None), START_MS)
    seqs = list(accumulate(steps))
    notices = [notice for seq in seqs for notice in talk.observe(data(seq), START_MS)]
    gaps = [notice for notice in notices if isinstance(notice, Gap)]
    assert notices == gaps
    assert sum(gap.missed or 0 for gap in gaps) + len(seqs) == seqs[-1]
    assert [(gap.last_seq, gap.next_seq) for gap in gaps] == [
        (before, after) for before, after in pairwise([0, *seqs]) if after > before + 1
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(1, 200), max_size=2)), max_size=40)
)
def test_late_and_repeated_frames_change_no_account(
    steps: list[tuple[int, list[int]]],
) -> None:
    talk = session()
    talk.subscribe(START_MS)
    talk.observe(ack(), START_MS)
    seq, seen, missed, late = 0, 0, 0, 0
    for step, again in steps:
        seq += step
        seen += 1
        for notice in talk.observe(data(seq), START_MS):
            if isinstance(notice, Gap):
                missed += notice.missed or 0
        for old in again:
            if old <= seq:
                late += 1
                assert not any(isinstance(n, Gap) for n in talk.observe(data(old), START_MS))
    assert seen + missed == seq
    assert talk.backward == late


class Exchange(RuleBasedStateMachine):
    """An exchange that numbers, drops, ends and disconnects, and knows what must be told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.session = session()
        self.now_ms = START_MS
        self.state = "closed"
        self.command_id = 0
        self.next_sid = 1
        self.sid = 0
        self.old_sids: list[int] = []
        self.seq = 0
        self.last_seen: int | None = None
        self.outage: str | None = None
        self.outages = 0
        self.told_outages = 0
        self.sent = self.seen = self.missed = 0

    def observe(self, received: Received) -> list[Notice]:
        notices = list(self.session.observe(received, self.now_ms))
        for notice in notices:
            if isinstance(notice, Gap) and notice.reason == "seq":
                assert notice.missed is not None
                self.missed += notice.missed
        return notices

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
        assert (gap.reason, gap.missed, gap.to_ms) == (self.outage, None, self.now_ms)
        assert gap.from_ms <= self.now_ms
        self.outage = None
        self.told_outages += 1
        return others

    def asked(self, command: bytes) -> None:
        command_id = json.loads(command)["id"]
        assert command_id > self.command_id
        self.command_id = command_id
        self.state = "asking"
        self.sid, self.next_sid = self.next_sid, self.next_sid + 1
        self.seq = 0

    @initialize()
    def first(self) -> None:
        self.connect()

    @rule(ms=st.integers(1, 40_000))
    def wait(self, ms: int) -> None:
        due_ms = self.session.deadline_ms
        self.now_ms += ms if due_ms is None else max(0, min(ms, due_ms - 1 - self.now_ms))
        assert self.session.expired(self.now_ms) is None or due_ms == self.now_ms

    @precondition(lambda self: self.state == "closed")
    @rule()
    def connect(self) -> None:
        self.old_sids = []
        self.asked(self.session.subscribe(self.now_ms))

    @precondition(lambda self: self.state == "asking")
    @rule(named=st.booleans())
    def acknowledge(self, *, named: bool) -> None:
        sid = self.sid if named else None
        (live,) = self.check_outage(self.observe(ack(sid, self.command_id)))
        assert isinstance(live, Live)
        assert live.sid in {sid, self.sid}
        self.state = "live"

    @precondition(lambda self: self.state in {"live", "asking"})
    @rule(
        dropped=st.integers(0, 3),
        message=st.sampled_from([data, unknown, ok, lambda seq, sid: error(7, sid, seq)]),
    )
    def send(self, dropped: int, message: Callable[[int, int], Received]) -> None:
        received = message(self.seq + dropped + 1, self.sid)
        notices = self.check_outage(self.observe(received))
        notices = [notice for notice in notices if not isinstance(notice, Note)]
        if dropped:
            (gap,) = notices
            assert isinstance(gap, Gap)
            assert (gap.missed, gap.last_seq) == (dropped, self.seq)
        else:
            assert not notices
        self.seq += dropped + 1
        self.sent += dropped + 1
        self.seen += 1

    @precondition(lambda self: self.state == "live" and self.seq)
    @rule(back=st.integers(0, 3))
    def send_again(self, back: int) -> None:
        before = self.session.backward
        seq = max(1, self.seq - 2 * back)
        # A run of consecutive numbers would be a numbering that starts again.
        notices = self.observe(data(seq, self.sid)) + self.observe(data(seq, self.sid))
        assert all(isinstance(notice, Note) for notice in notices)
        assert self.session.backward == before + 2

    @precondition(lambda self: self.old_sids)
    @rule(
        pick=st.randoms(use_true_random=False),
        seq=st.integers(1, 99) | st.none(),
        message=st.sampled_from([data, unknown, lambda seq, sid: error(25, sid, seq), ok]),
    )
    def send_late(
        self, pick: Random, seq: int | None, message: Callable[[int | None, int], Received]
    ) -> None:
        assert self.observe(message(seq, pick.choice(self.old_sids))) == []

    @precondition(lambda self: self.state == "live" and self.seq)
    @rule(code=st.sampled_from([10, 17, 25, None]), scoped=st.booleans())
    def end(self, code: int | None, *, scoped: bool) -> None:
        sid = self.sid if scoped else None
        ending = unsubscribed(sid) if code is None else error(code, sid)
        (ended,) = self.observe(ending)
        assert isinstance(ended, Ended)
        assert ended.overflow == (code == 25)
        self.fail("overflow" if code == 25 else "disconnected")
        self.old_sids.append(self.sid)
        self.state = "ended"

    @precondition(lambda self: self.state == "ended")
    @rule()
    def ask_again(self) -> None:
        assert self.session.deadline_ms is not None
        self.now_ms = max(self.now_ms, self.session.deadline_ms)
        command = self.session.expired(self.now_ms)
        assert command is not None
        self.asked(command)

    @precondition(lambda self: self.state == "asking")
    @rule()
    def stay_silent(self) -> None:
        assert self.session.deadline_ms is not None
        self.now_ms = self.session.deadline_ms
        with pytest.raises(SubscriptionLostError):
            self.session.expired(self.now_ms)
        self.fail("unacknowledged")
        self.disconnect()

    @precondition(lambda self: self.state == "asking")
    @rule(code=st.sampled_from([10, 18, 25, 27]))
    def refuse(self, code: int) -> None:
        with pytest.raises(SubscriptionLostError):
            self.observe(error(code, command=self.command_id))
        self.disconnect()

    @rule()
    def disconnect(self) -> None:
        if self.state == "live" or (self.state == "asking" and self.seq):
            self.fail("disconnected")
        delay_s = self.session.lost(self.now_ms)
        assert delay_s is not None
        assert 0 <= delay_s <= 30
        self.state = "closed"

    @invariant()
    def the_session_knows_where_it_stands(self) -> None:
        assert self.session.live == (self.state == "live")
        assert (self.session.deadline_ms is None) == (self.state in {"live", "closed"})

    @invariant()
    def all_that_was_sent_is_accounted_for(self) -> None:
        assert self.seen + self.missed == self.sent

    def teardown(self) -> None:
        assert self.check_outage(self.session.finish(self.now_ms)) == []
        assert self.session.finish(self.now_ms) == ()
        assert self.told_outages == self.outages


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
