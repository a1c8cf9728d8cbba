"""One picture of the table outside a terminal: as plain text, or as an SVG file."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from errno import EACCES, EISDIR
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment, Segments
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME

from rfqwatch.errors import OutputError, UsageError
from rfqwatch.escaping import safe
from rfqwatch.lines.stdout import ConsumerGoneError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rfqwatch.screen.picture.styles import Line

PAPER = (160, 50)
"""Columns and lines where there is no terminal and COLUMNS and LINES don't say."""

_LIGHT = {"7", "15"}
_FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"


def paper_size() -> tuple[int, int]:
    """Give the columns and lines of a picture that no terminal shows."""
    return shutil.get_terminal_size(PAPER)


def plain(lines: Sequence[Line]) -> str:
    """Write a picture without colours, cursor movements or trailing spaces."""
    texts = (safe("".join(part.text for part in line)) for line in lines)
    return "".join(f"{text.rstrip()}\n" for text in texts)


def svg(lines: Sequence[Line], width: int) -> str:
    """Draw a picture in the colours of a terminal; whoever looks at it fetches nothing.

    Its paper is dark, or light where the terminal says by COLORFGBG, as rxvt does, that its own is.
    """
    light = os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT
    console = Console(
        record=True,
        width=max(width, 1),
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    parts = [part for line in lines for part in (*line, Segment.line())]
    console.print(Segments(parts), end="")
    theme = DEFAULT_TERMINAL_THEME if light else SVG_EXPORT_THEME
    drawn = console.export_svg(title="rfqwatch table", theme=theme)
    # Rich's font comes from the web. No text of ours is mistaken for it: spaces are &#160; there.
    drawn = re.sub(r"@font-face \{.*?\}\n", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code, monospace", _FONTS)


def print_picture(lines: Sequence[Line]) -> None:
    """Print a picture as plain text. Raises as `print_text` does."""
    print_text(plain(lines))


def print_text(text: str) -> None:
    """Print text, all of it.

    Raises `OutputError`, and `ConsumerGoneError` when the reader is gone.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ConsumerGoneError from None
    except OSError as error:
        raise OutputError(f"standard output can't be written: {error.strerror}") from None


def require_savable(path: Path) -> None:
    """Raise `UsageError` where a picture can't be saved, without leaving anything there."""
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if path.exists():
            if not os.access(path, os.W_OK):
                raise PermissionError(EACCES, os.strerror(EACCES))
        else:
            path.open("xb").close()
            path.unlink()
    except OSError as error:
        raise UsageError(
            f"--svg: the picture can't be saved to {path}: {error.strerror}", "Name another file."
        ) from None


def save_picture(lines: Sequence[Line], width: int, path: Path) -> None:
    """Save a picture as SVG. Raises `OutputError`."""
    try:
        path.write_text(svg(lines, width), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"the picture can't be saved to {path}: {error.strerror}", "Name another file."
        ) from None
