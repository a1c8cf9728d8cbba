"""Keys in order, put anew a few at a time."""

from __future__ import annotations

from bisect import bisect_left
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

_INSERT, _CUT = range(2)

Place: TypeAlias = tuple[int, int | str, str]
"""What sorts a key: its measure, what decides between equals, the key itself."""


class Ranking:
    """Keys in order. Putting a few anew costs little more than copying the list once."""

    def __init__(self) -> None:
        self._order: list[Place] = []
        self._places: dict[str, Place] = {}

    def __len__(self) -> int:
        return len(self._order)

    def keys(self, first: int, count: int) -> list[str]:
        """Give some keys, in order."""
        return [place[2] for place in self._order[first : first + count]]

    def index(self, key: str) -> int | None:
        """Tell how many keys stand before one; None when it isn't among them."""
        place = self._places.get(key)
        return None if place is None else bisect_left(self._order, place)

    def place(self, key: str) -> Place | None:
        """Give what sorts a key; None when it isn't among them."""
        return self._places.get(key)

    def before(self, place: Place) -> int:
        """Count the keys that stand before a place."""
        return bisect_left(self._order, place)

    def upto(self, measure: int) -> list[str]:
        """Give the keys that measure no more than that."""
        return [key for _, _, key in takewhile(lambda place: place[0] <= measure, self._order)]

    def put(self, changes: Iterable[tuple[str, Place | None]]) -> None:
        """Put keys to new places; None takes one out."""
        places, order = self._places, self._order
        edits = []
        for key, place in changes:
            before = places.get(key)
            if place == before:
                continue
            if before is not None:
                edits.append((bisect_left(order, before), _CUT, before))
                del places[key]
            if place is not None:
                edits.append((bisect_left(order, place), _INSERT, place))
                places[key] = place
        edits.sort()
        # Copying stretches compares nothing, and touches no more than it must.
        edited: list[Place] = []
        done = 0
        for index, edit, place in edits:
            edited += order[done:index]
            if edit == _INSERT:
                edited.append(place)
            done = index + (edit == _CUT)
        self._order = edited + order[done:] if edits else order
