"""The page: which row stands on which line, so that a line stays what it is while it can. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from rfqwatch.screen.ranking import Place, Ranking


class Page:
    """Keys of a ranking, line by line.

    ``keys`` are those on the page from the top, "" on a line that is free; ``first`` is how many
    stood before it in the ranking when it was turned.
    """

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.first = 0
        self._top: Place | None = None
        self._top_pinned = False

    def turn(
        self,
        ranking: Ranking,
        first: int,
        room: int,
        held: Container[str] = (),
        pinned: Container[str] = (),
    ) -> None:
        """Lay the page out anew, from a place in the ranking on; what is ``held`` stays.

        What is ``pinned`` stands before all that will come, so that it is no mark for what came.
        """
        self.first = max(0, min(first, len(ranking) - 1))
        ranked = ranking.keys(self.first, room)
        self._top = None
        self._mark(ranking, ranked, pinned)
        staying = [key if key in held else "" for key in self.keys[:room]]
        staying += [""] * (room - len(staying))
        more = (key for key in ranked if key not in staying)
        self.keys = [key or next(more, "") for key in staying]
        _trim(self.keys)

    def keep(
        self, ranking: Ranking, room: int, held: Container[str], pinned: Sequence[str] = ()
    ) -> None:
        """Leave what is still ranked, or ``held``, where it stands; fill the lines that are free.

        They get the best that are not on the page, of those that come after its beginning if it is
        not the first. There the ``pinned`` keys come on top, and those in their way take
        the lines that they leave.
        """
        kept = [
            key if key in held or ranking.place(key) is not None else "" for key in self.keys[:room]
        ]
        kept += [""] * (room - len(kept))
        if "" in kept:
            start = ranking.before_mark if self.first else 0
            more = (key for key in ranking.keys(start, 2 * room) if key not in kept)
            kept = [key or next(more, "") for key in kept]
        if not self.first:
            _lift(kept, pinned, held)
        _trim(kept)
        self.keys = kept
        self._mark(ranking, kept, pinned)

    def waiting(self, ranking: Ranking) -> int:
        """Count what would stand before the page as it was turned, and has no line on it."""
        if self._top is None:
            return 0
        on_page = sum(
            place is not None and place < self._top for place in map(ranking.place, self.keys)
        )
        return max(0, ranking.before_mark - on_page - self.first)

    def _mark(self, ranking: Ranking, keys: Sequence[str], pinned: Container[str]) -> None:
        """Have what comes before the first of the keys counted, from when the page was turned.

        While there are none but pinned ones, before the first of those.
        """
        if self._top is not None and not self._top_pinned:
            return
        others = (key for key in keys if key not in pinned)
        top = next((place for place in map(ranking.place, others) if place is not None), None)
        if top is None and self._top is None and keys:
            top, self._top_pinned = ranking.place(keys[0]), True
        elif top is not None:
            self._top_pinned = False
        if top is not None:
            self._top = top
            ranking.mark(top)


def _trim(keys: list[str]) -> None:
    while keys and not keys[-1]:
        del keys[-1]


def _lift(kept: list[str], pinned: Sequence[str], held: Container[str]) -> None:
    """Put the ``pinned`` on the first lines not ``held``; what was there goes where they were."""
    above = kept[: len(pinned)]
    free = [line for line, key in enumerate(above) if key not in pinned and key not in held]
    for key, line in zip([key for key in pinned if key not in above], free, strict=False):
        below = range(len(kept) - 1, len(pinned) - 1, -1)
        # One that is new here takes a free line, or the last that isn't held.
        left = next((n for n in below if kept[n] == key), None)
        if left is None:
            left = next((n for n in reversed(below) if not kept[n]), None)
        if left is None:
            left = next((n for n in below if kept[n] not in held), None)
        if left is not None:
            kept[line], kept[left] = key, kept[line]
