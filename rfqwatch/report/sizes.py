"""How much RFQs ask for, as numbers that add up."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.exchange.events import CENTICENTS, Amount, decode_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rfqwatch.report.reading import Created

MICRO = -6
"""Dollars have six digits behind the point at the most (docs.kalshi.com, Fixed-Point Migration)."""

Size: TypeAlias = int
"""The RFQs that a size is of, those of them that are sized in contracts, and what all ask for.

The first are the lowest 40 bits and the second the next; above stand millionths of dollars. So the
sum of sizes is the size of all these RFQs together, and costs one addition. A contract counts as
the dollar that it can pay.
"""

_BITS = 40
_COUNT = (1 << _BITS) - 1

UNREADABLE: Size = 1
NO_CONTRACTS: Size = 1 << _BITS | 1

_MOST_TEXTS = 50_000


class _ByCost(dict[str | None, Size]):
    """Sizes by their dollars as they came, as most are of a few round amounts."""

    def __missing__(self, text: str | None) -> Size:
        if len(self) >= _MOST_TEXTS:
            self.clear()
        size = self[text] = _size(_amount(text))
        return size


_by_cost = _ByCost().__getitem__


def sizes_of(told: Sequence[Created]) -> list[Size]:
    """Read how much each RFQ asks for; `UNREADABLE` where that can't be known."""
    sizes = list(map(_by_cost, [rfq.target_cost_dollars for rfq in told]))
    if UNREADABLE in sizes:
        for at, size in enumerate(sizes):
            if size == UNREADABLE:
                rfq = told[at]
                sizes[at] = _other_size(
                    rfq.target_cost_dollars, rfq.contracts_fp, rfq.target_cost, rfq.contracts
                )
    return sizes


@lru_cache(maxsize=_MOST_TEXTS)
def _other_size(
    target_cost: str | None, contracts: str | None, centicents: int | None, whole: int | None
) -> Size:
    """Read a size in contracts, or the integers of early 2026."""
    if _amount(target_cost) is None and centicents:
        return _size(Decimal(centicents).scaleb(CENTICENTS))
    amount = _amount(contracts if contracts is not None or whole is None else str(whole))
    return UNREADABLE if amount is None else _size(amount) | NO_CONTRACTS


def _size(amount: Decimal | None) -> Size:
    return UNREADABLE if amount is None else int(amount.scaleb(-MICRO)) << 2 * _BITS | 1


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(decode_amount(Amount, text))
    except ValueError:
        return None


def rfqs(size: Size) -> int:
    """Give how many RFQs a size, or a sum of sizes, is of."""
    return size & _COUNT


def dollars(size: Size) -> Decimal:
    """Give the exact dollars of a size, or of a sum of sizes."""
    return Decimal(size >> 2 * _BITS).scaleb(MICRO)


def written(size: Size) -> str:
    """Write a size, like ``$10`` or ``9.5 ct``."""
    if size == UNREADABLE:
        return "?"
    amount = dollars(size).normalize()
    return f"{amount:f} ct" if size >> _BITS & _COUNT else f"${amount:f}"
