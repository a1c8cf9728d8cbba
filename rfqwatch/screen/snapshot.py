"""One picture of the table outside a terminal: as plain text, or as an SVG file."""

from __future__ import annotations

import io
import re
import shutil
import sys
from typing import TYPE_CHECKING

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from rfqwatch.errors import OutputError
from rfqwatch.escaping import safe
from rfqwatch.lines.stdout import ConsumerGoneError
from rfqwatch.screen.table import export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rfqwatch.screen.styles import Line

PAPER = (160, 50)
"""Columns and lines where there is no terminal and COLUMNS and LINES don't say."""

# Rich's own format fetches its font from the web whenever the picture is looked at.
_FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", _FONTS
)


def paper_size() -> tuple[int, int]:
    """Give the columns and lines of a picture that no terminal shows."""
    return shutil.get_terminal_size(PAPER)


def print_picture(lines: Sequence[Line]) -> None:
    """Print a picture without colours, cursor movements or trailing spaces.

    Raises `OutputError`, and `ConsumerGoneError` when the reader is gone.
    """
    text = "".join(f"{safe(''.join(part.text for part in line)).rstrip()}\n" for line in lines)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ConsumerGoneError from None
    except OSError as error:
        raise OutputError(f"standard output can't be written: {error.strerror}") from None


def save_picture(lines: Sequence[Line], width: int, path: Path) -> None:
    """Save a picture as SVG, in the colours of a terminal. Raises `OutputError`."""
    console = Console(
        record=True,
        width=max(width, 1),
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    export(lines, console)
    svg = console.export_svg(title="rfqwatch table", code_format=_FORMAT)
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"the picture can't be saved to {path}: {error.strerror}", "Name another file."
        ) from None
