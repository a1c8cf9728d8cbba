"""The table's columns: what each says of an RFQ, in as many of them as fit. Pure.

What can't be known shows as ``·``: the quotes of others reach only their two parties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.rfq import Closed, Phase, Rfq, State
from rfqwatch.escaping import cut
from rfqwatch.lines.wording import (
    NONE,
    UNKNOWN,
    clock,
    countdown,
    dollars,
    short_person,
    size,
    span,
)
from rfqwatch.screen.picture.legs import tail

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from decimal import Decimal

    from rfqwatch.book.book import Book

HIDDEN = "·"

WIDEST_AMOUNT = 24
"""Cells that an amount may take; longer ones are cut where everyone sees it."""

_MARKS = {State.OPEN: " ", State.UNCONFIRMED: "?", State.STALE: "~", State.CLOSED: "x"}


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

    ``room`` is how wide ``what`` must stay for the column to be there: the more that it asks for,
    the less it matters.
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


def wanted(row: Rfq, _look: Look) -> str:
    """Say how much is asked for, in contracts or dollars."""
    return size(row.contracts, row.target_cost) or UNKNOWN


def yes(row: Rfq, look: Look) -> str:
    """Say the best bid for YES."""
    return _seen(row, look, row.best_bids(look.now_ms).yes)


def no(row: Rfq, look: Look) -> str:
    """Say the best bid for NO."""
    return _seen(row, look, row.best_bids(look.now_ms).no)


def spread(row: Rfq, look: Look) -> str:
    """Say what the best bids leave of a dollar."""
    bids = row.best_bids(look.now_ms)
    left = None if bids.yes is None or bids.no is None else 1 - bids.yes - bids.no
    return _seen(row, look, left)


def _seen(row: Rfq, look: Look, amount: Decimal | None) -> str:
    if amount is not None:
        return dollars(amount)
    return NONE if row.ours or look.book.mine else HIDDEN


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


def who(row: Rfq, _look: Look) -> str:
    """Name the creator."""
    return short_person(row.creator_id)


def created(row: Rfq, _look: Look) -> str:
    """Say when it was created, in UTC."""
    return UNKNOWN if row.created_ms is None else clock(row.created_ms)


def lag(row: Rfq, _look: Look) -> str:
    """Say how long its announcement was on its way."""
    return UNKNOWN if row.lag_ms is None else f"{row.lag_ms}ms"


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


def choose(width: int, needs: Mapping[str, int]) -> dict[Column, int]:
    """Choose the columns for a line of that many cells, with their widths.

    The most important ones come first, as far as there is room. ``needs`` says by title how wide a
    column has to be for its amounts to be whole. Cells are one apart; ``what`` takes what is left.
    """
    chosen = {WHAT: 0}
    left = width
    for column in sorted(COLUMNS, key=lambda column: column.room):
        if column is WHAT:
            continue
        needed = column.width
        if column.grows:
            needed = min(max(needed, needs.get(column.title, 0)), WIDEST_AMOUNT)
        if left - needed - 1 < column.room:
            break
        chosen[column] = needed
        left -= needed + 1
    chosen[WHAT] = max(0, left)
    return {column: chosen[column] for column in COLUMNS if column in chosen}
