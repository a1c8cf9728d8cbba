"""Styled lines: every style of a picture, in the colours that a terminal has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style

from rfqwatch.escaping import fit, safe
from rfqwatch.screen.search import parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Line: TypeAlias = list[Segment]
Colors: TypeAlias = Literal["auto", "always", "never"]

PLAIN = Style()
STRONG = Style(bold=True)
FAINT = Style(dim=True)
MARKED = Style(reverse=True)
LIT = Style(reverse=True)
TITLE = Style(bold=True, underline=True)

GOOD = Style(color="green", bold=True)
QUIET = Style(color="yellow", bold=True)
BAD = Style(color="red", bold=True)

GONE = Style(dim=True, strike=True)
CHANGED = Style(bold=True, color="yellow")
URGENT = Style(bold=True, color="magenta")
YOUNGEST = Style(color="green", bold=True)
YOUNG = Style(color="green")


def styled(text: str, width: int, style: Style | None = None) -> Line:
    """Make a line of one style, its text safe, ``width`` cells long."""
    return [Segment(fit(text, width), style)]


def lit(line: Line, words: Sequence[str]) -> Line:
    """Light up the words that were looked for, wherever a line has them."""
    return [
        Segment(text, (part.style or PLAIN) + LIT if found else part.style)
        for part in line
        for text, found in parts(part.text, words)
    ]


def terminal(colors: Colors = "auto") -> Console:
    """Give the terminal that TERM and COLORTERM describe; NO_COLOR decides what ``auto`` is."""
    no_color = {"auto": None, "always": False, "never": True}[colors]
    return Console(force_terminal=True, legacy_windows=False, no_color=no_color)


def paint(line: Iterable[Segment], console: Console) -> str:
    """Write a line with SGR sequences, its text made safe, ending unstyled."""
    colors = COLOR_SYSTEMS.get(console.color_system or "")
    if console.no_color:
        line = Segment.remove_color(line)
    return "".join(
        (style or PLAIN).render(safe(text), color_system=colors) for text, style, _ in line
    )
