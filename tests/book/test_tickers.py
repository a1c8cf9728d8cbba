from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfqwatch.book.tickers import Bet, read, read_event, sport

FIFTH = date(2026, 9, 5)
FINAL = date(2026, 7, 19)

IN_WORDS = {
    "KXMLBGAME-26SEP051840MILCIN-MIL": ("MLB MIL@CIN", "MIL", FIFTH),
    "KXMLBGAME-26SEP051915NYYSD-NYY": ("MLB NYY@SD", "NYY", FIFTH),
    "KXMLBSPREAD-26SEP052140SEATEX-SEA2": ("MLB SEA@TEX", "SEA \N{MINUS SIGN}1.5", FIFTH),
    "KXMLBRFI-26SEP051910MINCWS": ("MLB MIN@CWS", "run in the 1st inning", FIFTH),
    "KXMLBOUTS-26SEP05PITPHI-PHIZWHEELER45-18": ("MLB PIT@PHI", "ZWHEELER45 outs 18+", FIFTH),
    "KXNFLTOTAL-26SEP051300KCBUF-3": ("NFL KC@BUF", "total 3+", FIFTH),
    "KXLIGAMXGAME-26SEP05ASLCDG-CDG": ("LIGAMX ASL-CDG", "CDG", FIFTH),
    "KXMLSGAME-26SEP05ORLSD-SD": ("MLS ORL-SD", "SD", FIFTH),
    "KXMLSSPREAD-26SEP05MIAATL-MIA2": ("MLS MIA-ATL", "MIA \N{MINUS SIGN}1.5", FIFTH),
    "KXWCADVANCE-26JUL19ESPARG-ARG": ("WC ESP-ARG", "ARG advances", FINAL),
    # Where the letters of two sides can't be parted, they stay together.
    "KXMLSTOTAL-26SEP05ORLSD-3": ("MLS ORLSD", "total 3+", FIFTH),
    "KXSERIEAGAME-26SEP05INTJUV-TIE": ("SERIEA INTJUV", "tie", FIFTH),
    "KXWC1H-26JUL19ESPARG-TIE": ("WC ESPARG", "1st half tie", FINAL),
    "KXWC1HTOTAL-26JUL19ESPARG-1": ("WC ESPARG", "1st half total 1+", FINAL),
    "KXWCCORNERS-26JUL19ESPARG-8": ("WC ESPARG", "corners 8+", FINAL),
    "KXWCGOAL-26JUL19ESPARG-ARGLMESSI10-1": ("WC ESPARG", "ARGLMESSI10 goals 1+", FINAL),
    # A bet of an unknown kind stands as it came, where league and sides are certain.
    "KXMLBHR-26SEP052140SEATEX-SEAJROD44-1": ("MLB SEA@TEX", "HR SEAJROD44-1", FIFTH),
}
AS_THEY_STAND = [
    "",
    "-",
    "FED-23DEC-T3.00",
    "KXGOVSHUTDOWN-26OCT01",
    "KXMENWORLDCUP-26-AR",
    "KXMVECROSSCATEGORY-SHARD1-S2026F751643002B-895A182475D",
    # No such day, no such spread, no number, no player's, a league that only begins like one.
    "KXNFLGAME-26FEB30KCBUF-KC",
    "KXMLBSPREAD-26SEP052140SEATEX-SEA0",
    "KXMLBTOTAL-26SEP052140SEATEX-OVER",
    "KXMLBOUTS-26SEP05PITPHI-PHIZWHEELER",
    "KXWCHESS-26JUL19AABB-1",
    "KX-26SEP05AABB-AA",
]


@pytest.mark.parametrize("ticker", IN_WORDS)
def test_a_ticker_in_words(ticker: str) -> None:
    assert read(ticker) == IN_WORDS[ticker]


@pytest.mark.parametrize("ticker", AS_THEY_STAND)
def test_what_is_of_no_known_form_stands(ticker: str) -> None:
    assert read(ticker) == Bet("", ticker)


@pytest.mark.parametrize(
    "others",
    [
        ["KXWCGAME-26JUL19ESPARG-ESP"],
        ["KXWCADVANCE-26JUL19ESPARG-ARG"],
        ["KXWCGOAL-26JUL19ESPARG-ESPLYAMAL10-1", "KXWCGOAL-26JUL19ESPARG-ARGLMESSI10-1"],
    ],
)
def test_other_markets_of_an_event_part_its_sides(others: list[str]) -> None:
    assert read("KXWCTOTAL-26JUL19ESPARG-3", others).event == "WC ESP-ARG"
    assert read("KXWCTOTAL-26JUL26ESPARG-3", others).event == "WC ESPARG"


def test_players_of_one_side_part_nothing() -> None:
    others = ["KXWCGOAL-26JUL19ESPARG-ESPLYAMAL10-1", "KXWCGOAL-26JUL19ESPARG-ESPNWILLI10-1"]
    assert read("KXWCTOTAL-26JUL19ESPARG-3", others).event == "WC ESPARG"


@pytest.mark.parametrize(
    ("ticker", "league"),
    [
        ("KXMLBGAME-26SEP051805ATLPHI-PHI", "MLB"),
        ("KXMLBTOTAL-26SEP051805ATLPHI", "MLB"),
        ("KXWC1HTOTAL", "WC"),
        ("KXGOVSHUTDOWN-26OCT01", "GOVSHUTDOWN"),
        ("FED-26DEC-T3.00", "FED"),
        ("", ""),
    ],
)
def test_a_sport_is_told_of_any_ticker(ticker: str, league: str) -> None:
    assert sport(ticker) == league


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_is_read(ticker: str, others: list[str]) -> None:
    bet = read(ticker, others)
    assert bet.event or bet.outcome == ticker


@given(
    st.from_regex(r"KX(MLB|XYZ)(GAME|SPREAD|HR)-26SEP05[A-Z]{4,8}-[A-Z0-9-]{1,9}", fullmatch=True)
)
def test_what_is_put_in_words_keeps_its_letters(ticker: str) -> None:
    bet = read(ticker)
    if bet.event:
        letters = ticker.split("-")[1][7:]
        assert bet.event.replace("@", "").replace("-", "").endswith(letters)


@pytest.mark.parametrize(
    ("ticker", "bet"),
    [
        ("KXMLBGAME-26SEP051840MILCIN", Bet("MLB MIL@CIN", "", FIFTH)),
        ("KXNFLSPREAD-26SEP05KCBUF", Bet("NFL KC@BUF", "spread", FIFTH)),
        ("KXWC1HTOTAL-26JUL19ESPARG", Bet("WC ESPARG", "1st half total", FINAL)),
        ("KXMLBHR-26SEP052140SEATEX", Bet("MLB SEA@TEX", "HR", FIFTH)),
        ("KXGOVSHUTDOWN-26OCT01", Bet("", "KXGOVSHUTDOWN-26OCT01")),
        ("", Bet("", "")),
    ],
)
def test_an_event_in_words(ticker: str, bet: Bet) -> None:
    assert read_event(ticker) == bet
