"""The markets that the simulated exchange's RFQs ask about: those of one evening of sports.

Tickers are spelled as recorded ones are: a series, a date with the teams, an outcome.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from datetime import date

    from rfqwatch.simulator.market.chance import Chance

_EASTERN = timedelta(hours=5)
"""What the days of events are behind UTC in, or nearly."""
_WINNER = 0.45
"""How many legs are just on who wins."""
_ACCOMPANIED = 0.3
"""How many legs are on the game of the leg before."""

# Who meets, with a player of each; where a league plays twice a day, its times.
_GAMES = {
    "KXMLB": (
        ("1805", "ATL", "CSALE51", "PHI", "ZWHEELER45"),
        ("1810", "DET", "TSKUBAL29", "CLE", "TBIBEE28"),
        ("1840", "MIL", "FPERALTA51", "CIN", "HGREENE21"),
        ("1840", "LAA", "YKIKUCHI16", "PIT", "PSKENES30"),
        ("1910", "NYY", "MFRIED54", "BOS", "GCROCHET35"),
        ("2005", "SEA", "LGILBERT36", "TEX", "NEOVALDI17"),
        ("2110", "LAD", "YYAMAMOTO18", "SD", "DCEASE84"),
    ),
    "KXNFL": (
        ("", "KC", "", "BUF", ""),
        ("", "DAL", "", "PHI", ""),
        ("", "SF", "", "SEA", ""),
        ("", "GB", "", "DET", ""),
    ),
    "KXNBA": (
        ("", "LAL", "", "DEN", ""),
        ("", "NYK", "", "BOS", ""),
        ("", "OKC", "", "GSW", ""),
    ),
    "KXNHL": (
        ("", "TOR", "", "MTL", ""),
        ("", "EDM", "", "COL", ""),
    ),
    "KXMLS": (
        ("", "MIA", "LMESSI10", "ATL", "MALMIRON10"),
        ("", "LAFC", "HSON7", "SEA", "AROLDAN16"),
    ),
    "KXLIGAMX": (("", "ASL", "JPEDRO27", "CDG", "RALVARADO25"),),
    "KXEPL": (("", "ARS", "BSAKA7", "LFC", "MSALAH11"),),
    "KXLALIGA": (("", "RMA", "KMBAPPE9", "FCB", "LYAMAL10"),),
}
_SOCCER = {
    "SPREAD": (2,),
    "TOTAL": (2, 3, 4),
    "1H": (),
    "1HTOTAL": (1, 2),
    "CORNERS": (8, 9, 10, 11),
    "GOAL": (1, 2),
}
# What there is to bet on beside the winner, with the numbers that it can be.
_KINDS: dict[str, dict[str, tuple[int, ...]]] = {
    "KXMLB": {"SPREAD": (2, 3), "TOTAL": (7, 8, 9, 10), "RFI": (), "OUTS": (15, 16, 18)},
    "KXNFL": {"SPREAD": (3, 4, 7), "TOTAL": (41, 44, 47, 51), "1HTOTAL": (20, 24)},
    "KXNBA": {"SPREAD": (3, 6, 10), "TOTAL": (218, 224, 230)},
    "KXNHL": {"SPREAD": (2,), "TOTAL": (5, 6, 7)},
}

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


class _Game(NamedTuple):
    """A meeting of two sides: for each the markets on it, the one on its win first.

    What is on neither is among those of both.
    """

    of_first: tuple[Market, ...]
    of_second: tuple[Market, ...]


class Catalog:
    """The markets of the day of ``start_us`` (µs since 1970) in US Eastern time."""

    def __init__(self, start_us: int) -> None:
        day = (datetime.fromtimestamp(start_us // 1_000_000, UTC) - _EASTERN).date()
        self._games = [
            _Game(*(_of_side(league, day, game, side) for side in (0, 1)))
            for league, games in _GAMES.items()
            for game in games
        ]
        later = f"{day + timedelta(days=31):%y%b}".upper()
        self._others = (
            Market("KXMENWORLDCUP-30", "KXMENWORLDCUP-30-AR"),
            Market(f"FED-{later}", f"FED-{later}-T3.00"),
            Market(f"KXGOVSHUTDOWN-{later}01", f"KXGOVSHUTDOWN-{later}01"),
        )

    def one(self, chance: Chance) -> Market:
        """Draw a market."""
        return chance.choice([*self._others, *self.legs(chance, len(self._others))])

    def legs(self, chance: Chance, count: int) -> list[Market]:
        """Draw markets of different events that can all come true, those of a game together."""
        drawn: dict[str, Market] = {}
        sides: dict[_Game, tuple[Market, ...]] = {}
        game = chance.choice(self._games)
        while len(drawn) < count:
            if not chance.happens(_ACCOMPANIED):
                game = chance.choice(self._games)
            if game not in sides:
                sides[game] = chance.choice(game)
            markets = sides[game]
            market = markets[0] if chance.happens(_WINNER) else chance.choice(markets)
            drawn.setdefault(market.event_ticker, market)
        return sorted(drawn.values())


def _of_side(league: str, day: date, game: tuple[str, ...], side: int) -> tuple[Market, ...]:
    """List what can be bet on one side of a game."""
    time, *sides = game
    team, player = sides[2 * side : 2 * side + 2]
    name = f"{day:%y%b%d}{time}{sides[0]}{sides[2]}".upper()
    event = f"{league}GAME-{name}"
    markets = [Market(event, f"{event}-{team}")]
    for kind, numbers in _KINDS.get(league, _SOCCER).items():
        event = f"{league}{kind}-{name}"
        match kind:
            case "SPREAD":
                outcomes = [f"-{team}{number}" for number in numbers]
            case "OUTS" | "GOAL":
                outcomes = [f"-{team}{player}-{number}" for number in numbers]
            case "1H":
                outcomes = [f"-{team}", "-TIE"]
            case "RFI":
                # An event of one market, which is called the same.
                outcomes = [""]
            case _:
                outcomes = [f"-{number}" for number in numbers]
        markets += [Market(event, event + outcome) for outcome in outcomes]
    return tuple(markets)


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
