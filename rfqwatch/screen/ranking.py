"""Keys in order, as far down as anyone looks."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = 1_000
"""How many keys are kept in order, unless someone looks further down."""

Place: TypeAlias = tuple[int, int | str, str]
"""What sorts a key: its measure, what decides between equals, the key itself."""

_BEFORE_ALL: Place = (-(10**60), "", "")
_BEHIND_ALL: Place = (10**60, "", "")


class Ranking:
    """Keys by their places. What is put behind the head costs no more than to remember its place.

    ``before_mark`` counts the keys that stand before the place that was marked last.
    """

    def __init__(self) -> None:
        self._mark = _BEFORE_ALL
        self.clear()

    def clear(self) -> None:
        """Forget all keys, but not the mark."""
        self.before_mark = 0
        self._places: dict[str, Place] = {}
        # Whatever stands before `_end` is in `_head` or, not yet in order, in `_news`.
        self._head: list[Place] = []
        self._news: list[Place] = []
        self._end = _BEHIND_ALL
        self._settled = True
        self._looked_at = 0

    def __len__(self) -> int:
        return len(self._places)

    def keys(self, first: int, count: int) -> list[str]:
        """Give some keys, in order."""
        return [place[2] for place in self._first(first + count)[first : first + count]]

    def index(self, key: str) -> int | None:
        """Tell how many keys stand before one; None when it isn't among them."""
        place = self._places.get(key)
        return None if place is None else self._before(place)

    def place(self, key: str) -> Place | None:
        """Give what sorts a key; None when it isn't among them."""
        return self._places.get(key)

    def mark(self, place: Place) -> None:
        """Have the keys that stand before a place counted, from here on."""
        self._mark = place
        self.before_mark = self._before(place)

    def put(self, changes: Iterable[tuple[str, Place | None]]) -> None:
        """Put keys to new places; None takes one out."""
        places, news, mark, end = self._places, self._news, self._mark, self._end
        before_mark = self.before_mark
        for key, place in changes:
            known = places.get(key)
            if place == known:
                continue
            if known is not None:
                before_mark -= known < mark
            if place is None:
                del places[key]
                continue
            before_mark += place < mark
            places[key] = place
            if place < end:
                news.append(place)
        self.before_mark = before_mark
        self._settled = False

    def _before(self, place: Place) -> int:
        return bisect_left(self._first(1 if place < self._end else len(self._places)), place)

    def _first(self, count: int) -> list[Place]:
        """Give at least so many places in order, or all."""
        places = self._places
        if not self._settled:
            self._head += self._news
            self._head.sort()
            if self._looked_at <= HEAD:
                self._cut(2 * HEAD)
            # One that was put elsewhere, or taken out, is no longer the one that counts.
            self._head = [place for place in self._head if places.get(place[2]) is place]
            self._news = []
            self._settled = True
            self._looked_at = 0
        if len(self._head) < min(count, len(places)):
            self._head = sorted(places.values())
            self._end = _BEHIND_ALL
            if count <= HEAD:
                self._cut(2 * HEAD)
        self._looked_at = max(self._looked_at, count)
        return self._head

    def _cut(self, count: int) -> None:
        if len(self._head) > count:
            self._end = self._head[count]
            del self._head[count:]
