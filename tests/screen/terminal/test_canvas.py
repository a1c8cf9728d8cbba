"""A terminal that shows a picture while it arrives shows nothing that is in neither picture."""

from __future__ import annotations

import os
import random

import pyte

from rfqwatch.escaping import fit
from rfqwatch.screen.terminal.canvas import Canvas

COLUMNS, LINES = 40, 8


def lines(chance: random.Random) -> list[str]:
    """Make lines with styles, blanks at their ends, wide characters; some missing, some blank."""
    made = []
    for _ in range(chance.randrange(LINES + 1)):
        text = "".join(chance.choices("ab 1▁é", k=chance.randrange(COLUMNS + 1)))
        plain = fit(text, COLUMNS)
        made.append(chance.choice([plain, f"\x1b[1;7m{plain}\x1b[0m", f"\x1b[2m{text[:9]}\x1b[0m"]))
    return [line if "\x1b[2m" not in line else line + " " * (COLUMNS - 9) for line in made]


async def test_lines_are_written_over_not_erased_first() -> None:
    chance = random.Random(5)
    master, slave = os.openpty()
    os.set_blocking(slave, False)
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    size = os.terminal_size((COLUMNS, LINES))
    try:
        canvas = Canvas(slave, lambda: size, lambda: None)
        canvas.begin()
        stream.feed(os.read(master, 65_536))
        for _ in range(60):
            before = list(screen.display)
            canvas.picture = lines(chance)
            canvas.flush()
            arrived = os.read(master, 65_536)
            after = _shown(canvas.picture)
            for byte in arrived:
                stream.feed(bytes([byte]))
                for old, new, seen in zip(before, after, screen.display, strict=True):
                    assert all(cell in pair for cell, *pair in zip(seen, old, new, strict=True))
            assert screen.display == after
    finally:
        canvas.stop()
        os.close(master)
        os.close(slave)


def _shown(picture: object) -> list[str]:
    assert isinstance(picture, list)
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    for row, line in enumerate(picture, 1):
        stream.feed(f"\x1b[?7l\x1b[{row};1H{line}")
    return list(screen.display)
