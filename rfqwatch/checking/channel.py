"""Checks of the channel: handshake, subscription, what comes, whether it goes on coming."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from rfqwatch.checking.dependencies import Check
from rfqwatch.checking.listening import Conversation
from rfqwatch.checking.refusals import explained
from rfqwatch.checking.verdict import failed, failure, passed, unsure
from rfqwatch.clock import now
from rfqwatch.errors import GapsError, RefusedError, RfqwatchError
from rfqwatch.lines.wording import counted
from rfqwatch.sources.link import ClosedError, DisconnectedError, UnreadableError
from rfqwatch.sources.websocket import Dialer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.checking.subject import Subject
    from rfqwatch.checking.verdict import Verdict
    from rfqwatch.exchange.notices import GapReason

IDLE_TIMEOUT_S = 30.0
FIRST_S = 5.0
"""How long a first message may take."""
LISTEN_S = 5.0
ANSWER_S = 5.0
"""How long the exchange may take to say whether a subscription lives."""
_MINDED_ACKNOWLEDGEMENT_S = 2.0

_TRIED_AGAIN = "It may pass: rfqwatch tail tries again by itself, as often as it takes."
_AGAIN = "rfqwatch tail connects again by itself, and marks a gap."
_LOST = (
    f"{_AGAIN} Where it happens again and again, a firewall, proxy or bad network on the way is to "
    "blame, or the exchange is about to close."
)
_CLOSED = f"The exchange gave its reason, and nothing here is to be mended. {_AGAIN}"
_CLOSED_BY_CODE = {
    1001: f"It restarts or moves, and nothing here is to be mended. {_AGAIN}",
    1011: f"Something failed there, and nothing here is to be mended. {_AGAIN}",
    1012: f"It restarts, and nothing here is to be mended. {_AGAIN}",
    1013: f"It has too much to do at present, and nothing here is to be mended. {_AGAIN}",
}
"""What the codes of a close frame mean (the registry of RFC 6455, section 11.7)."""
_UNREADABLE = (
    f"It breaks the protocol, or is larger than rfqwatch takes (4 MiB). {_AGAIN} Where it happens "
    "again and again, something on the way spoils what comes, or the exchange changed: look for a "
    "newer rfqwatch."
)
_OTHER_CLOCKS = (
    "By REST it agreed a moment ago: it was set meanwhile, or clocks of the exchange differ. Each "
    "handshake is refused once where it is so."
)
_BY_ITS_CLOCK = "Set this computer's clock; until then each handshake is refused once."
_QUIET = (
    "Most likely a quiet market, as at night or on the demo exchange; the next check asks whether "
    "the subscription lives. What messages are like can't be told."
)
_QUIET_MINE = "Nothing happened to RFQs of your own (--mine). What messages are like can't be told."
_MUTE = "Were this stream quiet, it could not be told from a dead one. It is not: messages go on."
_MUTE_AND_QUIET = "The connection lives. Whether the subscription does can't be told."
_OUTAGES: dict[GapReason, tuple[str, str]] = {
    "overflow": (
        "the exchange dropped us: its buffer was full (error 25)",
        "One connection is not enough, or this computer too slow: see below, at shards.",
    ),
    "deaf": (
        "the exchange ended the subscription without a word that is understood",
        "rfqwatch tail notices, asks for it again, and marks a gap.",
    ),
}
_OUTAGE = (
    "the exchange ended the subscription (error 10 or like it)",
    "rfqwatch tail asks for it again, and marks a gap.",
)


class ChannelChecks:
    """Connects and subscribes as a watch does, and listens for a moment.

    ``say`` is told each step of it. ``first_s`` is how long a first message may take, and
    ``listen_s`` how long is listened from then on.
    """

    def __init__(
        self,
        subject: Subject,
        say: Callable[[str], None],
        *,
        first_s: float = FIRST_S,
        listen_s: float = LISTEN_S,
    ) -> None:
        self._subject = subject
        self._say = say
        self._first_s = first_s
        self._listen_s = listen_s
        self._open = AsyncExitStack()
        self.conversation = Conversation(subject, say)
        self.checks = (
            Check("handshake", "handshake", self._handshake, ("endpoint", "private_key", "tls")),
            Check("subscription", "subscription", self._subscription, ("handshake",)),
            Check("first_message", "first message", self._first, ("subscription",)),
            Check("stream", "stream", self._stream, ("subscription",)),
        )

    async def close(self) -> None:
        """Hang up."""
        await self.conversation.end()
        await self._open.aclose()

    async def _handshake(self) -> Verdict:
        subject = self._subject
        assert subject.credentials is not None  # noqa: S101 - a check before this loads them
        said: list[str] = []
        dialer = Dialer(
            subject.url,
            subject.credentials,
            idle_timeout_s=IDLE_TIMEOUT_S,
            say=said.append,
            origin=subject.origin,
        )
        start_s = now().s
        dialled = await asyncio.gather(
            *(self._open.enter_async_context(dialer.dial()) for _ in subject.shards or (None,)),
            return_exceptions=True,
        )
        links = []
        for each in dialled:
            if isinstance(each, BaseException):
                return self._lost(each, _TRIED_AGAIN, by_our_clock=True)
            links.append(each)
        ms = round((now().s - start_s) * 1000)
        several = f"{len(links)} connections, the first " if len(links) > 1 else ""
        seen = f"{several}to {links[0].described}, in {ms} ms"
        facts = {"ms": ms, "connections": len(links)}
        self.conversation.begin(links)
        if said:
            meaning = _OTHER_CLOCKS if subject.offset_ms == 0 else _BY_ITS_CLOCK
            return unsure(f"{seen}; {said[0]}", meaning, facts)
        return passed(seen, facts)

    async def _subscription(self) -> Verdict:
        talk = self.conversation
        # The session itself waits for no longer than an answer may take.
        await talk.until(lambda: talk.acknowledged, None)
        if not talk.acknowledged:
            return self._lost(talk.over, _TRIED_AGAIN)
        asked_s = max(live.asked_s for live in talk.ear.lives)
        shards = ", ".join(map(str, self._subject.shards))
        of = f"shard{'s' * (len(self._subject.shards) > 1)} {shards} " if shards else ""
        seen = f"{of}acknowledged after {asked_s * 1000:,.0f} ms"
        facts = {"ms": round(asked_s * 1000)}
        if asked_s > _MINDED_ACKNOWLEDGEMENT_S:
            return unsure(seen, "The exchange is slow to answer; it may be overloaded.", facts)
        return passed(seen, facts)

    async def _first(self) -> Verdict:
        talk = self.conversation
        live_s = talk.ear.lives[0].at.s
        if not await talk.until(lambda: talk.ear.first is not None, self._first_s):
            if talk.over is not None:
                return self._lost(talk.over)
            meaning = _QUIET_MINE if self._subject.mine else _QUIET
            return unsure(f"none in {self._first_s:g} s", meaning, blocks=True)
        assert talk.ear.first is not None  # noqa: S101 - just seen
        # What came before the acknowledgement came at once.
        after_s = max(0.0, talk.ear.first.s - live_s)
        return passed(f"after {after_s * 1000:,.0f} ms", {"ms": round(after_s * 1000)})

    async def _stream(self) -> Verdict:
        talk = self.conversation
        if talk.ear.first is not None:
            await talk.until(lambda: False, self._listen_s)
        asked = now()
        if talk.over is None:
            talk.ask()
            await talk.until(lambda: talk.proven or bool(talk.outages), ANSWER_S)
        over, heard_s = talk.over, talk.heard_s
        await talk.end()
        since_s = asked.s - talk.ear.lives[0].at.s
        count = talk.ear.messages_heard
        seen = f"{counted(count, 'message')} and {counted(talk.pings, 'ping')} in {since_s:.1f} s"
        facts = {"messages": count, "pings": talk.pings, "s": round(since_s, 3)}
        if over is not None:
            lost = self._lost(over)
            return failed(f"{seen}, then {lost.seen}", lost.advice, facts, exit_code=lost.exit_code)
        if talk.outages:
            what, mend = _OUTAGES.get(talk.outages[0].reason, _OUTAGE)
            return failed(f"{seen}; {what}", mend, facts, exit_code=GapsError.exit_code)
        if talk.proven:
            return passed(f"{seen}; the exchange has our subscription", facts)
        if heard_s < asked.s:
            silent = f"nothing is heard any more, not even an answer in {ANSWER_S:g} s"
            return failed(f"{seen}; {silent}", _LOST, facts)
        meaning = _MUTE if talk.messages_since(asked.s) else _MUTE_AND_QUIET
        unsaid = "the exchange does not say whether it has our subscription"
        return unsure(f"{seen}; {unsaid}", meaning, facts)

    def _lost(
        self, error: BaseException | None, advice: str = _LOST, *, by_our_clock: bool = False
    ) -> Verdict:
        match error:
            case RefusedError():
                return explained(error, self._subject, by_our_clock=by_our_clock)
            case RfqwatchError():
                return failure(error)
            case ClosedError():
                return failed(str(error), _CLOSED_BY_CODE.get(error.code, _CLOSED))
            case UnreadableError():
                return failed(str(error), _UNREADABLE)
            case DisconnectedError():
                return failed(str(error), error.advice or advice)
            case Exception():
                # A subscription that can't be had.
                return failed(str(error), advice)
        assert error is not None  # noqa: S101 - or it would not be lost
        raise error
