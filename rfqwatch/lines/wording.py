"""The words in which lines and pictures alike say amounts, times, bids, people. Pure.

An amount shows every digit that counts. A side on which no one bids is no bid of zero.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rfqwatch.escaping import cut
from rfqwatch.exchange.events import ANONYMOUS_CREATORS

if TYPE_CHECKING:
    from decimal import Decimal

    from rfqwatch.exchange.events import Leg

NONE = "\N{EN DASH}"
UNKNOWN = "?"
ANONYMOUS = "anonymous"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KIBI = 1_024
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def counted(count: int, noun: str) -> str:
    """Write ``1 leg``, ``2,000 legs``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def storage(size: float) -> str:
    """Write a number of bytes: ``12.0 MiB``."""
    *smaller, largest = ("KiB", "MiB", "GiB", "TiB")
    for unit in smaller:
        size /= _KIBI
        if size < _KIBI:
            return f"{size:.1f} {unit}"
    return f"{size / _KIBI:,.1f} {largest}"


def dollars(amount: Decimal) -> str:
    """Write an amount of dollars: ``$1,234.5``."""
    return f"-${number(-amount)}" if amount < 0 else f"${number(amount)}"


def contracts(amount: Decimal) -> str:
    """Write a number of contracts: ``296.61 ct``."""
    return f"{number(amount)} ct"


def number(amount: Decimal) -> str:
    """Write a number exactly, its thousands marked, without zeros at its end."""
    written = f"{amount:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def size(wanted: Decimal | None, target_cost: Decimal | None) -> str:
    """Say how much is asked for: in contracts, in dollars, in both, or nothing where none came."""
    parts = []
    if wanted is not None:
        parts.append(contracts(wanted))
    if target_cost is not None:
        parts.append(dollars(target_cost))
    return " ".join(parts)


def bid(side: str, price: Decimal | None, offered: Decimal | None = None) -> str:
    """Write ``yes $0.35 x 10 ct``; a price of zero is the exchange's way to say no bid."""
    if not price:
        return f"{side} {UNKNOWN if price is None else NONE}"
    return f"{side} {dollars(price)}" + ("" if offered is None else f" x {contracts(offered)}")


def taken(state: str, side: str | None, offered: Decimal | None) -> str:
    """Write ``accepted yes 10 ct``, as far as the side and the contracts are known."""
    amount = None if offered is None else contracts(offered)
    return " ".join(filter(None, [state, side, amount]))


def settlement(leg: Leg) -> str:
    """Say what a leg's market has settled at, or nothing."""
    value = leg.yes_settlement_value_dollars
    return "" if value is None else f"yes settled at {dollars(value)}"


def clock(at_ms: int, timespec: str = "seconds") -> str:
    """Write the time of day in UTC, to the second or, as `datetime.isoformat` knows, finer."""
    of_day = timedelta(milliseconds=at_ms % (_DAY * 1_000))
    return f"{(_EPOCH + of_day).time().isoformat(timespec)}Z"


def moment(at_ms: int) -> str:
    """Write the day and the time of day in UTC, to the second."""
    return f"{(_EPOCH + timedelta(milliseconds=at_ms)).date()} {clock(at_ms)}"


def apart(ahead_ms: int) -> str:
    """Say how far this computer's clock is from the exchange's, which is ahead by so much."""
    way = "behind" if ahead_ms > 0 else "ahead of"
    return f"{abs(ahead_ms) / 1_000:,.0f} s {way} the exchange's"


def span(ms: int) -> str:
    """Write a duration in at most four cells, its larger unit only."""
    seconds = max(0, ms // 1_000)
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    if seconds < 2 * _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    return f"{min(seconds // _DAY, 999)}d"


def countdown(ms: int) -> str:
    """Write how long is left, at the end in tenths of a second."""
    return f"{ms / 1_000:.1f}s" if ms < 9_950 else f"{ms / 1_000:.0f}s"  # noqa: PLR2004


def person(user_id: str | None) -> str:
    """Name one of the exchange's users; those who hide share their ids, so they have none."""
    if user_id is None:
        return UNKNOWN
    return ANONYMOUS if user_id in ANONYMOUS_CREATORS else user_id


def short_person(user_id: str | None) -> str:
    """Name a user by the first characters of the id."""
    return cut(person(user_id), len(ANONYMOUS))
