"""The figures of the stream: rates, lags, and how each connection is doing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rfqwatch.exchange.events import RfqCreated, RfqDeleted
from rfqwatch.health import (
    MOST_LAGS,
    Connection,
    Health,
    Rate,
    ShardHealth,
    lag_of,
    percentiles,
)

NOW = 1_788_645_600_000
TIME = datetime(2026, 9, 5, 22, tzinfo=UTC)


def test_a_rate_is_over_the_last_seconds() -> None:
    rate = Rate()
    assert rate.per_second(NOW) == 0
    for step in range(40):
        rate.add(10, NOW + step * 250)
    assert rate.per_second(NOW + 39 * 250) == pytest.approx(40)
    assert rate.per_second(NOW + 60_000) == 0
    assert rate.total == 400


def test_a_rate_that_just_began_is_not_thinned_out() -> None:
    rate = Rate()
    rate.add(0, NOW)
    rate.add(300, NOW + 2_000)
    assert rate.per_second(NOW + 2_000) == 150


def test_a_rate_survives_a_clock_set_back() -> None:
    rate = Rate()
    rate.add(500, NOW)
    rate.add(10, NOW - 3_600_000)
    assert rate.per_second(NOW - 3_600_000) == 10


def test_a_rate_stays_small() -> None:
    rate = Rate()
    for step in range(10_000):
        rate.add(1, NOW + step)
    assert rate.per_second(NOW + 10_000) == pytest.approx(1_000, rel=0.06)


@pytest.mark.parametrize(
    ("lags", "expected"),
    [([], None), ([7], (7, 7)), (range(101), (50, 99)), ([9, -5, 1], (1, 1))],
)
def test_percentiles(lags: list[int], expected: tuple[int, int] | None) -> None:
    assert percentiles(lags) == expected


def test_lags_are_a_bounded_window_that_shards_share() -> None:
    health = Health("prod")
    for lag_ms in range(MOST_LAGS * 2):
        health.shard("0/2").lagged(lag_ms)
        health.shard("1/2").lagged(0)
    assert len(health.shard("0/2").lags) == MOST_LAGS
    assert health.lags() == (0, 2 * MOST_LAGS - 22)


def test_a_lag_is_since_the_sending_else_since_the_creation() -> None:
    event = RfqCreated(id="r", created_ts=TIME - timedelta(seconds=2))
    now_ms = round(TIME.timestamp() * 1_000)
    assert lag_of(event, now_ms, now_ms - 50) == 50
    assert lag_of(event, now_ms, None) == 2_000
    assert lag_of(event, now_ms + 40_000, None) is None
    assert lag_of(RfqDeleted(id="r"), now_ms, None) is None


def test_an_outage_lasts_over_every_attempt_to_connect() -> None:
    card = Health("prod").shard()
    card.become(Connection.CONNECTING, NOW)
    card.become(Connection.RECONNECTING, NOW + 900, NOW + 3_000)
    card.become(Connection.CONNECTING, NOW + 3_000)
    assert (card.since_ms, card.retry_at_ms) == (NOW, None)
    card.become(Connection.WATCHING, NOW + 4_000)
    assert card.since_ms == NOW + 4_000
    card.become(Connection.RECONNECTING, NOW + 9_000, NOW + 9_500)
    card.become(Connection.CONNECTING, NOW + 9_500)
    card.become(Connection.RECONNECTING, NOW + 9_900, NOW + 12_000)
    assert (card.since_ms, card.retry_at_ms) == (NOW + 9_000, NOW + 12_000)


def test_what_is_known_of_a_lost_shard_is_of_the_last_frame() -> None:
    health = Health("prod")
    card = health.shard("0/2")
    card.become(Connection.CONNECTING, NOW)
    seen = [(card.lost_ms, health.away)]
    card.become(Connection.WATCHING, NOW + 1_000)
    card.heard(5, NOW + 2_000)
    seen.append((card.lost_ms, health.away))
    card.become(Connection.RECONNECTING, NOW + 30_000)
    card.heard(1, NOW + 31_000)
    seen.append((card.lost_ms, health.away))
    away = frozenset({"0/2"})
    assert seen == [(None, away), (None, frozenset()), (NOW + 2_000, away)]
    card.become(Connection.WATCHING, NOW + 40_000)
    assert (card.heard_ms, health.away) == (NOW + 40_000, frozenset())


def test_a_shard_tells_its_own_recent_lags() -> None:
    card = ShardHealth("0/2")
    assert card.recent_lags() is None
    for lag_ms in (*[9_000] * 1_000, *range(500)):
        card.lagged(lag_ms)
    assert card.recent_lags() == (249, 494)
