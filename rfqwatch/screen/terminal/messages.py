"""What is said while a picture has the terminal, kept until it is given back."""

from __future__ import annotations

import sys
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rfqwatch.stderr import say_when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_HELD = 20


@contextmanager
def said_after(*, once: bool) -> Iterator[Callable[[str], None]]:
    """Give what says a line: at once where standard error is no terminal, else after the block.

    One plain picture, drawn ``once``, holds nothing up.
    """
    if once or not (sys.stderr and sys.stderr.isatty()):
        yield say_when
        return
    held: deque[str] = deque(maxlen=MOST_HELD)
    number = 0

    def hold(text: str) -> None:
        nonlocal number
        number += 1
        held.append(text)

    try:
        yield hold
    finally:
        if number > len(held):
            say_when(f"… {number - len(held)} lines before these")
        for text in held:
            say_when(text)
