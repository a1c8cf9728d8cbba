"""One readable line for each event, safe for a terminal whatever the wire holds."""

from __future__ import annotations

from datetime import UTC, datetime
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

if TYPE_CHECKING:
    from decimal import Decimal

    from rfqwatch.exchange.session import Gap, Live
    from rfqwatch.exchange.wire import Frame, Payload

MOST_LEGS = 15
"""Legs of one combo, or quotes of one batch, shown; the largest combos have about as many."""

LONGEST_WORD = 100
"""Characters shown of one ticker or id; the exchange's longest is 64."""

_TYPE_WIDTH = len("rfq_batch_best_quotes")


class TextLines(LineOutput):
    """Time (UTC), shard, type, market or legs, size, bids, id."""

    def begin(self, shard: str, received_ms: int) -> None:
        """Expect what was received over one connection at one moment."""
        super().begin(shard, received_ms)
        self._start = _start(shard, received_ms)

    def _line_end(self, shard: str, received_ms: int) -> bytes:  # noqa: ARG002
        return b"\n"

    def _event_line(self, data: Payload, frame: Frame | Unknown | Malformed) -> bytes | None:  # noqa: ARG002
        if isinstance(frame, Malformed):
            return None
        if isinstance(frame, Unknown):
            return self._line(_word(frame.type), "unknown to rfqwatch")
        return self._line(frame.msg.type, *_describe(frame.msg))

    def _live_line(self, live: Live) -> bytes:
        return self._line("watching", "" if live.sid is None else f"sid {live.sid}")

    def _gap_line(self, gap: Gap, shard: str, received_ms: int) -> bytes:
        missed = "an unknown number" if gap.missed is None else f"{gap.missed:,}"
        until = "" if gap.to_ms is None else f" to {_clock(gap.to_ms)}"
        words = f"{gap.reason}: {missed} missed", f"{_clock(gap.from_ms)}{until}"
        return _line(_start(shard, received_ms), "GAP", *words)

    def _line(self, kind: str, *words: str) -> bytes:
        return _line(self._start, kind, *words)


def _line(start: str, kind: str, *words: str) -> bytes:
    return safe("  ".join([start, kind.ljust(_TYPE_WIDTH), *filter(None, words)])).encode()


def _start(shard: str, received_ms: int) -> str:
    return "  ".join(filter(None, [_clock(received_ms), shard]))


def _clock(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{milliseconds:03}Z"


def _word(text: str | None) -> str:
    if text is None:
        return "?"
    return text if len(text) <= LONGEST_WORD else f"{text[:LONGEST_WORD]}…"


def _dollars(amount: Decimal | None) -> str:
    return "" if amount is None else f"${amount:f}"


def _contracts(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f} contracts"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _legs(legs: tuple[Leg, ...]) -> str:
    shown = " + ".join(
        f"{_word(leg.market_ticker)} {_word(leg.side)}"
        + (
            f" (settled ${leg.yes_settlement_value_dollars:f})"
            if leg.yes_settlement_value_dollars is not None
            else ""
        )
        for leg in legs[:MOST_LEGS]
    )
    more = f" + {len(legs) - MOST_LEGS} more" if len(legs) > MOST_LEGS else ""
    return f"{_counted(len(legs), 'leg')}: {shown}{more}"


def _bid(side: str, bid: Decimal | None, contracts: Decimal | None) -> str:
    # A bid of zero is the exchange's way to say that the side is not offered.
    if not bid:
        return f"{side} -"
    return f"{side} ${bid:f}" + (f" x {contracts:f}" if contracts else "")


def _offer(offer: Offer) -> str:
    return (
        f"{_bid('yes', offer.yes_bid, offer.yes_contracts)}  "
        f"{_bid('no', offer.no_bid, offer.no_contracts)}"
    )


def _accepted(event: QuoteAccepted) -> str:
    taken = f"accepted {_word(event.accepted_side)}"
    return taken if event.contracts_accepted is None else f"{taken} x {event.contracts_accepted:f}"


def _executed(event: RfqBatchExecuted | BatchQuoteExecuted) -> str:
    return (
        f"{_word(event.close_reason)}: {len(event.executed_rfq_ids or ())} executed, "
        f"{len(event.failed_rfq_ids or ())} failed"
    )


def _describe(event: Event) -> tuple[str, ...]:  # noqa: C901, PLR0911 - one for each type
    match event:
        case RfqCreated():
            legs = event.mve_selected_legs
            return (
                _legs(legs) if legs else _word(event.market_ticker),
                _contracts(event.contracts),
                _dollars(event.target_cost),
                f"rfq {_word(event.id)}",
            )
        case RfqDeleted():
            return (
                _word(event.market_ticker),
                _contracts(event.contracts),
                _dollars(event.target_cost),
                f"rfq {_word(event.id)}",
            )
        case QuoteAccepted():
            return (
                _word(event.market_ticker),
                _accepted(event),
                _offer(event),
                f"quote {_word(event.quote_id)}",
                f"rfq {_word(event.rfq_id)}",
            )
        case QuoteCreated():
            return (
                _word(event.market_ticker),
                _offer(event),
                f"quote {_word(event.quote_id)}",
                f"rfq {_word(event.rfq_id)}",
            )
        case QuoteExecuted():
            return (
                _word(event.market_ticker),
                f"quote {_word(event.quote_id)}",
                f"rfq {_word(event.rfq_id)}",
            )
        case RfqBatchCreated():
            return (
                f"{_counted(len(event.rfqs or ()), 'rfq')} over {_legs(event.legs or ())}",
                f"batch {_word(event.id)}",
            )
        case RfqBatchDeleted():
            return (_counted(len(event.rfq_ids or ()), "rfq"), f"batch {_word(event.id)}")
        case RfqBatchBestQuotes():
            return (
                f"{_counted(len(event.rfqs or ()), 'rfq')} with bids",
                "" if event.version is None else f"version {event.version}",
                f"batch {_word(event.rfq_batch_id)}",
            )
        case BatchQuoteCreated() | BatchQuoteAccepted():
            side = (
                f"accepted {_word(event.accepted_side)}"
                if isinstance(event, BatchQuoteAccepted)
                else ""
            )
            quotes = event.quotes or ()
            return (
                _counted(len(quotes), "rfq"),
                side,
                *(f"{_word(each.market_ticker)} {_offer(each)}" for each in quotes[:MOST_LEGS]),
                f"and {len(quotes) - MOST_LEGS} more" if len(quotes) > MOST_LEGS else "",
                f"batch {_word(event.rfq_batch_id)}",
            )
        case RfqBatchExecuted() | BatchQuoteExecuted():
            return (_executed(event), f"batch {_word(event.rfq_batch_id)}")
