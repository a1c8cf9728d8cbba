"""What legs, and the events that they are of, are in words.

Which letters of an event are which side, one leg may show and another not. So it is remembered,
and an event has one name from then on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.tickers import read, read_event
from rfqwatch.lines.wording import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rfqwatch.exchange.events import Leg

_SIDES = {"yes": "", "no": "not ", UNKNOWN: f"{UNKNOWN} "}
"""What stands before an outcome; never cut off from it."""
_MOST_PARTED = 10_000

_read = lru_cache(maxsize=8_192)(read)
_read_event = lru_cache(maxsize=2_048)(read_event)


class LegBet(NamedTuple):
    """One leg. ``event`` is "" where its ticker is of no known form.

    ``bet`` is then the ticker. ``side`` is what to put before it: nothing for yes.
    """

    event: str
    side: str
    bet: str
    day: date | None

    @property
    def outcome(self) -> str:
        """Say what is bet on, with the side."""
        return self.side + self.bet

    @property
    def dated_event(self) -> str:
        """Name the event with its day."""
        return self.event if self.day is None else f"{self.event} {self.day.day} {self.day:%b}"

    def event_on(self, today: date) -> str:
        """Name the event, with its day unless that is today."""
        return self.event if self.day == today else self.dated_event


class _Parted:
    """By event, the tickers that show where its sides part; ``learned`` counts them for ever."""

    def __init__(self) -> None:
        self.shown_by: dict[str, tuple[str, ...]] = {}
        self.learned = 0

    def learn(self, event: str, tickers: tuple[str, ...]) -> None:
        self.learned += 1
        self.shown_by[event] = tickers
        if len(self.shown_by) > _MOST_PARTED:
            del self.shown_by[next(iter(self.shown_by))]


_parted = _Parted()


def learned() -> int:
    """Tell how much was learned of events by now: what was put in words before is outdated."""
    return _parted.learned


def bets(legs: Sequence[Leg]) -> list[LegBet]:
    """Put legs in words; those of one event may tell its sides together."""
    tickers = [leg.market_ticker or UNKNOWN for leg in legs]
    kin: dict[str, list[str]] = {}
    for ticker in tickers:
        kin.setdefault(_event_of(ticker), []).append(ticker)
    said = []
    for ticker, leg in zip(tickers, legs, strict=True):
        event = _event_of(ticker)
        known = _parted.shown_by.get(event)
        others = known or (tuple(kin[event]) if len(kin[event]) > 1 else ())
        bet = _read(ticker, others)
        if known is None and ("-" in bet.event or "@" in bet.event):
            _parted.learn(event, others or (ticker,))
        side = _SIDES.get(leg.side or UNKNOWN, f"{leg.side} ")
        said.append(LegBet(bet.event, side, bet.outcome, bet.day))
    return said


def event_bet(ticker: str) -> LegBet:
    """Put an event in words, the bet being its kind of bets, "" where they are on who wins."""
    bet = _read_event(ticker, _parted.shown_by.get(_event_of(ticker), ()))
    return LegBet(bet.event, "", bet.outcome, bet.day)


def _event_of(ticker: str) -> str:
    return ticker.partition("-")[2].partition("-")[0]
