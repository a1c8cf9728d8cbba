"""A message's ``msg`` to an event: whole where it fits, else field by field."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache, reduce
from itertools import starmap
from math import inf
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import NODEFAULT, Struct, ValidationError
from msgspec.structs import FieldInfo, fields

from rfqwatch.exchange import wire
from rfqwatch.exchange.events import Event, decode_amount
from rfqwatch.exchange.wire import Frame

if TYPE_CHECKING:
    from rfqwatch.exchange.wire import Payload, Received

_LONGEST_REASON = 200
_EXPECTED = re.compile("Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_FORMS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_TOO_LONG = 30
"""Digits that no whole number of the exchange has, and that Python may refuse to read."""


class Misfit(NamedTuple):
    """A field that is not of the form that rfqwatch knows; ``why`` may hold text of the wire.

    ``field`` is its name, with those of what it stands in: ``mve_selected_legs[].side``.
    """

    field: str
    why: str


class Reading(NamedTuple):
    """An event, with what of it did not fit and was left out; None without its ids."""

    event: Event | None
    misfits: tuple[Misfit, ...] = ()


_EVENTS = {event.type: event for event in get_args(Event)}
_DECODERS = {
    kind: msgspec.json.Decoder(
        msgspec.defstruct(f"{event.__name__}Message", [("msg", event)], frozen=True, gc=False),
        dec_hook=decode_amount,
        # Amounts that come as JSON numbers reach the hook in their own digits.
        float_hook=str,
    ).decode
    for kind, event in _EVENTS.items()
}


def _told(kind: str, event: type[Event]) -> type[Struct]:
    """Make the `Frame` of a type that holds its event."""
    return msgspec.defstruct(
        f"{event.__name__}Frame",
        [
            # The wire's own `type` is the tag. Should a message have a member of this other name,
            # it has to say the same.
            ("type", Literal[kind], msgspec.field(default=kind, name=" type")),
            ("event", event, msgspec.field(name="msg")),
        ],
        bases=(Frame,),
        tag_field="type",
        tag=kind,
        kw_only=True,
        gc=False,
    )


_decode_told = msgspec.json.Decoder(
    reduce(or_, starmap(_told, _EVENTS.items())), dec_hook=decode_amount, float_hook=str
).decode


def read_told(data: Payload) -> Received:
    """Read one message as `wire.read` does, its ``event`` as well where all of it fits."""
    try:
        if not data.isascii():
            data.decode()
        told: Any = _decode_told(data)
    except (ValueError, RecursionError):
        return wire.read(data)
    frame: Frame = told
    return frame


def read(kind: str, data: Payload | bytes) -> Reading:
    """Read the event in a frame of a known type."""
    event = read_whole(kind, data)
    return read_by_field(kind, data) if event is None else Reading(event)


def read_whole(kind: str, data: Payload | bytes) -> Event | None:
    """Read the event in a frame of a known type; None where anything in it does not fit."""
    try:
        message: Any = _DECODERS[kind](data)
    except (ValueError, RecursionError):
        return None
    event: Event = message.msg
    return event


def read_by_field(kind: str, data: Payload | bytes) -> Reading:
    """Read what fits of an event that does not fit whole."""
    try:
        msg = json.loads(data.decode(), parse_float=_fraction, parse_int=_whole)["msg"]
    except KeyError:
        return Reading(None, (Misfit("msg", "missing"),))
    except (ValueError, RecursionError) as error:
        return Reading(None, (Misfit("msg", _reason(error)),))
    misfits: list[Misfit] = []
    event = _filled(_EVENTS[kind], msg, "", misfits)
    return Reading(event, tuple(misfits))


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _TOO_LONG else Decimal(digits)


def _fraction(digits: str) -> Decimal | float:
    try:
        return Decimal(digits)
    except InvalidOperation:
        # No exponent that `Decimal` can hold, so no amount either.
        return inf


def _writable(value: Any) -> Any:  # noqa: ANN401 - JSON may hold anything
    """Make halves of surrogate pairs, which JSON admits, visible: no encoding can write them."""
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list():
            return [_writable(each) for each in value]
        case dict():
            return {_writable(name): _writable(each) for name, each in value.items()}
    return value


def _filled(part: type[Struct], members: object, path: str, misfits: list[Misfit]) -> Any:  # noqa: ANN401
    """Make a Struct of the members that fit; None when a required one is not among them."""
    if not isinstance(members, dict):
        misfits.append(Misfit(path or "msg", "not an object"))
        # What requires nothing keeps its place in a list, as others may point to places in it.
        return None if any(map(_required, fields(part))) else part()
    values: dict[str, object] = {}
    for field in fields(part):
        name = f"{path}.{field.encode_name}" if path else field.encode_name
        value = members.get(field.encode_name)
        if value is None:
            if _required(field):
                misfits.append(Misfit(name, "missing"))
            continue
        inner = inner_part(field.type)
        try:
            values[field.name] = msgspec.convert(
                _writable(value), field.type, dec_hook=decode_amount
            )
        except (ValidationError, RecursionError) as error:
            if inner is not None and isinstance(value, list):
                parts = (_filled(inner, each, f"{name}[]", misfits) for each in value)
                values[field.name] = tuple(each for each in parts if each is not None)
            else:
                misfits.append(Misfit(name, _reason(error)))
    if any(_required(field) and field.name not in values for field in fields(part)):
        return None
    return part(**values)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    return _EXPECTED.sub(_expected, str(error))[:_LONGEST_REASON]


def _expected(found: re.Match[str]) -> str:
    """Say in plain words what msgspec says of types."""
    wanted = [_FORMS.get(kind, kind) for kind in found["wanted"].split(" | ") if kind != "null"]
    return f"{_FORMS.get(found['got'], found['got'])} where {' or '.join(wanted)} was expected"


def _required(field: FieldInfo) -> bool:
    return field.default is NODEFAULT and field.default_factory is NODEFAULT


@lru_cache
def inner_part(annotation: object) -> type[Struct] | None:
    """Give the Struct that a field holds a list of; None where it holds something else."""
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, Struct):
            return part
        if (found := inner_part(part)) is not None:
            return found
    return None
