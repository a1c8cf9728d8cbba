"""The line formats, by the names that ``--output`` takes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, assert_never

from rfqwatch.lines.jsonlines import JsonLines, RawLines
from rfqwatch.lines.text import TextLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfqwatch.cli.options.output import Format
    from rfqwatch.exchange.events import Event
    from rfqwatch.exchange.wire import Payload
    from rfqwatch.lines.output import LineOutput, Place


def line_output(
    name: Format, place: Place, read: Callable[[str, Payload], Event | None]
) -> LineOutput:
    """Give what makes lines of the format for a place; ``read`` makes events of messages."""
    match name:
        case "jsonl":
            return JsonLines(place)
        case "raw":
            return RawLines(place)
        case "text":
            return TextLines(place, read, sys.stdout.encoding)
        case _:
            assert_never(name)
