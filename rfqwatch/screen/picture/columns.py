"""The table's columns: what each says of an RFQ, in as many of them as earn their place. Pure.

What can't be known shows as ``·``: the quotes of others reach only their two parties.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.rfq import Closed, Phase, Rfq, State
from rfqwatch.escaping import cut
from rfqwatch.lines.wording import (
    NONE,
    UNKNOWN,
    clock,
    countdown,
    dollars,
    person,
    size,
    span,
)
from rfqwatch.screen.picture.bars import bar
from rfqwatch.screen.picture.legs import tail

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from rfqwatch.book.book import Book

HIDDEN = "·"
YOU = "you"

WIDEST_AMOUNT = 24
"""Cells that an amount may take; longer ones are cut where everyone sees it."""

_PART = 4
"""Cells of the bar that shows how large an RFQ is beside the others."""
_NARROWEST_WHAT = 10

_MARKS = {State.OPEN: " ", State.UNCONFIRMED: "?", State.STALE: "~", State.CLOSED: "x"}


class Look(NamedTuple):
    """How rows are looked at: in which book, at which moment (Unix milliseconds).

    ``away`` names the shards whose connection is lost: what is known of them may be over.
    ``largest`` is the size that bars are drawn beside, ``me`` the id of who looks, if it is known.
    """

    book: Book
    now_ms: int
    away: Container[str] = ()
    largest: Decimal = Decimal(0)
    me: str | None = None

    def named(self, user_id: str | None) -> str:
        """Name one of the exchange's users."""
        return YOU if user_id and user_id == self.me else person(user_id)

    def state(self, row: Rfq) -> State:
        """Tell how far a row can be trusted to be open."""
        known = self.book.state(row, self.now_ms)
        if known is State.OPEN and row.shard in self.away:
            return State.UNCONFIRMED
        return known


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``width`` is the least; it grows with what it shows, up to ``most``.

    ``room`` is how wide ``what`` must stay for the column to be there, if it needs as much: the
    more that it asks for, the less it matters. It is there only where some row has a text for it
    that is not ``silent``; rows whose text is, may use its cells for ``what`` before it.
    """

    title: str
    text: Callable[[Rfq, Look], str]
    width: int
    most: int = WIDEST_AMOUNT
    room: int = 0
    right: bool = False
    silent: frozenset[str] = frozenset()
    shorten: Callable[[str, int], str] = cut
    marked: bool = False
    """Whether a change of it is marked for a moment."""

    @property
    def name(self) -> str:
        """What it is asked for by."""
        return self.title.replace(" ", "-")


def age(row: Rfq, look: Look) -> str:
    """Say how long ago it was created."""
    return span(look.now_ms - row.since_ms)


def wanted(row: Rfq, _look: Look) -> str:
    """Say how much is asked for, in contracts or dollars."""
    return size(row.contracts, row.target_cost) or UNKNOWN


def part(row: Rfq, look: Look) -> str:
    """Draw how large it is beside the largest."""
    return bar(float(row.size / look.largest), _PART) if look.largest else ""


def legs(row: Rfq, _look: Look) -> str:
    """Count the legs of a combo."""
    return str(len(row.legs) or "")


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
    waits = [(row.waiting(quote, look.now_ms), quote) for quote in row.current_quotes()]
    running = [(*wait, quote) for wait, quote in waits if wait and wait[0] is not Phase.LAPSED]
    if running:
        phase, left_ms, quote = min(running, key=lambda each: each[1])
        ours = phase is Phase.CONFIRM and look.named(quote.maker) == YOU
        todo = f"{YOU} {phase}" if ours else phase
        if known is State.OPEN:
            return f"{todo} {countdown(left_ms)}"
        # Time runs on while nobody knows whether it still matters.
        return f"{todo} {left_ms // 1_000}s?"
    if known is State.OPEN and any(wait for wait, _ in waits):
        return "open lapsed?"
    return known.value


def _not_plain(row: Rfq, look: Look) -> str:
    told = state(row, look)
    return "" if told == State.OPEN else told


def mark(row: Rfq, look: Look) -> str:
    """Tell the state in one character, for there is not always a column for it."""
    return _MARKS[look.state(row)]


def who(row: Rfq, look: Look) -> str:
    """Name the creator."""
    return look.named(row.creator_id)


def created(row: Rfq, _look: Look) -> str:
    """Say when it was created, in UTC."""
    return UNKNOWN if row.created_ms is None else clock(row.created_ms)


def lag(row: Rfq, _look: Look) -> str:
    """Say how long its announcement was on its way."""
    return UNKNOWN if row.lag_ms is None else f"{row.lag_ms}ms"


def _id(row: Rfq, _look: Look) -> str:
    return row.id


def _event(row: Rfq, _look: Look) -> str:
    return row.event_ticker or UNKNOWN


def _collection(row: Rfq, _look: Look) -> str:
    return row.collection_ticker or NONE


WHAT = Column("what", lambda _row, _look: "", 1)

_NOT_SEEN = frozenset({HIDDEN})
_NOT_KNOWN = frozenset({UNKNOWN, NONE})
# The mark in front says it all of a plain deletion.
_PLAIN = frozenset({"", str(Closed.DELETED)})

COLUMNS = (
    Column("age", age, 4, right=True),
    Column("size", wanted, 8, room=10, right=True, marked=True),
    Column("part", part, _PART, room=36),
    Column("legs", legs, 4, room=24, right=True, silent=frozenset({""})),
    WHAT,
    Column("yes bid", yes, 7, room=16, right=True, silent=_NOT_SEEN, marked=True),
    Column("no bid", no, 6, room=16, right=True, silent=_NOT_SEEN, marked=True),
    Column("spread", spread, 6, room=28, right=True, silent=_NOT_SEEN, marked=True),
    Column("quotes", quotes, 6, room=20, right=True, silent=_NOT_SEEN, marked=True),
    Column("state", _not_plain, 8, room=12, silent=_PLAIN, marked=True),
    Column("who", who, 9, most=9, room=70, silent=_NOT_KNOWN),
    Column("id", _id, 9, most=9, room=90),
    Column("lag", lag, 6, room=100, right=True, silent=_NOT_KNOWN),
    Column("created", created, 9, room=105, silent=_NOT_KNOWN),
    Column("event", _event, 12, most=26, room=120, silent=_NOT_KNOWN, shorten=tail),
    Column("collection", _collection, 10, most=16, room=125, silent=_NOT_KNOWN, shorten=tail),
)
"""Every column, in the order in which they stand."""


def columns_named(text: str) -> list[Column]:
    """Give the columns of a list of names: ``age,what,yes-bid``. Raises `ValueError`."""
    by_name = {column.name: column for column in COLUMNS}
    wrong = [name for name in text.split(",") if name not in by_name]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is none of {', '.join(by_name)}")
    return [by_name[name] for name in dict.fromkeys(text.split(","))]


def lay_out(
    width: int, needs: Mapping[str, int], named: Sequence[Column] = ()
) -> dict[Column, int]:
    """Choose the columns for a line of that many cells, with their widths.

    The most important ones come first, as far as there is room; the ``named`` ones alone, in their
    order, if there are any. ``needs`` says by title how many cells would show all of a column, 0
    where it has nothing to say. Cells are one apart; ``what`` takes what is left. Where it leaves
    some itself, what had been cut gets them.
    """
    whole = 0 if named and WHAT not in named else needs.get(WHAT.title, 0)
    chosen = {WHAT: 0}
    left = width
    for column in named or sorted(COLUMNS, key=lambda column: column.room):
        need = needs.get(column.title, 0)
        if column is WHAT or not (need or named or not column.silent):
            continue
        wide = max(column.width, min(need, column.most))
        room = _NARROWEST_WHAT * (WHAT in named) if named else min(column.room, whole)
        if left - wide - 1 < room:
            break
        chosen[column] = wide
        left -= wide + 1
    for column, wide in chosen.items():
        more = needs.get(column.title, 0) - wide
        if column is not WHAT and 0 < more <= left - whole:
            chosen[column] += more
            left -= more
    chosen[WHAT] = max(0, left)
    return {column: chosen[column] for column in named or COLUMNS if column in chosen}
