"""What an opened RFQ shows below its row: everything known of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.book.rfq import Phase, Quote, QuoteState, Rfq, State
from rfqwatch.lines.wording import (
    UNKNOWN,
    bid,
    countdown,
    person,
    settlement,
    short_person,
    taken,
)
from rfqwatch.screen.picture.columns import Look, created, state, wanted

if TYPE_CHECKING:
    from rfqwatch.exchange.events import Leg

INDENT = "     "


def details(row: Rfq, look: Look) -> list[str]:
    """Write down everything known of an RFQ, a line for each leg and each quote."""
    lines = [
        f"rfq {row.id}",
        f"size {wanted(row, look)}  created {created(row, look)}  state {state(row, look)}",
    ]
    for name, text in (
        ("market", row.market_ticker),
        ("event", row.event_ticker),
        ("collection", row.collection_ticker),
        ("batch", row.batch_id),
        ("creator", person(row.creator_id)),
    ):
        if text:
            lines.append(f"{name} {text}")
    lines += [_leg_line(number, leg) for number, leg in enumerate(row.legs, 1)]
    current = row.current_quotes()
    lines += [_quote_line(row, quote, look) for quote in current]
    if row.best is not None:
        lines.append(f"best of batch  {bid('yes', row.best.yes)}  {bid('no', row.best.no)}")
    elif not current:
        known = "no quotes" if look.book.mine else "quotes are seen by their two parties only"
        lines.append(known)
    return [INDENT + line for line in lines]


def _leg_line(number: int, leg: Leg) -> str:
    parts = [f"leg {number}", leg.side or UNKNOWN, leg.market_ticker or UNKNOWN, settlement(leg)]
    if leg.event_ticker:
        parts.append(f"of {leg.event_ticker}")
    return "  ".join(filter(None, parts))


def _quote_line(row: Rfq, quote: Quote, look: Look) -> str:
    return "  ".join(
        [
            f"quote by {short_person(quote.maker)}",
            bid("yes", quote.yes_bid, quote.yes_contracts),
            bid("no", quote.no_bid, quote.no_contracts),
            _quote_state(row, quote, look),
            quote.id,
        ]
    )


def _quote_state(row: Rfq, quote: Quote, look: Look) -> str:
    if quote.state is QuoteState.OFFERED:
        return "offered"
    reached = "executed" if quote.state is QuoteState.EXECUTED else "accepted"
    known = taken(reached, quote.accepted_side, quote.accepted_contracts)
    wait = row.waiting(quote, look.now_ms)
    if wait is None or row.reason is not None:
        return known
    phase, left_ms = wait
    if phase is not Phase.LAPSED:
        return f"{known}, {countdown(left_ms)} to {phase}"
    lapsed = "lapsed? (inferred: no execution came in time)"
    return f"{known}, {lapsed if look.state(row) is State.OPEN else 'its time is up'}"
