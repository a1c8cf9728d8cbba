"""Legs in words: one name for one event, and no side ever cut off."""

from __future__ import annotations

import pytest

from rfqwatch.book.book import Book
from rfqwatch.exchange.events import Leg, RfqCreated
from rfqwatch.screen.legwords import bets, learned
from rfqwatch.screen.picture.groupnames import group_name, group_names
from rfqwatch.screen.picture.legs import what
from rfqwatch.screen.search.matching import fits
from rfqwatch.screen.view import Grouping

NOW = 1_788_645_600_000  # the evening of 5 September 2026


def test_where_sides_part_is_remembered_of_an_event() -> None:
    total = Leg(market_ticker="KXEPLTOTAL-26SEP05AVLBHA-3", side="yes")
    book = Book()
    book.apply(RfqCreated(id="r", mve_selected_legs=(total,)), NOW)
    row = book.rows["r"]
    assert "".join(piece.text for piece in what(row, 80, NOW)) == "EPL AVLBHA: total 3+"
    assert not fits(row, ["avl-bha"])
    before = learned()
    bets([Leg(market_ticker="KXEPLGAME-26SEP05AVLBHA-AVL", side="yes")])
    assert learned() == before + 1
    assert "".join(piece.text for piece in what(row, 80, NOW)) == "EPL AVL-BHA: total 3+"
    assert fits(row, ["avl-bha"])
    assert group_name(Grouping.EVENT, "KXEPLTOTAL-26SEP05AVLBHA", NOW) == "EPL AVL-BHA total"
    assert group_name(Grouping.EVENT, "KXEPLGAME-26SEP05AVLBHA", NOW) == "EPL AVL-BHA"


@pytest.mark.parametrize("width", range(8, 50))
def test_a_cut_leg_never_loses_its_side(width: int) -> None:
    book = Book()
    leg = Leg(market_ticker="KXMLBOUTS-26SEP05PITPHI-PHIZWHEELER45-18", side="no")
    book.apply(RfqCreated(id="r", mve_selected_legs=(leg, leg)), NOW)
    text = "".join(piece.text for piece in what(book.rows["r"], width, NOW))
    assert len(text) <= width
    assert "18+" not in text or "not " in text


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (26, "EPL ARS-LFC: corners 8+ +2"),
        (25, "…ARS-LFC: corners 8+ +2"),
        (22, "…ARS-LFC: …rners 8+ +2"),
        (17, "…ARS-LFC: cor… +2"),
        (12, "EPL ARS-… +2"),
    ],
)
def test_the_league_is_what_a_cut_leg_loses_first(width: int, said: str) -> None:
    tickers = ["KXEPLCORNERS-26SEP05ARSLFC-8", "KXEPLGAME-26SEP05ARSLFC-ARS"]
    legs = tuple(Leg(market_ticker=each, side="yes") for each in [*tickers, "FED-26DEC"])
    book = Book()
    book.apply(RfqCreated(id="r", mve_selected_legs=legs), NOW)
    assert "".join(piece.text for piece in what(book.rows["r"], width, NOW)) == said


def test_groups_have_their_tickers_beside_their_words_where_all_fit() -> None:
    keys = ["KXMLBSPREAD-26SEP062140SEATEX", "FED-26DEC"]
    assert group_names(Grouping.EVENT, keys, 60, NOW) == [
        "MLB SEA@TEX 6 Sep spread  KXMLBSPREAD-26SEP062140SEATEX",
        "FED-26DEC",
    ]
    assert group_names(Grouping.EVENT, keys, 40, NOW) == ["MLB SEA@TEX 6 Sep spread", "FED-26DEC"]
    assert group_name(Grouping.LEG, "KXNFLGAME-26SEP05KCBUF-KC no", NOW) == "NFL KC@BUF: not KC"
