"""One picture: header, rows or groups, footer, on a fixed grid. Pure.

No line wraps, and none is longer or shorter than the terminal is wide. Only what fits is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.escaping import cells, safe
from rfqwatch.screen.picture.above.band import rates, shares
from rfqwatch.screen.picture.above.header import header
from rfqwatch.screen.picture.details import INDENT
from rfqwatch.screen.picture.groups import group_lines
from rfqwatch.screen.picture.help import help_lines
from rfqwatch.screen.picture.legs import tail
from rfqwatch.screen.picture.rows import rfq_lines
from rfqwatch.screen.picture.styles import FAINT, MARKED, TITLE, Line, styled
from rfqwatch.screen.view import Grouping

if TYPE_CHECKING:
    from rfqwatch.screen.picture.above.header import Pulse
    from rfqwatch.screen.picture.scene import Past, Scene
    from rfqwatch.screen.view import View

_HEADS = ((40, 6), (12, 3), (8, 2), (0, 1))
"""From how many lines on a terminal has how many for what stands above the rows, at most."""
_WITH_RATES, _WITH_SHARES = 3, 6
_WIDE = 190
"""Cells in which all that is usually said of the stream has room on one line."""

_KEYS = "? keys  q quit"
_HELP_KEYS = "q back"


def head_lines(pulse: Pulse, view: View, past: Past, width: int, height: int) -> list[Line]:
    """Draw what stands above the rows; while it is of one kind, it never takes fewer lines.

    Without the band it is a line.
    """
    most = next(lines for least, lines in _HEADS if height >= least) if view.band else 1
    shards = pulse.health.shards
    drawn = []
    if most >= _WITH_RATES:
        # A line more, as each shard has its own state.
        most += len(shards) > 1
        live = len(pulse.health.away) < len(shards)
        drawn.append(rates(pulse.book.tempo, pulse.now.ms, width, live=live))
    if most >= _WITH_SHARES:
        drawn.append(shares(past.sports.of(pulse.book, pulse.now.s), width))
    lines = header(pulse, view, past.troubles, width, most - len(drawn))
    kind = (width, height, view.band)
    usual = min(1 if width >= _WIDE else 2, most - len(drawn))
    fewest = past.header[1] if past.header[0] == kind else usual
    lines += [styled("", width)] * (fewest - len(lines))
    past.header = kind, len(lines)
    return lines + drawn


def body_room(height: int, head: int) -> int:
    """Tell how many lines a terminal has for rows, below the ``head`` and its titles."""
    return max(0, height - head - _titles(height) - _footers(height))


def _titles(height: int) -> int:
    return int(height >= 5)  # noqa: PLR2004


def _footers(height: int) -> int:
    return int(height >= 4)  # noqa: PLR2004


def picture(scene: Scene, head: list[Line], width: int, height: int) -> list[Line]:
    """Draw a scene below its head: ``height`` lines of ``width`` cells."""
    room = body_room(height, len(head))
    shown = 0
    if scene.view.help:
        body = [styled(line, width) for line in help_lines(scene.view, width)]
        body = body[scene.view.help_top :]
        titles = styled("keys", width, TITLE)
    elif scene.view.grouping is Grouping.NONE:
        titles, body, shown = rfq_lines(scene, width, room)
    else:
        titles, body, shown = group_lines(scene, width, room)
    if scene.below and len(body) >= room:
        more = f"{INDENT}… {scene.below + 1} more lines: down"
        body[room - 1 :] = [styled(more, width, MARKED)]
    lines = head + [titles] * _titles(height) + body[:room]
    lines += [styled("", width)] * (height - _footers(height) - len(lines))
    if _footers(height):
        lines.append(_footer(scene, shown, width))
    return lines[:height]


def _footer(scene: Scene, shown: int, width: int) -> Line:
    view = scene.view
    grouped = view.grouping is not Grouping.NONE
    total = f"{scene.total:,} {'groups' if grouped else 'RFQs'}"
    if view.typed is not None:
        found = total + f", {scene.pending:,} to look at" * bool(scene.pending)
        return styled(_prompt(view.typed, found, width), width, MARKED)
    if view.copied:
        return styled(f"to the clipboard, if the terminal allows: {view.copied}", width, MARKED)
    hidden = max(0, scene.total - shown)
    more = f"+{hidden:,} more of {total}" if hidden and not view.help else total
    if scene.pending:
        more += f", {scene.pending:,} to look at"
    newer = f"{scene.newer:,} newer: home" if scene.newer and not view.help else ""
    order = f"{view.group_sort if grouped else view.sort} first"
    keys = _HELP_KEYS if view.help else _KEYS
    rights = (order, "") if view.unseen else (f"{order}  {keys}", keys)
    lefts = ["  ".join(filter(None, [newer, text])) for text in (more, total)] + [newer or total]
    for left in lefts:
        for right in rights:
            padding = width - len(left) - len(right)
            if padding >= 2:  # noqa: PLR2004
                return styled(left + " " * padding + right, width, FAINT)
    return styled(lefts[-1], width, FAINT)


def _prompt(typed: str, found: str, width: int) -> str:
    """Show what is typed, its end at least, and how much it finds."""
    typed = safe(typed)
    for right in (f"  {found}  enter keeps, esc drops", f"  {found}"):
        room = width - len("/_") - len(right)
        if cells(typed) <= room:
            return f"/{typed}_{right}"
    return f"/{tail(typed, max(0, room))}_{right}"
