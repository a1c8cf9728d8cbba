"""Styled text to the characters of a terminal line, in the colours the terminal has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import COLOR_SYSTEMS, Console
from rich.text import Text

from rfqwatch.escaping import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.segment import Segment
    from rich.style import Style

_ATTRIBUTES = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "blink": "5",
    "reverse": "7",
    "strike": "9",
}
"""The attributes painted, with their SGR numbers (ECMA-48)."""


class Painter:
    """Paints lines for the terminal the environment describes: TERM, COLORTERM, NO_COLOR.

    ``plain`` leaves every style out, for a picture that goes to a file or a pipe. ``console`` is a
    Rich console with the same colours, that takes no text for markup.
    """

    def __init__(self, *, plain: bool = False) -> None:
        self.console = Console(
            force_terminal=not plain,
            markup=False,
            highlight=False,
            emoji=False,
            soft_wrap=True,
            legacy_windows=False,
        )
        name = self.console.color_system
        self._colors = COLOR_SYSTEMS[name] if name else None
        self._styles: dict[Style, str] = {}

    def paint(self, line: Text | Iterable[Segment]) -> str:
        """Write a line with SGR sequences, ending unstyled.

        Its text is made safe; links and Rich's own control codes are left out.
        """
        if isinstance(line, Text):
            line = line.render(self.console)
        painted = []
        for text, style, control in line:
            if control or not text:
                continue
            shown = text if text.isprintable() else safe(text)
            start = self._start(style) if style else ""
            painted.append(f"{start}{shown}\x1b[0m" if start else shown)
        return "".join(painted)

    def _start(self, style: Style) -> str:
        start = self._styles.get(style)
        if start is None:
            start = self._styles[style] = self._sgr(style)
        return start

    def _sgr(self, style: Style) -> str:
        if self._colors is None:
            return ""
        codes = [code for name, code in _ATTRIBUTES.items() if getattr(style, name)]
        if not self.console.no_color:
            if style.color:
                codes += style.color.downgrade(self._colors).get_ansi_codes()
            if style.bgcolor:
                codes += style.bgcolor.downgrade(self._colors).get_ansi_codes(foreground=False)
        return f"\x1b[{';'.join(codes)}m" if codes else ""
