"""One readable line for each event, safe for a terminal whatever the wire holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rfqwatch.escaping import safe
from rfqwatch.exchange.events import (
    BatchQuoteAccepted,
    BatchQuoteCreated,
    BatchQuoteExecuted,
    Event,
    Leg,
    Offer,
    QuoteAccepted,
    QuoteCreated,
    QuoteExecuted,
    RfqBatchBestQuotes,
    RfqBatchCreated,
    RfqBatchDeleted,
    RfqBatchExecuted,
    RfqCreated,
    RfqDeleted,
)
from rfqwatch.exchange.wire import Malformed, Unknown
from rfqwatch.lines.output import LineOutput
from rfqwatch.lines.wording import UNKNOWN, bid, clock, counted, settlement, size, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import Gap, Live
    from rfqwatch.exchange.wire import Message, Payload
    from rfqwatch.lines.buffer import Line
    from rfqwatch.lines.output import Ending, Place

MOST_LEGS = 15
"""Legs of one combo, or quotes of one batch, shown; the largest combos have about as many."""

LONGEST_WORD = 100
"""Characters shown of one ticker or id; the exchange's longest is 64."""

_TYPE_WIDTH = len("rfq_batch_best_quotes")


class TextLines(LineOutput):
    """Time (UTC), shard, type, market or legs, size, bids, id.

    What ``encoding`` has no character for is written as a question mark.
    """

    def __init__(
        self, place: Place, read: Callable[[str, Payload], Event | None], encoding: str
    ) -> None:
        super().__init__(place)
        self._read = read
        self._encoding = encoding

    def begin(self, shard: str, at: Instant) -> None:
        """Expect what was received over one connection at one moment."""
        super().begin(shard, at)
        self._start = _start(shard, at.ms)

    def _line_end(self, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return b"\n"

    def _message_lines(self, data: Sequence[Payload], frames: Sequence[Message]) -> Sequence[Line]:
        return [self._message_line(*each) for each in zip(data, frames, strict=True)]

    def _message_line(self, data: Payload, frame: Message) -> bytes:
        if isinstance(frame, Malformed):
            return self._line("malformed", frame.reason, _excerpt(data))
        if isinstance(frame, Unknown):
            return self._line(_word(frame.type or "no type"), "unknown to rfqwatch")
        event = self._read(frame.type, data)
        return self._line(frame.type, *(["unreadable"] if event is None else _describe(event)))

    def _live_line(self, live: Live) -> bytes:
        return self._line("watching", "" if live.sid is None else f"sid {live.sid}")

    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:
        missed = "an unknown number" if gap.missed is None else f"{gap.missed:,}"
        until = "" if gap.to_ms is None else f" to {_clock(gap.to_ms)}"
        words = f"{gap.reason}: {missed} missed", f"{_clock(gap.from_ms)}{until}"
        return self._written(_start(shard, received_ms), "GAP", *words)

    def _ended_line(self, ending: Ending) -> bytes:
        return self._line("ended", f"{ending.reason}: {counted(ending.events, 'message')}")

    def _line(self, kind: str, *words: str) -> bytes:
        return self._written(self._start, kind, *words)

    def _written(self, start: str, kind: str, *words: str) -> bytes:
        line = safe("  ".join([start, kind.ljust(_TYPE_WIDTH), *filter(None, words)]))
        return line.encode(self._encoding, "replace")


def _start(shard: str, received_ms: int) -> str:
    return "  ".join(filter(None, [_clock(received_ms), shard]))


def _excerpt(data: Payload) -> str:
    text = data[:LONGEST_WORD].decode(errors="backslashreplace")
    return text if len(data) <= LONGEST_WORD else f"{text}…"


_clock = partial(clock, timespec="milliseconds")


def _word(text: str | None) -> str:
    if text is None:
        return UNKNOWN
    return text if len(text) <= LONGEST_WORD else f"{text[:LONGEST_WORD]}…"


def _leg(leg: Leg) -> str:
    settled = settlement(leg)
    return f"{_word(leg.market_ticker)} {_word(leg.side)}" + (f" ({settled})" if settled else "")


def _legs(legs: tuple[Leg, ...]) -> str:
    shown = " + ".join(map(_leg, legs[:MOST_LEGS]))
    more = f" + {len(legs) - MOST_LEGS} more" if len(legs) > MOST_LEGS else ""
    return f"{counted(len(legs), 'leg')}: {shown}{more}"


def _offer(offer: Offer) -> str:
    yes = bid("yes", offer.yes_bid, offer.yes_contracts)
    return f"{yes}  {bid('no', offer.no_bid, offer.no_contracts)}"


def _accepted(side: str | None, contracts: Decimal | None = None) -> str:
    return taken("accepted", _word(side or ""), contracts)


def _executed(event: RfqBatchExecuted | BatchQuoteExecuted) -> str:
    return (
        f"{_word(event.close_reason)}: {len(event.executed_rfq_ids or ())} executed, "
        f"{len(event.failed_rfq_ids or ())} failed"
    )


def _terms(event: RfqCreated | RfqDeleted) -> tuple[str, str]:
    return size(event.contracts, event.target_cost), f"rfq {_word(event.id)}"


def _ids(event: QuoteCreated | QuoteAccepted | QuoteExecuted) -> tuple[str, str]:
    return f"quote {_word(event.quote_id)}", f"rfq {_word(event.rfq_id)}"


def _describe(event: Event) -> tuple[str, ...]:  # noqa: C901, PLR0911 - one for each type
    match event:
        case RfqCreated(mve_selected_legs=legs) if legs:
            return (_legs(legs), *_terms(event))
        case RfqCreated() | RfqDeleted():
            return (_word(event.market_ticker), *_terms(event))
        case QuoteAccepted():
            accepted = _accepted(event.accepted_side, event.contracts_accepted)
            return (_word(event.market_ticker), accepted, _offer(event), *_ids(event))
        case QuoteCreated():
            return (_word(event.market_ticker), _offer(event), *_ids(event))
        case QuoteExecuted():
            return (_word(event.market_ticker), *_ids(event))
        case RfqBatchCreated():
            return (
                f"{counted(len(event.rfqs or ()), 'rfq')} over {_legs(event.legs or ())}",
                f"batch {_word(event.id)}",
            )
        case RfqBatchDeleted():
            return (counted(len(event.rfq_ids or ()), "rfq"), f"batch {_word(event.id)}")
        case RfqBatchBestQuotes():
            return (
                f"{counted(len(event.rfqs or ()), 'rfq')} with bids",
                "" if event.version is None else f"version {event.version}",
                f"batch {_word(event.rfq_batch_id)}",
            )
        case BatchQuoteCreated() | BatchQuoteAccepted():
            quotes = event.quotes or ()
            return (
                counted(len(quotes), "rfq"),
                _accepted(event.accepted_side) if isinstance(event, BatchQuoteAccepted) else "",
                *(f"{_word(each.market_ticker)} {_offer(each)}" for each in quotes[:MOST_LEGS]),
                f"and {len(quotes) - MOST_LEGS} more" if len(quotes) > MOST_LEGS else "",
                f"batch {_word(event.rfq_batch_id)}",
            )
        case RfqBatchExecuted() | BatchQuoteExecuted():
            return (_executed(event), f"batch {_word(event.rfq_batch_id)}")
