"""The band: what the last two minutes were, and what is asked for, at a glance. Pure."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from rich.segment import Segment

from rfqwatch.book.tickers import sport
from rfqwatch.escaping import cells, fit, safe
from rfqwatch.lines.wording import NONE, UNKNOWN
from rfqwatch.screen.picture.bars import sparkline
from rfqwatch.screen.picture.styles import FAINT, MARKED, PLAIN, Line, styled

if TYPE_CHECKING:
    from rfqwatch.book.book import Book
    from rfqwatch.book.tempo import Tempo

SHOWN_S = 120
"""How far back the sparklines go."""
RATE_S = 5
"""Seconds that the rate beside a sparkline is taken over."""
MOST_LOOKED_AT = 2_000
"""How many of the newest RFQs the shares are taken over."""

COUNTED_S = 3.0
"""After how long they are counted again."""

_RATES = ("created/s", "asked/s")
_NUMBER = 11
"""Cells of a rate: ``$1,234,567``."""


def rates(tempo: Tempo, now_ms: int, width: int, *, live: bool) -> Line:
    """Draw how many RFQs were created each second, and how many dollars they asked for.

    What they are now can't be told unless something is ``live``.
    """
    room = max(1, (width - sum(map(len, _RATES)) - 2 * _NUMBER - 8) // 2)
    each_s = -(-SHOWN_S // room)
    stretches = tempo.stretches(now_ms, each_s, SHOWN_S // each_s)
    lately = tempo.last(RATE_S, now_ms)
    counts = [float(stretch.opened) for stretch in stretches]
    dollars = [float(stretch.asked) for stretch in stretches]
    numbers = (f"{lately.opened / RATE_S:,.0f}", f"${lately.asked / RATE_S:,.0f}")
    if not live:
        numbers = (NONE, NONE)
    text = "  ".join(
        f"{title} {sparkline(values)} {number:<{_NUMBER}}"
        for title, values, number in zip(_RATES, (counts, dollars), numbers, strict=True)
    )
    return styled(text, width)


class Sports:
    """The legs of the newest open RFQs by sport, or by series where that is unknown."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._counted_s = -inf

    def of(self, book: Book, now_s: float) -> Counter[str]:
        """Give the counts, made anew now and then."""
        if now_s - self._counted_s >= COUNTED_S:
            self._counts, self._counted_s = _count(book), now_s
        return self._counts


def _count(book: Book) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in book.newest(MOST_LOOKED_AT):
        if row.reason is None:
            terms = row.terms
            asked = terms.mve_selected_legs or (terms,)
            tickers = (each.market_ticker or each.event_ticker or UNKNOWN for each in asked)
            counts.update(ticker.partition("-")[0] for ticker in tickers)
    by_sport: Counter[str] = Counter()
    for series, count in counts.items():
        by_sport[sport(series)] += count
    return by_sport


def shares(counts: Counter[str], width: int) -> Line:
    """Draw a bar of shares stacked side by side, each with its name."""
    total = counts.total()
    if not total:
        return styled("", width)
    title = "legs by sport "
    parts: list[tuple[str, int]] = []
    left = width - len(title)
    for name, count in counts.most_common():
        wide = count * (width - len(title)) // total
        texts = f" {name} {count / total:.0%} ", f" {name} "
        fitting = [text for text in texts if cells(safe(text)) <= wide]
        others = len(counts) - len(parts) - 1
        if not fitting or len(_others(others)) > left - wide:
            break
        parts.append((fitting[0], wide))
        left -= wide
    line = [Segment(fit(title, min(width, len(title))), FAINT)]
    for number, (text, wide) in enumerate(parts):
        line.append(Segment(fit(text, wide), PLAIN if number % 2 else MARKED))
    rest = _others(len(counts) - len(parts))
    line.append(Segment(fit(rest, max(0, left)), FAINT))
    return line


def _others(count: int) -> str:
    return f" {count} more" * bool(count)
