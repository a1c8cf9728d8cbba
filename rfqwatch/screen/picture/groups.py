"""The groups of a picture, a line for each: how many RFQs, of how much, since when. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.escaping import fit
from rfqwatch.lines.wording import NONE, contracts, dollars, short_person, span
from rfqwatch.screen.controls import Grouping
from rfqwatch.screen.order import Group
from rfqwatch.screen.picture.styles import STRONG, TITLE, Line, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from rfqwatch.screen.picture.scene import Scene


NAME = 16
"""Cells that a group's name should have: it matters more than the contracts or the dollars."""


def group_lines(scene: Scene, width: int, room: int) -> tuple[Line, list[Line], int]:
    """Draw the titles, then at most ``room`` lines; tell how many groups are on them."""
    groups = [(key, group or Group()) for key, group in scene.groups[:room]]
    cells = [
        (
            f"{group.count:,}",
            dollars(group.dollars) if group.dollars else NONE,
            contracts(group.contracts) if group.contracts else NONE,
            span(scene.look.now_ms - group.newest_ms),
        )
        for _, group in groups
    ]
    titles = ("RFQs", "open dollars", "contracts", "newest")
    widths = [
        max([len(title), *(len(row[place]) for row in cells)]) for place, title in enumerate(titles)
    ]
    kept = list(range(len(titles)))
    for place in (2, 1):
        if width - 1 - sum(widths[place] + 1 for place in kept) < NAME:
            kept.remove(place)
    named = max(0, width - 1 - sum(widths[place] + 1 for place in kept))

    def line(marker: str, name: str, row: Sequence[str], style: Style | None) -> Line:
        numbers = "".join(" " + fit(row[place], widths[place], right=True) for place in kept)
        return styled(marker + fit(name, named) + numbers, width, style)

    grouping = scene.view.grouping
    lines = []
    for number, ((key, _), row) in enumerate(zip(groups, cells, strict=True), scene.first):
        at_cursor = number == scene.view.cursor
        name = short_person(key) if grouping is Grouping.CREATOR and named < len(key) else key
        lines.append(line(">" if at_cursor else " ", name, row, STRONG if at_cursor else None))
    return line(" ", grouping, titles, TITLE), lines, len(lines)
