"""What is displayed of an RFQ can be looked for; what is found stands first, lit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rfqwatch.book.book import Book
from rfqwatch.clock import Instant
from rfqwatch.exchange.events import (
    ANONYMOUS_CREATORS,
    Amount,
    Leg,
    QuoteCreated,
    RfqCreated,
    RfqDeleted,
)
from rfqwatch.screen.search.matching import fits, parts, sought
from rfqwatch.screen.table import Table
from rfqwatch.screen.view import Grouping, View, Within
from rfqwatch.stream.health import Health

if TYPE_CHECKING:
    from rfqwatch.book.rfq import Rfq

NOW = 1_788_645_600_000  # the evening of 5 September 2026
ID = "8f215380-bab6-4f29-82f8-e58aea724953"
LEGS = (
    ("KXMLBSPREAD-26SEP052140SEATEX", "SEA2", "yes"),
    ("KXMLBTOTAL-26SEP052140SEATEX", "8", "no"),
    ("KXLIGAMXSPREAD-26SEP05ASLCDG", "ASL2", "yes"),
    ("KXNFLGAME-26SEP061300KCBUF", "KC", "yes"),
)


def announced(rfq_id: str = ID, **terms: Any) -> RfqCreated:  # noqa: ANN401
    fields: dict[str, Any] = {
        "market_ticker": "KXMVECROSSCATEGORY-SHARD1-S20265E686BCC7E2-BFE7A290327",
        "creator_id": "ba862291c487ff7d327a32dbbb97f4a866d71766dc0e52d4a83e423145572628",
        "target_cost_dollars": Amount("250.0000"),
        "mve_selected_legs": tuple(Leg(e, f"{e}-{o}", side) for e, o, side in LEGS),
    }
    return RfqCreated(id=rfq_id, **(fields | terms))


def row(**terms: Any) -> Rfq:  # noqa: ANN401
    book = Book()
    book.apply(announced(**terms), NOW)
    (known,) = book.rows.values()
    return known


@pytest.mark.parametrize(
    "text",
    [
        "KXNFLGAME",
        "  kxnflgame  ",
        "SEA@TEX",
        "MLB SEA@TEX: SEA",
        "sea -1.5",
        "SEA \N{MINUS SIGN}1.5",
        "not total 8+",
        "…READ-26SEP05ASLCDG",
        "4 legs: MLB SEA@TEX: SEA \N{MINUS SIGN}1.5 & not total 8+ + NFL KC@BUF 6 Sep: KC +1",
        "8f215380…",
        "ba862291…",
        "e58aea724953",
        "nfl total",
        "KXNFLGAME-26SEP061300KCBUF-KC yes",
        "$250",
        "combo",
    ],
)
def test_what_is_displayed_is_found(text: str) -> None:
    assert fits(row(), sought(text))


@pytest.mark.parametrize("text", ["KXNHL", "SEA@TEX LAL", "deleted", "anonymous", "legs2"])
def test_what_is_not_displayed_is_not_found(text: str) -> None:
    assert not fits(row(), sought(text))


def test_words_of_every_kind_of_row_are_found() -> None:
    hidden = min(ANONYMOUS_CREATORS)
    assert fits(row(creator_id=hidden), sought("anonymous"))
    assert fits(row(market_ticker="KXNFLGAME-26SEP061300KCBUF-KC"), sought("KC@BUF"))
    hostile = row(market_ticker="\x1b[2J", mve_selected_legs=None)
    assert fits(hostile, sought(r"\x1b[2j"))
    book = Book()
    book.apply(announced(), NOW)
    book.apply(QuoteCreated(rfq_id=ID, quote_id="q-77", quote_creator_id="maker-one"), NOW)
    book.apply(RfqDeleted(id=ID), NOW)
    for text in ("q-77", "maker-one", "deleted"):
        assert fits(book.rows[ID], sought(text))


def test_only_signs_are_looked_for_when_there_is_nothing_else() -> None:
    assert sought("a & b + c +3 …") == ("a", "b", "c")
    assert sought("+") == ("+",)
    assert sought("  ") == ()


def test_a_text_is_cut_at_what_is_found() -> None:
    assert parts("SEA \N{MINUS SIGN}1.5 Sea", ("sea", "-1.5")) == [
        ("SEA", True),
        (" ", False),
        ("\N{MINUS SIGN}1.5", True),
        (" ", False),
        ("Sea", True),
    ]


def drawn(table: Table, width: int) -> list[list[tuple[str, bool]]]:
    """Give the pieces of each line, and whether they are lit."""
    lines = table.picture(width, 24, Instant(NOW, NOW / 1_000))
    return [[(part.text, bool(part.style and part.style.reverse)) for part in li] for li in lines]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_leg_that_was_looked_for_comes_first_and_is_lit(width: int) -> None:
    book = Book()
    for number in range(5):
        book.apply(announced(f"rfq {number}"), NOW)
    table = Table(book, Health("prod"))
    for key in ("/", *"KXNFLGAME"):
        table.press(key)
    lines = drawn(table, width)
    found = [line for line in lines if any("$250 " in text for text, _ in line)]
    assert len(found) == 5
    for line in found:
        lit = [text for text, is_lit in line[1:] if is_lit]
        assert len(lit) == 1
        assert "@BUF 6 Sep: KC" in lit[0]
        assert "SEA" not in "".join(text for text, _ in line).partition("@BUF")[0]
    assert "/KXNFLGAME_  5 RFQs" in "".join(text for text, _ in lines[-1])
    table.press("X")
    assert "/KXNFLGAMEX_  0 RFQs" in "".join(text for text, _ in drawn(table, width)[-1])


def test_words_are_lit_in_the_cells_and_in_an_opened_row() -> None:
    book = Book()
    book.apply(announced(), NOW)
    table = Table(book, Health("prod"))
    for key in ("/", *"ba862 KC@", "enter", "j", "enter"):
        drawn(table, 120)
        table.press(key)
    lit = [text for line in drawn(table, 120) for text, is_lit in line if is_lit]
    assert lit.count("ba862") == 2
    assert "KXNFLGAME-26SEP061300KCBUF-KC" in lit


def test_only_legs_that_were_looked_for_are_groups() -> None:
    book = Book()
    book.apply(announced(), NOW)
    table = Table(book, Health("prod"))
    for key in ("g", "g", "/", *"KC@BUF", "enter"):
        drawn(table, 120)
        table.press(key)
    names = ["".join(text for text, _ in line) for line in drawn(table, 120)]
    assert [name.split("   ")[0] for name in names if "6 Sep" in name] == [
        ">NFL KC@BUF 6 Sep: KC  KXNFLGAME-26SEP061300KCBUF-KC yes"
    ]


def test_in_a_group_its_leg_comes_first_and_is_lit() -> None:
    book = Book()
    book.apply(announced(), NOW)
    table = Table(book, Health("prod"))
    table.view = View(within=Within(Grouping.EVENT, "KXNFLGAME-26SEP061300KCBUF"))
    (row,) = [line for line in drawn(table, 120) if line[0][0].startswith(">")]
    lit = [text for text, is_lit in row[1:] if is_lit]
    assert lit == ["NFL KC@BUF 6 Sep: KC"]
