"""The line formats, by the names that ``--output`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.lines.jsonlines import JsonLines
from rfqwatch.lines.raw import RawLines
from rfqwatch.lines.text import TextLines

if TYPE_CHECKING:
    from rfqwatch.cli.options import Format
    from rfqwatch.lines.output import LineOutput

FORMATS: dict[Format, type[LineOutput]] = {
    "jsonl": JsonLines,
    "raw": RawLines,
    "text": TextLines,
}
