"""How well the stream is doing, on a card for each connection.

Times are passed in, in Unix milliseconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from rfqwatch.book.lag import lag
from rfqwatch.book.readings import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.exchange.events import Event

RATE_WINDOW_MS = 5_000
MOST_LAGS = 2_048
"""How many of the last lags the percentiles are taken over."""
MOST_SHARD_LAGS = 500
"""The same for one connection among several."""
_BUCKET_MS = 250


class Connection(StrEnum):
    """What a connection is doing."""

    CONNECTING = "connecting"
    WATCHING = "watching"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


class Rate:
    """How often something happened over the last seconds."""

    def __init__(self) -> None:
        self.total = 0
        self._since_ms: int | None = None
        self._buckets: deque[tuple[int, int]] = deque()

    def add(self, count: int, now_ms: int) -> None:
        """Count what happened up to now. Call it once per batch, also for none."""
        if self._since_ms is None:
            self._since_ms = now_ms
        self.total += count
        # A clock that was set back starts the window again.
        if self._buckets and now_ms < self._buckets[-1][0]:
            self._buckets.clear()
            self._since_ms = now_ms
        if self._buckets and now_ms - self._buckets[-1][0] < _BUCKET_MS:
            start_ms, before = self._buckets[-1]
            self._buckets[-1] = (start_ms, before + count)
        else:
            self._buckets.append((now_ms, count))
            self._prune(now_ms)

    def per_second(self, now_ms: int) -> float:
        """Give the rate over the last seconds, or over the time since the first if shorter."""
        self._prune(now_ms)
        if self._since_ms is None:
            return 0.0
        window_ms = min(RATE_WINDOW_MS, max(1_000, now_ms - self._since_ms))
        return sum(count for _, count in self._buckets) * 1_000 / window_ms

    def _prune(self, now_ms: int) -> None:
        while self._buckets and self._buckets[0][0] <= now_ms - RATE_WINDOW_MS:
            self._buckets.popleft()


@dataclass(slots=True)
class ShardHealth:
    """One connection: its state, and what came by it.

    ``name`` is its shard ("3/10"), empty without sharding. ``since_ms`` is since when it is
    watching, or is not. ``heard_ms`` is when the last frame came, or none was due before: what is
    known of the shard is of that moment. It is None until the connection was live once.
    ``retry_at_ms`` is when it dials again.
    ``missed`` counts the frames known to be missed; a gap whose size can't be known adds none, and
    is one of the ``unmeasured``.
    ``backward`` counts frames whose ``seq`` was passed before, ``unnumbered`` those without one.
    """

    name: str = ""
    state: Connection = Connection.CONNECTING
    since_ms: int = 0
    heard_ms: int | None = None
    retry_at_ms: int | None = None
    frames: Rate = field(default_factory=Rate)
    lags: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_LAGS))
    gaps: int = 0
    missed: int = 0
    unmeasured: int = 0
    malformed: int = 0
    unknown: int = 0
    backward: int = 0
    unnumbered: int = 0

    def become(self, state: Connection, now_ms: int, retry_at_ms: int | None = None) -> None:
        """Note a change of state; one attempt after another is one outage."""
        if self.since_ms == 0 or (state is Connection.WATCHING) is not self.watching:
            self.since_ms = now_ms
        if state is Connection.WATCHING and not self.watching:
            self.heard_ms = now_ms
        self.state = state
        self.retry_at_ms = retry_at_ms

    def heard(self, count: int, now_ms: int) -> None:
        """Count a batch of frames."""
        self.frames.add(count, now_ms)
        if self.watching:
            self.heard_ms = now_ms

    @property
    def watching(self) -> bool:
        """Whether it is live."""
        return self.state is Connection.WATCHING

    @property
    def lost_ms(self) -> int | None:
        """Of which moment everything known is, while it is live no more; else None."""
        return None if self.watching else self.heard_ms

    def gapped(self, missed: int | None) -> None:
        """Count a gap, and the frames missed in it; None where nobody can know."""
        self.gaps += 1
        if missed is None:
            self.unmeasured += 1
        else:
            self.missed += missed

    def recent_lags(self) -> tuple[int, int] | None:
        """Give the median and the 99th percentile of its last lags, in milliseconds."""
        return percentiles(islice(reversed(self.lags), MOST_SHARD_LAGS))

    def lagged(self, lag_ms: int) -> None:
        """Note the lag of one frame."""
        self.lags.append(lag_ms)


@dataclass(slots=True)
class Health:
    """Every connection of the program, and what they are connected to.

    ``place`` is the environment, or the URL's host: text from the user, shown as it is.
    """

    place: str
    shards: dict[str, ShardHealth] = field(default_factory=dict)

    def shard(self, name: str = "") -> ShardHealth:
        """Give one connection's card, made at the first call."""
        card = self.shards.get(name)
        if card is None:
            card = self.shards[name] = ShardHealth(name)
        return card

    def lags(self) -> tuple[int, int] | None:
        """Give the median and the 99th percentile of the lags last seen, in milliseconds.

        Every connection has the same share in them. It sorts: call it for a picture, not a frame.
        """
        share = MOST_LAGS // max(1, len(self.shards))
        return percentiles(
            lag for card in self.shards.values() for lag in islice(reversed(card.lags), share)
        )

    @property
    def away(self) -> frozenset[str]:
        """The names of the shards that are not live now."""
        return frozenset(card.name for card in self.shards.values() if not card.watching)


def percentiles(lags: Iterable[int]) -> tuple[int, int] | None:
    """Give the median and the 99th percentile; None of nothing."""
    ordered = sorted(lags)
    if not ordered:
        return None
    last = len(ordered) - 1
    return ordered[last // 2], ordered[last * 99 // 100]


def lag_of(event: Event, received_ms: int, sending_ms: int | None) -> int | None:
    """Give an event's time on the way, in milliseconds; None when that can't be known."""
    return lag(received_ms, sending_ms, milliseconds(getattr(event, "created_ts", None)))
