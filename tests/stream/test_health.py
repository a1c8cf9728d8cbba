"""The figures of the stream: rates, lags, and how each connection is doing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from rfqwatch.clock import Instant
from rfqwatch.exchange.wire import Frame
from rfqwatch.stream.health import (
    MOST_LAGS,
    Connection,
    Health,
    Rate,
    ShardHealth,
    Totals,
    lag_of,
    percentiles,
)

NOW_S = 86_400.0
TIME = datetime(2026, 9, 5, 22, tzinfo=UTC)


def test_a_rate_is_over_the_last_seconds() -> None:
    rate = Rate()
    assert rate.per_second(NOW_S) == 0
    for step in range(40):
        rate.add(10, NOW_S + step * 0.25)
    assert rate.per_second(NOW_S + 39 * 0.25) == pytest.approx(40)
    assert rate.per_second(NOW_S + 60) == 0
    assert rate.total == 400


def test_a_rate_that_just_began_is_not_thinned_out() -> None:
    rate = Rate()
    rate.add(0, NOW_S)
    rate.add(300, NOW_S + 2)
    assert rate.per_second(NOW_S + 2) == 150


def test_a_rate_stays_small() -> None:
    rate = Rate()
    for step in range(10_000):
        rate.add(1, NOW_S + step / 1_000)
    assert rate.per_second(NOW_S + 10) == pytest.approx(1_000, rel=0.06)


@pytest.mark.parametrize(
    ("lags", "expected"),
    [([], None), ([7], (7, 7)), (range(101), (50, 99)), ([9, -5, 1], (1, 1))],
)
def test_percentiles(lags: list[int], expected: tuple[int, int] | None) -> None:
    assert percentiles(lags) == expected


def test_lags_are_a_bounded_window_that_shards_share() -> None:
    health = Health("prod")
    for lag_ms in range(MOST_LAGS * 2):
        health.shard("0/2").lagged(lag_ms, at(0))
        health.shard("1/2").lagged(0, at(0))
    assert len(health.shard("0/2").lags) == MOST_LAGS
    assert health.lags() == (0, 2 * MOST_LAGS - 22)


def test_lateness_lasts_from_the_first_late_message() -> None:
    card = ShardHealth()
    lags = [(0, 10), (60, 9_000), (63, 9_000), (64, 100), (80, 3_000), (81, 2_200)]
    assert [card.lagged(lag_ms, at(s)) for s, lag_ms in lags] == [0, 0, 3, 0, 0, 1]


def test_lateness_before_a_clock_was_set_is_none_after_it() -> None:
    card = ShardHealth()
    for s, lag_ms in [(0, 10), (1, 5_010), (4, 5_010)]:
        card.lagged(lag_ms, at(s))
    card.measure_anew(0)
    assert card.recent_lags() is None
    assert [card.lagged(5_010, at(s)) for s in (5, 60, 3_600)] == [0, 0, 0]


def told(told_ms: int | None, *lags_ms: int) -> Health:
    health = Health("prod")
    card = health.shard("1/2")
    card.told_ms = told_ms
    for lag_ms in lags_ms:
        card.lagged(lag_ms, at(0))
    health.shard("0/2")
    return health


@pytest.mark.parametrize(
    ("told_ms", "lags_ms", "ahead_ms"),
    [
        (-3_600_000, [3_600_300, 3_700_000], -3_600_000),
        (5_000, [-4_700, -4_400], 5_000),
        # Out of a cache, or late: what came does not bear it out.
        (-3_600_000, [20, 30], 0),
        (3_600_000, [20, 30], 0),
        (0, [3_600_000], 0),
        (None, [3_600_000], 0),
        (-3_600_000, [], 0),
        # No more than can be told, or than is minded.
        (-1_500, [1_500], 0),
    ],
)
def test_a_clock_is_off_where_two_say_so(
    told_ms: int | None, lags_ms: list[int], ahead_ms: int
) -> None:
    assert told(told_ms, *lags_ms).ahead_ms == ahead_ms


def test_a_clock_that_is_set_is_off_by_as_much_less() -> None:
    health = told(-3_600_000, 3_600_300)
    card = health.shard("1/2")
    card.measure_anew(-3_590_000)
    assert health.ahead_ms == 0
    card.lagged(10_300, at(1))
    assert health.ahead_ms == -10_000
    card.measure_anew(-10_000)
    card.lagged(300, at(2))
    assert health.ahead_ms == 0


def created(sending_ts_ms: int | None, **fields: str) -> tuple[Frame, bytearray]:
    msg = {"id": "r", **fields}
    message = {"type": "rfq_created", "sending_ts_ms": sending_ts_ms, "msg": msg}
    return Frame("rfq_created", None, None, sending_ts_ms), bytearray(json.dumps(message).encode())


def test_a_lag_is_since_the_sending_else_since_the_creation() -> None:
    created_ts = (TIME - timedelta(seconds=2)).isoformat()
    now = Instant(round(TIME.timestamp() * 1_000), 7)
    assert lag_of(*created(now.ms - 50, created_ts=created_ts), now) == 50
    assert lag_of(*created(None, created_ts=created_ts), now) == 2_000
    assert lag_of(*created(None, created_ts=created_ts), Instant(now.ms + 40_000, 7)) is None
    assert lag_of(*created(None), now) is None


def at(s: float) -> Instant:
    """Give a moment; the clock on the wall is of no interest."""
    return Instant(0, NOW_S + s)


def test_an_outage_lasts_over_every_attempt_to_connect() -> None:
    card = Health("prod").shard()
    card.become(Connection.CONNECTING, at(0))
    card.become(Connection.RECONNECTING, at(0.9), NOW_S + 3)
    card.become(Connection.CONNECTING, at(3))
    assert (card.since_s, card.retry_s) == (NOW_S, None)
    card.become(Connection.WATCHING, at(4))
    assert card.since_s == NOW_S + 4
    card.become(Connection.RECONNECTING, at(9), NOW_S + 9.5)
    card.become(Connection.CONNECTING, at(9.5))
    card.become(Connection.RECONNECTING, at(9.9), NOW_S + 12)
    assert (card.since_s, card.retry_s) == (NOW_S + 9, NOW_S + 12)


def test_what_is_known_of_a_lost_shard_is_of_the_last_frame() -> None:
    health = Health("prod")
    card = health.shard("0/2")
    card.become(Connection.CONNECTING, at(0))
    seen = [(card.lost, health.away)]
    card.become(Connection.WATCHING, at(1))
    card.receive(5, at(2))
    seen.append((card.lost, health.away))
    card.become(Connection.RECONNECTING, at(30))
    card.receive(1, at(31))
    seen.append((card.lost, health.away))
    away = frozenset({"0/2"})
    assert seen == [(None, away), (None, frozenset()), (at(2), away)]
    card.become(Connection.WATCHING, at(40))
    assert (card.heard, health.away) == (at(40), frozenset())


def test_a_shard_tells_its_own_recent_lags() -> None:
    card = ShardHealth("0/2")
    assert card.recent_lags() is None
    for lag_ms in (*[9_000] * 1_000, *range(500)):
        card.lagged(lag_ms, at(0))
    assert card.recent_lags() == (249, 494)


def test_the_totals_are_those_of_all_connections() -> None:
    health = Health("sim")
    first, second = health.shard("0/2"), health.shard("1/2")
    first.become(Connection.WATCHING, Instant(0, 0.0))
    first.receive(3, Instant(0, 0.0))
    first.gapped(5)
    second.receive(4, Instant(0, 0.0))
    second.gapped(None)
    second.malformed, first.unknown = 1, 2
    first.numbering.backward, second.numbering.unnumbered = 6, 8
    assert health.totals == Totals(7, 2, 5, 1, 1, 2, 6, 8, unseen=1)
    assert health.per_second(0.0) == 7
