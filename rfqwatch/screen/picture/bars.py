"""Numbers drawn in a line of text: a bar, a row of columns. Pure."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LYING = " ▏▎▍▌▋▊▉█"
_STANDING = " ▁▂▃▄▅▆▇█"
_EIGHTHS = 8


def bar(part: float, width: int) -> str:
    """Draw a part of one, to the eighth of a cell: all ``width`` of one or more."""
    eighths = round(max(0.0, min(part, 1.0)) * width * _EIGHTHS)
    full, rest = divmod(eighths, _EIGHTHS)
    return "█" * full + _LYING[rest] * bool(rest)


def sparkline(values: Sequence[float]) -> str:
    """Draw a column for each value, as high as it is beside the largest."""
    largest = max(values, default=0)
    return "".join(
        _STANDING[ceil(max(0.0, value) / largest * _EIGHTHS) if largest > 0 else 0]
        for value in values
    )
