from __future__ import annotations

import json
import re
from functools import partial
from math import inf
from random import Random
from typing import TYPE_CHECKING

import pytest
from conversing import (
    START_S,
    Clock,
    Conversation,
    ack,
    after,
    connect,
    data,
    error,
    expire,
    expire_when_due,
    finish,
    give_up,
    listed,
    lose,
    malformed,
    odd,
    ok,
    play,
    said,
    session,
    unknown,
    unsubscribed,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.notices import Ended, Gap, Live, Note, Proven, Send
from rfqwatch.exchange.session import MOST_NOTES, Session, SubscriptionLostError
from rfqwatch.exchange.shards import Shard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Notice
    from rfqwatch.exchange.wire import Received

LATE = "note: a frame came late or twice by its seq"
RESTARTED = "note: the numbering of frames went back"
NO_SEQ = "note: frames carry no seq"
NEVER_ACKNOWLEDGED = "note: frames of a subscription that was never acknowledged are passed on"
NOT_OURS = "a frame came of subscription {}, which is not ours"
UNASKED = "note: an acknowledgement that nothing asked for"
SAID_UNSUBSCRIBED = "the exchange says that it unsubscribed us"

GAP_OF_ONE = (
    "gap disconnected of None, sid 1, None-None, 1001-1005",
    "gap seq of 1, sid 1, 0-2, 1004-1005",
)

# What is told stands beside each step, if anything is.
CONVERSATIONS: dict[str, Conversation] = {
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
        (error(8, sid=1, seq=4), "note: the exchange said error 8 (why)"),
        (unsubscribed(sid=9, seq=5), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(9)}"),
        (data(5),),
        (ok(7), "gap seq of 1, sid 1, 5-7, 1007-1008"),
        (unknown(9), "gap seq of 1, sid 1, 7-9, 1008-1009"),
        (error(8, sid=1, seq=11), "gap seq of 1, sid 1, 9-11, 1009-1010"),
        (data(12),),
    ],
    "answers that carry no number": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (ok(sid=None),),
        (unknown(None, None),),
        (unknown(None), NO_SEQ),
        (error(8), "note: the exchange said error 8 (why)"),
        (error(8),),
        (data(1),),
        (data(2),),
    ],
    "an answer that names no subscription neither makes a hole nor fills one": [
        (connect, "ask 1"),
        (ok(1, sid=None),),
        (ack(), "live 1 at 1002"),
        (data(1),),
        (ok(9, sid=None),),
        (unknown(7, None),),
        (error(8, seq=40), "note: the exchange said error 8 (why)"),
        (unsubscribed(None, 1), f"list 2: {SAID_UNSUBSCRIBED}"),
        (data(2),),
        (data(4), "gap seq of 1, sid 1, 2-4, 1008-1009"),
    ],
    "an answer that names no subscription, but has the next number": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (ok(1, sid=None),),
        (data(2),),
        (unknown(3, None),),
        (error(8, seq=4), "note: the exchange said error 8 (why)"),
        (unsubscribed(None, 5), f"list 2: {SAID_UNSUBSCRIBED}"),
        (data(6),),
    ],
    "messages that name no subscription keep their numbers": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (data(2, sid=None),),
        (data(4, sid=None), "gap seq of 1, sid 1, 2-4, 1003-1004"),
        (data(5),),
    ],
    "what is no message takes no number": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (malformed(),),
        (malformed('{"type":"rfqwatch.gap","sid":1,"seq":2}'),),
        (data(2),),
        (malformed('{"type":"rfq_deleted","sid":1,"seq":3,'),),
        (data(4), "gap seq of 1, sid 1, 2-4, 1005-1007"),
    ],
    "a message of odd fields takes its number": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (odd(2),),
        (data(3),),
        (odd(5), "gap seq of 1, sid 1, 3-5, 1004-1005"),
        (data(6),),
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
        (data(1, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
        (data(3, sid=7), "gap seq of 1, sid 7, 1-3, 1002-1003"),
        (error(10, sid=7), "ended"),
    ],
    "a strange sid at first, then the one acknowledged": [
        (connect, "ask 1"),
        (ack(sid=1), "live 1 at 1001"),
        (data(1, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
        (data(1, sid=1),),
        (data(9, sid=7),),
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
        (data(3, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
    ],
    "an overflow, and the same connection again": [
        (connect, "ask 1"),
        (ack(), "live 1 at 1001"),
        (data(1),),
        (data(2),),
        (error(25, sid=1, seq=3), "ended by overflow"),
        (expire,),
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
        (data(1, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
        (error(10, sid=1), "ended"),
        (expire_when_due, "ask 3"),
        (data(5, sid=1),),
        (data(5, sid=7),),
        (ack(2, 3), "gap disconnected of None, sid 7, 1-None, 1002-1007", "live 2 at 1007"),
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
        (expire,),
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
        (finish, "gap unacknowledged of None, sid None, None-None, 1003-1006"),
        (finish,),
    ],
    "not live yet": [
        (connect, "ask 1"),
        (finish, "gap unacknowledged of None, sid None, None-None, 1000-1001"),
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


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation(name: str) -> None:
    steps = CONVERSATIONS[name]
    assert play(steps, session(), Clock()) == [list(expected) for _, *expected in steps]


LIVE: Conversation = [(connect, "ask 1"), (ack(), "live 1 at 1001")]
QUIET = "no message for 60 s"
UNPROVABLE = "when asked for our subscriptions"
UNANSWERED = f"note: the exchange did not answer {UNPROVABLE}"
SAID_7 = "the exchange said error 7 (why)"
SAID_GONE = "the exchange said error GONE (why)"
NO_CODE = "list 2: the exchange said an error without a code (why)"

# How doubt arises and what ends it.
DOUBTS: dict[str, Conversation] = {
    "a quiet stream is proven again and again": [
        *LIVE,
        (after(59.9),),
        (after(0.2), f"list 2: {QUIET}"),
        (listed(1, command=2), "proven"),
        (after(59.9),),
        (after(0.2), "list 3: no message for 120 s"),
        (listed(1, command=3), "proven"),
        (data(1),),
        (after(59.9),),
        (after(0.2), f"list 4: {QUIET}"),
        (listed(1, command=4), "proven"),
        (data(2),),
        (finish,),
    ],
    "messages put the question off": [
        *LIVE,
        (after(50),),
        (data(1),),
        (after(50),),
        (unknown(2),),
        (after(50),),
        (ok(3),),
        (after(59.9),),
        (after(0.2), f"list 2: {QUIET}"),
    ],
    "what is no message of ours puts nothing off": [
        *LIVE,
        (data(1),),
        (after(50),),
        (unknown(None, None),),
        (malformed(),),
        (ack(), UNASKED),
        (error(8), "note: the exchange said error 8 (why)"),
        (after(10.1), f"list 2: {QUIET}"),
    ],
    "the quiet subscription is gone": [
        *LIVE,
        (data(1),),
        (after(60), f"list 2: {QUIET}"),
        (listed(command=2), "ended"),
        (expire_when_due, "ask 3"),
        (ack(2, 3), "gap deaf of None, sid 1, 1-None, 1002-1006", "live 2 at 1006"),
        (data(1, sid=2),),
        (after(60), f"list 4: {QUIET}"),
        (listed(2, command=4), "proven"),
        (finish,),
    ],
    "ours, whatever its channel is called": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (listed(1, 2, command=2, channel="rfqs"), "proven"),
        (after(60), "list 3: no message for 120 s"),
        (listed(1, command=3, channel=["communications"]), "proven"),
    ],
    "another subscription to the channel than ours": [
        *LIVE,
        (data(1),),
        (after(60), f"list 2: {QUIET}"),
        (listed(2, command=2), "SubscriptionLostError"),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(1, 3), "gap deaf of None, sid 1, 1-None, 1002-1007", "live 1 at 1007"),
    ],
    "ours among others": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (listed(4, 1, 2, command=2), "proven"),
    ],
    "no answer, and no message": [
        *LIVE,
        (data(1),),
        (after(69.9), f"list 2: {QUIET}"),
        (after(0.2), "new connection"),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(1, 3), "gap deaf of None, sid 1, 1-None, 1002-1007", "live 1 at 1007"),
    ],
    "no answer, and never live again": [
        *LIVE,
        (after(71), f"list 2: {QUIET}", "new connection"),
        (lose, "wait"),
        (finish, "gap deaf of None, sid 1, None-None, 1001-1004"),
        (finish,),
    ],
    "no answer, but messages": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (data(1),),
        (after(10), UNANSWERED),
        (after(1_000),),
        (data(2),),
        (after(1_000),),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(2, 3), "gap disconnected of None, sid 1, 2-None, 1006-1010", "live 2 at 1010"),
        (after(60), f"list 4: {QUIET}"),
        (data(1, sid=2),),
        (after(10),),
        (after(1_000),),
    ],
    "an answer too late": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (data(1),),
        (after(10), UNANSWERED),
        (after(1_000),),
        (listed(1, command=2), "proven"),
        (after(59.9),),
        (after(0.2), "list 3: no message for 1070 s"),
        (listed(1, command=3), "proven"),
    ],
    "an answer too late, without ours": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (data(1),),
        (after(10), UNANSWERED),
        (listed(command=2), "ended"),
    ],
    "an answer too late to end the doubt that came after the question": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (data(1),),
        (after(10), UNANSWERED),
        (unsubscribed(),),
        (listed(1, command=2), "proven"),
        (after(10), f"list 3: {SAID_UNSUBSCRIBED}"),
        (listed(command=3), "ended"),
    ],
    "the question refused for now": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(27, command=2),),
        (after(59.9),),
        (after(0.2), "list 3: no message for 120 s"),
        (error(18),),
        (error(7), f"note: {SAID_7}"),
        (after(10), f"list 4: {SAID_7}"),
        (error(27, command=4),),
        (after(10), f"list 5: {SAID_7}"),
        (listed(1, command=5), "proven"),
    ],
    "an exchange that adds an error to each answer": [
        *LIVE,
        (error(7), f"note: {SAID_7}", f"list 2: {SAID_7}"),
        (listed(1, command=2), "proven"),
        (error(7),),
        (after(9.9),),
        (after(0.1), f"list 3: {SAID_7}"),
        (listed(1, command=3), "proven"),
    ],
    "the question refused in a way that names nothing": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(1), f"note: the exchange said error 1 (why) {UNPROVABLE}"),
        (after(1_000),),
        (data(1),),
    ],
    "an answer in a shape of its own that names nothing": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (ok(None, sid=None), f"note: the exchange's answer can't be read {UNPROVABLE}"),
        (after(1_000),),
        (data(1),),
    ],
    "a question refused after messages have come": [
        *LIVE,
        (error(7), f"note: {SAID_7}", f"list 2: {SAID_7}"),
        (data(1),),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (after(1_000),),
        (data(2),),
    ],
    "a quiet stream of an exchange that does not answer questions": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (after(1_000),),
        (data(1),),
        (after(1_000),),
        (lose, "wait"),
        (connect, "ask 3"),
        (ack(2, 3), "gap disconnected of None, sid 1, 1-None, 1005-1009", "live 2 at 1009"),
        (after(60), f"list 4: {QUIET}"),
        (error(5, command=4),),
        (after(1_000),),
        (finish,),
    ],
    "the question refused without an id": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(5), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (after(1_000),),
    ],
    "the question refused by its number": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(5, sid=1, seq=1, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (data(2),),
    ],
    "an answer that can't be read": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (ok(sid=None, command=2), f"note: the exchange's answer can't be read {UNPROVABLE}"),
        (after(1_000),),
        (data(1),),
    ],
    "an answer without an id": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (listed(1, command=None), "proven"),
        (after(60), "list 3: no message for 120 s"),
        (listed(1, command=0), "proven"),
        (after(60), "list 4: no message for 180 s"),
        (listed(command=None), "ended"),
    ],
    "the answer to another question": [
        *LIVE,
        (listed(command=1),),
        (listed(command=None),),
        (after(60), f"list 2: {QUIET}"),
        (listed(command=1),),
        (error(5, command=1), "note: the exchange said error 5 (why)"),
        (listed(1, command=2), "proven"),
    ],
    "an error that may have ended it": [
        *LIVE,
        (data(1),),
        (error(7), f"note: {SAID_7}", f"list 2: {SAID_7}"),
        (listed(1, command=2), "proven"),
        (data(2),),
        (after(10),),
        (error(7, sid=1, seq=3), f"list 3: {SAID_7}"),
        (listed(command=3), "ended"),
        (expire_when_due, "ask 4"),
        (ack(2, 4), "gap deaf of None, sid 1, 3-None, 1007-1010", "live 2 at 1010"),
    ],
    "an error of another subscription, or another command": [
        *LIVE,
        (data(1),),
        (error(7, sid=9), f"note: {SAID_7}"),
        (error(8, sid=1, seq=2), "note: the exchange said error 8 (why)"),
        (error(27, command=7), "note: the exchange said error 27 (why)"),
        (after(59.9),),
        (after(0.2), f"list 2: {QUIET}"),
    ],
    "errors that can hardly be read": [
        *LIVE,
        (error(None), "note: the exchange said an error without a code (why)", NO_CODE),
        (listed(1, command=2), "proven"),
        (after(10),),
        (error("GONE"), "note: the exchange said error GONE (why)", "list 3: " + SAID_GONE),
        (listed(1, command=3), "proven"),
        (error("8"), "note: the exchange said error 8 (why)"),
        (error(10.0), "ended"),
    ],
    "an ending error during the question": [
        *LIVE,
        (data(1),),
        (after(60), f"list 2: {QUIET}"),
        (error(25, sid=1), "ended by overflow"),
        (listed(command=2),),
        (expire_when_due, "ask 3"),
        (listed(command=2),),
        (ack(2, 3), "gap overflow of None, sid 1, 1-None, 1002-1008", "live 2 at 1008"),
        (listed(command=2),),
        (after(59.9),),
        (after(0.2), f"list 4: {QUIET}"),
    ],
    "unsubscribed without a wish": [
        *LIVE,
        (data(1),),
        (unsubscribed(1, 2), f"list 2: {SAID_UNSUBSCRIBED}"),
        (listed(command=2), "ended"),
        (expire_when_due, "ask 3"),
        (ack(2, 3), "gap deaf of None, sid 1, 2-None, 1003-1006", "live 2 at 1006"),
    ],
    "unsubscribed, so it is said": [
        *LIVE,
        (data(1),),
        (unsubscribed(None), f"list 2: {SAID_UNSUBSCRIBED}"),
        (listed(1, command=2), "proven"),
        (data(2),),
        (finish,),
    ],
    "unsubscribed from what is not ours": [
        *LIVE,
        (data(1),),
        (unsubscribed(9),),
        (data(2),),
    ],
    "a foreign subscription is asked about once": [
        *LIVE,
        (data(1),),
        (data(1, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
        (listed(1, 7, command=2), "proven"),
        (data(2, sid=7),),
        (data(2),),
        (after(10),),
        (data(1, sid=8), f"list 3: {NOT_OURS.format(8)}"),
        (listed(1, command=3), "proven"),
        (data(3),),
    ],
    "ours became a foreign one": [
        *LIVE,
        (data(1),),
        (data(2, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
        (listed(7, command=2), "SubscriptionLostError"),
        (lose, "wait"),
        (finish, "gap deaf of None, sid 1, 1-None, 1002-1006"),
    ],
    "messages of the one followed, or of the one acknowledged": [
        *LIVE,
        (data(1, sid=7), NEVER_ACKNOWLEDGED, f"list 2: {NOT_OURS.format(7)}"),
        (listed(7, command=2), "proven"),
        (after(60), f"list 3: {QUIET}"),
        (listed(1, command=3), "proven"),
    ],
    "any subscription, where ours has no name": [
        (connect, "ask 1"),
        (ack(None), "live None at 1001"),
        (after(60), f"list 2: {QUIET}"),
        (listed(3, command=2), "proven"),
        (after(60), "list 3: no message for 120 s"),
        (listed(command=3), "ended"),
    ],
    "doubt that arises during the question is asked about in its turn": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(7), f"note: {SAID_7}"),
        (unsubscribed(),),
        (listed(1, command=2), "proven"),
        (after(10), f"list 3: {SAID_UNSUBSCRIBED}"),
        (listed(1, command=3), "proven"),
        (after(59.9),),
    ],
    "doubt, where nothing is answered, is disproven by a message": [
        *LIVE,
        (error(7), f"note: {SAID_7}", f"list 2: {SAID_7}"),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (after(5),),
        (data(1),),
        (after(1_000),),
        (unsubscribed(),),
        (after(9),),
        (data(2),),
        (after(1_000),),
    ],
    "doubt, where nothing is answered, and no message": [
        *LIVE,
        (data(1),),
        (after(60), f"list 2: {QUIET}"),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (unsubscribed(),),
        (after(9.9),),
        (after(0.2), "new connection"),
        (lose, "wait"),
        (finish, "gap deaf of None, sid 1, 1-None, 1002-1009"),
    ],
    "doubt during a question that is refused": [
        *LIVE,
        (data(1),),
        (after(60), f"list 2: {QUIET}"),
        (unsubscribed(),),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (after(9.9),),
        (after(0.2), "new connection"),
    ],
    "doubt after the last message, and no answer": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (data(1),),
        (unsubscribed(),),
        (after(10), UNANSWERED),
        (after(10.1), "new connection"),
    ],
    "doubt after the last message, where nothing is answered": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (error(7), f"note: {SAID_7}"),
        (after(2),),
        (data(1),),
        (unsubscribed(),),
        (after(20), "new connection"),
    ],
    "doubt before the last message, and no answer": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (unsubscribed(),),
        (after(1),),
        (data(1),),
        (after(1_000), UNANSWERED),
    ],
    "nothing is asked while nothing is live": [
        (connect, "ask 1"),
        (data(1),),
        (unsubscribed(),),
        (error(7, sid=1), f"note: {SAID_7}"),
        (ack(), "live 1 at 1004"),
        (after(59.9),),
        (error(10), "ended"),
        (unsubscribed(),),
        (error(7),),
        (lose, "wait"),
        (after(1_000),),
    ],
    "the exchange that does not answer is not asked after an end either": [
        *LIVE,
        (after(60), f"list 2: {QUIET}"),
        (error(5, command=2), f"note: the exchange said error 5 (why) {UNPROVABLE}"),
        (error(10), "ended"),
        (expire_when_due, "ask 3"),
        (ack(2, 3), "gap disconnected of None, sid 1, None-None, 1001-1006", "live 2 at 1006"),
        (after(1_000),),
    ],
}


@pytest.mark.parametrize("name", DOUBTS)
def test_doubt(name: str) -> None:
    steps = DOUBTS[name]
    assert play(steps, session(), Clock()) == [list(expected) for _, *expected in steps]


@pytest.mark.parametrize("name", CONVERSATIONS | DOUBTS)
def test_nothing_depends_on_the_clock_on_the_wall(name: str) -> None:
    """It may be set at any time, to any time: only the stamps differ."""

    class SetAtEachStep(Clock):
        def tick(self) -> None:
            super().tick()
            self.ms = random.randrange(10**12)

    random = Random(1)
    steps = (CONVERSATIONS | DOUBTS)[name]
    answers = play(steps, session(), SetAtEachStep())
    assert [list(map(unstamped, answer)) for answer in answers] == [
        list(map(unstamped, expected)) for _, *expected in steps
    ]


def unstamped(said: str) -> str:
    return re.sub(r" at \d+$|, \d+-(\d+|None)$", "", said)


@pytest.mark.parametrize(
    ("codes", "refusal", "exit_code"),
    [
        ([9, "9", 9.0], RefusedError, 4),
        ([8, 11, 19, 20, 21, 22, "21"], SubscriptionRefusedError, 6),
        ([1, 2, 3, 5, 7, 10, 17, 18, 25, 26, 27, 28, 99, "GONE"], SubscriptionLostError, None),
    ],
)
def test_what_a_refusal_means(
    codes: list[object], refusal: type[Exception], exit_code: int | None
) -> None:
    for code in codes:
        talk, clock = session(), Clock()
        talk.subscribe(clock.now)
        shown = int(code) if isinstance(code, float) else code
        with pytest.raises(refusal, match=rf"error {shown} \(why\)") as raised:
            talk.observe(error(code, command=1), clock.now)
        assert getattr(raised.value, "exit_code", None) == exit_code
        assert talk.lost(clock.s) is not None
        (gap,) = talk.finish(clock.now)
        assert isinstance(gap, Gap)
        assert gap.reason == "unacknowledged"


def test_a_refusal_of_no_code_says_so() -> None:
    talk, clock = session(), Clock()
    talk.subscribe(clock.now)
    with pytest.raises(SubscriptionLostError, match=r"an error without a code \(no text\)$"):
        talk.observe(said("error", id=1), clock.now)


@pytest.mark.parametrize("code", [*range(1, 6), 8, *range(11, 17), *range(18, 25), 26, 27, 28])
@pytest.mark.parametrize("numbered", [False, True])
def test_errors_that_refuse_a_command_end_nothing(code: int, *, numbered: bool) -> None:
    talk, clock = live()
    (note,) = talk.observe(error(code, sid=1, seq=1) if numbered else error(code), clock.now)
    assert isinstance(note, Note)
    assert talk.live
    assert talk.observe(data(1 + numbered), clock.now) == ()


@pytest.mark.parametrize("code", [6, 7, 9, 0, 99, None, "GONE", -1])
@pytest.mark.parametrize("numbered", [False, True])
def test_errors_that_may_end_something_are_asked_about(code: object, *, numbered: bool) -> None:
    talk, clock = live()
    note, send = talk.observe(error(code, sid=1, seq=1) if numbered else error(code), clock.now)
    assert isinstance(note, Note)
    assert isinstance(send, Send)
    assert json.loads(send.command) == {"id": 2, "cmd": "list_subscriptions"}
    assert send.why == note.text
    assert talk.live
    assert talk.observe(data(1 + numbered), clock.now) == ()
    assert talk.observe(listed(1, command=2), clock.now) == (Proven(),)


@pytest.mark.parametrize(("code", "overflow"), [(10, False), (17, False), (25, True)])
@pytest.mark.parametrize("sid", [None, 1])
def test_errors_that_end_the_subscription(code: int, sid: int | None, *, overflow: bool) -> None:
    talk, clock = live()
    (ended,) = talk.observe(error(code, sid), clock.now)
    assert isinstance(ended, Ended)
    assert (ended.why, ended.overflow) == (f"error {code} (why)", overflow)
    assert not talk.live


def live(limit: int | None = None) -> tuple[Session, Clock]:
    talk, clock = session(limit), Clock()
    talk.subscribe(clock.now)
    talk.observe(ack(), clock.now)
    return talk, clock


def test_the_command_says_what_is_asked_for() -> None:
    talk = Session(shard=Shard(3, 10), mine=True, backoff=Backoff(Random(1)))
    assert json.loads(talk.subscribe(Clock().now)) == {
        "id": 1,
        "cmd": "subscribe",
        "params": {
            "channels": ["communications"],
            "shard_factor": 10,
            "shard_key": 3,
            "user_filter": "self",
        },
    }


def test_how_long_the_acknowledgement_took_is_told() -> None:
    talk, clock = session(), Clock()
    talk.subscribe(clock.now)
    clock.wait_until(START_S + 2.5)
    (told,) = talk.observe(ack(), clock.now)
    assert told == Live(1, clock.now, 2.5)


def test_every_state_has_its_deadline() -> None:
    talk, clock = session(), Clock()
    deadlines_s = [talk.deadline_s]
    talk.subscribe(clock.now)
    deadlines_s.append(talk.deadline_s)
    clock.wait_until(START_S + 9.999)
    assert talk.expired(clock.now) == ()
    talk.observe(ack(), clock.now)
    deadlines_s.append(talk.deadline_s)
    clock.wait_until(talk.deadline_s)
    assert talk.expired(clock.now)
    deadlines_s.append(talk.deadline_s)
    talk.lost(clock.s)
    deadlines_s.append(talk.deadline_s)
    assert deadlines_s == [inf, START_S + 10, START_S + 69.999, START_S + 79.999, inf]


@pytest.mark.parametrize("quiet_s", [1.0, 300.0])
def test_how_long_quiet_may_last_can_be_said(quiet_s: float) -> None:
    talk = Session(shard=None, mine=False, backoff=Backoff(Random(1)), quiet_s=quiet_s)
    clock = Clock()
    talk.subscribe(clock.now)
    talk.observe(ack(), clock.now)
    assert talk.deadline_s == START_S + quiet_s


def test_an_ended_subscription_waits_before_it_is_asked_for_again() -> None:
    talk, clock = live()
    (ended,) = talk.observe(error(10, sid=1), clock.now)
    assert isinstance(ended, Ended)
    assert 0 <= ended.delay_s <= 0.5
    assert talk.deadline_s == START_S + ended.delay_s
    assert not talk.live


def test_no_more_attempts() -> None:
    talk, clock = live(limit=0)
    with pytest.raises(SubscriptionLostError, match=r"error 10 \(why\)"):
        talk.observe(error(10, sid=1), clock.now)
    assert talk.lost(clock.s) is None
    (gap,) = talk.finish(clock.now)
    assert isinstance(gap, Gap)


@pytest.mark.parametrize(("data_for_s", "forgotten"), [(29.999, False), (30, True)])
@pytest.mark.parametrize("how", ["disconnected", "ended"])
def test_attempts_are_forgotten_after_a_stable_stretch(
    how: str, data_for_s: float, *, forgotten: bool
) -> None:
    talk, clock = session(limit=2), Clock()
    for _ in range(2):
        assert talk.lost(clock.s) is not None
    talk.subscribe(clock.now)
    talk.observe(ack(), clock.now)
    clock.wait_until(START_S + data_for_s)
    talk.observe(data(1), clock.now)
    if how == "disconnected":
        assert (talk.lost(clock.s) is not None) == forgotten
        return
    clock.wait_until(START_S + 10 * data_for_s)
    if forgotten:
        assert talk.observe(error(10), clock.now)
    else:
        with pytest.raises(SubscriptionLostError):
            talk.observe(error(10), clock.now)


def test_a_quiet_connection_is_as_stable_as_a_busy_one() -> None:
    talk, clock = session(limit=1), Clock()
    for _ in range(5):
        talk.subscribe(clock.now)
        talk.observe(ack(command=None), clock.now)
        clock.wait_until(clock.s + 60)
        assert talk.lost(clock.s) is not None


def test_a_handshake_is_no_stable_stretch() -> None:
    talk, clock = session(limit=3), Clock()
    for _ in range(3):
        talk.subscribe(clock.now)
        talk.observe(ack(command=None), clock.now)
        clock.wait_until(clock.s + 1)
        assert talk.lost(clock.s) is not None
    assert talk.lost(clock.s) is None


def test_oddities_told_are_bounded() -> None:
    talk, clock = live()
    told = [notice for code in range(100, 1_000) for notice in talk.observe(error(code), clock.now)]
    assert sum(isinstance(notice, Note) for notice in told) == MOST_NOTES
    # One question is enough, until it is answered.
    assert sum(isinstance(notice, Send) for notice in told) == len(told) - MOST_NOTES == 1


def test_what_the_exchange_says_is_no_longer_than_a_line() -> None:
    talk, clock = live()
    long = "x" * 1_000_000
    note, send = talk.observe(said("error", msg={"code": long, "msg": long}), clock.now)
    assert isinstance(note, Note)
    assert isinstance(send, Send)
    assert len(note.text) == len(send.why) < 500


# Laws.


def heard_one_by_one(talk: Session, burst: Sequence[Received], now: Instant) -> list[Notice]:
    return [notice for frame in burst for notice in talk.observe(frame, now)]


def heard_together(talk: Session, burst: Sequence[Received], now: Instant) -> list[Notice]:
    notices: list[Notice] = []
    place = 0
    while True:
        place += talk.follow(burst, place, now)
        if place == len(burst):
            return notices
        notices += talk.observe(burst[place], now)
        place += 1


# Each with how much further its number is.
FRAMES = st.tuples(
    st.sampled_from([data] * 6 + [unknown, odd, ok, partial(error, 8), partial(error, 7)]),
    st.sampled_from([1] * 12 + [2, 3, 0, -1]),
    st.sampled_from([1] * 12 + [7]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(FRAMES, max_size=8), max_size=8), st.sampled_from([1, None]))
def test_messages_can_be_followed_instead_of_observed(
    bursts: list[list[tuple[Callable[..., Received], int, int]]], acknowledged: int | None
) -> None:
    clock = Clock()
    one, other = session(), session()
    for talk in (one, other):
        talk.subscribe(clock.now)
        talk.observe(ack(acknowledged), clock.now)
    seq = 0
    for burst in bursts:
        clock.tick()
        frames = []
        for kind, step, sid in burst:
            seq = max(0, seq + step)
            frames.append(kind(seq=seq, sid=sid))
        assert heard_one_by_one(one, frames, clock.now) == heard_together(other, frames, clock.now)
        assert one.deadline_s == other.deadline_s
        assert one.numbering.last_seq == other.numbering.last_seq
        assert one.numbering.backward == other.numbering.backward
    assert one.lost(clock.s) == other.lost(clock.s)
    assert one.finish(clock.now) == other.finish(clock.now)
