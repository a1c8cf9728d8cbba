"""The table as lines of styled text on a fixed grid. Pure: the same scene gives the same lines.

No line wraps, and none is longer or shorter than the terminal is wide. Only what fits is built.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment

from rfqwatch.book.rfq import Rfq, State
from rfqwatch.escaping import fit, safe
from rfqwatch.lines.wording import NONE, contracts, dollars, short_person, span
from rfqwatch.screen.columns import (
    COLUMNS,
    WHAT,
    Column,
    Look,
    choose,
    details,
    mark,
    what,
)
from rfqwatch.screen.controls import KEYS, Grouping, View
from rfqwatch.screen.header import Pulse, header
from rfqwatch.screen.styles import (
    CHANGED,
    FAINT,
    GONE,
    MARKED,
    PLAIN,
    STRONG,
    TITLE,
    URGENT,
    YOUNG,
    YOUNGEST,
    Line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.style import Style

    from rfqwatch.screen.order import Group

MARK_MS = 1_000
"""How long a changed cell is marked."""

_AGES = ((5_000, YOUNGEST), (30_000, YOUNG))
_OLD_MS = 300_000
_COUNTDOWNS = ("confirm", "execute", "open lapsed")


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


class Memory(NamedTuple):
    """What a row's cells said when last drawn, by title, and when each last changed."""

    texts: Mapping[str, str]
    changed_ms: Mapping[str, int]


@dataclass(slots=True)
class Scene:
    """Everything a picture shows.

    ``rows`` are those that may fit, from the first visible one, which is number ``first`` of
    ``total``; so are ``groups``. ``pending`` rows were not looked at yet. ``memories`` says what
    the rows said before, and is given what they say now; ``needs`` is how wide amounts have been,
    and ``header`` how many lines the header has had, so that rows stay where they are.
    """

    look: Look
    pulse: Pulse
    view: View
    rows: Sequence[Rfq] = ()
    groups: Sequence[tuple[str, Group]] = ()
    first: int = 0
    total: int = 0
    pending: int = 0
    memories: dict[str, Memory] = field(default_factory=dict)
    needs: dict[str, int] = field(default_factory=dict)
    header: int = 0


def picture(scene: Scene, width: int, height: int) -> list[Line]:
    """Draw a scene: ``height`` lines of ``width`` cells."""
    layout = lay_out(height)
    lines = header(scene.pulse, scene.view, width, layout.header)
    blank = _text("", width)
    lines += [blank] * (min(scene.header, layout.header) - len(lines))
    scene.header = len(lines)
    room = layout.body + layout.header - len(lines)
    shown = 0
    if scene.view.help:
        body = [_text(f"{keys:>18}  {meaning}", width) for keys, meaning in KEYS]
        titles = _text("keys", width, TITLE)
    elif scene.view.grouping is Grouping.NONE:
        titles, body, shown = _rfqs(scene, width, room)
    else:
        titles, body, shown = _groups(scene, width, room)
    lines += [titles] * layout.titles
    lines += body[:room]
    lines += [blank] * (height - layout.footer - len(lines))
    if layout.footer:
        lines.append(_footer(scene, shown, width))
    return lines[:height]


def _text(text: str, width: int, style: Style | None = None) -> Line:
    return [Segment(fit(text, width), style)]


def _rfqs(scene: Scene, width: int, room: int) -> tuple[Line, list[Line], int]:
    rows = scene.rows[:room]
    grid = width - 1
    columns = choose(grid, {})
    texts = [_texts(row, scene.look, columns) for row in rows]
    for cells in texts:
        for title, text in cells.items():
            if len(text) > scene.needs.get(title, 0):
                scene.needs[title] = len(text)
    columns = choose(grid, scene.needs)
    titles = Segment(
        fit(" " + " ".join(fit(c.title, w, right=c.right) for c, w in columns.items()), width),
        TITLE,
    )
    memories = {
        row.id: _remember(scene, row, cells) for row, cells in zip(rows, texts, strict=True)
    }
    lines: list[Line] = []
    shown = 0
    for number, row in enumerate(rows, scene.first):
        if len(lines) >= room:
            break
        at_cursor = number == scene.view.cursor
        lines.append(_row(scene, row, memories[row.id], columns, at_cursor=at_cursor, width=width))
        shown += 1
        if row.id in scene.view.expanded:
            style = _standing(scene.look, row)
            lines += [_text(f"     {line}", width, style) for line in details(row, scene.look)]
    scene.memories.clear()
    scene.memories.update(memories)
    return [titles], lines, shown


def _texts(row: Rfq, look: Look, columns: Iterable[Column]) -> dict[str, str]:
    return {column.title: column.text(row, look) for column in columns if column is not WHAT}


def _remember(scene: Scene, row: Rfq, texts: Mapping[str, str]) -> Memory:
    before = scene.memories.get(row.id)
    if before is None:
        return Memory(texts, {})
    now_ms = scene.look.now_ms
    changed_ms = {title: ms for title, ms in before.changed_ms.items() if now_ms - ms < MARK_MS}
    for column in COLUMNS:
        title = column.title
        now, then = texts.get(title), before.texts.get(title)
        if not column.marked or now is None or then is None or now == then:
            continue
        # A countdown changes all the time; that it began is the news.
        if not (_counts_down(now) and _counts_down(then)):
            changed_ms[title] = now_ms
    return Memory(texts, changed_ms)


def _counts_down(text: str) -> bool:
    return text.startswith(_COUNTDOWNS)


def _row(
    scene: Scene,
    row: Rfq,
    memory: Memory,
    columns: Mapping[Column, int],
    *,
    at_cursor: bool,
    width: int,
) -> Line:
    base = _standing(scene.look, row)
    if at_cursor:
        base += STRONG
    marker = mark(row, scene.look)
    if at_cursor and marker == " ":
        marker = ">"
    line = [Segment(marker, MARKED if at_cursor else base)] if width else []
    text, style = "", base
    for place, (column, cell_width) in enumerate(columns.items()):
        if column is WHAT:
            cell = fit(what(row, cell_width), cell_width)
        else:
            cell = fit(memory.texts[column.title], cell_width, right=column.right)
        cell_style = _cell_style(scene.look, row, column, memory, base)
        if place:
            text += " "
        if cell_style is not style:
            line.append(Segment(text, style))
            text, style = "", cell_style
        text += cell
    line.append(Segment(text, style))
    return line


def _cell_style(look: Look, row: Rfq, column: Column, memory: Memory, base: Style) -> Style:
    if column.title in memory.changed_ms:
        return base + CHANGED
    if column.title == "age" and row.closed_ms is None:
        age_ms = look.now_ms - row.since_ms
        for limit_ms, style in _AGES:
            if age_ms < limit_ms:
                return base + style
        return base + FAINT if age_ms > _OLD_MS else base
    if column.title == "state" and _counts_down(memory.texts["state"]):
        return base + URGENT if look.state(row) is State.OPEN else base
    return base


def _standing(look: Look, row: Rfq) -> Style:
    state = look.state(row)
    if state is State.CLOSED:
        return GONE
    return PLAIN if state is State.OPEN else FAINT


def _groups(scene: Scene, width: int, room: int) -> tuple[Line, list[Line], int]:
    groups = scene.groups[:room]
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
    named = max(0, width - 1 - sum(widths) - len(widths))
    # On a narrow terminal the name matters more than the contracts and the dollars.
    dropped = {2} if named < 16 else set()  # noqa: PLR2004
    if dropped and named + widths[2] + 1 < 16:  # noqa: PLR2004
        dropped.add(1)
    kept = [place for place in range(len(titles)) if place not in dropped]
    named = max(0, width - 1 - sum(widths[place] + 1 for place in kept))

    def line(marker: str, name: str, row: Sequence[str]) -> str:
        numbers = "".join(" " + fit(row[place], widths[place], right=True) for place in kept)
        return fit(marker + fit(name, named) + numbers, width)

    grouping = scene.view.grouping
    lines = []
    for number, ((key, _), row) in enumerate(zip(groups, cells, strict=True), scene.first):
        at_cursor = number == scene.view.cursor
        name = short_person(key) if grouping is Grouping.CREATOR and named < len(key) else key
        text = line(">" if at_cursor else " ", safe(name), row)
        lines.append([Segment(text, STRONG if at_cursor else None)])
    return [Segment(line(" ", grouping, titles), TITLE)], lines, len(lines)


def _footer(scene: Scene, shown: int, width: int) -> Line:
    view = scene.view
    if view.typed is not None:
        return _text(f"/{view.typed}_  enter keeps, esc drops", width, MARKED)
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
    return _text(left, width, FAINT)
