"""One picture: header, rows or groups, footer, on a fixed grid. Pure.

No line wraps, and none is longer or shorter than the terminal is wide. Only what fits is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.screen.controls import KEYS, Grouping
from rfqwatch.screen.picture.groups import group_lines
from rfqwatch.screen.picture.header import header
from rfqwatch.screen.picture.rows import rfq_lines
from rfqwatch.screen.picture.styles import FAINT, MARKED, TITLE, Line, styled

if TYPE_CHECKING:
    from rfqwatch.screen.picture.scene import Scene


class Layout(NamedTuple):
    """How the lines are shared out."""

    header: int
    titles: int
    body: int
    footer: int


def lay_out(height: int) -> Layout:
    """Share out the lines of a terminal: the header first, then rows, at last the rest."""
    footer = int(height >= 4)  # noqa: PLR2004
    titles = int(height >= 5)  # noqa: PLR2004
    most = 1 if height < 8 else 2 if height < 12 else min(8, height // 6)  # noqa: PLR2004
    return Layout(min(most, height), titles, max(0, height - most - titles - footer), footer)


def picture(scene: Scene, width: int, height: int) -> list[Line]:
    """Draw a scene: ``height`` lines of ``width`` cells."""
    layout = lay_out(height)
    lines = header(scene.pulse, scene.view, width, layout.header)
    blank = styled("", width)
    lines += [blank] * (min(scene.past.header, layout.header) - len(lines))
    scene.past.header = len(lines)
    room = layout.body + layout.header - len(lines)
    shown = 0
    if scene.view.help:
        body = [styled(f"{keys:>18}  {meaning}", width) for keys, meaning in KEYS]
        titles = styled("keys", width, TITLE)
    elif scene.view.grouping is Grouping.NONE:
        titles, body, shown = rfq_lines(scene, width, room)
    else:
        titles, body, shown = group_lines(scene, width, room)
    lines += [titles] * layout.titles
    lines += body[:room]
    lines += [blank] * (height - layout.footer - len(lines))
    if layout.footer:
        lines.append(_footer(scene, shown, width))
    return lines[:height]


def _footer(scene: Scene, shown: int, width: int) -> Line:
    view = scene.view
    if view.typed is not None:
        return styled(f"/{view.typed}_  enter keeps, esc drops", width, MARKED)
    grouped = view.grouping is not Grouping.NONE
    things = "groups" if grouped else "RFQs"
    left = f"{scene.total:,} {things}"
    hidden = scene.total - shown
    if hidden and not view.help:
        left = f"+{hidden:,} more of {left}"
    if scene.pending:
        left += f", {scene.pending:,} to look at"
    order = f"{view.group_sort if grouped else view.sort} first  "
    for right in (f"{order}? keys  q quit", "? keys  q quit"):
        padding = width - len(left) - len(right)
        if padding >= 2:  # noqa: PLR2004
            left += " " * padding + right
            break
    return styled(left, width, FAINT)
