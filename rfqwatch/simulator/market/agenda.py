"""What is planned to be said in the simulated market at which time."""

from __future__ import annotations

import functools
import itertools
import sys
import zlib
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple

import msgspec

SECOND: Final = 1_000_000
"""The market's times are in µs since 1970."""

ANNOUNCEMENTS: Final = frozenset(
    {"rfq_created", "rfq_deleted", "rfq_batch_created", "rfq_batch_deleted"}
)
"""The types that go to everyone, and that ``user_filter: "self"`` narrows to one's own."""

Fields = dict[str, Any]
encode = msgspec.json.Encoder().encode


class Event(msgspec.Struct, frozen=True, gc=False):
    """One message of the channel, before a subscription wraps it in an envelope.

    ``msg`` is the JSON of the payload, empty for none; ``at_us`` the market's time; ``slice`` a
    stable hash of what sharding goes by: the market ticker, or a batch event's ``rfq_batch_id``.
    ``market_ticker`` is empty for batch events; ``creator_id`` is who made the RFQ or batch; ``id``
    names the RFQ, quote or batch that the message is about.
    """

    type: str
    msg: bytes
    at_us: int
    market_ticker: str
    creator_id: str
    slice: int
    id: str


class _Step(NamedTuple):
    """Something that will happen at ``due_us``: a message, or an end that nobody is told of."""

    due_us: int
    order: int
    type: str
    fields: Fields
    timestamp: str
    key: str
    creator_id: str
    ends: str


class Agenda:
    """The steps to come, in time's order.

    ``open`` holds the announcements of all that is open by id, oldest first.
    """

    def __init__(self) -> None:
        self.open: dict[str, Event] = {}
        self._steps: list[_Step] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def next_us(self) -> int:
        """When the next step is due; in the year 294,000 when there is none."""
        return self._steps[0].due_us if self._steps else sys.maxsize

    def announce(self, kind: str, fields: Fields, at_us: int, key: str) -> Event:
        """Open what ``fields`` describe; ``key`` is what sharding goes by."""
        event = _event(kind, fields, at_us, key, fields["creator_id"])
        self.open[event.id] = event
        return event

    def schedule(
        self,
        due_us: int,
        kind: str,
        fields: Fields,
        timestamp: str,
        *,
        key: str,
        creator_id: str,
        ends: str = "",
    ) -> None:
        """Plan a message, and the end of the RFQ or batch whose id ``ends`` is.

        ``timestamp`` is the field that will hold the time, empty for none.
        """
        order = next(self._order)
        heappush(self._steps, _Step(due_us, order, kind, fields, timestamp, key, creator_id, ends))

    def schedule_silent_end(self, due_us: int, ends: str) -> None:
        """Plan an end that nobody is told of."""
        self.schedule(due_us, "", {}, "", key="", creator_id="", ends=ends)

    def take(self, now_us: int) -> Event | None:
        """Let the next step happen, by ``now_us``; return what is said of it, if anything."""
        step = heappop(self._steps)
        self.open.pop(step.ends, None)
        if not step.type:
            return None
        at_us = min(step.due_us, now_us)
        if step.timestamp:
            step.fields[step.timestamp] = time_text(at_us)
        return _event(step.type, step.fields, at_us, step.key, step.creator_id)


def time_text(at_us: int) -> str:
    """Return an RFC 3339 UTC time of 0 to 6 decimals, its trailing zeros trimmed."""
    second, fraction = divmod(at_us, SECOND)
    if not fraction:
        return f"{_second_text(second)}Z"
    return f"{_second_text(second)}.{fraction:06d}".rstrip("0") + "Z"


@functools.lru_cache(maxsize=16)
def _second_text(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


def _event(kind: str, fields: Fields, at_us: int, key: str, creator_id: str) -> Event:
    return Event(
        kind,
        encode(fields),
        at_us,
        fields.get("market_ticker", ""),
        creator_id,
        zlib.crc32(key.encode()),
        fields.get("id")
        or fields.get("quote_id")
        or fields.get("batch_quote_id")
        or fields["rfq_batch_id"],
    )
