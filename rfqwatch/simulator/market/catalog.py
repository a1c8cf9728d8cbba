"""The markets that the simulated exchange's RFQs ask about.

Tickers are spelled as recorded ones are: a series, a date with the teams, an outcome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

_GAMES = (
    ("KXMLB", "26SEP051805", ("ATL", "PHI")),
    ("KXMLB", "26SEP051810", ("DET", "CLE")),
    ("KXMLB", "26SEP051840", ("MIL", "CIN")),
    ("KXMLB", "26SEP051840", ("LAA", "PIT")),
    ("KXMLB", "26SEP051915", ("NYY", "SD")),
    ("KXMLB", "26SEP052010", ("STL", "COL")),
    ("KXMLB", "26SEP052140", ("SEA", "TEX")),
    ("KXNFL", "26SEP061300", ("KC", "BUF")),
    ("KXNFL", "26SEP061300", ("DAL", "WAS")),
    ("KXNFL", "26SEP061625", ("SF", "LAR")),
    ("KXNCAAF", "26SEP051530", ("OSU", "MICH")),
    ("KXNCAAF", "26SEP051900", ("UGA", "BAMA")),
    ("KXLIGAMX", "26SEP05", ("ASL", "CDG")),
    ("KXMLS", "26SEP05", ("MIA", "ATL")),
    ("KXEPL", "26SEP06", ("ARS", "LFC")),
    ("KXLALIGA", "26SEP06", ("RMA", "FCB")),
    ("KXATP", "26SEP06", ("ALC", "SIN")),
    ("KXUFC", "26SEP05", ("PAN", "TOP")),
)
_PLAYERS = ("AJUDGE99", "SOHTANI17", "LMESSI10", "PMAHOMES15", "JALLEN17", "ESPLYAMAL10")

COLLECTIONS = (
    "KXMVECROSSCATEGORY-SHARD1",
    "KXMVECROSSCATEGORY0-SHARD1",
    "KXMVESPORTSMULTIGAMEEXTENDED",
    "KXMVECBCHAMPIONSHIP",
)


class Market(NamedTuple):
    """One ordinary market, the thing a leg of a combo points at."""

    event_ticker: str
    market_ticker: str


def _markets() -> tuple[Market, ...]:
    markets = [
        Market("KXMENWORLDCUP-26", "KXMENWORLDCUP-26-AR"),
        Market("FED-26SEP", "FED-26SEP-T3.00"),
        # A leg's market ticker can equal its event ticker.
        Market("KXGOVSHUTDOWN-26OCT01", "KXGOVSHUTDOWN-26OCT01"),
    ]
    for league, date, teams in _GAMES:
        game = f"{date}{''.join(teams)}"
        outcomes = {
            f"{league}GAME-{game}": teams,
            f"{league}SPREAD-{game}": tuple(f"{team}{by}" for team in teams for by in (2, 4)),
            f"{league}TOTAL-{game}": ("3", "5", "8"),
            f"{league}PLAYER-{game}": tuple(f"{player}-1" for player in _PLAYERS),
        }
        markets += [
            Market(event, f"{event}-{outcome}")
            for event, names in outcomes.items()
            for outcome in names
        ]
    return tuple(markets)


MARKETS = _markets()


class Minted(NamedTuple):
    """The tickers of a combo market, minted for one choice of legs."""

    collection_ticker: str
    event_ticker: str
    market_ticker: str


def mint(rng: random.Random) -> Minted:
    """Return tickers for a new combo, spelled like ``KXMVE…-S2026F751643002B-895A182475D``."""
    collection = rng.choice(COLLECTIONS)
    event = f"{collection}-S2026{rng.getrandbits(44):011X}"
    return Minted(f"{collection}-R", event, f"{event}-{rng.getrandbits(44):011X}")
