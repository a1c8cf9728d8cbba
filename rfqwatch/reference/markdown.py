"""Markdown that shows any text as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def page(title: str, source: str, *parts: str) -> str:
    """Join the parts of a page that is made of a source."""
    made = f"<!-- Made of {source} by: python -m rfqwatch.reference -->"
    return "\n\n".join([made, f"# {title}", *parts]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    below = "|---" * len(head) + "|"
    lines = [" | ".join(cell.replace("|", r"\|") for cell in row) for row in (head, *rows)]
    first, *others = (f"| {line} |" for line in lines)
    return "\n".join([first, below, *others])


def code(text: str) -> str:
    """Write a text that is to be typed."""
    return f"`{text}`" if text else ""


def plain(text: str) -> str:
    """Write a text in which nothing is a mark."""
    return re.sub(r"([*_<`\[\]])", r"\\\1", text)
