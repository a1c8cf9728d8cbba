"""When a file of a recording is full, or too old to keep. Pure."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Rotation(NamedTuple):
    """A file is full at ``size`` bytes, and at each whole multiple of a time, counted in UTC."""

    every_s: float = inf
    size: float = inf

    def full(self, size: int, begun_ms: int, now_ms: int) -> bool:
        """Tell whether a file of a size, begun at a moment, takes no more lines."""
        every_ms = self.every_s * 1000
        return size >= self.size or begun_ms // every_ms != now_ms // every_ms


class Kept(NamedTuple):
    """A whole file: its name, its bytes, when it was last written (Unix seconds)."""

    name: str
    size: int
    written_s: float


class Retention(NamedTuple):
    """How long whole files are kept, and how many bytes of them."""

    age_s: float = inf
    size: float = inf

    def surplus(self, files: Sequence[Kept], now_s: float) -> list[str]:
        """Name those of the files, oldest first, that are to go; the newest always stays."""
        total = sum(file.size for file in files)
        names = []
        for file in files[:-1]:
            if total <= self.size and now_s - file.written_s <= self.age_s:
                break
            total -= file.size
            names.append(file.name)
        return names
