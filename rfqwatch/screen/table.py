"""What lasts from one picture of a book to the next.

That is what the user's keys asked for, the rows' arrangement, the row under the cursor, what cells
said before. No clock is read here, no terminal touched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rfqwatch.health import Rate
from rfqwatch.screen.controls import Grouping, Shown, View, press
from rfqwatch.screen.order import Arrangement, Criteria
from rfqwatch.screen.picture.columns import Look
from rfqwatch.screen.picture.details import details
from rfqwatch.screen.picture.grid import lay_out, picture
from rfqwatch.screen.picture.header import Pulse
from rfqwatch.screen.picture.scene import Past, Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rfqwatch.book.book import Book
    from rfqwatch.book.rfq import Rfq
    from rfqwatch.clock import Instant
    from rfqwatch.health import Health
    from rfqwatch.screen.picture.styles import Line
    from rfqwatch.screen.ranking import Ranking


class Table:
    """Draws one book again and again; ``view.done`` says that the user is done with it."""

    def __init__(self, book: Book, health: Health, view: View | None = None) -> None:
        self.view = view or View()
        self._book = book
        self._health = health
        self._shown = Shown()
        self._anchor: str | None = None
        self._first = 0
        self._arrangement: Arrangement | None = None
        # While paused: the rows as they were, when that was, and how many frames had come.
        self._frozen: tuple[Mapping[str, Rfq], int, int] | None = None
        self._created = Rate()
        self._created.total = book.counts.created
        self._past = Past()
        self._size = (0, 0)

    def press(self, key: str) -> None:
        """Do what a key asks for; the next picture shows it."""
        before = self.view
        self.view = press(before, key, self._shown)
        if Criteria.of(self.view) != Criteria.of(before):
            self._anchor = None
        elif self.view.cursor != before.cursor:
            # The top row is whatever comes there; any other is held on to.
            self._anchor = self._key_at(self.view.cursor) if self.view.cursor else None

    def catch_up(self, now_ms: int) -> bool:
        """Look at some of the rows that changed; tell whether more of them wait."""
        rows, seen_ms, _ = self._moment(now_ms)
        return bool(self._follow(rows, seen_ms).pending)

    def picture(self, width: int, height: int, now: Instant) -> list[Line]:
        """Draw what is known now: ``height`` lines of ``width`` cells, none beyond."""
        book = self._book
        self._created.add(book.counts.created - self._created.total, now.s)
        rows, seen_ms, behind = self._moment(now.ms)
        arrangement = self._follow(rows, seen_ms)
        if (width, height) != self._size:
            self._size = (width, height)
            self._past = Past(self._past.memories)
        look = Look(book, seen_ms, self._health.away)
        ranking = arrangement.ranking
        room = max(1, lay_out(height).body)
        self._put_cursor(ranking)
        self._scroll(ranking, rows, look, room)
        self._shown = Shown(len(ranking), room, self._key_at(self.view.cursor))
        keys = ranking.keys(self._first, height)
        grouped = self.view.grouping is not Grouping.NONE
        scene = Scene(
            look,
            now.s,
            Pulse(book, self._health, now, self._created.per_second(now.s), behind),
            self.view,
            self._past,
            rows=[] if grouped else [rows[key] for key in keys if key in rows],
            groups=[(key, arrangement.groups[key]) for key in keys] if grouped else [],
            first=self._first,
            total=len(ranking),
            pending=arrangement.pending,
        )
        return picture(scene, width, height)

    def _moment(self, now_ms: int) -> tuple[Mapping[str, Rfq], int, int | None]:
        frames = sum(card.frames.total for card in self._health.shards.values())
        if not self.view.paused:
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
        changed = set() if self.view.paused else self._book.take_changes()
        criteria = Criteria.of(self.view)
        if self._arrangement is None or self._arrangement.criteria != criteria:
            self._arrangement = Arrangement(criteria)
            changed = None
        self._arrangement.follow(rows, changed, now_ms)
        return self._arrangement

    def _key_at(self, place: int) -> str | None:
        keys = self._arrangement.ranking.keys(place, 1) if self._arrangement else []
        return keys[0] if keys else None

    def _put_cursor(self, ranking: Ranking) -> None:
        found = None if self._anchor is None else ranking.index(self._anchor)
        cursor = min(self.view.cursor, max(0, len(ranking) - 1)) if found is None else found
        if self._anchor is not None:
            self._anchor = self._key_at(cursor)
        self.view = replace(self.view, cursor=cursor)

    def _scroll(self, ranking: Ranking, rows: Mapping[str, Rfq], look: Look, room: int) -> None:
        cursor = self.view.cursor
        self._first = min(self._first, cursor)
        self._first = max(self._first, cursor - room + 1)
        if self.view.grouping is not Grouping.NONE or not self.view.expanded:
            return
        # Expanded rows take more lines; the row under the cursor stays in sight with its own.
        ids = ranking.keys(self._first, cursor - self._first + 1)
        heights = [
            1 + len(details(rows[rfq_id], look)) if rfq_id in self.view.expanded else 1
            for rfq_id in ids
            if rfq_id in rows
        ]
        while len(heights) > 1 and sum(heights) > room:
            self._first += 1
            del heights[0]
