"""What an RFQ asks for, in few cells: the legs of a combo, or one market. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.rfq import COMBO_PREFIX, read_terms
from rfqwatch.escaping import cells, cut, safe
from rfqwatch.exchange.events import Leg
from rfqwatch.lines.wording import UNKNOWN
from rfqwatch.screen.legwords import bets, learned
from rfqwatch.screen.search.matching import hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rfqwatch.book.rfq import Rfq
    from rfqwatch.screen.legwords import LegBet

_EASTERN = timedelta(hours=5)
"""What the days of events are behind UTC in, or nearly."""
_SHORTEST_TICKER = 4
_LEAST_OF_BET = 5
_BATCH_NAMED = 60
"""How wide all of it must be to name a batch."""


class Piece(NamedTuple):
    """A piece of a line, ``joint`` to the one before; ``lit`` because it holds what is sought."""

    text: str
    lit: bool = False
    joint: str = ""


def what(row: Rfq, width: int, now_ms: int, words: tuple[str, ...] = ()) -> Sequence[Piece]:
    """Name what is asked for: a combo's legs in words, otherwise the market.

    ``now_ms`` is the moment of the picture: events of another day name theirs. Legs that hold the
    most of the ``words`` looked for come first; those that hold any are lit, as a whole.
    """
    return _pieces(row.message, row.batch_id, width, today_at(now_ms), words, learned())


def today_at(now_ms: int) -> date:
    """Give the day that it is where events have theirs."""
    return (datetime.fromtimestamp(now_ms / 1_000, UTC) - _EASTERN).date()


@lru_cache(maxsize=2_048)
def _pieces(
    message: bytes,
    batch_id: str | None,
    width: int,
    today: date,
    words: tuple[str, ...],
    _learned: int,
) -> Sequence[Piece]:
    start = ""
    if batch_id is not None:
        start = f"batch {tail(batch_id, 8)}  " if width >= _BATCH_NAMED else "batch "
    terms = read_terms(message)
    if legs := terms.mve_selected_legs:
        return [Piece(start), *_in_words(legs, width - cells(start), today, words)]
    market_ticker = terms.market_ticker or UNKNOWN
    start += "combo " * market_ticker.startswith(COMBO_PREFIX)
    leg = Leg(market_ticker=market_ticker, side="yes")
    (bet,) = bets([leg])
    text = f"{bet.event_on(today)}: {bet.outcome}" if bet.event else market_ticker
    text = tail(text, max(_SHORTEST_TICKER, width - cells(start)))
    return [Piece(start), Piece(text, lit=bool(hits(leg, bet, words)))]


def tail(text: str, width: int) -> str:
    """Shorten a ticker, marked by ``…``: tickers that begin alike differ at the end."""
    text = safe(text)
    if cells(text) <= width:
        return text
    if cells(text) != len(text) or width < 2:  # noqa: PLR2004
        return cut(text, width)
    return f"…{text[1 - width :]}"


def _in_words(legs: Sequence[Leg], width: int, today: date, words: tuple[str, ...]) -> list[Piece]:
    """Write ``MLB SEA@TEX: SEA & not total 8+ + NYY@SD: NYY``: as many legs as there is room for.

    The legs of one event are together, and a league is named once. The number of those that don't
    fit follows, as ``+3``.
    """
    found = [(hits(leg, bet, words), bet) for leg, bet in zip(legs, bets(legs), strict=True)]
    if words:
        found.sort(key=lambda each: -each[0])
    events: dict[str, list[tuple[str, bool]]] = {}
    first = found[0][1]
    for count, bet in found:
        event = bet.event_on(today) if bet.event else bet.outcome
        events.setdefault(event, []).append((bet.outcome, count > 0))
    pieces: list[Piece] = []
    league = ""
    for event, outcomes in events.items():
        named = ""
        if event != outcomes[0][0]:
            before, league = league, event.partition(" ")[0]
            named = f"{event.removeprefix(f'{league} ') if league == before else event}: "
        joint = " + " * bool(pieces)
        for outcome, lit in outcomes:
            pieces.append(Piece(named + outcome, lit=lit, joint=joint))
            named, joint = "", " & "
    count = len(pieces)
    while count > 1 and _length(pieces[:count]) + _length_of_rest(len(pieces) - count) > width:
        count -= 1
    rest = len(pieces) - count
    if count == 1:
        event = first.event_on(today) if first.event else ""
        text = _shortened(event, first, width - _length_of_rest(rest))
        pieces[0] = pieces[0]._replace(text=text)
    return [*pieces[:count], *[Piece(f" +{rest}")] * bool(rest)]


def _shortened(event: str, leg: LegBet, width: int) -> str:
    """Cut a bet where it says least: whose event it is, on which side, how much of it stay.

    The league goes first, for who plays tells it mostly.
    """
    start = f"{event}: " * bool(event) + leg.side
    if cells(safe(start + leg.bet)) > width and (sides := event.partition(" ")[2]):
        without = f"…{sides}: {leg.side}"
        start = without if cells(safe(without)) < width else start
    room = width - cells(safe(start))
    return start + tail(leg.bet, room) if room >= _LEAST_OF_BET else cut(start + leg.bet, width)


def _length(pieces: Iterable[Piece]) -> int:
    return sum(len(piece.joint) + cells(safe(piece.text)) for piece in pieces)


def _length_of_rest(count: int) -> int:
    return len(f" +{count}") if count else 0
