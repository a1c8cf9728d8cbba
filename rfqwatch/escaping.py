"""The only path from wire text to a terminal: nothing on it can move a cursor, or hide.

Anything a terminal would act on, or a reader could not see, becomes a visible ASCII escape. What is
left can be measured: every character takes 0, 1 or 2 cells whatever stands beside it, because the
characters that change their neighbours' width (joiners, variation selectors, skin tones) are among
the escaped.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from rich.cells import get_character_cell_size

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MARKS = 2
"""How many combining marks may stand on one letter: Vietnamese needs two, nobody needs more."""

_PRINTABLE_ASCII = bytes(range(0x20, 0x7F))

_PLAIN = frozenset(
    map(
        chr,
        chain(
            range(0x20, 0x7F),
            range(0xA1, 0xAD),  # Latin, up to the soft hyphen
            range(0xAE, 0x300),  # and up to the first combining mark
            range(0x2010, 0x2028),  # dashes, quotes, the ellipsis
            range(0x2190, 0x2200),  # arrows
            range(0x2500, 0x25FD),  # boxes, blocks, shapes
        ),
    )
)
"""Characters that need no second look: visible, one cell wide, standing alone."""

_IGNORABLE = frozenset(
    map(
        chr,
        chain(
            (0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0),  # grapheme joiner, Hangul fillers
            (0x17B4, 0x17B5),  # Khmer inherent vowels
            range(0x180B, 0x1810),  # Mongolian selectors
            range(0xFE00, 0xFE10),  # variation selectors
            range(0xE0100, 0xE01F0),
        ),
    )
)
"""What Unicode calls default ignorable though Python calls it printable.

Source: Unicode, DerivedCoreProperties.txt, ``Default_Ignorable_Code_Point``.
"""

_STRING_OR_BREAK = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\t\r\n]', re.DOTALL)


def safe(text: str) -> str:
    r"""Make any text harmless and visible: ``\x1b`` and ``\u202e`` as Python would write them.

    Escaped are controls (C0, DEL, C1), format characters (bidi, zero width, tags), separators other
    than the space, surrogates, private and unassigned code points, fillers and selectors, and
    combining marks that stand on nothing or on a letter that has `MOST_MARKS` already. Text that
    is safe comes back as it is.
    """
    if text.isascii():
        if text.isprintable():
            return text
    elif _PLAIN.issuperset(text):
        return text
    return _shown(text, _python_escape)


def cells(text: str) -> int:
    """Measure safe text, in terminal cells."""
    if text.isascii() or _PLAIN.issuperset(text):
        return len(text)
    return sum(map(get_character_cell_size, text))


def cut(text: str, width: int) -> str:
    """Make any text safe, then at most ``width`` cells: what is too long ends in ``…``."""
    text = safe(text)
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    kept = width - 1
    if not text.isascii():
        kept = bisect_right(list(accumulate(map(get_character_cell_size, text))), kept)
    return text[:kept] + "…"


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Make any text safe, then exactly ``width`` cells: cut with ``…``, or padded with spaces.

    ``right`` puts the padding on the left, as numbers want it.
    """
    text = cut(text, width)
    padding = " " * (width - cells(text))
    return padding + text if right else text + padding


def safe_json_line(line: bytes) -> bytes:
    r"""Make a line of JSON harmless on a terminal, its value unchanged.

    Characters `safe` would escape become JSON's own ``\uXXXX``, which means the same to any parser.
    A payload that was no JSON stays readable: bytes that are not UTF-8 show as ``\x9b``. One final
    newline is kept; others, like tabs, become spaces where JSON lets them stand.
    """
    body, newline = (line[:-1], b"\n") if line.endswith(b"\n") else (line, b"")
    if not body.translate(None, _PRINTABLE_ASCII):
        return line
    text = body.decode(errors="backslashreplace")
    if not text.isprintable():
        text = _STRING_OR_BREAK.sub(_spaced, text)
    return _shown(text, _json_escape).encode() + newline


def _shown(text: str, escape: Callable[[str], str]) -> str:
    shown = []
    room = 0
    for char in text:
        if char in _PLAIN or not _is_hidden(char):
            room = MOST_MARKS if char.isalnum() else 0
            shown.append(char)
        elif room and _is_mark(char):
            room -= 1
            shown.append(char)
        else:
            room = 0
            shown.append(escape(char))
    return "".join(shown)


@lru_cache(maxsize=4096)
def _is_hidden(char: str) -> bool:
    return not char.isprintable() or char in _IGNORABLE or not get_character_cell_size(char)


@lru_cache(maxsize=4096)
def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Mc"} and char not in _IGNORABLE


def _python_escape(char: str) -> str:
    return ascii(char)[1:-1]


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1]


def _spaced(match: re.Match[str]) -> str:
    return " " if match[0].isspace() else match[0]
