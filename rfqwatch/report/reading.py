"""Recorded lines with their types: many at once where all are as expected, else one by one.

Only what the questions of a report ask for is read. Legs stay text, as most combos come again, and
so do amounts, as most sizes do.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, get_args

import msgspec
from msgspec import Meta, Raw, Struct, defstruct

from rfqwatch.exchange.events import (
    Centicents,
    Event,
    RfqBatchCreated,
    RfqBatchDeleted,
    RfqCreated,
    RfqDeleted,
    Timestamp,
    WholeContracts,
    decode_amount,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rfqwatch.exchange.wire import Frame, Payload

Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, lt=10**14)]

NO_LEGS = b"null"


class Created(Struct, gc=False):
    """An RFQ as announced; ``mve_selected_legs`` is JSON."""

    id: str
    creator_id: str | None = None
    market_ticker: str | None = None
    event_ticker: str | None = None
    target_cost_dollars: str | None = None
    contracts_fp: str | None = None
    target_cost: Centicents | None = None
    contracts: WholeContracts | None = None
    created_ts: Timestamp | None = None
    mve_collection_ticker: str | None = None
    mve_selected_legs: Raw = Raw(NO_LEGS)


class Deleted(Struct, gc=False):
    """The end of an RFQ."""

    id: str
    deleted_ts: Timestamp | None = None


class Line(Struct, gc=False, kw_only=True):
    """A message with its envelope, and when and over which connection it was received."""

    received_ts_ms: Milliseconds
    shard: str = ""
    seq: int | None = None
    sending_ts_ms: int | None = None


class CreatedLine(Line, tag="rfq_created", gc=False):
    """The line of an RFQ that was opened."""

    msg: Created


class DeletedLine(Line, tag="rfq_deleted", gc=False):
    """The line of an RFQ that is gone."""

    msg: Deleted


class OtherLine(Line, gc=False):
    """The line of anything else; there is a class for each type."""

    msg: Any


_LINES: dict[str, Any] = {"rfq_created": CreatedLine, "rfq_deleted": DeletedLine} | {
    event.type: defstruct(
        f"{event.__name__}Line", [("msg", event)], bases=(OtherLine,), tag=event.type, gc=False
    )
    for event in get_args(Event)
    if event not in {RfqCreated, RfqDeleted}
}
_decode_lines = msgspec.json.Decoder(
    reduce(or_, _LINES.values()), dec_hook=decode_amount, float_hook=str
).decode_lines
_SLIM: dict[str, Callable[[Payload], Any]] = {
    kind: msgspec.json.Decoder(defstruct(f"{slim.__name__}Message", [("msg", slim)])).decode
    for kind, slim in (("rfq_created", Created), ("rfq_deleted", Deleted))
}


def lines_of(block: bytes) -> Sequence[Line] | None:
    """Read whole lines; None where any of them is not as expected, or of rfqwatch's own."""
    try:
        # The decoder skips over what it does not read without looking at its encoding.
        if not block.isascii():
            block.decode()
        return _decode_lines(block)
    except (ValueError, RecursionError):
        return None


def line_of(
    frame: Frame,
    data: Payload,
    received_ms: int,
    shard: str,
    read: Callable[[str, Payload], Event | None],
) -> Line | None:
    """Read one message of a known type, as far as its fields fit; None without its ids.

    ``read`` makes an event of one that is not as expected.
    """
    msg: Any
    try:
        msg = _SLIM[frame.type](data).msg
    except (KeyError, ValueError, RecursionError):
        msg = read(frame.type, data)
        if isinstance(msg, RfqCreated):
            msg = _slim(msg)
        elif isinstance(msg, RfqDeleted):
            msg = Deleted(msg.id)
    if msg is None:
        return None
    line: Line = _LINES[frame.type](
        msg=msg,
        received_ts_ms=received_ms,
        shard=shard,
        seq=frame.seq,
        sending_ts_ms=frame.sending_ts_ms,
    )
    return line


def _slim(event: RfqCreated) -> Created:
    return msgspec.json.decode(msgspec.json.encode(event, enc_hook=str), type=Created)


class Block(NamedTuple):
    """Lines in their order, and the same by what they tell; batches are told as their RFQs."""

    lines: Sequence[Line]
    created: list[CreatedLine]
    deleted: list[DeletedLine]
    others: list[OtherLine]


def block_of(lines: Sequence[Line]) -> Block:
    """Sort lines by what they tell."""
    created = [line for line in lines if type(line) is CreatedLine]
    deleted = [line for line in lines if type(line) is DeletedLine]
    others = []
    if len(created) + len(deleted) < len(lines):
        others = [line for line in lines if isinstance(line, OtherLine)]
        created += _each(others, RfqBatchCreated, CreatedLine, _children)
        deleted += _each(others, RfqBatchDeleted, DeletedLine, _gone)
    return Block(lines, created, deleted, others)


def _each(
    others: Iterable[OtherLine],
    kind: type,
    made: Callable[..., Any],
    parts: Callable[[Any], Iterator[object]],
) -> Iterator[Any]:
    for line in others:
        if isinstance(line.msg, kind):
            for msg in parts(line.msg):
                yield made(
                    msg=msg, received_ts_ms=line.received_ts_ms, sending_ts_ms=line.sending_ts_ms
                )


def _children(batch: RfqBatchCreated) -> Iterator[Created]:
    legs = batch.legs or ()
    for child in batch.rfqs or ():
        own = tuple(legs[at] for at in child.leg_indices or () if 0 <= at < len(legs))
        yield _slim(
            RfqCreated(
                child.id,
                child.market_ticker,
                child.event_ticker,
                child.contracts_fp,
                child.target_cost_dollars,
                child.legacy_contracts,
                child.legacy_target_cost,
                creator_id=batch.creator_id,
                created_ts=batch.created_ts,
                mve_collection_ticker=child.mve_collection_ticker,
                mve_selected_legs=own or None,
            )
        )


def _gone(batch: RfqBatchDeleted) -> Iterator[Deleted]:
    return map(Deleted, batch.rfq_ids or ())
