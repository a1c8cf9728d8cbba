"""What an HTTP answer to the WebSocket handshake means.

The status alone rarely says what was wrong, nor who answered: the exchange, or a content network, a
proxy or a captive portal in its place. The body may. The exchange's come as ``{"error": {"code",
"details", …}}``, ``{"error": "text"}`` or other JSON; those of others are mostly HTML.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from rfqwatch.errors import ConnectionFailedError, RefusedError, RfqwatchError

if TYPE_CHECKING:
    from datetime import datetime

    from websockets.http11 import Response

EXPIRED = "header_timestamp_expired"
LONGEST_PAUSE_S = 3_600.0

_RETRIED_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_REFUSING_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LONGEST_DETAIL = 120
_LONGEST_TEXT = 200
_MOST_READ = 8_000
"""Bytes of a page that its beginning is looked for in: a hostile one takes the square of them."""

_UNSEEN = re.compile(
    r"<!--.*?-->|<(script|style|title|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")

_KEY = "Check the API key id, its private key, --env, and this computer's clock."
_ADVICE = {
    "NOT_FOUND": "The API key id is not known there: is it of the other environment (--env)?",
    "INCORRECT_API_KEY_SIGNATURE": "The private key does not belong to the API key id.",
    EXPIRED: "Set this computer's clock: the exchange tolerates about 10 seconds.",
    "signature_is_missing_from_headers": _KEY,
    "authentication_error": _KEY,
}
"""By what the exchange says of credentials, the most telling first."""
_ELSEWHERE = (
    "Something sends connections elsewhere: a sign-in page of the network, or a wrong address."
)
_ANYONE = (
    "That is none of the exchange's known answers: a content network, proxy or sign-in page may"
    " have given it. Where it doesn't say why, try another network; then check the API key."
)
_ADDRESS = (
    "Check --env, --url and RFQWATCH_URL; the path is usually /trade-api/ws/v2. A proxy or a"
    " sign-in page of the network may also answer so."
)


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
    return ahead_ms(response, now_ms) if EXPIRED in reason(response) else None


def ahead_ms(response: Response, now_ms: int) -> int | None:
    """Give how far the clock of the other end is ahead; None where it told no time."""
    date = date_of(response)
    # The header counts whole seconds: the middle of the second is the best guess.
    return None if date is None else int(date.timestamp() * 1000) + 500 - now_ms


def pause_s(response: Response, now_ms: int) -> float:
    """Give the seconds that the other end asks to be left alone for, an hour at most.

    ``Retry-After`` is a number of seconds, or a date (RFC 9110, section 10.2.3), which is held
    against the other end's own clock where it tells that.
    """
    asked = _header(response, "Retry-After").strip()
    if asked.isdecimal():
        return min(float(asked), LONGEST_PAUSE_S)
    until, date = _date(asked), _date(_header(response, "Date"))
    if until is None:
        return 0.0
    since_s = now_ms / 1000 if date is None else date.timestamp()
    return min(max(0.0, until.timestamp() - since_s), LONGEST_PAUSE_S)


def date_of(response: Response) -> datetime | None:
    """Give the other end's time; of an answer out of a cache, when that was made and aged."""
    date, age = _date(_header(response, "Date")), _header(response, "Age")
    if date is None or not age:
        return date
    try:
        return date + timedelta(seconds=int(age))
    except (ValueError, OverflowError):
        return None


def _header(response: Response, name: str) -> str:
    """Give a header; "" where there is none, or more than one."""
    values = response.headers.get_all(name)
    return values[0] if len(values) == 1 else ""


def _date(text: str) -> datetime | None:
    try:
        # HTTP has no other zone than GMT (RFC 9110, section 5.6.7).
        return parsedate_to_datetime(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def describe(response: Response) -> str:
    """Say in a line how the other end answered; text from the wire."""
    words = [*(reason(response) or _beginning(response.body or b""))]
    headers = {
        "Server": _header(response, "Server"),
        "Location": _place(_header(response, "Location")),
    }
    words += [f"{name}: {value[:_LONGEST_DETAIL]}" for name, value in headers.items() if value]
    return f"HTTP {response.status_code}" + (f" ({', '.join(words)})" if words else "")


def _beginning(body: bytes | bytearray) -> tuple[str, ...]:
    """Give what a person would read first on a page, in one line."""
    page = body[:_MOST_READ].decode(errors="replace")
    title = _TITLE.search(page)
    text = _flat(_UNSEEN.sub(" ", page)) or (_flat(title[1]) if title else "")
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}…"
    return (f"“{text}”",) if text else ()


def _flat(markup: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _place(location: str) -> str:
    """Give an address without what may be secret: a user, a query."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "an address that can't be read"
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def blames_credentials(response: Response) -> bool:
    """Tell whether the exchange refuses the credentials, in words that it is known by."""
    return response.status_code in _REFUSING_STATUSES and _advice(reason(response)) is not None


def _advice(words: tuple[str, ...]) -> str | None:
    return next((_ADVICE[word] for word in _ADVICE if word in words), None)


def error(response: Response, place: str) -> RfqwatchError:
    """Make the error for an answer that no repetition mends."""
    status, words = response.status_code, reason(response)
    told = describe(response)
    if status in _REFUSING_STATUSES:
        advice = _advice(words)
        whom = "the credentials" if advice else "us"
        return RefusedError(f"{place} refused {whom}: {told}", advice or _ANYONE)
    return ConnectionFailedError(
        f"{place} does not speak WebSocket here: {told}",
        _ELSEWHERE if _header(response, "Location") else _ADDRESS,
    )
