"""What an opened RFQ shows below its row: everything known of it. Pure."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from rfqwatch.book.rfq import Phase, Quote, QuoteState, Rfq, State
from rfqwatch.escaping import cut, safe
from rfqwatch.lines.wording import (
    ANONYMOUS,
    UNKNOWN,
    bid,
    countdown,
    settlement,
    taken,
)
from rfqwatch.screen.legwords import bets
from rfqwatch.screen.picture.columns import YOU, Look, created, state, wanted
from rfqwatch.screen.picture.legs import today_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rfqwatch.exchange.events import Leg

INDENT = "     "
_NARROWEST = 20


def details(row: Rfq, look: Look, width: int) -> list[str]:
    """Write down everything known of an RFQ, a line or more for each leg and each quote.

    What is nobody's but a machine's to read comes last; nothing is cut.
    """
    lines = [f"size {wanted(row, look)}  created {created(row, look)}  state {state(row, look)}"]
    lines += _leg_lines(row.legs, look)
    current = row.current_quotes()
    lines += [_quote_line(row, quote, look) for quote in current]
    if row.best is not None:
        lines.append(f"best of batch  {bid('yes', row.best.yes)}  {bid('no', row.best.no)}")
    elif not current:
        known = "no quotes" if look.book.mine else "quotes are seen by their two parties only"
        lines.append(known)
    lines.append(f"rfq {row.id}")
    for name, text in (
        ("market", row.market_ticker),
        ("event", _unless_in(row.market_ticker, row.event_ticker)),
        ("collection", row.collection_ticker),
        ("batch", row.batch_id),
        ("creator", _whole_name(row.creator_id, look)),
    ):
        if text:
            lines.append(f"{name} {text}")
    room = max(_NARROWEST, width - len(INDENT))
    return [INDENT + part for line in lines for part in _broken(safe(line), room)]


def _leg_lines(legs: Sequence[Leg], look: Look) -> Iterator[str]:
    """Write each leg in words, beneath each other, then by its ticker."""
    today = today_at(look.now_ms)
    said = [bet.event and f"{bet.event_on(today)}: {bet.bet}" for bet in bets(legs)]
    widest = max(map(len, said), default=0)
    for number, (leg, words) in enumerate(zip(legs, said, strict=True), 1):
        parts = [f"leg {number:<{len(str(len(legs)))}}", f"{leg.side or UNKNOWN:<3}"]
        if words:
            parts.append(f"{words:<{widest}}")
        parts += [leg.market_ticker or UNKNOWN, settlement(leg)]
        if event := _unless_in(leg.market_ticker, leg.event_ticker):
            parts.append(f"of {event}")
        yield "  ".join(filter(None, parts))


def _whole_name(user_id: str | None, look: Look) -> str:
    told = look.named(user_id)
    return f"{told}, {user_id}" if told == YOU else told


def _unless_in(market_ticker: str | None, event_ticker: str | None) -> str | None:
    """Give an event's ticker where that of its market doesn't begin with it."""
    return None if f"{market_ticker}-".startswith(f"{event_ticker}-") else event_ticker


def _broken(line: str, width: int) -> list[str]:
    return wrap(line, width, subsequent_indent="  ", break_on_hyphens=False) or [line]


def _quote_line(row: Rfq, quote: Quote, look: Look) -> str:
    return "  ".join(
        [
            f"quote by {cut(look.named(quote.maker), len(ANONYMOUS))}",
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
