"""When and over which connection a recorded line was received, as it says itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from rfqwatch.book.readings import milliseconds
from rfqwatch.exchange.decoding import read
from rfqwatch.exchange.wire import Frame

if TYPE_CHECKING:
    from rfqwatch.exchange.wire import Payload

MOST_MS = 10**14
"""Past it, in Unix milliseconds, no time is meant."""

KEY = b'"received_ts_ms"'

_STAMP = re.compile(
    rb',\s*"received_ts_ms"\s*:\s*(\d{1,14})\s*'
    rb'(?:,\s*"shard"\s*:\s*"(\d{1,9}/\d{1,9})"\s*)?\}\s*',
    re.ASCII,
)


class Stamp(NamedTuple):
    """A receipt: Unix milliseconds, and the shard, which may be empty."""

    at_ms: int
    shard: str


def read_stamp(end: bytes) -> Stamp | None:
    """Read the end of a line, from a comma on; None where it is no stamp."""
    found = _STAMP.fullmatch(end)
    return None if found is None else Stamp(int(found[1]), (found[2] or b"").decode())


class _Stamped(Struct):
    received_ts_ms: Annotated[int, Meta(ge=0, lt=MOST_MS)]


def received_ms(data: Payload) -> int | None:
    """Give when a message was received, if its line says so anywhere."""
    try:
        return msgspec.json.decode(data, type=_Stamped).received_ts_ms
    except (ValueError, RecursionError):
        return None


def sent_ms(frame: Frame, data: Payload) -> int:
    """Give the exchange's time: when it sent a message, or else created what that tells of.

    It is 0 where that can't be known.
    """
    at_ms = frame.sending_ts_ms
    if at_ms is None and type(frame) is Frame:
        at_ms = milliseconds(getattr(read(frame.type, data).event, "created_ts", None))
    return at_ms if at_ms is not None and 0 <= at_ms < MOST_MS else 0


def without_twice(data: Payload, at_ms: int) -> Payload:
    """Undo what `rfqwatch.lines.jsonlines` does to an object without members."""
    twice = b'"received_ts_ms":%d}' % at_ms
    if data.endswith(twice) and data.removesuffix(twice).strip() == b"{":
        return data.removesuffix(twice) + b"}"
    return data
