"""What lasts from one picture of a book to the next.

That is what the user's keys asked for, the rows' arrangement, the row under the cursor, what cells
said before. No clock is read here, no terminal touched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from rfqwatch.clock import Instant
from rfqwatch.screen.keymap import press
from rfqwatch.screen.order import Arrangement, Criteria
from rfqwatch.screen.page import Page
from rfqwatch.screen.picture.above.header import Pulse
from rfqwatch.screen.picture.columns import Look
from rfqwatch.screen.picture.details import details
from rfqwatch.screen.picture.grid import body_room, head_lines, picture
from rfqwatch.screen.picture.help import help_lines
from rfqwatch.screen.picture.scene import Past, Scene
from rfqwatch.screen.terminal.keystrokes import UNESC
from rfqwatch.screen.view import Grouping, Shown, Sort, View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rfqwatch.book.book import Book
    from rfqwatch.book.rfq import Rfq
    from rfqwatch.replay.playback import Playback
    from rfqwatch.screen.picture.columns import Column
    from rfqwatch.screen.picture.styles import Line
    from rfqwatch.screen.ranking import Ranking
    from rfqwatch.stream.health import Health

_ABOUT_A_ROW = {"enter", "esc", "y"}

RESORTED_S = 1.0
"""How often rows in the order of what they measure may change their places."""


class Table:
    """Draws one book again and again; ``view.done`` says that the user is done with it.

    ``playback`` is the time of the recording that the book is made of, if it is. ``columns`` are
    those asked for.
    """

    def __init__(
        self,
        book: Book,
        health: Health,
        view: View | None = None,
        playback: Playback | None = None,
        columns: Sequence[Column] = (),
    ) -> None:
        self._columns = columns
        self.view = view or View(replayed=playback is not None)
        self._playback = playback
        self._book = book
        self._health = health
        self._before_esc = self.view
        self._shown = Shown()
        self._anchor: str | None = None
        self._page = Page()
        self._laid: tuple[Criteria, int] | None = None
        self._turned_s = 0.0
        self._counted: int | None = 0
        self._held: dict[str, Rfq] = {}
        self._arrangement: Arrangement | None = None
        self._groups: Arrangement | None = None
        # While paused: the rows as they were, when that was, and how many frames had come.
        self._frozen: tuple[Mapping[str, Rfq], int, int] | None = None
        self._past = Past()
        self._size = (0, 0)
        self._drawn, self._drawn_at = self.view, Instant(0, 0)

    def press(self, key: str) -> None:
        """Do what a key asks for; the next picture shows it."""
        before = self.view
        if key == UNESC:
            self.view, self._anchor = self._before_esc, None
            return
        late = self._arrangement is not None and before != self._drawn
        if late and (key in _ABOUT_A_ROW or before.expanded):
            # Keys that came at once mean what they mean one by one.
            self.picture(*self._size, self._drawn_at)
            before = self.view
        if key == "esc":
            self._before_esc = before
        self.view = press(before, key, self._shown)
        if self._book.mine:
            # All of it is.
            self.view = replace(self.view, mine=False)
        if before.within is not None and self.view.within is None:
            self._anchor = before.within.key
        if self._playback is not None:
            self._playback.pause(paused=self.view.paused)
            if self.view.steps != before.steps:
                self._playback.step()

    def catch_up(self, now_ms: int) -> bool:
        """Look at some of the rows that changed; tell whether more of them wait."""
        rows, seen_ms, _ = self._moment(now_ms)
        return bool(self._follow(rows, seen_ms).pending)

    def picture(self, width: int, height: int, now: Instant) -> list[Line]:
        """Draw what is known now: ``height`` lines of ``width`` cells, none beyond."""
        book = self._book
        rows, seen_ms, behind = self._moment(now.ms)
        arrangement = self._follow(rows, seen_ms)
        ranking = arrangement.ranking
        self._size = (width, height)
        look = Look(book, seen_ms, self._health.away)
        replay = str(self._playback or "")
        at_once = self._playback is not None and not self._playback.speed
        pulse = Pulse(book, self._health, now, behind, replay, at_once)
        head = head_lines(pulse, self.view, self._past, width, height)
        room = max(1, body_room(height, len(head)))
        self._lay(ranking, room, now.s, arrangement.pinned(room))
        on_page = self._on_page(rows)
        look = look._replace(me=self._past.identity.learn(on_page))
        skipped = self._skip(on_page, look, width, room)
        if self.view.help:
            self._turn_help(width, room)
        grouped = self.view.grouping is not Grouping.NONE
        groups = [(key, arrangement.groups.get(key)) for key in self._page.keys if grouped]
        scene = Scene(
            look,
            now.s,
            self.view,
            self._past,
            rows=[] if grouped else on_page[skipped:],
            groups=groups,
            first=self._page.first + skipped,
            total=arrangement.total,
            newer=0 if grouped else self._page.waiting(ranking),
            below=self._shown.below,
            pending=arrangement.pending,
            columns=self._columns,
            since_ms=arrangement.since_ms,
        )
        self._drawn, self._drawn_at = self.view, now
        return picture(scene, head, width, height)

    def _lay(self, ranking: Ranking, room: int, now_s: float, pinned: Sequence[str]) -> None:
        """Put the page in order, as little as may be, with the cursor on it."""
        view, page = self.view, self._page
        if self._anchor is not None and (place := ranking.index(self._anchor)) is not None:
            # Where esc leads back to, or what an order puts elsewhere.
            view = replace(view, cursor=place)
        self._anchor = None
        if self._laid != (laid := (Criteria.of(view), view.renewed)) or not page.keys:
            self._laid, self._turned_s = laid, now_s
            self._counted = None if self._counted is None else len(ranking)
            page.turn(ranking, 0, room, pinned=pinned)
        else:
            held = self._key_at(view.cursor) if view.cursor > page.first else None
            due = now_s - self._turned_s >= RESORTED_S
            if due and (self._measured or self._grows(len(ranking))):
                self._turned_s = now_s
                page.turn(ranking, page.first, room, view.expanded, pinned)
            else:
                page.keep(ranking, room, view.expanded, pinned[: room // 3])
            if held in page.keys:
                view = replace(view, cursor=page.first + page.keys.index(held))
        if view.cursor < page.first:
            page.turn(ranking, view.cursor, room, pinned=pinned)
        elif view.cursor >= page.first + room:
            page.turn(ranking, view.cursor - room + 1, room, pinned=pinned)
        last = page.first + max(0, len(page.keys) - 1)
        self.view = replace(view, cursor=max(page.first, min(view.cursor, last)))

    def _grows(self, count: int) -> bool:
        """Whether there are twice as many rows as a second ago; once there are not, never again.

        What is open may be told at first, in any order; a page of that is not worth keeping.
        """
        if self._counted is None:
            return False
        grown = count > 2 * self._counted
        self._counted = count if grown or not count else None
        return grown

    @property
    def _measured(self) -> bool:
        """Whether rows change their places by what they measure, rather than by coming."""
        return self.view.grouping is not Grouping.NONE or self.view.sort is not Sort.NEWEST

    def _on_page(self, rows: Mapping[str, Rfq]) -> list[Rfq | None]:
        """Give the rows of the page; an opened one as it was last known, should it be gone."""
        if self.view.grouping is not Grouping.NONE:
            return []
        held = self._held
        on_page = [rows.get(key) or _gone(held.get(key)) for key in self._page.keys]
        self._held = {row.id: row for row in on_page if row and row.id in self.view.expanded}
        return on_page

    def _skip(self, on_page: Sequence[Rfq | None], look: Look, width: int, room: int) -> int:
        """Count the rows at the top that give way to the lines of an opened one at the cursor."""
        line = self.view.cursor - self._page.first
        heights = [
            1 + len(details(row, look, width)) if row and row.id in self.view.expanded else 1
            for row in on_page[: line + 1]
        ]
        skipped = 0
        while len(heights) - skipped > 1 and sum(heights[skipped:]) > room:
            skipped += 1
        over = max(0, sum(heights[skipped:]) - room) if heights else 0
        scroll = min(self.view.scroll, over)
        self.view = replace(self.view, scroll=scroll)
        total = len(self._arrangement.ranking) if self._arrangement else 0
        self._shown = Shown(total, room, self._key_at(self.view.cursor), over - scroll)
        return skipped

    def _turn_help(self, width: int, room: int) -> None:
        """Keep a page of the help full, as far as there is enough of it."""
        over = max(0, len(help_lines(self.view, width)) - room)
        top = min(self.view.help_top, over)
        self.view = replace(self.view, help_top=top)
        self._shown = replace(self._shown, page=room, below=over - top)

    def _moment(self, now_ms: int) -> tuple[Mapping[str, Rfq], int, int | None]:
        frames = self._health.totals.frames
        if not self.view.frozen:
            self._frozen = None
            return self._book.rows, now_ms, None
        if self._frozen is None:
            if self._arrangement is not None:
                self._arrangement.follow(self._book.rows, self._book.take_changes(), now_ms)
            self._frozen = (dict(self._book.rows), now_ms, frames)
        rows, seen_ms, frames_then = self._frozen
        return rows, seen_ms, frames - frames_then

    def _follow(self, rows: Mapping[str, Rfq], now_ms: int) -> Arrangement:
        # What changes during a pause is looked at when it ends.
        changed = set() if self.view.frozen else self._book.take_changes()
        criteria, within = Criteria.of(self.view), self.view.within
        arrangement, groups = self._arrangement, self._groups
        if groups is not None:
            # Whoever goes into one comes back to what is counted meanwhile.
            groups.follow(rows, changed, now_ms)
        if arrangement is None or arrangement.criteria != criteria:
            if groups and groups.criteria == criteria._replace(
                group_sort=groups.criteria.group_sort
            ):
                if groups.criteria != criteria:
                    groups.reorder(criteria.group_sort)
                arrangement = groups
            else:
                arrangement, changed = Arrangement(criteria), None
        if criteria.grouping is not Grouping.NONE:
            self._groups = arrangement
        elif within is None or (groups and groups.criteria.grouping is not within.grouping):
            self._groups = None
        if arrangement is not groups:
            arrangement.follow(rows, changed, now_ms)
        self._arrangement = arrangement
        return arrangement

    def _key_at(self, cursor: int) -> str | None:
        line = cursor - self._page.first
        return (self._page.keys[line] or None) if 0 <= line < len(self._page.keys) else None


def _gone(row: Rfq | None) -> Rfq | None:
    """Believe no longer in a row that is gone, unless it was seen to be closed."""
    if row is None or row.reason is not None:
        return row
    return structs.replace(row, generation=-1)
