"""Bytes to frames, and commands to bytes: the envelope around every message of the exchange.

``{"type": str, "sid"?: int, "seq"?: int, "sending_ts_ms"?: int, "msg": …}`` in any order of keys
(docs.kalshi.com, WebSockets). One pass decodes a known message whole; whatever the exchange invents
next survives as `Unknown`, and whatever makes no sense comes back as `Malformed`, never as an
exception.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args

import msgspec
from msgspec import Meta, Struct

from rfqwatch.exchange.events import Event, decode_amount

CHANNEL = "communications"

OWN_TYPES = "rfqwatch."
"""What the types of rfqwatch's own lines begin with; from the wire, such a line would be a lie."""

_LONGEST_REASON = 200

Payload: TypeAlias = bytearray
"""The bytes of one message; whoever takes it may change it."""

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""A whole number of the envelope; the exchange's are 64 bits wide."""


class Subscription(Struct, frozen=True, gc=False):
    """One subscription of the connection, as acknowledgements and lists name it."""

    channel: str | None = None
    sid: Count | None = None


class Subscribed(Struct, frozen=True, gc=False, tag_field="type", tag="subscribed"):
    """The exchange acknowledged a subscription; it is live from here on."""

    msg: Subscription
    id: Count | None = None
    sending_ts_ms: Count | None = None


class Unsubscribed(Struct, frozen=True, gc=False, tag_field="type", tag="unsubscribed"):
    """The exchange ended a subscription as asked."""

    id: Count | None = None
    sid: Count | None = None
    seq: Count | None = None
    sending_ts_ms: Count | None = None


class Updated(Struct, frozen=True, gc=False):
    """What an ``ok`` says of an updated subscription."""

    market_tickers: tuple[str, ...] | None = None


class Ok(Struct, frozen=True, gc=False, tag_field="type", tag="ok"):
    """A command was done: an object after an update, an array after a list."""

    msg: Updated | tuple[Subscription, ...] | None = None
    id: Count | None = None
    sid: Count | None = None
    seq: Count | None = None
    sending_ts_ms: Count | None = None


class Reason(Struct, frozen=True, gc=False):
    """Why the exchange refuses or ends something."""

    code: Count
    msg: str | None = None


class Error(Struct, frozen=True, gc=False, tag_field="type", tag="error"):
    """The exchange refuses a command (``id``) or ends a subscription (``sid``)."""

    msg: Reason
    id: Count | None = None
    sid: Count | None = None
    seq: Count | None = None
    sending_ts_ms: Count | None = None


class Frame(Struct, frozen=True, gc=False):
    """One message of the channel in its envelope. ``sending_ts_ms`` is Unix milliseconds."""

    msg: Event
    sid: Count | None = None
    seq: Count | None = None
    sending_ts_ms: Count | None = None


class Unknown(Struct, frozen=True, gc=False):
    """A message of a type that rfqwatch does not know, whatever it holds."""

    type: str
    sid: Count | None = None
    seq: Count | None = None
    sending_ts_ms: Count | None = None


class Malformed(Struct, frozen=True, gc=False):
    """Bytes that are no frame, or a frame that breaks its type's rules.

    ``kind`` is "JSON", "encoding", "nesting", "envelope", or a type of this module's; it may stand
    for a counter. ``reason`` is short text that may hold text from the wire.
    """

    kind: str
    reason: str


Control: TypeAlias = Subscribed | Unsubscribed | Ok | Error
Received: TypeAlias = Frame | Unknown | Control | Malformed

FRAMES: dict[type, type[Frame]] = {
    event: cast(
        "type[Frame]",
        msgspec.defstruct(
            f"{event.__name__}Frame",
            [("msg", event)],
            bases=(Frame,),
            frozen=True,
            gc=False,
            tag_field="type",
            tag=event.type,
        ),
    )
    for event in get_args(Event)
}
"""The envelope of each event, as `decode` gives it."""

_KNOWN_TYPES = frozenset(event.type for event in get_args(Event)) | {
    "subscribed",
    "unsubscribed",
    "ok",
    "error",
}

_known = msgspec.json.Decoder(
    cast("type[Frame | Control]", Union[(*FRAMES.values(), *get_args(Control))]),
    dec_hook=decode_amount,
    # Amounts that come as JSON numbers reach the hook in their own digits.
    float_hook=str,
)
_any = msgspec.json.Decoder(Unknown)


def decode(data: Payload) -> Received:
    """Read one frame. Any bytes give a value: what can't be a frame gives `Malformed`."""
    try:
        # The decoder skips over unknown fields without looking at their encoding.
        if not data.isascii():
            data.decode()
        return _known.decode(data)
    except UnicodeDecodeError:
        return Malformed("encoding", "not UTF-8")
    except (ValueError, RecursionError) as error:
        return _decode_other(data, error)


def _decode_other(data: Payload, error: Exception) -> Unknown | Malformed:
    """Tell a message of a type unknown from one that breaks its type's rules, or is none."""
    try:
        frame = _any.decode(data)
    except msgspec.ValidationError as envelope_error:
        return _malformed("envelope", envelope_error)
    except RecursionError:
        return Malformed("nesting", "nested too deep")
    except ValueError as json_error:
        return _malformed("JSON", json_error)
    if frame.type in _KNOWN_TYPES:
        return _malformed(frame.type, error)
    if frame.type.startswith(OWN_TYPES):
        return Malformed("envelope", f"types that begin with {OWN_TYPES} are rfqwatch's own")
    return frame


def _malformed(kind: str, error: Exception) -> Malformed:
    return Malformed(kind, str(error)[:_LONGEST_REASON])


class _Params(Struct, frozen=True, omit_defaults=True):
    channels: tuple[str, ...]
    shard_factor: int | None = None
    shard_key: int | None = None
    user_filter: Literal["self"] | None = None


class _Command(Struct, frozen=True):
    id: int
    cmd: str
    params: Any


def subscribe(
    command_id: int, *, shard_key: int | None, shard_factor: int | None, mine: bool
) -> bytes:
    """Write the command that subscribes to the channel.

    ``command_id`` is 1 or more, as 0 means "no id". ``shard_key`` is 0-based and needs
    ``shard_factor`` (docs.kalshi.com, Communications, sharding). ``mine`` asks for the user's own
    RFQs only.
    """
    return msgspec.json.encode(
        _Command(
            command_id,
            "subscribe",
            _Params(
                (CHANNEL,),
                shard_factor=shard_factor,
                shard_key=shard_key,
                user_filter="self" if mine else None,
            ),
        )
    )
