"""What an HTTP answer to the WebSocket handshake means.

The status alone rarely says what was wrong; the body may. Bodies come as ``{"error": {"code",
"details", …}}``, ``{"error": "text"}``, other JSON, or HTML from a gateway.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from rfqwatch.errors import ConnectionFailedError, RefusedError, RfqwatchError

if TYPE_CHECKING:
    from websockets.http11 import Response

EXPIRED = "header_timestamp_expired"

_RETRIED_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_LONGEST_DETAIL = 120

_ADVICE = {
    "NOT_FOUND": "The API key id is not known there: is it of the other environment (--env)?",
    "INCORRECT_API_KEY_SIGNATURE": "The private key does not belong to the API key id.",
    EXPIRED: "Set this computer's clock: the exchange tolerates about 10 seconds.",
}


def reason(response: Response) -> tuple[str, ...]:
    """Give the code and details of an error body, as far as it has any; text from the wire."""
    try:
        body: Any = msgspec.json.decode(response.body or b"")
    except (ValueError, RecursionError):
        return ()
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return (error[:_LONGEST_DETAIL],)
    if not isinstance(error, dict):
        return ()
    words = [error.get(key) for key in ("code", "details", "msg")]
    if not any(words):
        words = [error.get("message")]
    return tuple(word[:_LONGEST_DETAIL] for word in words if isinstance(word, str) and word)


def is_temporary(response: Response) -> bool:
    """Tell whether the same handshake may succeed later."""
    status = response.status_code
    return status in _RETRIED_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def clock_offset_ms(response: Response, now_ms: int) -> int | None:
    """Give how far the exchange's clock is ahead, when that is what it refuses; else None."""
    if EXPIRED not in reason(response):
        return None
    try:
        # HTTP has no other zone than GMT (RFC 9110, section 5.6.7).
        date = parsedate_to_datetime(response.headers["Date"]).replace(tzinfo=UTC)
    except (ValueError, LookupError):
        return None
    # The header counts whole seconds: the middle of the second is the best guess.
    return int(date.timestamp() * 1000) + 500 - now_ms


def describe(response: Response) -> str:
    """Say in a few words how the exchange answered; text from the wire."""
    words = ", ".join(reason(response))
    return f"HTTP {response.status_code}" + (f" ({words})" if words else "")


def error(response: Response, url: str) -> RfqwatchError:
    """Make the error for an answer that no repetition mends."""
    words = reason(response)
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        advice = next((_ADVICE[word] for word in words if word in _ADVICE), None)
        return RefusedError(
            f"{url} refused the credentials: {describe(response)}",
            advice or "Check the API key id, its private key, --env, and this computer's clock.",
        )
    return ConnectionFailedError(
        f"{url} does not speak WebSocket here: {describe(response)}",
        "Check --env and --url; the path is usually /trade-api/ws/v2.",
    )
