"""Lays out help for a terminal, however narrow."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LEAST_COLUMNS = 40
MOST_COLUMNS = 100
"""Longer lines are hard to read."""
NARROW = 70
"""With fewer columns, what is said of an option stands under it, not beside it."""
NAMES = 24
"""Columns for the names of options; longer ones have a line of their own."""

INDENT = "  "

_FIRM = "\N{NO-BREAK SPACE}"
_BRACKETS = re.compile(r"\[default:[^]]*]")


class Layout:
    """Makes text of so many columns, within reason; ``strong`` marks what stands out in it."""

    def __init__(self, columns: int, strong: Callable[[str], str]) -> None:
        self._columns = max(LEAST_COLUMNS, min(columns, MOST_COLUMNS))
        self._strong = strong

    def text(self, text: str, indent: str = "") -> str:
        """Break a paragraph; ``indent`` stands before all lines but the first."""
        return "\n".join(_wrapped(text, self._columns, indent))

    def examples(self, title: str, examples: Iterable[tuple[str, str]]) -> str:
        """Put lines that are to be copied, and so are never broken, under what they are for."""
        lines = [self._strong(f"{title}:")]
        for what, line in examples:
            lines += [INDENT + part for part in _wrapped(what, self._columns - len(INDENT))]
            lines.append(INDENT * 2 + self._strong(line))
        return "\n".join(lines)

    def table(self, title: str, rows: Sequence[tuple[str, str]]) -> str:
        """Put names beside what they mean, or above it where there is no room."""
        lines = [self._strong(f"{title}:")]
        beside = min(max(len(name) for name, _ in rows), NAMES) if self._columns >= NARROW else 2
        space = " " * (beside + 2 * len(INDENT))
        for name, meaning in rows:
            meant = _wrapped(meaning, self._columns - len(space))
            if len(name) <= beside and meant:
                first = self._strong(name) + " " * (beside - len(name))
                lines.append(INDENT + first + INDENT + meant.pop(0))
            else:
                names = _wrapped(name, self._columns - len(INDENT), INDENT)
                lines += [INDENT + self._strong(part) for part in names]
            lines += [space + part for part in meant]
        return "\n".join(lines)


def _wrapped(text: str, columns: int, indent: str = "") -> list[str]:
    """Break a text between words, or between choices, but not within a default."""
    lines = wrap(
        _BRACKETS.sub(lambda found: found[0].replace(" ", _FIRM), text.replace("|", "| ")),
        columns,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return [line.replace("| ", "|").replace(_FIRM, " ") for line in lines]
