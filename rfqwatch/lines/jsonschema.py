"""The JSON Schema of every line that `rfqwatch.lines.jsonlines` writes."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta, Struct, defstruct

from rfqwatch.exchange.events import Amount, Event
from rfqwatch.exchange.notices import GapReason  # noqa: TC001 - msgspec reads it
from rfqwatch.exchange.wire import OWN_TYPES, Count

Milliseconds = Annotated[int, Meta(ge=0, description="Unix milliseconds")]
Shard = Annotated[
    str, Meta(pattern=r"^\d+/\d+$", description="with --shard: key and number of shards, as 3/10")
]
Sid = Annotated[Count | None, Meta(description="the subscription's number on its connection")]
Seq = Annotated[Count | None, Meta(description="the message's number in the subscription")]

Sent = Annotated[Milliseconds | None, Meta(description="Unix milliseconds, by the exchange")]


def _said(text: str) -> Meta:
    return Meta(description=text)


class Line(Struct, kw_only=True):
    """What every line says of its receipt."""

    received_ts_ms: Annotated[int, Meta(ge=0, description="Unix milliseconds, at receipt")]
    shard: Shard | msgspec.UnsetType = msgspec.UNSET


class Live(Struct):
    """Which subscription is live."""

    channel: Annotated[str, _said("what is subscribed to")]
    sid: Sid
    exchange_ahead_ms: Annotated[
        int | msgspec.UnsetType,
        _said("how far the exchange's clock is ahead of received_ts_ms, if over 2 s"),
    ] = msgspec.UNSET


class Subscribed(Line, tag=f"{OWN_TYPES}subscribed"):
    """A subscription became live; from here on every message is due."""

    msg: Live
    sid: Sid = None


class Missing(Struct):
    """What is missing: how much, and between which numbers and moments, as far as is known."""

    reason: Annotated[GapReason, _said("why")]
    missed: Annotated[Count | None, _said("messages; null where nobody can know")]
    last_seq: Annotated[Count | None, _said("the last number before")]
    next_seq: Annotated[Count | None, _said("the first number after")]
    from_ts_ms: Annotated[Milliseconds, _said("Unix milliseconds; when the stream was last whole")]
    to_ts_ms: Annotated[
        Milliseconds | None, _said("Unix milliseconds; when it was again, null if never")
    ]


class Gap(Line, tag=f"{OWN_TYPES}gap"):
    """Messages are missing here."""

    msg: Missing
    sid: Sid = None


class NoObject(Struct):
    """What came, as text, or in base64 where it is not UTF-8."""

    reason: Annotated[str, _said("why it is none")]
    text: Annotated[str, _said("what came, where it is UTF-8")] | msgspec.UnsetType = msgspec.UNSET
    base64: Annotated[str, _said("what came, where it is not")] | msgspec.UnsetType = msgspec.UNSET


class Malformed(Line, tag=f"{OWN_TYPES}malformed"):
    """A message that is no JSON object, whole."""

    msg: NoObject


class End(Struct):
    """Why a stream ended, and how much there was of it."""

    reason: Annotated[str, _said("why: count, duration, signal, error, quit, until")]
    events: Annotated[Count, _said("messages of the exchange's, of those selected")]
    gaps: Annotated[Count, _said("gap lines")]
    missed: Annotated[Count | None, _said("messages in all gaps; null where nobody can know")]
    malformed: Annotated[Count, _said("malformed messages")]


class Ended(Line, tag=f"{OWN_TYPES}ended"):
    """The last line of a stream."""

    msg: End


class Begun(Struct):
    """What a file is a recording of."""

    version: Annotated[str, _said("rfqwatch's own")]
    endpoint: Annotated[str, _said("the environment, or the host")]
    shards: Annotated[list[str], _said("those that were asked for, as 3/10")]
    mine: Annotated[bool, _said("whether only one's own RFQs were asked for")]
    selection: Annotated[str, _said("options that select, as they were written")]
    previous: Annotated[str | None, _said("the file before, of the same recording")]


class Recording(Line, tag=f"{OWN_TYPES}recording"):
    """The first line of a file of a recording."""

    msg: Begun


class Follows(Struct):
    """How much was in a file."""

    events: Annotated[Count, _said("messages of the exchange's in this file")]


class Continued(Line, tag=f"{OWN_TYPES}continued"):
    """The last line of a file that another follows."""

    msg: Follows


OWN = (Subscribed, Gap, Malformed, Ended, Recording, Continued)

_OTHER = {
    "title": "Other",
    "description": "A message of the exchange's of a type, or with fields, that rfqwatch does not "
    "know.",
    "type": "object",
    "properties": {
        "type": {"not": {"type": "string", "pattern": f"^{OWN_TYPES.replace('.', '[.]')}"}},
        "received_ts_ms": {"type": "integer", "minimum": 0},
        "shard": {"type": "string"},
    },
    "required": ["received_ts_ms"],
}


def schema() -> dict[str, Any]:
    """Make the schema: lines of our own as they are, the exchange's as far as they are known.

    A field that is not mentioned may be there, whatever it is.
    """
    messages = [
        defstruct(
            f"{event.__name__}Line",
            [
                ("msg", event),
                ("sid", Sid, None),
                (
                    "seq",
                    Seq,
                    None,
                ),
                ("sending_ts_ms", Sent, None),
            ],
            bases=(Line,),
            tag=event.type,
            kw_only=True,
            namespace={"__doc__": event.__doc__},
        )
        for event in get_args(Event)
    ]
    types, parts = msgspec.json.schema_components(
        (*OWN, *messages), schema_hook=_amount, ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of rfqwatch",
        "anyOf": [*types, {"$ref": "#/$defs/Other"}],
        "$defs": {**parts, "Other": _OTHER},
    }


def _amount(kind: type) -> dict[str, Any]:
    if kind is not Amount:
        raise NotImplementedError
    return {"type": ["string", "number"]}
