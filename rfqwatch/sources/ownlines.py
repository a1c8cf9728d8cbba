"""Lines of rfqwatch's own, read back: what `rfqwatch.lines.jsonlines` writes of a stream."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import astuple

from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.wire import OWN_TYPES, Malformed, Payload
from rfqwatch.lines.output import Ending

if TYPE_CHECKING:
    from rfqwatch.clock import Instant
    from rfqwatch.exchange.notices import GapReason


class OwnLine(Struct):
    """A line of rfqwatch's own; what stands in ``msg`` depends on its type."""

    type: str = ""
    sid: int | None = None
    msg: Raw = Raw(b"{}")


def own_line(data: bytes | Payload) -> OwnLine | None:
    """Read a line; None where it is not of rfqwatch's own."""
    try:
        own = msgspec.json.decode(data, type=OwnLine)
    except (ValueError, RecursionError):
        return None
    return own if own.type.startswith(OWN_TYPES) else None


class _Live(Struct):
    exchange_ahead_ms: int | None = None


def live_of(own: OwnLine, at: Instant) -> Live:
    """Read which subscription became live. Raises ValueError."""
    return Live(own.sid, at, 0.0, _read(own, _Live).exchange_ahead_ms)


class _Gap(Struct):
    reason: str
    from_ts_ms: int
    missed: int | None = None
    last_seq: int | None = None
    next_seq: int | None = None
    to_ts_ms: int | None = None


def gap_of(own: OwnLine) -> Gap:
    """Read where messages are missing. Raises ValueError."""
    gap = _read(own, _Gap)
    return Gap(
        cast("GapReason", gap.reason),
        missed=gap.missed,
        sid=own.sid,
        last_seq=gap.last_seq,
        next_seq=gap.next_seq,
        from_ms=gap.from_ts_ms,
        to_ms=gap.to_ts_ms,
    )


class _Malformed(Struct):
    reason: str
    text: str = ""
    base64: str = ""


def malformed_of(own: OwnLine) -> tuple[Payload, Malformed]:
    """Read a message that is no JSON object. Raises ValueError."""
    malformed = _read(own, _Malformed)
    data = malformed.text.encode() or base64.b64decode(malformed.base64, validate=True)
    return Payload(data), Malformed(malformed.reason)


class _Ending(Struct):
    reason: str
    events: int
    gaps: int
    missed: int | None
    malformed: int


def ending_of(own: OwnLine) -> Ending:
    """Read how a stream ended. Raises ValueError."""
    return Ending(*astuple(_read(own, _Ending)))


class _Begun(Struct):
    previous: str | None = None


def previous_of(own: OwnLine) -> str | None:
    """Read which file the one that begins goes on from; None where it begins anew."""
    return _read(own, _Begun).previous


_Told = TypeVar("_Told", bound=Struct)


def _read(own: OwnLine, kind: type[_Told]) -> _Told:
    return msgspec.json.decode(own.msg, type=kind)
