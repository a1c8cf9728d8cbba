"""Frames that a client must survive."""

from __future__ import annotations

import itertools
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT: Final = 0x1
BINARY: Final = 0x2
"""The opcode of a binary frame."""

_FINAL: Final = 0x80
_COMPRESSED: Final = 0x40
_BOMB_SIZE: Final = 32 * 1024 * 1024
_BIG: Final = 10_000_000


class Hostile(NamedTuple):
    """A frame to send: ``numbered`` when it holds a seq that can be read."""

    name: str
    body: bytes
    opcode: int = _TEXT
    numbered: bool = False


def malformed() -> Iterator[Hostile]:
    """Yield hostile frames for ever, one kind after the other.

    Where the body has ``%(sid)d`` and ``%(seq)d``, the frame is one of the subscription's and
    uses up a number; the others can't be read far enough to have one.
    """
    return itertools.cycle(_MALFORMED)


def _created(fields: bytes) -> bytes:
    return b'{"type":"rfq_created","sid":%(sid)d,"seq":%(seq)d,"msg":{' + fields + b"}}"


_HEAD: Final = b'"id":"hostile","creator_id":"","created_ts":"2026-10-26T00:00:00Z",'
_MALFORMED: Final = (
    Hostile("not JSON", b"Service Unavailable"),
    Hostile("truncated", b'{"type":"rfq_created","sid":1,"seq":7,"msg":{"id":"tru'),
    Hostile("nested", b'{"type":"rfq_created","msg":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    Hostile("an array", b"[]"),
    Hostile("wrong envelope", b'{"type":7,"sid":"one","seq":"two","msg":[]}'),
    Hostile(
        "wrong types",
        _created(b'"id":{"a":1},"creator_id":[],"market_ticker":7,"mve_selected_legs":"none"'),
        numbered=True,
    ),
    Hostile(
        "NaN",
        _created(_HEAD + b'"market_ticker":"KXMVE-NAN","target_cost_dollars":"NaN"'),
        numbered=True,
    ),
    Hostile(
        "negative",
        _created(_HEAD + b'"market_ticker":"KXMVE-NEGATIVE","contracts_fp":"-1.00"'),
        numbered=True,
    ),
    Hostile(
        "huge amount",
        _created(
            _HEAD + b'"market_ticker":"KXMVE-HUGE","target_cost_dollars":"' + b"9" * 5_000 + b'"'
        ),
        numbered=True,
    ),
    Hostile("huge number", b'{"type":"rfq_created","sid":1,"seq":' + b"9" * 5_000 + b',"msg":{}}'),
    Hostile("NUL bytes", b'{"type":"rfq_created",\x00\x00"msg":{}}'),
    Hostile("binary", b"\x00\x01\x02\x03", BINARY),
    Hostile(
        "control characters",
        _created(
            _HEAD + b'"market_ticker":"KXMVE\\u001b[2J\\u001b]0;owned\\u0007'
            b'\\u202eKX[/bold]\\u0000\\n","target_cost_dollars":"1.0000"'
        ),
        numbered=True,
    ),
    Hostile("invalid UTF-8", b'{"type":"rfq_created","msg":{"id":"\xff\xfe"}}'),
)


def too_big() -> Hostile:
    """Return a frame of 10 MB, an RFQ with an endless id."""
    body = _created(b'"id":"' + b"x" * _BIG + b'","creator_id":"","market_ticker":"KXMVE-BIG"')
    return Hostile("too big", body, numbered=True)


def unknown_type() -> Hostile:
    """Return a frame of a type that the channel doesn't have."""
    body = b'{"type":"rfq_whispered","sid":%(sid)d,"seq":%(seq)d,"msg":{"id":"hushed"}}'
    return Hostile("unknown type", body, numbered=True)


def bomb() -> bytes:
    """Return a whole WebSocket frame whose compressed text inflates to 32 MiB of spaces.

    Its RSV1 bit claims permessage-deflate (RFC 7692) whether it was negotiated or not.
    """
    deflate = zlib.compressobj(wbits=-15)
    text = deflate.compress(b" " * _BOMB_SIZE) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return websocket_frame(text.removesuffix(b"\x00\x00\xff\xff"), _TEXT | _COMPRESSED)


def websocket_frame(body: bytes, opcode: int = _TEXT) -> bytes:
    """Return an unmasked final WebSocket frame (RFC 6455 §5.2), its body unchecked."""
    first = _FINAL | opcode
    if len(body) < 126:  # noqa: PLR2004 - the RFC's limits of a length in one, two or eight bytes
        return struct.pack("!BB", first, len(body)) + body
    if len(body) < 1 << 16:
        return struct.pack("!BBH", first, 126, len(body)) + body
    return struct.pack("!BBQ", first, 127, len(body)) + body
