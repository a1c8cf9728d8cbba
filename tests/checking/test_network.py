"""The way to an exchange that does not lead there, and what answers in its place."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import ssl
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
import trustme
from examining import examined, odd, subject
from raw_server import Peer, answer, for_ever, raw_server

from rfqwatch.checking.dependencies import exit_code
from rfqwatch.checking.verdict import Sign
from rfqwatch.simulator.serving import start, throwaway_key
from rfqwatch.sources import connecting, rest

if TYPE_CHECKING:
    from pathlib import Path

    from rfqwatch.checking.verdict import Verdict

TODAY = dt.datetime.now(dt.UTC)
PATH = "/trade-api/ws/v2"
KEY = throwaway_key()
STATUS = {"exchange_active": True, "trading_active": True}


@pytest.fixture(autouse=True)
def no_exceptions_to_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


# The address, the name, the connection


@pytest.mark.parametrize("url", ["exchange.example", f"ws://192.168.1.1{PATH}"])
async def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    found = await examined(subject(url, KEY))
    assert odd(found) == {"endpoint": "failed"}
    assert exit_code(list(found.values())) == 2
    assert "--url" in found["endpoint"].seen or "ws://" in found["endpoint"].seen


async def test_a_name_that_is_not_there() -> None:
    found = await examined(subject(f"wss://exchange.invalid{PATH}", KEY))
    assert odd(found) == {"dns": "failed", "rest": "unsure"}
    assert "can't be resolved" in found["dns"].seen
    assert "--url" in found["dns"].advice
    assert found["tcp"].sign is found["handshake"].sign is Sign.SKIPPED
    assert exit_code(list(found.values())) == 5


async def test_nobody_there() -> None:
    found = await examined(subject(f"wss://{nobody()}{PATH}", KEY))
    assert odd(found) == {"tcp": "failed", "rest": "unsure"}
    assert "connection refused" in found["tcp"].seen
    assert "firewall" in found["tcp"].advice


async def test_silence_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "STEP_TIMEOUT_S", 0.2)
    monkeypatch.setattr(rest, "TIMEOUT_S", 0.2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"wss://127.0.0.1:{silent.getsockname()[1]}{PATH}"
        found = await examined(subject(url, KEY))
    assert odd(found) == {"tls": "failed", "rest": "unsure"}
    assert "the TLS handshake took more than" in found["tls"].seen


# Certificates


@pytest.mark.parametrize(
    ("kind", "words"),
    [("expired", "renewed"), ("untrusted", "SSL_CERT_FILE"), ("another's", "Someone else answers")],
)
async def test_a_certificate_that_is_not_believed(
    kind: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    issuer = trustme.CA() if kind == "untrusted" else authority
    certificate = issuer.issue_cert(
        "example.com" if kind == "another's" else "127.0.0.1",
        not_after=TODAY - dt.timedelta(days=1) if kind == "expired" else None,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    async with start(ssl=context) as started:
        found = await examined(subject(started.url, started))
        assert started.exchange.accepted == started.exchange.refused == 0
    assert odd(found) == {"tls": "failed", "rest": "unsure"}
    assert "can't be trusted" in found["tls"].seen
    assert words in found["tls"].advice
    assert exit_code(list(found.values())) == 5


async def test_one_that_ends_soon_is_doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    soon = TODAY + dt.timedelta(days=1, hours=1)
    authority.issue_cert("127.0.0.1", not_after=soon).configure_cert(context)
    async with start(ssl=context, rate=400, standing=0) as started:
        found = await examined(subject(started.url, started))
    assert odd(found) == {"tls": "unsure"}
    assert "(1 days)" in found["tls"].seen


# Proxies


async def test_a_proxy_that_does_not_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    async def proxy(peer: Peer) -> None:
        peer.writer.write(answer(407))
        await for_ever(peer)

    async with raw_server(proxy) as server:
        place = server.url.split("/")[2]
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@{place}")
        found = await examined(subject(f"wss://exchange.invalid{PATH}", KEY))
    assert odd(found) == {"tls": "failed", "rest": "unsure"}
    assert f"the proxy of HTTPS_PROXY, {place} does not let us through" in found["tls"].seen
    assert "the proxy of HTTPS_PROXY" in found["dns"].seen
    assert "hunter2" not in str(found)


async def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{nobody()}")
    found = await examined(subject(f"wss://exchange.invalid{PATH}", KEY))
    assert odd(found) == {"tcp": "failed", "rest": "unsure"}
    assert "Check the address of the proxy of HTTPS_PROXY" in found["tcp"].advice


async def test_a_socks_proxy_is_left_to_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(for_ever) as server:
        place = server.url.split("/")[2]
        monkeypatch.setenv("HTTPS_PROXY", f"socks5://{place}")
        found = await examined(subject(f"wss://exchange.invalid{PATH}", KEY))
    assert found["tls"].sign is found["rest"].sign is Sign.UNSURE
    assert "SOCKS" in found["tls"].seen
    assert found["handshake"].sign is Sign.FAILED


# Answers of others


async def answered(*answers: bytes) -> dict[str, Verdict]:
    """Examine a server that gives these answers, one a connection, the last again and again."""
    remaining = list(answers)

    async def converse(peer: Peer) -> None:
        peer.writer.write(remaining.pop(0) if len(remaining) > 1 else remaining[0])
        peer.writer.write_eof()
        await for_ever(peer)

    # The first connection asks nothing.
    async with raw_server(converse) as server:
        return await examined(subject(server.url, KEY))


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (answer(404, b"404 page not found"), "HTTP 404 (“404 page not found”)"),
        (answer(200, b"<html><title>Sign in</title></html>"), "HTTP 200 (“Sign in”)"),
        (answer(200, b'{"exchange_active":"yes"}'), "HTTP 200"),
        (answer(200, b"[" * 100_000), "HTTP 200"),
        (answer(200, json.dumps(STATUS | {"exchange_active": None}).encode()), "HTTP 200"),
        (answer(302, b"", Location="https://portal.example/?secret=1"), "Location: https://portal"),
        (answer(503, b"<html>busy</html>"), "HTTP 503 (“busy”)"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "no answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "no answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", "no answer in HTTP"),
        (b"", "no answer in HTTP"),
    ],
)
async def test_an_answer_that_is_none_of_the_exchange_s_proves_nothing(
    said: bytes, seen: str
) -> None:
    found = await answered(said)
    assert found["rest"].sign is Sign.UNSURE
    assert seen in found["rest"].seen
    assert "secret" not in found["rest"].seen
    for name in ("exchange_status", "clock", "account_limits", "communications_id"):
        assert found[name].sign is Sign.SKIPPED


def told(body: object, **headers: str) -> bytes:
    return answer(200, json.dumps(body).encode(), **{"Date": formatdate(usegmt=True), **headers})


async def test_one_that_no_document_knows_is_no_refusal_of_the_key() -> None:
    found = await answered(told(STATUS), answer(401, b"<html>Who are you?</html>"))
    assert found["exchange_status"].sign is found["clock"].sign is Sign.OK
    assert found["account_limits"].sign is Sign.UNSURE
    assert "HTTP 401" in found["account_limits"].seen
    assert found["communications_id"].sign is Sign.SKIPPED
    found = await answered(told(STATUS), told({"usage_tier": None}))
    assert found["account_limits"].sign is Sign.UNSURE


async def test_a_pause_in_trading_is_doubtful() -> None:
    found = await answered(told(STATUS | {"trading_active": False}))
    assert found["exchange_status"].sign is Sign.UNSURE
    assert "paused" in found["exchange_status"].seen


@pytest.mark.parametrize(
    ("headers", "sign", "seen"),
    [
        ({"Date": "soon"}, Sign.UNSURE, "REST told no time"),
        ({"Age": "old"}, Sign.UNSURE, "REST told no time"),
        ({"Date": formatdate(TODAY.timestamp() - 60, usegmt=True), "Age": "60"}, Sign.OK, ""),
        ({"Date": formatdate(0, usegmt=True)}, Sign.FAILED, "ahead of the exchange's"),
    ],
)
async def test_the_time_is_that_of_the_answer(
    headers: dict[str, str], sign: Sign, seen: str
) -> None:
    if "Age" in headers and "Date" in headers:
        made = dt.datetime.now(dt.UTC).timestamp() - 60
        headers = headers | {"Date": formatdate(made, usegmt=True)}
    found = await answered(told(STATUS, **headers))
    assert found["clock"].sign is sign
    assert seen in found["clock"].seen


async def test_text_of_the_wire_is_kept_as_it_is_and_left_to_the_sheet() -> None:
    found = await answered(answer(404, b"\x1b[2J<b>gone</b>"))
    assert re.search(r"gone", found["rest"].seen)
