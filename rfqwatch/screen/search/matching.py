"""Finds what was typed among the RFQs: each word somewhere in what a row can display. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rfqwatch.book.rfq import read_terms
from rfqwatch.escaping import safe
from rfqwatch.exchange.events import Leg
from rfqwatch.lines.wording import UNKNOWN, clock, counted, person, settlement, size
from rfqwatch.screen.legwords import LegBet, bets, learned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rfqwatch.book.rfq import Rfq

_MINUS = "\N{MINUS SIGN}"
_BETWEEN_LEGS = re.compile(r"&|\+\d*")
"""What stands between legs, or counts those that had no room."""


def sought(text: str) -> tuple[str, ...]:
    """Give the words to look for, bare of what a cell adds to them: ``…``, ``:``, ``&``, ``+3``."""
    words = [word.strip("…").rstrip(":") for word in folded(text).split()]
    kept = [word for word in words if word and not _BETWEEN_LEGS.fullmatch(word)]
    return tuple(dict.fromkeys(kept or filter(None, words)))


def fits(row: Rfq, words: Iterable[str]) -> bool:
    """Tell whether each word is in something that a row, or its details, can display."""
    terms = row.terms
    texts = [
        row.id,
        terms.market_ticker,
        terms.event_ticker,
        terms.mve_collection_ticker,
        terms.creator_id,
        person(terms.creator_id),
        row.batch_id and f"batch {row.batch_id}",
        "combo" * row.combo,
        None if row.created_ms is None else clock(row.created_ms),
        None if row.lag_ms is None else f"{row.lag_ms}ms",
        size(terms.contracts, terms.target_cost),
        None if row.reason is None else str(row.reason),
    ]
    for quote in row.quotes:
        texts += [quote.id, quote.maker, person(quote.maker)]
    text = folded(" ".join(filter(None, texts)))
    missing = [word for word in words if word not in text]
    if not missing:
        return True
    legs = _legs(row.message, learned())
    return all(word in legs for word in missing)


def hits(leg: Leg, bet: LegBet, words: Iterable[str]) -> int:
    """Count the letters of the words that are in what is displayed of one leg."""
    text = folded(_leg(leg, bet))
    return sum(len(word) for word in words if word in text)


def legs_with(words: Sequence[str], row: Rfq) -> list[Leg]:
    """Give the legs of an RFQ that hold any of the words."""
    legs = row.legs if words else ()
    return [leg for leg, bet in zip(legs, bets(legs), strict=True) if hits(leg, bet, words)]


def parts(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """Cut a text into pieces, with whether each is one of the words, of which there are some."""
    pieces = _pattern(tuple(words)).split(text)
    return [(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece]


@lru_cache(maxsize=8)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    said = "|".join(re.escape(word).replace(r"\-", f"[-{_MINUS}]") for word in longest_first)
    return re.compile(f"({said})", re.IGNORECASE)


@lru_cache(maxsize=65_536)
def _legs(message: bytes, _learned: int) -> str:
    """Say all that can be displayed of legs, or of the one market; typing asks it key by key."""
    terms = read_terms(message)
    legs = terms.mve_selected_legs or ()
    said = [f"{counted(len(legs), 'leg')}:"] if legs else []
    legs = legs or (Leg(market_ticker=terms.market_ticker, side="yes"),)
    said += [_leg(leg, bet) for leg, bet in zip(legs, bets(legs), strict=True)]
    return folded(" ".join(said))


def _leg(leg: Leg, bet: LegBet) -> str:
    displayed = (
        bet.dated_event,
        bet.outcome,
        f"{leg.market_ticker or UNKNOWN} {leg.side or UNKNOWN}",
        leg.event_ticker or "",
        settlement(leg),
    )
    return " ".join(displayed)


def folded(text: str) -> str:
    """Make a text what words are compared with: as displayed, small, its minus that of a key."""
    return safe(text).casefold().replace(_MINUS, "-")
