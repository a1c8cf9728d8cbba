from __future__ import annotations

import warnings
from decimal import Decimal

import pytest

from rfqwatch.errors import UsageError
from rfqwatch.exchange.events import EVENT_TYPES
from rfqwatch.selection import parsing


@pytest.mark.parametrize(
    ("globs", "ticker", "fits"),
    [
        (["KXNFL*"], "KXNFLGAME-1", True),
        (["kxnfl*"], "KXNFLGAME-1", True),
        (["KXNFL"], "KXNFLGAME-1", False),
        (["*GAME-?"], "KXNFLGAME-1", True),
        (["*[0-3]"], "KXNFLGAME-1", True),
        (["*[!0-3]"], "KXNFLGAME-1", False),
        (["*-T3.00"], "FED-T3x00", False),
        (["A*", "B*"], "B1", True),
        (["A", "B"], "BA", False),
        (["[]]*"], "]x", True),
        (["K[[]*"], "K[x", True),
    ],
)
def test_globs(globs: list[str], ticker: str, *, fits: bool) -> None:
    assert bool(parsing.globs(globs)(ticker)) is fits


@pytest.mark.parametrize(
    ("glob", "words"),
    [
        ("KX[NFL", "'KX[NFL': [ without ] at position 2"),
        ("[A][", "'[A][': [ without ] at position 3"),
        ("[!]", "[ without ] at position 0"),
        ("A[z-a]", "'A[z-a]': a range in [] runs backwards"),
    ],
)
def test_wrong_globs(glob: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsing.globs(["fine", glob])
    assert words in refused.value.message


def test_types() -> None:
    for name in EVENT_TYPES:
        assert parsing.types([name])(name)
    assert parsing.types(["RFQ_CREATED"])("rfq_created")
    assert not parsing.types(["rfq_created"])("rfq_deleted")
    assert parsing.types(["rfq_amend*"])("rfq_amended")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rfq_craeted", "did you mean rfq_created?"),
        ("quote_create", "did you mean quote_created?"),
        ("rfq-deleted", "did you mean rfq_deleted?"),
        ("nothing", "'nothing': no type that rfqwatch knows"),
    ],
)
def test_a_type_that_no_message_would_have(name: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsing.types(["rfq_deleted", name])
    assert words in refused.value.message
    assert "rfq_batch_executed" in refused.value.advice


def test_expressions_are_sought_in_bytes() -> None:
    assert parsing.regex("KX(NFL|MLB)").search(bytearray(b"..KXMLB"))
    assert parsing.regex("(?i)kxnfl").search(b"KXNFL")
    assert parsing.regex("é").search("é".encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parsing.regex("[[]").search(b"[")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("ab[c", "'ab[c': unterminated character set at position 2"),
        ("a(", "missing ), unterminated subpattern at position 1"),
        (r"\d{2}\q", r"'\d{2}\q': bad escape \q at position 5"),
        ("a{99999999999}", "too large"),
        ("(?u)a", "position"),
    ],
)
def test_wrong_expressions(expression: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsing.regex(expression)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("3", {3}, {2, 4}),
        ("0", {0}, {1}),
        ("2..5", {2, 5}, {1, 6}),
        ("3..", {3, 1_000}, {2}),
        ("..4", {0, 4}, {5}),
        ("2..2", {2}, {1, 3}),
    ],
)
def test_ranges(text: str, inside: set[int], outside: set[int]) -> None:
    read = parsing.legs(text)
    assert all(number in read for number in inside)
    assert not any(number in read for number in outside)


@pytest.mark.parametrize("text", ["..", "", "2-5", "-1", "2...5", "a..b", "1.5", "٣", "2..5..6"])
def test_wrong_ranges(text: str) -> None:
    with pytest.raises(UsageError, match=r"no range") as refused:
        parsing.legs(text)
    assert "2..5" in refused.value.advice


def test_a_range_that_runs_backwards() -> None:
    with pytest.raises(UsageError, match="runs backwards"):
        parsing.legs("5..2")


def test_amounts_are_exact() -> None:
    assert parsing.amount("0.1") == Decimal("0.1")
    assert parsing.amount("1000000.000001") == Decimal("1000000.000001")


@pytest.mark.parametrize("text", ["", "-1", "1e3", "$5", "1,000", "nan", "0.0000001", "٣", ".5"])
def test_wrong_amounts(text: str) -> None:
    with pytest.raises(UsageError, match="no amount"):
        parsing.amount(text)
