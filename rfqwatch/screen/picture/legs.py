"""What an RFQ asks for, in few cells: the legs of a combo, or one market. Pure."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from rfqwatch.book.rfq import COMBO_PREFIX, unpack_legs
from rfqwatch.escaping import cells, cut, safe
from rfqwatch.lines.wording import UNKNOWN, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.book.rfq import Rfq
    from rfqwatch.exchange.events import Leg

_TICKER = 12
"""Cells that the end of a ticker should have, to tell the game and the outcome."""
_SHORTEST_TICKER = 4
_BATCH_NAMED = 60
"""How wide all of it must be to name a batch."""


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
        return start + _in_words(legs, width - cells(start))
    start += "combo " * market_ticker.startswith(COMBO_PREFIX)
    return start + tail(market_ticker, max(_SHORTEST_TICKER, width - cells(start)))


def tail(text: str, width: int) -> str:
    """Shorten a ticker, marked by ``…``: tickers that begin alike differ at the end."""
    text = safe(text)
    if cells(text) <= width:
        return text
    if not text.isascii() or width < 2:  # noqa: PLR2004
        return cut(text, width)
    return f"…{text[1 - width :]}"


def _in_words(legs: Sequence[Leg], width: int) -> str:
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
