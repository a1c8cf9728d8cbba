"""What a ticker says of a bet, as far as that is certain.

A market's ticker is ``SERIES-EVENT-OUTCOME``; its event's is the same without the outcome::

    KXMLBSPREAD-26SEP052140SEATEX-SEA2    MLB  SEA@TEX  SEA -1.5
    KXWCGOAL-26JUL19ESPARG-ARGLMESSI10-1  WC   ESP-ARG  LMESSI10 goals 1+

The forms are read off recorded legs; no document promises them. So whatever is not of a known form
stands as it came.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEAMS = {
    "MLB": "ARI ATH ATL AZ BAL BOS CHC CIN CLE COL CWS DET HOU KC LAA LAD MIA MIL MIN NYM NYY OAK"
    " PHI PIT SD SEA SF STL TB TEX TOR WSH",
    "NFL": "ARI ATL BAL BUF CAR CHI CIN CLE DAL DEN DET GB HOU IND JAC JAX KC LA LAC LAR LV MIA MIN"
    " NE NO NYG NYJ PHI PIT SEA SF TB TEN WAS WSH",
    "NBA": "ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM MIA MIL MIN NOP NYK OKC ORL"
    " PHI PHX POR SAC SAS TOR UTA WAS",
    "NHL": "ANA BOS BUF CAR CBJ CGY CHI COL DAL DET EDM FLA LA LAK MIN MTL NJ NJD NSH NYI NYR OTT"
    " PHI PIT SEA SJ SJS STL TB TBL TOR UTA VAN VGK VAN WPG WSH",
}
_CODES = {league: frozenset(teams.split()) for league, teams in _TEAMS.items()}
_AWAY_FIRST = frozenset({*_CODES, "WNBA", "NCAAF", "NCAAB"})

_KINDS = {
    "GAME": "",
    "SPREAD": "",
    "TOTAL": "total",
    "1H": "1st half",
    "1HSPREAD": "1st half",
    "1HTOTAL": "1st half total",
    "CORNERS": "corners",
    "GOAL": "goals",
    "OUTS": "outs",
    "ADVANCE": "advances",
    "RFI": "run in the 1st inning",
}
_NUMBERS = frozenset({"TOTAL", "1HTOTAL", "CORNERS"})
_SPREADS = frozenset({"SPREAD", "1HSPREAD"})
_PLAYERS = frozenset({"GOAL", "OUTS"})
_KIND = re.compile(rf"({'|'.join(sorted(_KINDS, key=len, reverse=True))})\Z")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_EVENT = re.compile(rf"(\d\d)({'|'.join(_MONTHS)})(\d\d)(\d{{4}})?([A-Z]*)\Z")
_SPREAD = re.compile(r"([A-Z]+)([1-9]\d*)\Z")
_PLAYER = re.compile(r"([A-Z]+\d+)-(\d+)\Z")
_SHORTEST_CODE, _LONGEST_CODE = 2, 4


class Bet(NamedTuple):
    """One side of one event, in words.

    ``event`` is the league with the sides; it is "" where the ticker is of no known form, and
    ``outcome`` then the whole ticker. ``day`` is that of the event, in US Eastern time.
    """

    event: str
    outcome: str
    day: date | None = None


def read(market_ticker: str, others: Iterable[str] = ()) -> Bet:
    """Put a market's ticker in words; ``others`` are tickers whose outcomes may tell the sides."""
    series, _, rest = market_ticker.partition("-")
    name, _, outcome = rest.partition("-")
    return _bet(series, name, outcome, others) or Bet("", market_ticker)


def read_event(event_ticker: str, others: Iterable[str] = ()) -> Bet:
    """Put an event's ticker in words, the ``outcome`` its kind of bet: "" for who wins."""
    series, _, name = event_ticker.partition("-")
    return _bet(series, name, None, others) or Bet("", event_ticker)


def _bet(series: str, name: str, outcome: str | None, others: Iterable[str]) -> Bet | None:
    """Put what is of a known form in words; None as outcome stands for all of the event's."""
    event = _EVENT.match(name)
    league, kind = _series(series)
    if event is None or not league:
        return None
    sides = _sides(league, event[5], {outcome or "", *_outcomes(name, others)})
    day = _day(event)
    if outcome is None:
        told = "spread" * (kind in _SPREADS)
        told = f"{_KINDS.get(kind, kind)} {told}".strip()
        certain = kind in _KINDS or len(sides) > 1
    else:
        told = _outcome(kind, outcome, sides)
        certain = told != ""
    if not certain or day is None:
        return None
    between = "@" if league in _AWAY_FIRST else "-"
    return Bet(f"{league} {between.join(sides)}".rstrip(), told, day)


@lru_cache(maxsize=1_024)
def sport(ticker: str) -> str:
    """Name the league of any ticker of ours, else its series as it stands without ``KX``."""
    series = ticker.partition("-")[0]
    return _series(series)[0] or series.removeprefix("KX")


def _series(series: str) -> tuple[str, str]:
    """Part a series into its league and its kind of bet; "" for what can't be told."""
    name = series.removeprefix("KX")
    if name == series:
        return "", ""
    if kind := _KIND.search(name):
        # KXWC1HTOTAL is the total of the first half, not that of a league WC1H.
        return name[: kind.start()], kind[1]
    league = next((league for league in _CODES if name.startswith(league)), "")
    return league, name.removeprefix(league)


def _outcomes(name: str, tickers: Iterable[str]) -> set[str]:
    """Give the outcomes of the markets among ``tickers`` that are of the same event."""
    parts = [ticker.split("-", 2) for ticker in tickers]
    return {part[2] for part in parts if len(part) == 3 and part[1] == name}  # noqa: PLR2004


def _sides(league: str, letters: str, outcomes: Iterable[str]) -> tuple[str, ...]:
    """Cut the letters of two sides run together, where only one cut is possible; else leave them.

    A league's known codes tell where, or an outcome that is one of the sides, or players of both.
    """
    cuts = {
        (letters[:end], letters[end:])
        for end in range(_SHORTEST_CODE, len(letters) - 1)
        if max(end, len(letters) - end) <= _LONGEST_CODE
    }
    codes = _CODES.get(league)
    if codes:
        cuts = {cut for cut in cuts if codes.issuperset(cut)}
    else:
        names = {outcome.rstrip("0123456789-") for outcome in outcomes}
        cuts = {
            cut
            for cut in cuts
            if names.intersection(cut)
            or all(any(name.startswith(code) for name in names) for code in cut)
        }
    return cuts.pop() if len(cuts) == 1 else (letters,)


def _outcome(kind: str, outcome: str, sides: tuple[str, ...]) -> str:
    """Put an outcome in words; "" where it is not as its kind has it."""
    if kind not in _KINDS:
        # Of a known league and known sides, the rest as it stands.
        return f"{kind} {outcome}".strip() if len(sides) > 1 else ""
    words, told = _KINDS[kind], ""
    if kind == "RFI":
        return "" if outcome else words
    if kind in _NUMBERS:
        told = f"{words} {outcome}+" if outcome.isdecimal() else ""
    elif kind in _SPREADS:
        if spread := _SPREAD.match(outcome):
            # To win by so many, or more.
            told = f"{words} {spread[1]} \N{MINUS SIGN}{int(spread[2]) - 1}.5"
    elif kind in _PLAYERS:
        if player := _PLAYER.match(outcome):
            owner = next((side for side in sides if player[1].startswith(side)), "")
            told = f"{player[1].removeprefix(owner)} {words} {player[2]}+"
    elif outcome == "TIE":
        told = f"{words} tie"
    elif outcome.isalpha():
        told = f"{outcome} {words}" if kind == "ADVANCE" else f"{words} {outcome}"
    return told.strip()


def _day(event: re.Match[str]) -> date | None:
    try:
        return date(2000 + int(event[1]), _MONTHS.index(event[2]) + 1, int(event[3]))
    except ValueError:
        return None
