"""What the legs of an RFQ bet on, in words. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.tickers import read
from rfqwatch.lines.wording import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rfqwatch.exchange.events import Leg

_SIDES = {"yes": "", "no": "not ", UNKNOWN: f"{UNKNOWN} "}

_read = lru_cache(maxsize=8_192)(read)


class LegBet(NamedTuple):
    """One leg. ``event`` is "" where its ticker is of no known form; ``outcome`` says the side."""

    event: str
    outcome: str
    day: date | None

    @property
    def dated_event(self) -> str:
        """Name the event with its day."""
        return self.event if self.day is None else f"{self.event} {self.day.day} {self.day:%b}"


def bets(legs: Sequence[Leg]) -> list[LegBet]:
    """Put legs in words; those of one event may tell its sides together."""
    tickers = [leg.market_ticker or UNKNOWN for leg in legs]
    kin: dict[str, list[str]] = {}
    for ticker in tickers:
        kin.setdefault(_event_of(ticker), []).append(ticker)
    said = []
    for ticker, leg in zip(tickers, legs, strict=True):
        others = kin[_event_of(ticker)]
        bet = _read(ticker, tuple(others) if len(others) > 1 else ())
        side = _SIDES.get(leg.side or UNKNOWN, f"{leg.side} ")
        said.append(LegBet(bet.event, side + bet.outcome, bet.day))
    return said


def _event_of(ticker: str) -> str:
    return ticker.partition("-")[2].partition("-")[0]
