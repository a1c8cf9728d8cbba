"""How late messages are, as far as that can be known."""

from __future__ import annotations

import pytest

from rfqwatch.book.lag import TOLD_AGAIN_MS, lag

NOW = 1_788_645_600_000


@pytest.mark.parametrize(
    ("received_ms", "sending_ms", "created_ms", "expected"),
    [
        (NOW, NOW - 50, NOW - 2_000, 50),
        (NOW, NOW - 50, NOW - 10 * TOLD_AGAIN_MS, 50),
        (NOW, None, NOW - 2_000, 2_000),
        (NOW, None, NOW + 7, -7),
        (NOW, None, NOW - TOLD_AGAIN_MS, TOLD_AGAIN_MS),
        (NOW, None, NOW - TOLD_AGAIN_MS - 1, None),
        (NOW, None, None, None),
    ],
)
def test_a_lag_is_since_the_sending_else_since_a_recent_creation(
    received_ms: int, sending_ms: int | None, created_ms: int | None, expected: int | None
) -> None:
    assert lag(received_ms, sending_ms, created_ms) == expected
