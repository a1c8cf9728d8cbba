from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.exchange.backoff import Backoff


def longest(attempt: int) -> float:
    return min(30.0, 0.5 * 2.0 ** min(attempt, 10))


@settings(max_examples=100, deadline=None)
@given(st.integers(), st.integers(1, 2_000))
def test_delays_are_within_their_bounds(seed: int, attempts: int) -> None:
    backoff = Backoff(Random(seed))
    for attempt in range(attempts):
        delay_s = backoff.delay()
        assert delay_s is not None
        assert 0 <= delay_s <= longest(attempt)


@pytest.mark.parametrize("attempt", [0, 1, 3, 5, 6, 7, 50])
def test_jitter_is_full(attempt: int) -> None:
    """Delays fill the whole range, so that many clients don't come back at once."""
    delays = []
    for seed in range(500):
        backoff = Backoff(Random(seed))
        for _ in range(attempt):
            backoff.delay()
        delays.append((backoff.delay() or 0) / longest(attempt))
    assert min(delays) < 0.05
    assert max(delays) > 0.95
    assert 0.45 < sum(delays) / len(delays) < 0.55


def test_the_first_try_is_quick() -> None:
    assert longest(0) == 0.5
    assert all((Backoff(Random(seed)).delay() or 0) <= 0.5 for seed in range(100))


@pytest.mark.parametrize(("lived_s", "forgotten"), [(30.0, True), (29.999, False), (-5.0, False)])
def test_only_a_stable_stretch_is_a_new_start(lived_s: float, *, forgotten: bool) -> None:
    backoff = Backoff(Random(1), limit=5)
    for _ in range(5):
        assert backoff.delay() is not None
    assert backoff.delay() is None
    backoff.lived(lived_s)
    delay_s = backoff.delay()
    assert (delay_s is not None) == forgotten
    assert not forgotten or (delay_s or 0) <= 0.5


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_a_limit_is_the_number_of_tries(limit: int) -> None:
    backoff = Backoff(Random(1), limit)
    delays = [backoff.delay() for _ in range(limit + 2)]
    assert None not in delays[:limit]
    assert delays[limit:] == [None, None]
