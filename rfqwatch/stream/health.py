"""How well the stream is doing, on a card for each connection.

Moments are passed in; what lasts is measured by the clock that can't be set.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from rfqwatch.book.lag import lag
from rfqwatch.book.readings import milliseconds
from rfqwatch.exchange.decoding import read
from rfqwatch.exchange.numbering import Numbering
from rfqwatch.stream.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rfqwatch.clock import Instant
    from rfqwatch.exchange.wire import Frame, Payload

RATE_WINDOW_S = 5.0
MOST_LAGS = 2_048
"""How many of the last lags the percentiles are taken over."""
LATE_MS = 2_000
"""Beyond the least lag, as the clocks of two computers differ."""
MOST_SHARD_LAGS = 500
"""The same for one connection among several."""
APART_MS = 2_000
"""How far the clocks of two computers may be apart before it is minded."""
_BUCKET_S = 0.25


class Connection(StrEnum):
    """What a connection is doing."""

    CONNECTING = "connecting"
    WATCHING = "watching"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


class Rate:
    """How often something happened over the last seconds; ``since_s`` is when it began."""

    def __init__(self) -> None:
        self.total = 0
        self.since_s: float | None = None
        self._buckets: deque[tuple[float, int]] = deque()

    def add(self, count: int, now_s: float) -> None:
        """Count what happened up to now. Call it once per batch, also for none."""
        if self.since_s is None:
            self.since_s = now_s
        self.total += count
        if self._buckets and now_s - self._buckets[-1][0] < _BUCKET_S:
            start_s, before = self._buckets[-1]
            self._buckets[-1] = (start_s, before + count)
        else:
            self._buckets.append((now_s, count))
            self._prune(now_s)

    def per_second(self, now_s: float) -> float:
        """Give the rate over the last seconds, or over the time since the first if shorter."""
        self._prune(now_s)
        if self.since_s is None:
            return 0.0
        window_s = min(RATE_WINDOW_S, max(1.0, now_s - self.since_s))
        return sum(count for _, count in self._buckets) / window_s

    def _prune(self, now_s: float) -> None:
        while self._buckets and self._buckets[0][0] <= now_s - RATE_WINDOW_S:
            self._buckets.popleft()


@dataclass(slots=True)
class ShardHealth:
    """One connection: its state, and what came by it.

    ``name`` is its shard ("3/10"), empty without sharding. ``since_s`` is since when it is
    watching, or is not. ``heard`` is when the last frame came, or none was due before: what is
    known of the shard is of that moment. It is None until the connection was live once.
    ``proven`` is when the exchange last said that the subscription lives, and ``retry_s`` when the
    shard dials again; ``why`` says why it has to, in words from the wire.
    ``told_ms`` is how far the exchange's clock is ahead of ours, as its answer to the handshake
    told, if it did.
    ``missed`` counts the frames known to be missed; a gap whose size can't be known adds none, and
    is one of the ``unmeasured``.
    """

    name: str = ""
    numbering: Numbering = field(default_factory=Numbering)
    state: Connection = Connection.CONNECTING
    since_s: float | None = None
    heard: Instant | None = None
    proven: Instant | None = None
    retry_s: float | None = None
    why: str = ""
    told_ms: int | None = None
    frames: Rate = field(default_factory=Rate)
    lags: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_LAGS))
    gaps: int = 0
    missed: int = 0
    unmeasured: int = 0
    malformed: int = 0
    unknown: int = 0
    _least_lag_ms: int | None = None
    _late_since_s: float | None = None

    def become(
        self, state: Connection, at: Instant, retry_s: float | None = None, why: str = ""
    ) -> None:
        """Note a change of state; one attempt after another is one outage."""
        if self.since_s is None or (state is Connection.WATCHING) is not self.watching:
            self.since_s = at.s
        if state is Connection.WATCHING and not self.watching:
            self.heard = at
        self.state = state
        self.retry_s = retry_s
        self.why = "" if self.watching else why or self.why

    def receive(self, count: int, at: Instant) -> None:
        """Count a batch of frames."""
        self.frames.add(count, at.s)
        if self.watching:
            self.heard = at

    @property
    def watching(self) -> bool:
        """Whether it is live."""
        return self.state is Connection.WATCHING

    @property
    def lost(self) -> Instant | None:
        """Of which moment everything known is, while it is live no more; else None."""
        return None if self.watching else self.heard

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

    def lagged(self, lag_ms: int, at: Instant) -> float:
        """Note the lag of one frame; give for how many seconds all have been late."""
        self.lags.append(lag_ms)
        if self._least_lag_ms is None or lag_ms < self._least_lag_ms:
            self._least_lag_ms = lag_ms
        if lag_ms - self._least_lag_ms <= LATE_MS:
            self._late_since_s = None
            return 0.0
        if self._late_since_s is None:
            self._late_since_s = at.s
        return at.s - self._late_since_s

    @property
    def ahead_ms(self) -> int:
        """How far the exchange's clock is ahead of ours, 0 unless what came bears that out.

        An answer may come out of a cache, and what comes may be late: either alone is no proof.
        """
        told_ms, least_ms = self.told_ms, self._least_lag_ms
        if told_ms is None or least_ms is None or abs(told_ms) <= APART_MS:
            return 0
        return told_ms if abs(least_ms + told_ms) <= APART_MS else 0

    def measure_anew(self, set_ms: int) -> None:
        """Forget all lags: a clock that they were measured by was set, or stood still."""
        self.lags.clear()
        self._least_lag_ms = None
        if self.told_ms is not None:
            self.told_ms -= set_ms


class Totals(NamedTuple):
    """What all connections together counted, as their cards say; ``unseen`` were never live."""

    frames: int
    gaps: int
    missed: int
    unmeasured: int
    malformed: int
    unknown: int
    backward: int
    unnumbered: int
    unseen: int


@dataclass(slots=True)
class Health:
    """Every connection of the program, and what they are connected to.

    ``place`` is the environment, or the URL's host, and ``selected`` what was selected of the
    stream, empty for all of it: texts from the user, shown as they are. ``drift`` is how what came
    differs from what rfqwatch knows. ``breaks_off`` says that a recording of it ends before it
    did, for all that is known. ``unrecorded`` says why a recording that was asked for can't
    be written at present, and is empty otherwise.
    """

    place: str
    drift: Drift = field(default_factory=Drift)
    shards: dict[str, ShardHealth] = field(default_factory=dict)
    selected: str = ""
    breaks_off: bool = False
    unrecorded: str = ""

    def shard(self, name: str = "") -> ShardHealth:
        """Give one connection's card, made at the first call."""
        card = self.shards.get(name)
        if card is None:
            card = self.shards[name] = ShardHealth(name)
        return card

    @property
    def totals(self) -> Totals:
        """The counts of all connections in one."""
        cards = self.shards.values()
        return Totals(
            frames=sum(card.frames.total for card in cards),
            gaps=sum(card.gaps for card in cards),
            missed=sum(card.missed for card in cards),
            unmeasured=sum(card.unmeasured for card in cards),
            malformed=sum(card.malformed for card in cards),
            unknown=sum(card.unknown for card in cards),
            backward=sum(card.numbering.backward for card in cards),
            unnumbered=sum(card.numbering.unnumbered for card in cards),
            unseen=sum(card.heard is None for card in cards),
        )

    def per_second(self, now_s: float) -> float:
        """Give the rate of frames over the last seconds, of all connections."""
        return sum(card.frames.per_second(now_s) for card in self.shards.values())

    def counted_s(self, now_s: float) -> float:
        """Give for how many seconds frames have been counted, since the first of all."""
        since_s = (card.frames.since_s for card in self.shards.values())
        return now_s - min((s for s in since_s if s is not None), default=now_s)

    @property
    def ahead_ms(self) -> int:
        """How far the exchange's clock is ahead of ours; 0 unless that is certain, and minded."""
        return next((ahead for card in self.shards.values() if (ahead := card.ahead_ms)), 0)

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


def lag_of(frame: Frame, data: Payload, at: Instant) -> int | None:
    """Give a message's time on the way, in milliseconds; None when that can't be known."""
    created_ms = None
    if frame.sending_ts_ms is None:
        event = read(frame.type, data).event
        created_ms = milliseconds(getattr(event, "created_ts", None))
    return lag(at.ms, frame.sending_ts_ms, created_ms)
