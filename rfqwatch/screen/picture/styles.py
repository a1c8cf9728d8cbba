"""Styled lines: every style of a picture, to be read on light paper and on dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style

from rfqwatch.escaping import fit, safe
from rfqwatch.screen.search.matching import parts

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

# None of the sixteen colours that a terminal's theme chooses can be read on each theme's paper,
# so colours come as white on dark ones that are the same everywhere. They are reversed twice:
# where there are no colours, the one reversal stays.
GOOD = STRONG
QUIET = Style(reverse=True, bold=True, color="color(94)", bgcolor="color(231)")
BAD = Style(reverse=True, bold=True, color="color(88)", bgcolor="color(231)")

CHANGED = Style(bold=True, underline=True)
URGENT = Style(reverse=True, bold=True, color="color(90)", bgcolor="color(231)")
YOUNGEST = STRONG


class Item(NamedTuple):
    """One thing to say, kept together on a line.

    One that has ``least`` cells may be cut to them, or to more, where no other line is left.
    """

    text: str
    style: Style = PLAIN
    least: int = 0


def styled(text: str, width: int, style: Style | None = None) -> Line:
    """Make a line of one style, its text safe, ``width`` cells long."""
    return [Segment(fit(text, width), style)]


def lit(line: Line, words: Sequence[str]) -> Line:
    """Light up the words that were looked for, wherever a line has them."""
    if not words:
        return line
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
    if console.no_color or colors is ColorSystem.STANDARD:
        line = Segment.remove_color(line)
    return "".join(
        (style or PLAIN).render(safe(text), color_system=colors) for text, style, _ in line
    )
