"""The simulated markets fit together, and are those of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from rfqwatch.book.tickers import read
from rfqwatch.simulator.market.catalog import Catalog
from rfqwatch.simulator.market.chance import Chance

EVENING = date(2026, 11, 24)
START_US = int(datetime(2026, 11, 25, 1, 30, tzinfo=UTC).timestamp()) * 1_000_000  # 20:30 Eastern


def test_legs_are_of_the_evening_and_can_all_come_true() -> None:
    chance, catalog = Chance(3), Catalog(START_US)
    kinds = set()
    for _ in range(500):
        count = chance.randint(2, 15)
        legs = catalog.legs(chance, count)
        assert len({leg.event_ticker for leg in legs}) == len(legs) == count
        winners: dict[str, str] = {}
        for leg in legs:
            series, name, *outcome = leg.market_ticker.split("-", 2)
            assert leg.event_ticker == f"{series}-{name}"
            assert read(leg.market_ticker).event
            assert read(leg.market_ticker).day == EVENING
            kinds.add(series)
            team = "".join(outcome).rstrip("0123456789-")
            if series.endswith(("GAME", "SPREAD")):
                assert team in name
                assert winners.setdefault(name, team) == team
            elif series.endswith(("OUTS", "GOAL")):
                assert any(team[:length] in name for length in (2, 3, 4))
    assert {"KXMLBGAME", "KXMLBOUTS", "KXMLBRFI", "KXNFLTOTAL", "KXEPLGOAL", "KXMLS1H"} <= kinds
    assert not {kind for kind in kinds if kind.startswith("KXEPL") and "OUTS" in kind}


def test_only_the_dates_are_those_of_the_day() -> None:
    today, later = [Catalog(START_US + days * 86_400_000_000).legs(Chance(5), 9) for days in (0, 3)]
    assert [leg.market_ticker.replace("26NOV24", "26NOV27") for leg in today] == [
        leg.market_ticker for leg in later
    ]


def test_markets_that_are_no_games_are_asked_for_alone() -> None:
    chance, catalog = Chance(3), Catalog(START_US)
    series = {catalog.one(chance).event_ticker.partition("-")[0] for _ in range(200)}
    assert {"FED", "KXGOVSHUTDOWN", "KXMENWORLDCUP", "KXMLBGAME"} <= series
