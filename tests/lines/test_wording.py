"""The words that lines and pictures share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rfqwatch.exchange.events import ANONYMOUS_CREATORS, Amount, Leg
from rfqwatch.lines.wording import (
    ANONYMOUS,
    NONE,
    UNKNOWN,
    bid,
    clock,
    countdown,
    counted,
    dollars,
    person,
    settlement,
    short_person,
    size,
    span,
    storage,
    taken,
)

CREATOR = "ba862291c487ff7d327a32dbbb97f4a866d71766dc0e52d4a83e423145572628"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (counted(1, "leg"), "1 leg"),
        (counted(0, "leg"), "0 legs"),
        (storage(0), "0.0 KiB"),
        (storage(1536), "1.5 KiB"),
        (storage(300 * 2**20), "300.0 MiB"),
        (storage(2**30), "1.0 GiB"),
        (storage(5_000 * 2**40), "5,000.0 TiB"),
        (dollars(Decimal("1E+3")), "$1,000"),
        (dollars(Decimal("0.000001")), "$0.000001"),
        (dollars(Decimal("-0.0100")), "-$0.01"),
        (size(Decimal("296.61"), None), "296.61 ct"),
        (size(None, Decimal("10.0000")), "$10"),
        (size(Decimal(1), Decimal(2)), "1 ct $2"),
        (size(None, None), ""),
        (bid("yes", Decimal("0.3500"), Decimal("10.00")), "yes $0.35 x 10 ct"),
        (bid("no", Decimal("0.35")), "no $0.35"),
        (bid("no", Decimal("0.0000"), Decimal("10.00")), f"no {NONE}"),
        (bid("no", None), f"no {UNKNOWN}"),
        (taken("accepted", "yes", Decimal("10.00")), "accepted yes 10 ct"),
        (taken("executed", None, None), "executed"),
        (settlement(Leg(yes_settlement_value_dollars=Amount("0.0000"))), "yes settled at $0"),
        (settlement(Leg()), ""),
        (clock(1_788_645_600_999), "22:00:00Z"),
        (clock(1_788_645_600_999, "milliseconds"), "22:00:00.999Z"),
        (clock(-1), "23:59:59Z"),
        (clock(10**30), clock(10**30 % 86_400_000)),
        (person(None), UNKNOWN),
        (person(CREATOR), CREATOR),
        (short_person(CREATOR), "ba862291…"),
        (short_person("maker-one"), "maker-one"),
        (short_person("\x1b[2J"), r"\x1b[2J"),
    ],
)
def test_what_is_said(said: str, words: str) -> None:
    assert said == words


@pytest.mark.parametrize("hidden", sorted(ANONYMOUS_CREATORS))
def test_who_hides_has_no_name(hidden: str) -> None:
    assert person(hidden) == short_person(hidden) == ANONYMOUS


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0s"), (119, "119s"), (120, "2m"), (7_200, "2h"), (172_800, "2d"), (10**9, "999d")],
)
def test_a_duration_takes_four_cells_at_most(seconds: int, words: str) -> None:
    assert span(seconds * 1_000) == words


def test_a_countdown_ends_in_tenths() -> None:
    assert [countdown(ms) for ms in (9_951, 9_949, 50)] == ["10s", "9.9s", "0.1s"]
