"""On a real pseudo-terminal: what is said while it shows a picture comes after it."""

from __future__ import annotations

import os
import pty
import sys
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

from rfqwatch.screen.terminal.messages import MOST_HELD, said_after

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def screen() -> Iterator[int]:
    """Give the other side of a terminal that standard error is."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stderr, redirect_stderr(stderr):
        yield ours
    os.close(ours)


def shown(screen: int, last: str) -> list[str]:
    """Read up to a text that comes last."""
    seen = b""
    while not seen.endswith(f"{last}\r\n".encode()):
        seen += os.read(screen, 10_000)
    return seen.decode().splitlines()


def test_what_is_said_comes_after_the_picture() -> None:
    with screen() as terminal:
        with said_after(once=False) as say:
            say("connected")
            os.write(sys.stderr.fileno(), b"picture\n")
        assert shown(terminal, "connected") == ["picture", "rfqwatch: connected"]


def test_of_much_that_is_said_the_last_is_kept_and_the_rest_counted() -> None:
    with screen() as terminal:
        with said_after(once=False) as say:
            for number in range(MOST_HELD + 3):
                say(f"line {number}")
        said = shown(terminal, f"line {MOST_HELD + 2}")
    assert said[:2] == ["rfqwatch: … 3 lines before these", "rfqwatch: line 3"]
    assert len(said) == 1 + MOST_HELD


def test_a_plain_picture_holds_nothing_up() -> None:
    with screen() as terminal, said_after(once=True) as say:
        say("connected")
        assert shown(terminal, "connected") == ["rfqwatch: connected"]
