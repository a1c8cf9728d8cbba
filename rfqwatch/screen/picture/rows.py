"""The RFQs of a picture, a line for each: cells in their columns, changes marked. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.segment import Segment

from rfqwatch.book.rfq import Phase, Rfq, State
from rfqwatch.escaping import cells, cut, fit, safe
from rfqwatch.lines.wording import UNKNOWN
from rfqwatch.screen.picture.columns import COLUMNS, WHAT, YOU, Column, Look, lay_out, mark
from rfqwatch.screen.picture.details import INDENT, details
from rfqwatch.screen.picture.legs import what
from rfqwatch.screen.picture.scene import Memory, Scene
from rfqwatch.screen.picture.styles import (
    CHANGED,
    FAINT,
    LIT,
    MARKED,
    PLAIN,
    STRONG,
    TITLE,
    URGENT,
    YOUNGEST,
    Line,
    lit,
    styled,
)
from rfqwatch.screen.search.matching import folded, legs_with, sought
from rfqwatch.screen.view import Grouping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.style import Style

    from rfqwatch.screen.view import View

MARK_S = 1.0
"""How long a changed cell is marked."""

_YOUNG_MS = 5_000
_OLD_MS = 300_000
_WHOLE = 1_000
"""More cells than any line has."""
_COUNTDOWNS = ("confirm", "execute", "open lapsed", f"{YOU} confirm")


def rfq_lines(scene: Scene, width: int, room: int) -> tuple[Line, list[Line], int]:
    """Draw the titles, then at most about ``room`` lines; tell how many open RFQs are on them."""
    rows = scene.rows[:room]
    past, now_s = scene.past, scene.now_s
    largest = max((row.size for row in rows if row), default=Decimal(0))
    look = scene.look._replace(largest=past.largest.note("size", largest, now_s))
    texts = {row.id: _texts(row, look) for row in rows if row}
    needs = {
        # The longest of what is asked for comes and goes with each row: room is kept for good.
        column.title: past.needs.note(
            column.title, _need(column, texts.values()), 0.0 if column is WHAT else now_s
        )
        for column in COLUMNS
    }
    columns = lay_out(width - 1, needs, scene.columns)
    titles = " ".join(fit(column.title, w, right=column.right) for column, w in columns.items())
    memories = scene.past.memories
    scene.past.memories = {
        rfq_id: _remember(memories.get(rfq_id), said, scene.now_s) for rfq_id, said in texts.items()
    }
    lines: list[Line] = []
    shown = 0
    words = _wanted(scene.view)
    for number, row in enumerate(rows, scene.first):
        if len(lines) >= room:
            break
        at_cursor = number == scene.view.cursor
        if row is None:
            lines.append(styled(">" * at_cursor, width))
            continue
        lines.append(_row(scene, row, columns, width, at_cursor=at_cursor))
        shown += row.reason is None
        if row.id in scene.view.expanded:
            style = _standing(scene.look, row)
            opened = details(row, scene.look, width)
            if at_cursor and (above := scene.view.scroll):
                opened = [f"{INDENT}… {above + 1} lines above: up", *opened[above + 1 :]]
            found = (*words, *_tickers(row, words))
            lines += [lit([Segment(fit(line, width), style)], found) for line in opened]
    return styled(f" {titles}", width, TITLE), lines, shown


def _wanted(view: View) -> tuple[str, ...]:
    """Give the words to light up: those typed, and the ticker of the group that was gone into."""
    words, within = sought(view.text), view.within
    if within is not None and within.grouping in {Grouping.EVENT, Grouping.LEG}:
        words += (folded(within.key.partition(" ")[0]),)
    return words


def _tickers(row: Rfq, words: tuple[str, ...]) -> Iterable[str]:
    """Name the legs that hold a word, which details name by their tickers only."""
    return (folded(leg.market_ticker or UNKNOWN) for leg in legs_with(words, row))


def _texts(row: Rfq, look: Look) -> dict[str, str]:
    texts = {column.title: column.text(row, look) for column in COLUMNS}
    pieces = what(row, _WHOLE, look.now_ms, ())
    return texts | {WHAT.title: "".join([piece.joint + piece.text for piece in pieces])}


def _need(column: Column, texts: Iterable[Mapping[str, str]]) -> int:
    """Count the cells that show all of a column; 0 where it has nothing to say."""
    of_column = {said[column.title] for said in texts}
    if of_column.issubset(column.silent):
        return 0
    return max(cells(safe(text)) for text in of_column)


def _remember(before: Memory | None, texts: Mapping[str, str], now_s: float) -> Memory:
    if before is None:
        return Memory(texts, {})
    changed_s = {title: s for title, s in before.changed_s.items() if now_s - s < MARK_S}
    for column in COLUMNS:
        now, then = texts.get(column.title), before.texts.get(column.title)
        if not column.marked or now is None or then is None or now == then:
            continue
        # A countdown changes all the time; that it began is the news.
        if not (_counts_down(now) and _counts_down(then)):
            changed_s[column.title] = now_s
    return Memory(texts, changed_s)


def _counts_down(text: str) -> bool:
    return text.startswith(_COUNTDOWNS)


def _row(
    scene: Scene, row: Rfq, columns: Mapping[Column, int], width: int, *, at_cursor: bool
) -> Line:
    memory = scene.past.memories[row.id]
    base = _standing(scene.look, row)
    marker = mark(row, scene.look)
    if at_cursor:
        base += STRONG
        marker = marker.replace(" ", ">")
    line = [Segment(marker, MARKED if at_cursor else base)]
    words = _wanted(scene.view)
    left = list(columns.items())
    while left:
        column, wide = left.pop(0)
        gap = " " * (len(line) > 1)
        if column is WHAT:
            # What is longer than its column has those after it that say nothing here.
            cut_off = cells(safe(memory.texts[WHAT.title])) > wide
            while cut_off and left and memory.texts[left[0][0].title] in left[0][0].silent:
                wide += 1 + left.pop(0)[1]
            line += [Segment(gap, base), *_what(row, wide, scene.look.now_ms, words, base)]
            continue
        style = _cell_style(scene.look, row, column, memory, base)
        text = fit(column.shorten(memory.texts[column.title], wide), wide, right=column.right)
        # Blanks beside a text are neither underlined nor coloured.
        start, end = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
        parts = (
            (gap + text[:start], base),
            (text[start:end], style),
            (text[max(start, end) :], base),
        )
        line += lit([Segment(*part) for part in parts if part[0]], words)
    if WHAT not in columns:
        line.append(Segment(" " * (width - Segment.get_line_length(line)), base))
    return list(Segment.simplify(line))


def _what(row: Rfq, width: int, now_ms: int, words: tuple[str, ...], base: Style) -> Line:
    """Draw what is asked for, the legs that hold what is sought lit."""
    pieces = what(row, width, now_ms, words)
    if not words:
        text = "".join([part for piece in pieces for part in (piece.joint, piece.text)])
        return [Segment(fit(text, width), base)]
    line: Line = []
    left = width
    for piece in pieces:
        for text, style in ((piece.joint, base), (piece.text, base + LIT if piece.lit else base)):
            shown = cut(text, left)
            left -= cells(shown)
            line.append(Segment(shown, style))
    return [*line, Segment(" " * left, base)]


def _cell_style(look: Look, row: Rfq, column: Column, memory: Memory, base: Style) -> Style:
    if column.title in memory.changed_s:
        base += CHANGED
    if column.title == "age" and row.reason is None:
        age_ms = look.now_ms - row.since_ms
        if age_ms < _YOUNG_MS:
            return base + YOUNGEST
        return base + FAINT if age_ms > _OLD_MS else base
    if column.title == "state" and look.state(row) is State.OPEN:
        return base + _urgency(memory.texts["state"], look)
    return base


def _urgency(state: str, look: Look) -> Style:
    """Tell what we have to confirm, or may have to, from what others do."""
    if state.startswith(YOU) or (look.me is None and state.startswith(Phase.CONFIRM)):
        return URGENT
    return STRONG if state.startswith((Phase.CONFIRM, Phase.EXECUTE)) else PLAIN


def _standing(look: Look, row: Rfq) -> Style:
    return PLAIN if look.state(row) is State.OPEN else FAINT
