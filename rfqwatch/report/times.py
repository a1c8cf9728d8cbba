"""How times are spread, kept in bounded memory."""

from __future__ import annotations

from collections import Counter
from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ERROR = 0.01
"""How far a percentile may be off, as a part of itself; below 50 ms it is exact."""

_RATIO = (1 + ERROR) / (1 - ERROR)
_EXACT_MS = 50
_MOST_EXACT = 10_000
_FIRST = ceil(log(_EXACT_MS) / log(_RATIO))


class Times:
    """Durations in milliseconds, which may be negative, in classes that grow with them.

    Source of the classes: Masson, Rim, Lee, "DDSketch", VLDB 2019.
    """

    def __init__(self) -> None:
        self._latest: Counter[int] = Counter()
        self._classes: Counter[int] = Counter()

    def add(self, times_ms: Iterable[int]) -> None:
        """Take durations; many at once cost least."""
        self._latest.update(times_ms)
        if len(self._latest) > _MOST_EXACT:
            self._class_latest()

    def __len__(self) -> int:
        self._class_latest()
        return self._classes.total()

    def percentile(self, percent: int) -> int | None:
        """Give the duration that so many of a hundred do not pass; None of nothing."""
        rank = (len(self) - 1) * percent // 100
        for number in sorted(self._classes):
            rank -= self._classes[number]
            if rank < 0:
                return _time_ms(number)
        return None

    def _class_latest(self) -> None:
        for time_ms, count in self._latest.items():
            self._classes[_class(time_ms)] += count
        self._latest.clear()


def _class(time_ms: int) -> int:
    size = abs(time_ms)
    if size > _EXACT_MS:
        size = _EXACT_MS + ceil(log(size) / log(_RATIO)) - _FIRST + 1
    return size if time_ms >= 0 else -size


def _time_ms(number: int) -> int:
    size = abs(number)
    if size > _EXACT_MS:
        size = round(2 * _RATIO ** (size - _EXACT_MS + _FIRST - 1) / (_RATIO + 1))
    return size if number >= 0 else -size
