"""The table's columns: what each says of an RFQ, how wide it is, and which ones fit. Pure.

Every amount shows the digits that came, and a side on which no one bids is no bid of zero. What
can't be known shows as ``·``: the quotes of others reach only their two parties.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.rfq import (
    COMBO_PREFIX,
    Closed,
    Phase,
    Quote,
    QuoteState,
    Rfq,
    State,
    unpack_legs,
)
from rfqwatch.escaping import cells, cut, safe
from rfqwatch.lines.wording import (
    NONE,
    UNKNOWN,
    bid,
    clock,
    countdown,
    counted,
    dollars,
    person,
    settlement,
    short_person,
    size,
    span,
    taken,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from decimal import Decimal

    from rfqwatch.book.book import Book
    from rfqwatch.exchange.events import Leg

HIDDEN = "·"

WIDEST_AMOUNT = 24
"""Cells that an amount may take; longer ones are cut where everyone sees it."""

_MARKS = {State.OPEN: " ", State.UNCONFIRMED: "?", State.STALE: "~", State.CLOSED: "x"}
_TICKER = 12
"""Cells that the end of a ticker should have, to tell the game and the outcome."""
_SHORTEST_TICKER = 4
_BATCH_NAMED = 60
"""How wide ``what`` must be to name a batch."""


class Look(NamedTuple):
    """How rows are looked at: in which book, at which moment (Unix milliseconds).

    ``away`` names the shards whose connection is lost: what is known of them may be over.
    """

    book: Book
    now_ms: int
    away: Container[str] = ()

    def state(self, row: Rfq) -> State:
        """Tell how far a row can be trusted to be open."""
        known = self.book.state(row, self.now_ms)
        if known is State.OPEN and row.shard in self.away:
            return State.UNCONFIRMED
        return known


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``width`` is the least; it grows with what it shows unless it is cut.

    ``room`` is how wide ``what`` must stay for the column to be there.
    """

    title: str
    text: Callable[[Rfq, Look], str]
    width: int
    room: int = 0
    right: bool = False
    grows: bool = False
    marked: bool = False
    """Whether a change of it is marked for a moment."""


def age(row: Rfq, look: Look) -> str:
    """Say how long ago it was created."""
    return span(look.now_ms - row.since_ms)


def wanted(row: Rfq, _look: Look | None = None) -> str:
    """Say how much is wanted."""
    return size(row.contracts, row.target_cost) or UNKNOWN


def yes(row: Rfq, look: Look) -> str:
    """Say the best bid for YES."""
    return _bid(row, look, row.best_bids(look.now_ms).yes if row.ours else None)


def no(row: Rfq, look: Look) -> str:
    """Say the best bid for NO."""
    return _bid(row, look, row.best_bids(look.now_ms).no if row.ours else None)


def _bid(row: Rfq, look: Look, bid: Decimal | None) -> str:
    if bid is not None:
        return dollars(bid)
    return NONE if row.ours or look.book.mine else HIDDEN


def spread(row: Rfq, look: Look) -> str:
    """Say what the best bids leave of a dollar."""
    if not row.ours:
        return NONE if look.book.mine else HIDDEN
    bids = row.best_bids(look.now_ms)
    return NONE if bids.yes is None or bids.no is None else dollars(1 - bids.yes - bids.no)


def quotes(row: Rfq, look: Look) -> str:
    """Count the quotes that stand; the best bids of a batch come without a count."""
    if row.quotes or (look.book.mine and row.best is None):
        return str(len(row.current_quotes()))
    return HIDDEN


def state(row: Rfq, look: Look) -> str:
    """Say whether it is open, why it no longer is, or what an accepted quote waits for."""
    known = look.state(row)
    if known is State.CLOSED:
        return "exec failed" if row.reason is Closed.EXECUTION_FAILED else str(row.reason)
    waits = [row.waiting(quote, look.now_ms) for quote in row.current_quotes()]
    running = [wait for wait in waits if wait and wait[0] is not Phase.LAPSED]
    if running:
        phase, left_ms = min(running, key=lambda wait: wait[1])
        if known is State.OPEN:
            return f"{phase} {countdown(left_ms)}"
        # Time runs on while nobody knows whether it still matters.
        return f"{phase} {left_ms // 1_000}s?"
    if known is State.OPEN and any(waits):
        return "open lapsed?"
    return known.value


def mark(row: Rfq, look: Look) -> str:
    """Tell the state in one character, for there is not always a column for it."""
    return _MARKS[look.state(row)]


def who(row: Rfq, _look: Look | None = None) -> str:
    """Name the creator, shortened; hidden creators share their names, so they have none."""
    return short_person(row.creator_id)


def created(row: Rfq, _look: Look | None = None) -> str:
    """Say when it was created, in UTC."""
    return UNKNOWN if row.created_ms is None else clock(row.created_ms)


def lag(row: Rfq, _look: Look | None = None) -> str:
    """Say how long its announcement was on its way."""
    return UNKNOWN if row.lag_ms is None else f"{row.lag_ms}ms"


def tail(text: str, width: int) -> str:
    """Shorten a ticker, marked by ``…``: tickers that begin alike differ at the end."""
    text = safe(text)
    if cells(text) <= width:
        return text
    if not text.isascii() or width < 2:  # noqa: PLR2004
        return cut(text, width)
    return f"…{text[1 - width :]}"


def what(row: Rfq, width: int) -> str:
    """Name what is asked for: a combo's legs in words, otherwise the market."""
    return _words(row.packed_legs, row.market_ticker or UNKNOWN, row.batch_id, width)


@lru_cache(maxsize=2_048)
def _words(packed_legs: bytes, market_ticker: str, batch_id: str | None, width: int) -> str:
    start = ""
    if batch_id is not None:
        start = f"batch {tail(batch_id, 8)}  " if width >= _BATCH_NAMED else "batch "
    legs = unpack_legs(packed_legs)
    if legs:
        start += f"{counted(len(legs), 'leg')}: "
        return start + in_words(legs, width - cells(start))
    start += "combo " * market_ticker.startswith(COMBO_PREFIX)
    return start + tail(market_ticker, max(4, width - cells(start)))


def in_words(legs: Sequence[Leg], width: int) -> str:
    """Write ``MARKET yes + MARKET no``: as many legs as can be told apart, in all the room.

    The number of those that don't fit follows, as ``+3``.
    """
    tickers = [safe(leg.market_ticker or UNKNOWN) for leg in legs]
    sides = [cut(leg.side or UNKNOWN, len("maybe")) for leg in legs]
    lengths = [cells(ticker) for ticker in tickers]
    fixed = [cells(name) + len("  + ") for name in sides]

    def needed(count: int, length: int) -> int:
        shortened = sum(min(own, length) for own in lengths[:count]) + sum(fixed[:count])
        return shortened - len(" + ") + (len(legs) > count) * len(f" +{len(legs) - count}")

    count = len(legs)
    while count > 1 and needed(count, _TICKER) > width:
        count -= 1
    spans = range(_SHORTEST_TICKER + 1, max(lengths) + 1)
    length = _SHORTEST_TICKER + bisect_right(spans, width, key=lambda span: needed(count, span))
    named = zip(tickers[:count], sides, strict=False)
    text = " + ".join(f"{tail(ticker, length)} {name}" for ticker, name in named)
    return text + f" +{len(legs) - count}" * (len(legs) > count)


def _short_id(row: Rfq, _look: Look) -> str:
    return cut(row.id, 9)


def _event(row: Rfq, _look: Look) -> str:
    return tail(row.event_ticker or UNKNOWN, 26)


def _collection(row: Rfq, _look: Look) -> str:
    return NONE if row.collection_ticker is None else tail(row.collection_ticker, 16)


WHAT = Column("what", lambda _row, _look: "", 1)

COLUMNS = (
    Column("age", age, 4, room=0, right=True),
    WHAT,
    Column("size", wanted, 10, room=10, right=True, grows=True, marked=True),
    Column("yes bid", yes, 7, room=24, right=True, grows=True, marked=True),
    Column("no bid", no, 7, room=24, right=True, grows=True, marked=True),
    Column("spread", spread, 7, room=28, right=True, grows=True, marked=True),
    Column("quotes", quotes, 6, room=24, right=True, marked=True),
    Column("state", state, 12, room=20, marked=True),
    Column("who", who, 9, room=32),
    Column("id", _short_id, 9, room=36),
    Column("lag", lag, 7, room=44, right=True, grows=True),
    Column("created", created, 9, room=52),
    Column("event", _event, 26, room=60),
    Column("collection", _collection, 16, room=64),
)
"""Every column, in the order in which they stand."""

_BY_IMPORTANCE = (
    "age",
    "size",
    "state",
    "yes bid",
    "no bid",
    "quotes",
    "spread",
    "who",
    "id",
    "lag",
    "created",
    "event",
    "collection",
)


def choose(width: int, needs: Mapping[str, int]) -> dict[Column, int]:
    """Choose the columns for a line of that many cells, with their widths.

    The most important ones come first, as far as there is room. ``needs`` says by title how wide a
    column has to be for its amounts to be whole. Cells are one apart; ``what`` takes what is left.
    """
    by_title = {column.title: column for column in COLUMNS}
    chosen = {}
    left = width
    for title in _BY_IMPORTANCE:
        column = by_title[title]
        needed = column.width
        if column.grows:
            needed = min(max(needed, needs.get(title, 0)), WIDEST_AMOUNT)
        if left - needed - 1 < column.room:
            break
        chosen[title] = needed
        left -= needed + 1
    chosen[WHAT.title] = max(0, left)
    return {column: chosen[column.title] for column in COLUMNS if column.title in chosen}


def details(row: Rfq, look: Look) -> list[str]:
    """Write down everything known of an RFQ, a line for each leg and each quote."""
    lines = [
        f"rfq {row.id}",
        f"size {wanted(row)}  created {created(row)}  state {state(row, look)}",
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
    return lines


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
    if wait is None or row.closed_ms is not None:
        return known
    phase, left_ms = wait
    if phase is not Phase.LAPSED:
        return f"{known}, {countdown(left_ms)} to {phase}"
    lapsed = "lapsed? (inferred: no execution came in time)"
    return f"{known}, {lapsed if look.state(row) is State.OPEN else 'its time is up'}"
