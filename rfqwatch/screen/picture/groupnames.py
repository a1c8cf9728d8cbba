"""What groups are called: in words, where their tickers say what they are. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rfqwatch.escaping import cells, safe
from rfqwatch.exchange.events import Leg
from rfqwatch.lines.wording import short_person
from rfqwatch.screen.legwords import bets, event_bet, learned
from rfqwatch.screen.picture.legs import today_at
from rfqwatch.screen.view import Grouping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


def group_name(grouping: Grouping, key: str, now_ms: int) -> str:
    """Name a group in words, as its RFQs name what they share; by its key where there are none."""
    return _name(grouping, key, today_at(now_ms), learned())


@lru_cache(maxsize=2_048)
def _name(grouping: Grouping, key: str, today: date, _learned: int) -> str:
    match grouping:
        case Grouping.EVENT:
            bet = event_bet(key)
        case Grouping.LEG:
            ticker, _, side = key.rpartition(" ")
            (bet,) = bets([Leg(market_ticker=ticker, side=side)])
        case Grouping.CREATOR:
            return short_person(key)
        case _:
            return key
    if not bet.event:
        return key
    joint = ": " if grouping is Grouping.LEG else " "
    return f"{bet.event_on(today)}{joint}{bet.outcome}".rstrip()


def group_names(grouping: Grouping, keys: Sequence[str], width: int, now_ms: int) -> list[str]:
    """Name groups beneath each other, in words and by their keys where there is room for both."""
    names = [group_name(grouping, key, now_ms) for key in keys]
    widest = max((cells(safe(name)) for name in names), default=0)
    whole = [
        key if grouping is Grouping.CREATOR or name == key else f"{name:<{widest}}  {key}"
        for name, key in zip(names, keys, strict=True)
    ]
    return whole if all(cells(safe(text)) <= width for text in whole) else names
