"""What a simulated market says: RFQs, their deletions, their quotes, in time's order.

It has no clock: the time comes from outside, so a seed is one sequence of messages for ever.
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
import zlib
from collections import deque
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from rfqwatch.simulator.catalog import MARKETS, mint

if TYPE_CHECKING:
    from collections.abc import Iterator

ANONYMOUS: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The shared ``creator_id`` of everyone who hides theirs (the SHA-256 of nothing)."""

ANNOUNCEMENTS: Final = frozenset(
    {"rfq_created", "rfq_deleted", "rfq_batch_created", "rfq_batch_deleted"}
)
"""The types that go to everyone, and that ``user_filter: "self"`` narrows to one's own."""

SECOND: Final = 1_000_000
OPEN_LIMIT: Final = 50_000
"""Most RFQs kept open: past it they end early, so that memory stays bounded at any rate."""

# Observed life times: quantile, seconds. Between two, life times are log-uniform.
_LIFE: Final = (
    (0.0, 0.4),
    (0.10, 2.4),
    (0.25, 8.7),
    (0.50, 19.2),
    (0.75, 33.6),
    (0.90, 205.0),
    (0.99, 6_091.0),
    (1.0, 20_000.0),
)
_LIFE_AT: Final = [share for share, _ in _LIFE]
_LEG_COUNTS: Final = range(2, 16)
_LEG_WEIGHTS: Final = (14, 16, 17, 15, 11, 8, 6, 4, 3, 2, 1.5, 1, 0.7, 0.8)
_COSTS: Final = ("1.0000", "1.1000", "2.0000", "5.0000", "12.0000", "20.0000", "25.0000")
_LARGE_COSTS: Final = ("50.0000", "98.4300", "100.0000", "250.0000", "1000.0000")

_COMBO = 0.98
_TARGET_COST = 0.95
_DEFAULT_COST = 0.55
_ANONYMOUS_SHARE = 0.05
_REPEATED_COMBO = 0.4
_SETTLED_LEG = 0.05
_NEVER_DELETED = 0.04
_NEVER_ANNOUNCED = 0.03
_STORY = 0.03
_STORIES_PER_SECOND = 1.0
_BATCH = 0.02
_CREATORS = 3_000
_MAKERS = 8
_COMBOS_REMEMBERED = 512
_NATURAL_HORIZON = 60.0
_EXECUTION_DELAY = 1.3

Fields = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Event(msgspec.Struct, frozen=True, gc=False):
    """One message of the channel, before a subscription wraps it in an envelope.

    ``msg`` is the JSON of the payload; ``at_us`` the market's time, in µs since 1970; ``slice`` a
    stable hash of what sharding goes by: the market ticker, or a batch event's ``rfq_batch_id``.
    ``market_ticker`` is empty for batch events; ``creator_id`` is who made the RFQ or batch;
    ``id`` names the RFQ, quote or batch that the message is about.
    """

    type: str
    msg: bytes
    at_us: int
    market_ticker: str
    creator_id: str
    slice: int
    id: str


class _Combo(NamedTuple):
    market_ticker: str
    event_ticker: str
    collection: msgspec.Raw | None  # the JSON of the collection ticker, None for a plain market
    legs: msgspec.Raw | None


class _Rfq(NamedTuple):
    id: str
    creator_id: str
    combo: _Combo
    size: dict[str, str]  # the one size field that the RFQ carries


class _Quote(NamedTuple):
    quote_id: str
    maker: str
    bids: dict[str, str]
    sizes: dict[str, str]


class _Step(NamedTuple):
    """Something that will happen at ``due_us``: a message, or an end that nobody is told of."""

    due_us: int
    order: int
    type: str
    fields: Fields
    timestamp: str  # the name of the field that will hold the time, empty for none
    key: str  # what sharding goes by
    creator_id: str
    ends: str  # the id of the RFQ or batch that is over then, empty for none


class Traffic:
    """A market's messages, in the proportions observed on the exchange.

    About half of the messages create RFQs and half delete them; 95 % are sized by target cost;
    nearly all are combos of 2 to 15 legs; a few RFQs are never seen deleted, a few deletions are
    of RFQs never announced. Some RFQs are quoted, by or for ``watcher``, the account whose
    connections hear about quotes.

    ``rate`` is messages per second of the market's time, ``start_us`` its first moment (µs since
    1970), ``standing`` how many RFQs are open then. ``batches`` adds the seven batch types.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        rate: float = 20,
        start_us: int = 0,
        standing: int = 0,
        batches: bool = False,
        open_limit: int = OPEN_LIMIT,
    ) -> None:
        self._rng = random.Random(seed)
        self._mean_gap_us = SECOND / rate
        self._story_share = min(_STORY, _STORIES_PER_SECOND * 2 / rate)
        self._batch_share = _BATCH if batches else 0.0
        self._open_limit = max(open_limit, standing)
        self._order = itertools.count()
        self._creators = [self._account() for _ in range(_CREATORS)]
        self._makers = [self._account() for _ in range(_MAKERS)]
        self.watcher = self._account()
        self._combos: deque[_Combo] = deque(maxlen=_COMBOS_REMEMBERED)
        self._steps: list[_Step] = []
        self._open: dict[str, Event] = {}
        self._second = -1
        self._second_text = ""
        self._owed = 0
        self._slot_us = start_us
        self._fill(start_us, standing, rate)

    @property
    def open(self) -> tuple[Event, ...]:
        """The announcements of everything open now, oldest first."""
        return tuple(self._open.values())

    @property
    def next_us(self) -> int:
        """The time before which nothing more will happen."""
        return min(self._slot_us, self._steps[0].due_us) if self._steps else self._slot_us

    def until(self, now_us: int, most: int = 1 << 62) -> list[Event]:
        """Return what happened up to ``now_us``, at most ``most`` messages, in order."""
        events: list[Event] = []
        while len(events) < most:
            if self._steps and self._steps[0].due_us <= self._slot_us:
                if self._steps[0].due_us > now_us:
                    break
                if event := self._take_step(now_us):
                    # What falls due takes the place of a later RFQ: the rate holds.
                    self._owed += 1
                    events.append(event)
                continue
            if self._slot_us > now_us:
                break
            at_us = self._slot_us
            self._slot_us += max(1, round(self._rng.expovariate(1) * self._mean_gap_us))
            if self._owed:
                self._owed -= 1
            else:
                events.extend(self._arrive(at_us))
        return events

    def burst(self, now_us: int, count: int) -> list[Event]:
        """Return the next ``count`` messages or so, whatever the rate, all by ``now_us``."""
        events: list[Event] = []
        while len(events) < count:
            if self._steps and self._steps[0].due_us <= now_us:
                if event := self._take_step(now_us):
                    events.append(event)
            else:
                events.extend(self._arrive(now_us))
        return events

    def _arrive(self, at_us: int) -> Iterator[Event]:
        if len(self._open) >= self._open_limit:
            yield from self._end_early(at_us)
        elif self._chance(self._batch_share):
            yield self._create_batch(at_us)
        else:
            yield self._create(at_us)

    def _end_early(self, at_us: int) -> Iterator[Event]:
        while self._steps:
            if event := self._take_step(at_us):
                yield event
                return

    def _take_step(self, now_us: int) -> Event | None:
        step = heappop(self._steps)
        if step.ends:
            self._open.pop(step.ends, None)
        if not step.type:
            return None
        at_us = min(step.due_us, now_us)
        if step.timestamp:
            step.fields[step.timestamp] = self._text_of(at_us)
        return self._event(step.type, step.fields, at_us, step.key, step.creator_id)

    def _schedule(
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
        order = next(self._order)
        heappush(self._steps, _Step(due_us, order, kind, fields, timestamp, key, creator_id, ends))

    def _event(self, kind: str, fields: Fields, at_us: int, key: str, creator_id: str) -> Event:
        return Event(
            kind,
            _encode(fields),
            at_us,
            fields.get("market_ticker", ""),
            creator_id,
            zlib.crc32(key.encode()),
            fields.get("id")
            or fields.get("quote_id")
            or fields.get("batch_quote_id")
            or fields["rfq_batch_id"],
        )

    # RFQs

    def _fill(self, start_us: int, standing: int, rate: float) -> None:
        """Open ``standing`` RFQs before ``start_us``, of the ages that a running market has."""
        horizon = _NATURAL_HORIZON
        while horizon < _LIFE[-1][1] and natural_book(rate, horizon) < standing:
            horizon *= 2
        lives: list[tuple[float, float]] = []
        while len(lives) < standing:
            age, life = self._rng.uniform(0, horizon), self._life()
            if life > age:
                lives.append((age, life))
        for age, life in sorted(lives, reverse=True):
            rfq = self._rfq(self._creator())
            self._announce(rfq, start_us - round(age * SECOND))
            self._end(rfq, start_us + round((life - age) * SECOND))

    def _create(self, at_us: int) -> Event:
        if self._chance(self._story_share):
            return self._create_quoted(at_us)
        if self._chance(_NEVER_ANNOUNCED):
            unannounced = self._rfq(self._creator())
            self._end(unannounced, at_us + round(self._life() * SECOND))
        rfq = self._rfq(self._creator())
        ends_us = at_us + round(self._life() * SECOND)
        if self._chance(_NEVER_DELETED):
            self._schedule(ends_us, "", {}, "", key="", creator_id="", ends=rfq.id)
        else:
            self._end(rfq, ends_us)
        return self._announce(rfq, at_us)

    def _announce(self, rfq: _Rfq, at_us: int) -> Event:
        combo = rfq.combo
        fields: Fields = {
            "id": rfq.id,
            "creator_id": rfq.creator_id,
            "market_ticker": combo.market_ticker,
            "event_ticker": combo.event_ticker,
            **rfq.size,
            "created_ts": self._text_of(at_us),
        }
        if combo.legs is not None:
            fields["mve_collection_ticker"] = combo.collection
            fields["mve_selected_legs"] = combo.legs
        event = self._event("rfq_created", fields, at_us, combo.market_ticker, rfq.creator_id)
        self._open[rfq.id] = event
        return event

    def _end(self, rfq: _Rfq, due_us: int) -> None:
        fields = {
            "id": rfq.id,
            "creator_id": rfq.creator_id,
            "market_ticker": rfq.combo.market_ticker,
            "event_ticker": rfq.combo.event_ticker,
            **rfq.size,
        }
        self._schedule(
            due_us,
            "rfq_deleted",
            fields,
            "deleted_ts",
            key=rfq.combo.market_ticker,
            creator_id=rfq.creator_id,
            ends=rfq.id,
        )

    def _rfq(self, creator_id: str) -> _Rfq:
        rng = self._rng
        if self._chance(_COMBO):
            if len(self._combos) == _COMBOS_REMEMBERED and self._chance(_REPEATED_COMBO):
                # Popular combos are asked for again and again; squaring favours a few of them.
                combo = self._combos[int(_COMBOS_REMEMBERED * rng.random() ** 2)]
            else:
                combo = self._combo(rng.choices(_LEG_COUNTS, _LEG_WEIGHTS)[0])
        else:
            market = rng.choice(MARKETS)
            combo = _Combo(market.market_ticker, market.event_ticker, None, None)
        return _Rfq(self._uuid(), creator_id, combo, self._size())

    def _combo(self, count: int) -> _Combo:
        rng = self._rng
        legs = []
        for market in sorted(rng.sample(MARKETS, count)):
            leg = {
                "event_ticker": market.event_ticker,
                "market_ticker": market.market_ticker,
                "side": "no" if self._chance(0.15) else "yes",
            }
            legs.append(leg)
        if self._chance(_SETTLED_LEG):
            legs[0]["yes_settlement_value_dollars"] = rng.choice(("1.0000", "0.0000"))
        minted = mint(rng)
        combo = _Combo(
            minted.market_ticker,
            minted.event_ticker,
            msgspec.Raw(_encode(minted.collection_ticker)),
            msgspec.Raw(_encode(legs)),
        )
        self._combos.append(combo)
        return combo

    def _size(self) -> dict[str, str]:
        rng = self._rng
        if not self._chance(_TARGET_COST):
            return {"contracts_fp": _hundredths(max(1, round(rng.lognormvariate(9, 1.5))))}
        if self._chance(_DEFAULT_COST):
            return {"target_cost_dollars": "10.0000"}
        return {"target_cost_dollars": rng.choice(_COSTS if self._chance(0.8) else _LARGE_COSTS)}

    def _life(self) -> float:
        return _life_at(self._rng.random())

    # Quotes

    def _create_quoted(self, at_us: int) -> Event:
        """Create an RFQ whose quotes the watcher hears of, and plan all that will become of it."""
        rng = self._rng
        asks = self._chance(0.5)
        rfq = self._rfq(self.watcher if asks else self._creator())
        makers = rng.sample(self._makers, rng.randint(1, 3)) if asks else [self.watcher]
        shared: Fields = {"subaccount": rng.randint(1, 9)} if self._chance(0.1) else {}
        fair = rng.randint(300, 6_000)
        plan = self._schedule_quote
        due_us = at_us
        quotes = []
        # The first maker quotes again: its second quote silently replaces its first.
        for maker in (*makers, makers[0]):
            due_us += rng.randint(200_000, 1_200_000)
            quotes.append(self._quote(rfq, maker, fair))
            plan(due_us, "quote_created", rfq, quotes[-1], {**quotes[-1].sizes, **shared})
        if self._chance(0.8):
            quote = rng.choice(quotes[1:])
            due_us += rng.randint(500_000, 3_000_000)
            plan(due_us, "quote_accepted", rfq, quote, {**self._acceptance(rfq, quote), **shared})
            if self._chance(0.7):
                confirmed_us = due_us + rng.randint(50_000, 1_500_000)
                due_us = confirmed_us + round(_EXECUTION_DELAY * SECOND)
                orders = {"order_id": self._uuid(), "client_order_id": self._uuid()}
                plan(due_us, "quote_executed", rfq, quote, {**orders, **shared})
            else:
                due_us += 3 * SECOND
        self._end(rfq, due_us + rng.randint(20_000, 20_000_000))
        return self._announce(rfq, at_us)

    def _quote(self, rfq: _Rfq, maker: str, fair: int) -> _Quote:
        """Return a two-sided quote around ``fair`` (in $0.0001), or one side of it."""
        rng = self._rng
        margin = rng.randint(20, 250)
        bids = {
            "yes": max(fair - margin, 100),
            "no": 10_000 - fair - margin,
        }
        if self._chance(0.2):
            bids[rng.choice(("yes", "no"))] = 0
        sizes = {}
        if cost := rfq.size.get("target_cost_dollars"):
            cents = int(cost.replace(".", "")) // 100
            # Whoever hits a bid buys the other side, at what the bid leaves of a dollar.
            sizes = {
                f"{side}_contracts_offered_fp": _hundredths(cents * 10_000 // (10_000 - bid))
                for side, bid in bids.items()
                if bid
            }
            sizes["rfq_target_cost_dollars"] = cost
        else:
            sizes = {
                f"{side}_contracts_offered_fp": rfq.size["contracts_fp"]
                for side, bid in bids.items()
                if bid
            }
        return _Quote(
            self._uuid(),
            maker,
            {f"{side}_bid_dollars": _ten_thousandths(bid) for side, bid in bids.items()},
            sizes,
        )

    def _acceptance(self, rfq: _Rfq, quote: _Quote) -> Fields:
        offered = [side for side in ("yes", "no") if f"{side}_contracts_offered_fp" in quote.sizes]
        accepted = {}
        if contracts := rfq.size.get("contracts_fp"):
            # Absent where the RFQ was sized by cost: the size is then the accepted side's offer.
            accepted["contracts_accepted_fp"] = contracts
        return {"accepted_side": self._rng.choice(offered), **accepted, **quote.sizes}

    def _schedule_quote(
        self, due_us: int, kind: str, rfq: _Rfq, quote: _Quote, more: Fields
    ) -> None:
        fields: Fields = {
            "quote_id": quote.quote_id,
            "rfq_id": rfq.id,
            "quote_creator_id": quote.maker,
            "rfq_creator_id": rfq.creator_id,
            "market_ticker": rfq.combo.market_ticker,
        }
        if kind != "quote_executed":
            fields |= {"event_ticker": rfq.combo.event_ticker, **quote.bids}
        fields |= more
        timestamp = {"quote_created": "created_ts", "quote_executed": "executed_ts"}.get(kind, "")
        self._schedule(
            due_us, kind, fields, timestamp, key=rfq.combo.market_ticker, creator_id=rfq.creator_id
        )

    # Batches

    def _create_batch(self, at_us: int) -> Event:
        """Create a batch that the watcher asked for, quotes, or merely sees."""
        rng = self._rng
        role = rng.choice(("asks", "quotes", "sees"))
        creator = self.watcher if role == "asks" else self._creator()
        batch_id = self._uuid()
        markets = rng.sample(MARKETS, rng.randint(3, 6))
        legs = [
            {"event_ticker": m.event_ticker, "market_ticker": m.market_ticker, "side": "yes"}
            for m in markets
        ]
        children: list[Fields] = []
        for pair in itertools.islice(itertools.combinations(range(len(legs)), 2), 6):
            minted = mint(rng)
            children.append(
                {
                    "id": self._uuid(),
                    "market_ticker": minted.market_ticker,
                    "event_ticker": minted.event_ticker,
                    "target_cost_dollars": "5.0000",
                    "mve_collection_ticker": minted.collection_ticker,
                    "leg_indices": pair,
                }
            )
        if role == "asks":
            self._plan_asked_batch(at_us, batch_id, creator, children)
        elif role == "quotes":
            self._plan_quoted_batch(at_us, batch_id, creator, children)
        else:
            fields: Fields = {
                "id": batch_id,
                "creator_id": creator,
                "rfq_ids": [child["id"] for child in children],
            }
            self._schedule(
                at_us + round(self._life() * SECOND),
                "rfq_batch_deleted",
                fields,
                "deleted_ts",
                key=batch_id,
                creator_id=creator,
                ends=batch_id,
            )
        fields = {
            "id": batch_id,
            "creator_id": creator,
            "created_ts": self._text_of(at_us),
            "legs": legs,
            "rfqs": children,
        }
        event = self._event("rfq_batch_created", fields, at_us, batch_id, creator)
        self._open[batch_id] = event
        return event

    def _plan_asked_batch(
        self, at_us: int, batch_id: str, creator: str, children: list[Fields]
    ) -> None:
        due_us = at_us
        batch = {"key": batch_id, "creator_id": creator}
        client = {"client_batch_id": f"round-robin-{self._rng.randint(1, 999)}"}
        for version in range(1, self._rng.randint(2, 5)):
            due_us += self._rng.randint(250_000, 900_000)
            rfqs = [self._child_quote(child, with_quote=False) for child in children[:version]]
            best = {
                "rfq_batch_id": batch_id,
                **client,
                "version": version,
                "yes_complete": False,
                "no_complete": version >= len(children),
                "rfqs": rfqs,
            }
            self._schedule(due_us, "rfq_batch_best_quotes", best, "updated_ts", **batch)
        ids = [child["id"] for child in children]
        failed = self._rng.choice((0, 0, 1, len(ids)))
        reason = {0: "executed", len(ids): "execution failed"}.get(failed, "partially executed")
        executed = {
            "rfq_batch_id": batch_id,
            **client,
            "rfq_creator_id": creator,
            "executed_rfq_ids": ids[failed:],
            "failed_rfq_ids": ids[:failed],
            "close_reason": reason,
        }
        due_us += 3 * SECOND
        for child in children[failed:]:
            quote = {
                "quote_id": self._uuid(),
                "rfq_id": child["id"],
                "quote_creator_id": self._rng.choice(self._makers),
                "rfq_creator_id": creator,
                "order_id": self._uuid(),
                "client_order_id": self._uuid(),
                "market_ticker": child["market_ticker"],
                "rfq_batch_id": batch_id,
            }
            ticker = child["market_ticker"]
            self._schedule(
                due_us, "quote_executed", quote, "executed_ts", key=ticker, creator_id=creator
            )
        self._schedule(
            due_us, "rfq_batch_executed", executed, "executed_ts", **batch, ends=batch_id
        )

    def _plan_quoted_batch(
        self, at_us: int, batch_id: str, creator: str, children: list[Fields]
    ) -> None:
        batch = {"key": batch_id, "creator_id": creator}
        batch_quote_id = self._uuid()
        quotes = [self._child_quote(child, with_quote=True) for child in children]
        due_us = at_us + self._rng.randint(300_000, 2_000_000)
        created = {
            "batch_quote_id": batch_quote_id,
            "rfq_batch_id": batch_id,
            "quote_creator_id": self.watcher,
            "quotes": quotes,
        }
        self._schedule(due_us, "batch_quote_created", created, "created_ts", **batch)
        due_us += self._rng.randint(300_000, 5_000_000)
        won = quotes[: self._rng.randint(1, len(quotes))]
        accepted = {
            "batch_quote_id": batch_quote_id,
            "rfq_batch_id": batch_id,
            "quote_creator_id": self.watcher,
            "rfq_creator_id": creator,
            "accepted_side": "no",
            "quotes": won,
        }
        self._schedule(due_us, "batch_quote_accepted", accepted, "accepted_ts", **batch)
        due_us += round((_EXECUTION_DELAY + 0.2) * SECOND)
        executed = {
            "batch_quote_id": batch_quote_id,
            "rfq_batch_id": batch_id,
            "rfq_creator_id": creator,
            "executed_rfq_ids": [quote["rfq_id"] for quote in won],
            "failed_rfq_ids": [],
            "close_reason": "executed",
        }
        self._schedule(
            due_us, "batch_quote_executed", executed, "executed_ts", **batch, ends=batch_id
        )

    def _child_quote(self, child: Fields, *, with_quote: bool) -> Fields:
        bid = self._rng.randint(5_000, 9_500)
        quote = {"quote_id": self._uuid()} if with_quote else {}
        yes = {"yes_bid_dollars": "0.0000"} if with_quote else {}
        return {
            **quote,
            "rfq_id": child["id"],
            "market_ticker": child["market_ticker"],
            "event_ticker": child["event_ticker"],
            **yes,
            "no_bid_dollars": _ten_thousandths(bid),
            "no_contracts_offered_fp": _hundredths(500 * 10_000 // (10_000 - bid)),
            "rfq_target_cost_dollars": child["target_cost_dollars"],
        }

    # Names and times

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _creator(self) -> str:
        rng = self._rng
        if self._chance(_ANONYMOUS_SHARE):
            return ANONYMOUS
        # A few creators ask far more often than most: the top ten for a seventh of all.
        return self._creators[int(_CREATORS * rng.random() ** 3)]

    def _account(self) -> str:
        return f"{self._rng.getrandbits(256):064x}"

    def _uuid(self) -> str:
        digits = f"{self._rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _text_of(self, at_us: int) -> str:
        """Return an RFC 3339 UTC time of 0 to 6 decimals, its trailing zeros trimmed."""
        second, fraction = divmod(at_us, SECOND)
        if second != self._second:
            self._second = second
            self._second_text = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
        if not fraction:
            return f"{self._second_text}Z"
        return f"{self._second_text}.{fraction:06d}".rstrip("0") + "Z"


def natural_book(rate: float, horizon: float = _NATURAL_HORIZON) -> int:
    """Return how many RFQs no older than ``horizon`` seconds are open at ``rate`` messages/s."""
    grid = 1_000
    lived = sum(min(_life_at((n + 0.5) / grid), horizon) for n in range(grid)) / grid
    return round(rate / 2 * lived)


def _life_at(share: float) -> float:
    """Return the life time, in seconds, that ``share`` of the RFQs don't outlive."""
    upper = bisect.bisect_right(_LIFE_AT, share)
    (low_share, low), (high_share, high) = _LIFE[upper - 1 : upper + 1]
    position = (share - low_share) / (high_share - low_share)
    return low * math.exp(math.log(high / low) * position)


def _hundredths(count: int) -> str:
    return f"{count // 100}.{count % 100:02d}"


def _ten_thousandths(amount: int) -> str:
    return f"{amount // 10_000}.{amount % 10_000:04d}"
