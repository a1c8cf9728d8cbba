"""A conversation with a simulated moment for each step: what is heard, and what is told of it."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.clock import Instant
from rfqwatch.errors import RefusedError, SubscriptionRefusedError
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.notices import Ended, Gap, Live, Note, Proven, Send
from rfqwatch.exchange.session import Session, SubscriptionLostError
from rfqwatch.exchange.wire import CHANNEL, Payload, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rfqwatch.exchange.notices import Notice
    from rfqwatch.exchange.wire import Received


Step: TypeAlias = "Received | Callable[[Session, Clock], list[str]]"
Conversation: TypeAlias = "Sequence[tuple[Step, *tuple[str, ...]]]"
"""Steps, with what must be told of each."""

START_MS = 1_000
START_S = 70_000.0


class Clock:
    """The two clocks of a computer; only one of them shows how long something took."""

    def __init__(self) -> None:
        self.ms = START_MS
        self.s = START_S

    @property
    def now(self) -> Instant:
        return Instant(self.ms, self.s)

    def tick(self) -> None:
        self.ms += 1
        self.s += 0.001

    def wait_until(self, s: float) -> None:
        """Let time pass, of which the clock on the wall knows nothing."""
        self.s = max(self.s, s)


def session(limit: int | None = None) -> Session:
    return Session(shard=None, mine=False, backoff=Backoff(Random(1), limit))


# What the exchange says.


def said(type_: str, **members: object) -> Received:
    return read(Payload(json.dumps({"type": type_, **members}).encode()))


def _present(**numbers: int | None) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number is not None}


def data(seq: int | None, sid: int | None = 1) -> Received:
    return said("rfq_deleted", msg={"id": "x"}, **_present(sid=sid, seq=seq))


def odd(seq: int, sid: int = 1) -> Received:
    """Give a message that can be read no further than its envelope."""
    return said("rfq_deleted", msg=[{"id": None}], sid=sid, seq=seq, sending_ts_ms="soon")


def unknown(seq: int | None, sid: int | None = 1) -> Received:
    return said("rfq_whispered", **_present(sid=sid, seq=seq))


def malformed(text: str = "Service Unavailable") -> Received:
    return read(Payload(text.encode()))


def ack(sid: int | None = 1, command: int | None = 1) -> Received:
    return said("subscribed", msg={"channel": CHANNEL, **_present(sid=sid)}, **_present(id=command))


def error(
    code: object, sid: int | None = None, seq: int | None = None, command: int | None = None
) -> Received:
    numbers = _present(id=command, sid=sid, seq=seq)
    return said("error", msg={"code": code, "msg": "why"}, **numbers)


def unsubscribed(sid: int | None = 1, seq: int | None = None) -> Received:
    return said("unsubscribed", **_present(sid=sid, seq=seq))


def ok(seq: int | None = None, sid: int | None = 1, command: int | None = None) -> Received:
    return said("ok", msg={"market_tickers": []}, **_present(id=command, sid=sid, seq=seq))


def listed(*sids: int, command: int | None, channel: object = CHANNEL) -> Received:
    entries = [{"channel": channel, "sid": sid} for sid in sids]
    return said("ok", msg=entries, **_present(id=command))


# What happens otherwise.


def connect(talk: Session, clock: Clock) -> list[str]:
    return [f"ask {json.loads(talk.subscribe(clock.now))['id']}"]


def expire(talk: Session, clock: Clock) -> list[str]:
    try:
        return all_told(talk.expired(clock.now))
    except SubscriptionLostError:
        return ["new connection"]


def expire_when_due(talk: Session, clock: Clock) -> list[str]:
    clock.wait_until(talk.deadline_s)
    return expire(talk, clock)


def after(seconds: float) -> Step:
    """Let so much time pass, and take note of what was due in it, when it was due."""

    def pass_time(talk: Session, clock: Clock) -> list[str]:
        end_s = clock.s + seconds
        told_of = []
        while talk.deadline_s <= end_s and "new connection" not in told_of:
            told_of += expire_when_due(talk, clock)
        clock.wait_until(end_s)
        return told_of

    return pass_time


def lose(talk: Session, clock: Clock) -> list[str]:
    return ["spent" if talk.lost(clock.s) is None else "wait"]


def finish(talk: Session, clock: Clock) -> list[str]:
    return all_told(talk.finish(clock.now))


def give_up(talk: Session, clock: Clock) -> list[str]:  # noqa: ARG001 - it never ends
    return all_told(talk.finish(None))


# What is told.


def told(notice: Notice) -> str:  # noqa: PLR0911 - one for each
    match notice:
        case Live():
            return f"live {notice.sid} at {notice.at.ms}"
        case Gap():
            return (
                f"gap {notice.reason} of {notice.missed}, sid {notice.sid}, "
                f"{notice.last_seq}-{notice.next_seq}, {notice.from_ms}-{notice.to_ms}"
            )
        case Ended():
            return "ended by overflow" if notice.overflow else "ended"
        case Send():
            command = json.loads(notice.command)
            if command["cmd"] == "subscribe":
                return f"ask {command['id']}"
            assert command == {"id": command["id"], "cmd": "list_subscriptions"}
            return f"list {command['id']}: {notice.why}"
        case Proven():
            return "proven"
        case Note():
            return f"note: {notice.text.split(';')[0].split(':')[0]}"


def all_told(notices: Iterable[Notice]) -> list[str]:
    return [told(notice) for notice in notices]


def play(steps: Conversation, talk: Session, clock: Clock) -> list[list[str]]:
    """Give what is told at each step; a step takes a millisecond, if nothing is waited for."""
    answers = []
    for step, *_ in steps:
        if callable(step):
            answers.append(step(talk, clock))
        else:
            try:
                answers.append(all_told(talk.observe(step, clock.now)))
            except (RefusedError, SubscriptionRefusedError, SubscriptionLostError) as refusal:
                answers.append([type(refusal).__name__])
        clock.tick()
    return answers
