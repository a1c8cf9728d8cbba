"""What a user writes to select by, read.

Raises `UsageError` that says what is wrong, and where; positions count from 0. The option is named
by whoever knows it.
"""

from __future__ import annotations

import re
import warnings
from decimal import Decimal
from difflib import get_close_matches
from fnmatch import translate
from typing import TYPE_CHECKING, TypeAlias

from rfqwatch.errors import UsageError
from rfqwatch.exchange.events import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Glob: TypeAlias = Callable[[str], object]

OPEN_END = 2**31
"""More legs than any RFQ has."""

_WILD = re.compile(r"[*?\[]")
_CLASS = re.compile(r"\[!?+\]?+[^\]]*\]")
_NEVER = "(?!)"
"""How `translate` writes a range that runs backwards."""
_RANGE = re.compile(r"(?P<least>\d{1,6})|(?P<low>\d{1,6})?\.\.(?P<high>\d{1,6})?", re.ASCII)
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)


def globs(texts: Iterable[str]) -> Glob:
    """Read ``KXNFL*``, as shells match names: ``*``, ``?`` and ``[…]``; upper or lower case.

    What any of them fits, fits.
    """
    patterns = []
    for text in texts:
        unclosed = _CLASS.sub(lambda found: " " * len(found[0]), text).find("[")
        if unclosed >= 0:
            raise UsageError(f"{text!r}: [ without ] at position {unclosed}")
        pattern = translate(text)
        if _NEVER in pattern:
            raise UsageError(f"{text!r}: a range in [] runs backwards")
        patterns.append(pattern)
    return re.compile("|".join(patterns), re.IGNORECASE).match


def types(texts: Sequence[str]) -> Glob:
    """Read types of messages, known ones or patterns: the exchange invents types."""
    for text in texts:
        if not _WILD.search(text) and text.lower() not in EVENT_TYPES:
            near = get_close_matches(text.lower(), sorted(EVENT_TYPES), n=1)
            raise UsageError(
                f"{text!r}: no type that rfqwatch knows"
                + "".join(f"; did you mean {each}?" for each in near),
                f"It knows {', '.join(sorted(EVENT_TYPES))}. "
                "A pattern, as in 'rfq_*', takes others, too.",
            )
    return globs(texts)


def regex(text: str) -> re.Pattern[bytes]:
    """Read a regular expression, to be searched for in bytes."""
    try:
        with warnings.catch_warnings():
            # What may mean something else in a later Python means what it does in this one.
            warnings.simplefilter("ignore")
            return re.compile(text.encode(errors="surrogateescape"))
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"'{text}': {error}") from None


def legs(text: str) -> range:
    """Read how many legs: ``3``, ``2..5``, ``3..`` or ``..4``, both ends included."""
    match = _RANGE.fullmatch(text)
    if match is None or text == "..":
        raise UsageError(f"{text!r}: no range", "Write 3, 2..5, 3.. or ..4.")
    if match["least"]:
        return range(int(text), int(text) + 1)
    found = range(int(match["low"] or 0), int(match["high"] or OPEN_END) + 1)
    if not found:
        raise UsageError(f"{text!r} runs backwards", f"Write {match['high']}..{match['low']}.")
    return found


def amount(text: str) -> Decimal:
    """Read an exact amount, of dollars or of contracts."""
    if not _AMOUNT.fullmatch(text):
        raise UsageError(f"{text!r}: no amount", "Write it like 100 or 0.50.")
    return Decimal(text)
