"""Bytes to frames, and commands to bytes: the envelope around every message of the exchange.

``{"type": str, "sid"?: int, "seq"?: int, "sending_ts_ms"?: int, "msg": …}`` in any order of keys
(docs.kalshi.com, WebSockets). Of a message of the channel only the envelope is read here, whatever
it holds: a field of it that is not as expected counts as absent, and ``msg`` is only checked to be
JSON. Any bytes give a value, never an exception.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NoReturn, TypeAlias

import msgspec
from msgspec import Meta, Struct

from rfqwatch.exchange.events import EVENT_TYPES, Event

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL = "communications"

OWN_TYPES = "rfqwatch."
"""What the types of rfqwatch's own lines begin with; from the wire, such a line would be a lie."""

_LONGEST_WORD = 200
_WIDEST = 2**63 - 1
_DIGITS = 19
"""The exchange's whole numbers are 64 bits wide."""

Payload: TypeAlias = bytearray
"""The bytes of one message; whoever takes it may change it."""

Count: TypeAlias = Annotated[int, Meta(ge=0, le=_WIDEST)]
"""A whole number of the envelope."""


class Frame(Struct, gc=False):
    """One message of the channel, by its envelope. ``sending_ts_ms`` is Unix milliseconds.

    ``type`` is one that rfqwatch knows the meaning of. ``event`` is what the message tells, None
    unless that was read with the envelope: see `rfqwatch.exchange.decoding.read_told`.
    """

    event: ClassVar[Event | None] = None

    type: str = ""
    sid: Count | None = None
    seq: Count | None = None
    sending_ts_ms: Count | None = None


class Unknown(Frame, gc=False):
    """A message of a type that rfqwatch does not know; of none at all, "" stands for it."""


class Malformed(Struct, frozen=True, gc=False):
    """Bytes that are no JSON object, or that claim to be a line of our own.

    ``reason`` is one of a few texts.
    """

    reason: str


class Subscribed(Struct, frozen=True, gc=False):
    """The exchange acknowledged a subscription; it is live from here on."""

    id: int | None = None
    sid: int | None = None


class Unsubscribed(Struct, frozen=True, gc=False):
    """The exchange says that a subscription is no more."""

    id: int | None = None
    sid: int | None = None
    seq: int | None = None


class Ok(Struct, frozen=True, gc=False):
    """A command was done.

    ``listed`` are the sids of the connection's subscriptions, whatever their channels are called
    by now, in answer to a list; None where it says nothing of them, or nothing that can be read.
    """

    id: int | None = None
    sid: int | None = None
    seq: int | None = None
    listed: frozenset[int] | None = None


class Error(Struct, frozen=True, gc=False):
    """The exchange refuses a command (``id``), or says something of a subscription (``sid``).

    ``code`` is a number wherever it can be read as one; ``text`` may be empty, and is the wire's.
    """

    id: int | None = None
    sid: int | None = None
    seq: int | None = None
    code: int | str | None = None
    text: str = ""


Control: TypeAlias = Subscribed | Unsubscribed | Ok | Error
Message: TypeAlias = Frame | Unknown | Malformed
"""What came over the channel, and so has its place in the stream, whatever it is."""
Received: TypeAlias = Message | Control

_decode = msgspec.json.Decoder(Frame).decode


def read(data: Payload) -> Received:
    """Read one message."""
    try:
        # The decoder skips over what it does not read without looking at its encoding.
        if not data.isascii():
            data.decode()
        frame = _decode(data)
    except (ValueError, RecursionError):
        return _read_leniently(data)
    if frame.type in EVENT_TYPES:
        return frame
    return _read_leniently(data) if frame.type in _CONTROLS else _unknown(frame)


def _read_leniently(data: Payload) -> Received:
    try:
        message = _parse(data)
    except UnicodeDecodeError:
        return Malformed("not UTF-8")
    except RecursionError:
        return Malformed("nested too deep")
    except ValueError:
        return Malformed("not JSON")
    if not isinstance(message, dict):
        return Malformed("no JSON object")
    kind = message.get("type")
    kind = kind if isinstance(kind, str) else ""
    if kind in _CONTROLS:
        return _CONTROLS[kind](message)
    frame = Frame(kind, *(_count(message.get(name)) for name in ("sid", "seq", "sending_ts_ms")))
    return frame if kind in EVENT_TYPES else _unknown(frame)


def _unknown(frame: Frame) -> Unknown | Malformed:
    if frame.type.startswith(OWN_TYPES):
        return Malformed(f"types that begin with {OWN_TYPES} are rfqwatch's own")
    return Unknown(frame.type, frame.sid, frame.seq, frame.sending_ts_ms)


def _parse(data: Payload) -> Any:  # noqa: ANN401 - JSON may hold anything
    return json.loads(data.decode(), parse_int=_whole, parse_constant=_refuse)


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _refuse(_: str) -> NoReturn:
    raise ValueError("JSON knows neither NaN nor Infinity")


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _WIDEST else None


def _inner(message: dict[str, Any]) -> dict[str, Any]:
    msg = message.get("msg")
    return msg if isinstance(msg, dict) else {}


def _numbers(message: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    return _count(message.get("id")), _count(message.get("sid")), _count(message.get("seq"))


def _subscribed(message: dict[str, Any]) -> Subscribed:
    sids = (_count(part.get("sid")) for part in (_inner(message), message))
    return Subscribed(_count(message.get("id")), next((s for s in sids if s is not None), None))


def _unsubscribed(message: dict[str, Any]) -> Unsubscribed:
    return Unsubscribed(*_numbers(message))


def _ok(message: dict[str, Any]) -> Ok:
    # An array after a list, an object after an update.
    msg = message.get("msg")
    listed = _listed(msg) if isinstance(msg, list) else None
    return Ok(*_numbers(message), listed)


def _listed(entries: list[Any]) -> frozenset[int] | None:
    sids = {_count(entry.get("sid")) if isinstance(entry, dict) else None for entry in entries}
    return None if None in sids else frozenset(sid for sid in sids if sid is not None)


def _error(message: dict[str, Any]) -> Error:
    msg = message.get("msg")
    code = _inner(message).get("code")
    text = msg if isinstance(msg, str) else _inner(message).get("msg")
    if isinstance(code, str):
        code = int(code) if code.isascii() and code.isdecimal() and len(code) < _DIGITS else code
    elif isinstance(code, float) and code.is_integer():
        code = int(code)
    return Error(
        *_numbers(message),
        code=code[:_LONGEST_WORD] if isinstance(code, str) else _count(code),
        text=text[:_LONGEST_WORD] if isinstance(text, str) else "",
    )


_CONTROLS: dict[str, Callable[[dict[str, Any]], Control]] = {
    "subscribed": _subscribed,
    "unsubscribed": _unsubscribed,
    "ok": _ok,
    "error": _error,
}


class _Params(Struct, frozen=True, omit_defaults=True):
    channels: tuple[str, ...]
    shard_factor: int | None = None
    shard_key: int | None = None
    user_filter: Literal["self"] | None = None


class _Command(Struct, frozen=True, omit_defaults=True):
    id: int
    cmd: str
    params: _Params | None = None


def subscribe(
    command_id: int, *, shard_key: int | None, shard_factor: int | None, mine: bool
) -> bytes:
    """Write the command that subscribes to the channel.

    ``command_id`` is 1 or more, as 0 means "no id". ``shard_key`` is 0-based and needs
    ``shard_factor`` (docs.kalshi.com, Communications, sharding). ``mine`` asks for the user's own
    RFQs only.
    """
    params = _Params((CHANNEL,), shard_factor, shard_key, "self" if mine else None)
    return msgspec.json.encode(_Command(command_id, "subscribe", params))


def list_subscriptions(command_id: int) -> bytes:
    """Write the command that asks which subscriptions the connection has."""
    return msgspec.json.encode(_Command(command_id, "list_subscriptions"))
