"""Fields of messages that this version has no name for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from msgspec.structs import fields

from rfqwatch.exchange.decoding import inner_part
from rfqwatch.exchange.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct

    from rfqwatch.exchange.wire import Payload

UNREAD = frozenset(
    {
        *("batch_quote_id", "client_batch_id", "client_order_id", "creator_id", "deleted_ts"),
        *("executed_ts", "no_complete", "order_id", "rfq_batch_id", "rfq_creator_id", "subaccount"),
        *("updated_ts", "yes_complete"),
    }
)
"""Fields that are known, though no code reads them in all messages that have them.

Source: docs.kalshi.com, WebSockets, Communications.
"""
_ENVELOPE = frozenset({"type", "sid", "seq", "sending_ts_ms", "msg"})
_EVENTS = {event.type: event for event in get_args(Event)}


def novel_fields(kind: str, data: Payload) -> Iterator[str]:
    """Name the fields of a message that are new, as ``rfq_created.mve_selected_legs[].side``.

    ``kind`` is its type, a known one. Of what can't be read, nothing is named.
    """
    try:
        message = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(message, dict):
        return
    yield from sorted(message.keys() - _ENVELOPE)
    yield from _new(message.get("msg"), _EVENTS[kind], kind)


def _new(members: Any, part: type[Struct], path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if not isinstance(members, dict):
        return
    known = _parts(part)
    for name, value in members.items():
        inner = known.get(name)
        if name not in known and name not in UNREAD:
            yield f"{path}.{name}"
        elif inner is not None and isinstance(value, list):
            for each in value:
                yield from _new(each, inner, f"{path}.{name}[]")


@cache
def _parts(part: type[Struct]) -> dict[str, type[Struct] | None]:
    """Give the fields that a Struct has, with that of what they hold lists of."""
    return {field.encode_name: inner_part(field.type) for field in fields(part)}
