"""How much an RFQ asks for."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from rfqwatch.exchange.events import CENTICENTS, Amount, decode_amount

MICRO = -6
"""Dollars have six digits behind the point at the most (docs.kalshi.com, Fixed-Point Migration)."""


Size: TypeAlias = tuple[str | None, str | None, int | None, int | None]
"""A size as it came: dollars, contracts, or the integers of early 2026, in centi-cents or whole."""


@lru_cache(maxsize=50_000)
def micros(size: Size) -> int:
    """Give a size as a number to sum up, in millionths of a dollar; 0 where it can't be read.

    A contract counts as the dollar that it can pay, where no dollars are told.
    """
    amount, _ = _read(size)
    return 0 if amount is None else int(amount.scaleb(-MICRO))


def written(size: Size) -> str:
    """Write a size, like ``$10`` or ``9.5 ct``."""
    amount, unit = _read(size)
    if amount is None:
        return "?"
    return f"${amount.normalize():f}" if unit == "$" else f"{amount.normalize():f} ct"


def _read(size: Size) -> tuple[Decimal | None, str]:
    target_cost, contracts, centicents, whole = size
    cost = _amount(target_cost)
    if cost is None and centicents is not None:
        cost = Decimal(centicents).scaleb(CENTICENTS)
    if cost:
        return cost, "$"
    return _amount(contracts if contracts is not None or whole is None else str(whole)), "ct"


def dollars(amount: int) -> Decimal:
    """Give an exact amount of dollars out of millionths."""
    return Decimal(amount).scaleb(MICRO)


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(decode_amount(Amount, text))
    except ValueError:
        return None
