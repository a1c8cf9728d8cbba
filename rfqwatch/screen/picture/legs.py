"""What an RFQ asks for, in few cells: the legs of a combo, or one market. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from rfqwatch.book.rfq import COMBO_PREFIX, unpack_legs
from rfqwatch.escaping import cells, cut, safe
from rfqwatch.exchange.tickers import Bet, read
from rfqwatch.lines.wording import UNKNOWN, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.book.rfq import Rfq
    from rfqwatch.exchange.events import Leg

_SIDES = {"yes": "", "no": "not ", UNKNOWN: f"{UNKNOWN} "}
_EASTERN = timedelta(hours=5)
"""What the days of events are behind UTC in, or nearly."""
_SHORTEST_TICKER = 4
_BATCH_NAMED = 60
"""How wide all of it must be to name a batch."""


def what(row: Rfq, width: int, now_ms: int) -> str:
    """Name what is asked for: a combo's legs in words, otherwise the market.

    ``now_ms`` is the moment of the picture: events of another day name theirs.
    """
    today = (datetime.fromtimestamp(now_ms / 1_000, UTC) - _EASTERN).date()
    return _words(row.packed_legs, row.market_ticker or UNKNOWN, row.batch_id, width, today)


@lru_cache(maxsize=2_048)
def _words(
    packed_legs: bytes, market_ticker: str, batch_id: str | None, width: int, today: date
) -> str:
    start = ""
    if batch_id is not None:
        start = f"batch {tail(batch_id, 8)}  " if width >= _BATCH_NAMED else "batch "
    legs = unpack_legs(packed_legs)
    if legs:
        start += f"{counted(len(legs), 'leg')}: "
        return start + _in_words(legs, width - cells(start), today)
    start += "combo " * market_ticker.startswith(COMBO_PREFIX)
    bet = read(market_ticker)
    text = f"{_event(bet, today)}: {bet.outcome}" if bet.event else market_ticker
    return start + tail(text, max(_SHORTEST_TICKER, width - cells(start)))


def tail(text: str, width: int) -> str:
    """Shorten a ticker, marked by ``…``: tickers that begin alike differ at the end."""
    text = safe(text)
    if cells(text) <= width:
        return text
    if not text.isascii() or width < 2:  # noqa: PLR2004
        return cut(text, width)
    return f"…{text[1 - width :]}"


def _in_words(legs: Sequence[Leg], width: int, today: date) -> str:
    """Write ``MLB SEA@TEX: SEA & not total 8+ + NYY@SD: NYY``: as many legs as there is room for.

    The legs of one event are together, and a league is named once. The number of those that don't
    fit follows, as ``+3``.
    """
    tickers = [leg.market_ticker or UNKNOWN for leg in legs]
    events: dict[str, list[str]] = {}
    for ticker, leg in zip(tickers, legs, strict=True):
        bet = read(ticker, tickers)
        text = _SIDES.get(leg.side or UNKNOWN, f"{leg.side} ") + bet.outcome
        events.setdefault(_event(bet, today) if bet.event else text, []).append(text)
    words: list[str] = []
    league = ""
    for event, outcomes in events.items():
        named = event
        if event != outcomes[0]:
            before, league = league, event.partition(" ")[0]
            named = event.removeprefix(f"{league} ") if league == before else event
            outcomes[0] = f"{named}: {outcomes[0]}"
        words += [" + " * bool(words) + outcomes[0], *[f" & {other}" for other in outcomes[1:]]]
    count = len(words)
    while count > 1 and _length(words[:count]) + _length_of_rest(len(words) - count) > width:
        count -= 1
    rest = len(words) - count
    shown = "".join(words[:count])
    return tail(shown, width - _length_of_rest(rest)) + f" +{rest}" * bool(rest)


def _event(bet: Bet, today: date) -> str:
    if bet.day in {None, today}:
        return bet.event
    assert bet.day is not None  # noqa: S101 - just asked
    return f"{bet.event} {bet.day.day} {bet.day:%b}"


def _length(words: Sequence[str]) -> int:
    return sum(map(cells, map(safe, words)))


def _length_of_rest(count: int) -> int:
    return len(f" +{count}") if count else 0
