"""What is said of a refusal: the key, the environment, or the clock where that can be the cause."""

from __future__ import annotations

import pytest
from examining import subject

from rfqwatch.checking.refusals import explained
from rfqwatch.errors import RefusedError
from rfqwatch.simulator.serving import throwaway_key

UNEXPLAINED = "host:443 refused us: HTTP 403 (“no”)"
OF_THE_KEY = "host:443 refused the credentials: HTTP 401 (authentication_error, NOT_FOUND)"
OF_THE_TIME = "host:443 refused the credentials: HTTP 401 (header_timestamp_expired)"


@pytest.mark.parametrize(
    ("message", "offset_ms", "by_our_clock", "words"),
    [
        (UNEXPLAINED, 3_600_000, True, "is 3,600 s behind the exchange's, which may be why"),
        (UNEXPLAINED, 3_600_000, False, ""),
        (UNEXPLAINED, 5_000, True, ""),
        (UNEXPLAINED, 0, True, "It is not the clock, which agrees"),
        (UNEXPLAINED, None, True, "is right could not be seen"),
        (OF_THE_KEY, -3_600_000, True, ""),
        (OF_THE_KEY, 0, False, "It is not the clock, which agrees"),
        (OF_THE_KEY, None, True, ""),
        (OF_THE_TIME, 0, True, ""),
    ],
)
def test_the_clock_is_blamed_only_where_it_can_be_the_cause(
    message: str,
    offset_ms: int | None,
    by_our_clock: bool,  # noqa: FBT001
    words: str,
) -> None:
    asked = subject("wss://host/", throwaway_key())
    asked.offset_ms = offset_ms
    told = explained(RefusedError(message, "advice."), asked, by_our_clock=by_our_clock).advice
    assert words in told
    assert words or told == "advice."
