"""The groups of a picture, a line for each: how many RFQs, how fast, of how much. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.escaping import fit
from rfqwatch.lines.wording import NONE, dollars, span
from rfqwatch.screen.group import TEN_MS, Group
from rfqwatch.screen.picture.bars import sparkline
from rfqwatch.screen.picture.groupnames import group_names
from rfqwatch.screen.picture.legs import tail
from rfqwatch.screen.picture.styles import STRONG, TITLE, Line, styled
from rfqwatch.screen.view import Grouping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from rich.style import Style

    from rfqwatch.screen.picture.scene import Scene


NAME = 38
"""Cells that a group's name should have: it matters more than most figures."""
SHORT_NAME = 10
"""The same of a creator's."""
_TENS, _MINUTE = 12, 6
"""How many times ten seconds are drawn, and are a minute."""
_TITLES = ("RFQs", "a min", "in 2 min", "open dollars", "asked", "p50", "p90", "newest")
_LEAST_FIRST = (4, 2, 6, 5, 1, 3)


def group_lines(scene: Scene, width: int, room: int) -> tuple[Line, list[Line], int]:
    """Draw the titles, then at most ``room`` lines; tell how many groups are on them."""
    groups = [(key, group or Group()) for key, group in scene.groups[:room]]
    figures = [_figures(group, scene) for _, group in groups]
    widths = [
        max([len(title), *(len(row[place]) for row in figures)])
        for place, title in enumerate(_TITLES)
    ]
    enough = SHORT_NAME if scene.view.grouping is Grouping.CREATOR else NAME
    kept = list(range(len(_TITLES)))
    for place in _LEAST_FIRST:
        if width - 1 - sum(widths[place] + 1 for place in kept) < enough:
            kept.remove(place)
    named = max(0, width - 1 - sum(widths[place] + 1 for place in kept))

    def line(marker: str, name: str, row: Sequence[str], style: Style | None) -> Line:
        numbers = "".join(" " + fit(row[place], widths[place], right=True) for place in kept)
        return styled(marker + fit(tail(name, named), named) + numbers, width, style)

    grouping = scene.view.grouping
    lines = []
    names = group_names(grouping, [key for key, _ in groups], named, scene.look.now_ms)
    for number, (name, row) in enumerate(zip(names, figures, strict=True), scene.first):
        at_cursor = number == scene.view.cursor
        lines.append(line(">" if at_cursor else " ", name, row, STRONG if at_cursor else None))
    return line(" ", grouping, _TITLES, TITLE), lines, len(lines)


def _figures(group: Group, scene: Scene) -> tuple[str, ...]:
    now_ms = scene.look.now_ms
    now, since_ms = now_ms // TEN_MS, now_ms if scene.since_ms is None else scene.since_ms
    # The ten seconds that are whole, and were watched.
    watched = range(max(now - _TENS, since_ms // TEN_MS + 1), now)
    opened = [group.opened.get(ten, 0) for ten in watched]
    minute = opened[-_MINUTE:]
    sizes = sorted(group.sizes)
    last = len(sizes) - 1
    return (
        f"{group.count:,}",
        f"{sum(minute) * _MINUTE / len(minute):,.0f}" if minute else NONE,
        sparkline(opened).rjust(_TENS),
        whole(group.dollars),
        whole(group.asked),
        whole(sizes[last // 2]) if sizes else NONE,
        whole(sizes[last * 9 // 10]) if sizes else NONE,
        span(now_ms - group.newest_ms),
    )


def whole(amount: Decimal) -> str:
    """Write an amount to the dollar, and what is less than one exactly."""
    return dollars(amount) if amount < 1 else f"${amount:,.0f}"
