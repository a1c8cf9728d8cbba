"""Quantities as people write them: a number with its unit."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

_NUMBER_UNIT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1, "": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "b": 1, "k": 2**10, "kib": 2**10, "m": 2**20, "mib": 2**20, "g": 2**30}
_BYTES |= {"gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}


class Quantity:
    """A number that shows as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text


class Seconds(Quantity, float):
    """A time in seconds. Raises ValueError that tells how to write it."""

    def __new__(cls, text: object) -> Self:
        """Read ``text``, or a time that was read before."""
        time = super().__new__(cls, _quantity(str(text), _SECONDS, "500ms, 30s, 5m or 1h"))
        time.text = str(text)
        return time


class Moment(Quantity, int):
    """A moment in Unix milliseconds. Raises ValueError that tells how to write it."""

    def __new__(cls, text: object) -> Self:
        """Read ``text``, in UTC unless it says otherwise, or how long ago it is: ``-2h``."""
        written = str(text).strip()
        if written.startswith("-"):
            at_s = time.time() - Seconds(written[1:])
        else:
            try:
                at = datetime.fromisoformat(written)
            except ValueError:
                raise ValueError(
                    f"{written!r} is not understood; write it like 2026-11-24T18:00Z or -2h"
                ) from None
            at_s = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        moment = super().__new__(cls, round(at_s * 1_000))
        moment.text = written
        return moment


class Size(Quantity, int):
    """A size in bytes. Raises ValueError that tells how to write it."""

    def __new__(cls, text: object) -> Self:
        """Read ``text``, or a size that was read before."""
        size = super().__new__(cls, _quantity(str(text), _BYTES, "64MiB, 500k or 1g"))
        size.text = str(text)
        return size


def time_or_size(text: object) -> Quantity:
    """Read a time or a size. Raises ValueError for what could be both, too."""
    read: list[Quantity] = []
    for kind in (Seconds, Size):
        with suppress(ValueError):
            read.append(kind(text))
    if len(read) != 1:
        wrong = "could be a time or a size" if read else "is not understood"
        raise ValueError(f"{str(text)!r} {wrong}; write it like 30min, 1h, 7d, 256MiB or 50GiB")
    return read[0]


def _quantity(text: str, units: dict[str, float] | dict[str, int], form: str) -> float:
    match = _NUMBER_UNIT.fullmatch(text.strip().lower())
    if match is None or match[2] not in units or not float(match[1]):
        raise ValueError(f"{text!r} is not understood; write it like {form}")
    return float(match[1]) * units[match[2]]
