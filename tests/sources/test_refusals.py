from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from corpus import frames
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.http11 import Response

from rfqwatch.errors import ConnectionFailedError, RefusedError
from rfqwatch.sources.refusals import (
    LONGEST_PAUSE_S,
    clock_offset_ms,
    describe,
    error,
    is_temporary,
    pause_s,
    reason,
)

NOW_MS = 1_790_000_000_123
EXPIRED = b'{"error":{"code":"header_timestamp_expired"}}'
BODIES = [json.loads(line) for line in frames("http_bodies")]


# As the library does with what it parsed; websockets 16.0 does nothing else.
SET = getattr(Headers, "set_insecure", Headers.__setitem__)


def response(status: int, body: bytes = b"", *dates: str, **more: str) -> Response:
    headers = Headers()
    for name, value in [*(("Date", date) for date in dates), *more.items()]:
        SET(headers, name, value)
    return Response(status, "Whatever", headers, body)


# What the body says


@pytest.mark.parametrize("seen", BODIES, ids=str)
def test_every_body_that_was_seen_is_told(seen: dict[str, object]) -> None:
    body = seen["body"]
    assert isinstance(body, dict)
    told = describe(response(401, json.dumps(body).encode()))
    inner = body["error"]
    for word in [inner] if isinstance(inner, str) else [inner["code"], inner.get("details", "")]:
        assert word in told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":{"code":"a","message":"b","details":"c","service":"d"}}', ("a", "c")),
        (b'{"error":{"message":"b"}}', ("b",)),
        (b'{"error":"too many requests"}', ("too many requests",)),
        (b'{"code":"a","message":"b"}', ("a",)),
        (b'{"msg":"a"}', ("a",)),
        (b'{"message":"Forbidden"}', ("Forbidden",)),
        (b'"text"', ("text",)),
        (b'{"error":{"code":7,"details":["x"],"message":{}}}', ()),
        (b'{"error":null}', ()),
        (b"[]", ()),
        (b"null", ()),
        (b"", ()),
        (b"<html>401</html>", ()),
        (b"\0\1\xff\xfe", ()),
        (b"[" * 100_000, ()),
    ],
)
def test_reasons_of_any_shape(body: bytes, words: tuple[str, ...]) -> None:
    assert reason(response(401, body)) == words


def test_endless_reasons_are_cut() -> None:
    body = json.dumps({"error": {"code": "x" * 10**6, "details": "y" * 10**6}}).encode()
    assert len(describe(response(401, body))) < 300


# What others say in the exchange's place


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"Not here", "“Not here”"),
        (b"  \n <p>Sign in &amp; go on</p>\n", "“Sign in & go on”"),
        (b"<html><head><title>T</title></head><body><h1>Who</h1> are <b>you</b>", "“Who are you”"),
        (b"<TITLE>403 Forbidden</TITLE>", "“403 Forbidden”"),
        (b"<script>if (a < b) alert()</script><style>p {}</style><!-- no -->Yes", "“Yes”"),
        (b"\xff\xfe\xe9t\xe9", "“\ufffd\ufffd\ufffdt\ufffd”"),
        (b"", ""),
        (b"<html></html>", ""),
    ],
)
def test_the_beginning_of_a_page_is_told(body: bytes, told: str) -> None:
    assert describe(response(403, body)) == "HTTP 403" + (f" ({told})" if told else "")


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://portal.example/in", "https://portal.example/in"),
        ("http://portal.example:8080/in?key=s3cret#s3cret", "http://portal.example:8080/in"),
        ("http://user:s3cret@portal.example/", "http://portal.example/"),
        ("http://[2001:db8::1]:80/in", "http://[2001:db8::1]:80/in"),
        ("/in?s3cret", "/in"),
        ("//portal.example/in", "//portal.example/in"),
        ("http://portal.example:99999/", "http://portal.example:99999/"),
        ("http://portal.example:port/", "http://portal.example:port/"),
        ("http://[::1/", "an address that can't be read"),
    ],
)
def test_where_it_leads_is_told_without_secrets(location: str, told: str) -> None:
    sent = response(302, b"", Location=location, Server="hotel")
    assert describe(sent) == f"HTTP 302 (Server: hotel, Location: {told})"
    assert "elsewhere" in error(sent, "the exchange").advice


@pytest.mark.parametrize(
    "start", ["<script", "<script>", "<!--", "<title", "<", "<title></title ", "&#"]
)
def test_no_page_takes_long_to_read(start: str) -> None:
    began_s = time.process_time()
    describe(response(403, start.encode() * (2**20 // len(start))))
    assert time.process_time() - began_s < 1


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<h1>Access denied</h1> by the network",
        b'{"message":"Forbidden"}',
        b'{"error":"not from your country"}',
    ],
)
def test_the_key_is_not_blamed_where_nothing_is_said_of_it(status: int, body: bytes) -> None:
    refused = error(response(status, body), "the exchange")
    assert refused.message.startswith(f"the exchange refused us: HTTP {status}")
    assert "try another network" in refused.advice


@settings(max_examples=300)
@given(
    st.integers(100, 599),
    st.just(EXPIRED)
    | st.binary(max_size=50)
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda children: (
            st.lists(children)
            | st.dictionaries(
                st.sampled_from(["error", "code", "details", "msg", "message"]), children
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.lists(st.text(st.characters(max_codepoint=255)), max_size=2),
)
def test_any_answer_is_an_error_or_another_attempt(
    status: int, body: bytes, dates: list[str]
) -> None:
    answer = response(status, body, *dates)
    assert isinstance(is_temporary(answer), bool)
    assert clock_offset_ms(answer, NOW_MS) is None or body == EXPIRED
    made = error(answer, "the exchange")
    assert isinstance(made, ConnectionFailedError | RefusedError)
    assert str(status) in made.message
    assert made.advice


# What it means


def test_what_may_pass_is_tried_again() -> None:
    temporary = [status for status in range(100, 600) if is_temporary(response(status))]
    assert temporary == [408, 425, 429, *range(500, 600)]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b'{"error":{"code":"authentication_error","details":"NOT_FOUND"}}', "--env"),
        (
            b'{"error":{"code":"authentication_error","details":"INCORRECT_API_KEY_SIGNATURE"}}',
            "private key",
        ),
        (EXPIRED, "clock"),
        (b"", "key"),
        (b"<html>", "key"),
    ],
)
def test_a_refusal_comes_with_a_hint(status: int, body: bytes, hint: str) -> None:
    refused = error(response(status, body), "the exchange")
    assert type(refused) is RefusedError
    assert refused.exit_code == 4
    assert hint in refused.advice


# Its pace

NOON = "Mon, 21 Sep 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("0", 0),
        ("60", 60),
        (" 7 ", 7),
        ("3601", LONGEST_PAUSE_S),
        ("9" * 5_000, LONGEST_PAUSE_S),
        ("Mon, 21 Sep 2026 12:01:00 GMT", 60),
        ("Monday, 21-Sep-26 12:01:00 GMT", 60),
        ("Mon Sep 21 12:01:00 2026", 60),
        ("Tue, 22 Sep 2026 12:00:00 GMT", LONGEST_PAUSE_S),
        ("Mon, 21 Sep 2026 11:00:00 GMT", 0),
        ("", 0),
        ("-5", 0),
        ("1e9", 0),
        ("1.5", 0),
        ("\u00b2", 0),
        ("soon", 0),
        ("Mon, 99 Sep 2026 12:01:00 GMT", 0),
        ("Mon, 99999999999999999999 Sep 2026 12:01:00 GMT", 0),
    ],
)
def test_how_long_to_leave_it_alone(asked: str, pause: float) -> None:
    # By its own clock, whatever ours says.
    assert pause_s(response(429, b"", NOON, **{"Retry-After": asked}), 0) == pause


def test_a_date_to_wait_for_is_held_against_our_clock_where_it_tells_no_other() -> None:
    until = response(503, b"", **{"Retry-After": "Mon, 21 Sep 2026 14:14:20 GMT"})
    assert pause_s(until, NOW_MS) == pytest.approx(60, abs=1)


def test_none_asked_for() -> None:
    assert pause_s(response(503, b"", NOON), NOW_MS) == 0


# The clock


@pytest.mark.parametrize("ahead_s", [0, 1, -1, 60, -3_600, 86_400 * 365])
def test_the_clock_s_offset_comes_from_the_date(ahead_s: int) -> None:
    date = datetime.fromtimestamp(NOW_MS // 1_000 + ahead_s, UTC)
    offset_ms = clock_offset_ms(response(401, EXPIRED, format_datetime(date, usegmt=True)), NOW_MS)
    assert offset_ms is not None
    assert abs(offset_ms - ahead_s * 1_000) <= 500


def test_a_date_is_utc_whatever_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    for zone in ["GMT", "-0000", "+0000", ""]:
        answer = response(401, EXPIRED, f"Mon, 21 Sep 2026 14:13:20 {zone}")
        assert clock_offset_ms(answer, NOW_MS) == 377


@pytest.mark.parametrize(
    "dates",
    [
        [],
        [""],
        ["yesterday"],
        ["Mon, 99 Sep 2026 14:13:20 GMT"],
        ["Mon, 21 Sep 2026 14:13:20 GMT", "Mon, 21 Sep 2026 14:13:20 GMT"],
    ],
)
def test_no_date_no_offset(dates: list[str]) -> None:
    assert clock_offset_ms(response(401, EXPIRED, *dates), NOW_MS) is None


def test_a_date_matters_for_an_expired_timestamp_alone() -> None:
    answer = response(401, b'{"error":"x"}', "Mon, 21 Sep 2026 14:13:20 GMT")
    assert clock_offset_ms(answer, NOW_MS) is None
