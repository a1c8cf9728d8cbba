"""The exchange's REST API, asked for real over real connections."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import trustme
from raw_server import KEY, KEY_ID, Peer, answer, for_ever, raw_server
from websockets.uri import parse_uri

from rfqwatch.clock import now
from rfqwatch.errors import ConnectionFailedError, UsageError
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem
from rfqwatch.simulator.serving import start
from rfqwatch.sources import rest
from rfqwatch.sources.certificates import tls_context
from rfqwatch.sources.link import DisconnectedError
from rfqwatch.sources.rest import Rest

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/trade-api/ws/v2"


@pytest.mark.parametrize(
    ("websocket", "place"),
    [
        ("wss://external-api-ws.kalshi.com", "external-api.kalshi.com:443"),
        ("wss://api.elections.kalshi.com", "api.elections.kalshi.com:443"),
        ("wss://external-api-ws.demo.kalshi.co", "external-api.demo.kalshi.co:443"),
        ("wss://demo-api.kalshi.co", "demo-api.kalshi.co:443"),
        ("ws://127.0.0.1:8080", "127.0.0.1:8080"),
        ("ws://[::1]:8080", "[::1]:8080"),
    ],
)
def test_it_is_found_by_the_websocket_s_host(websocket: str, place: str) -> None:
    uri = parse_uri(websocket + PATH)
    assert Rest(uri, tls_context() if uri.secure else None).place == place


def test_credentials_go_over_plain_http_to_this_computer_alone() -> None:
    with pytest.raises(UsageError):
        Rest(parse_uri(f"ws://192.168.1.1{PATH}"), None)


async def test_the_simulated_exchange_knows_whose_the_signature_is() -> None:
    async with start(seed=3) as started:
        api = Rest(parse_uri(started.url), None)
        mine = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        for path, credentials, status, words in [
            ("/exchange/status", None, 200, "trading_active"),
            ("/account/limits?a=1", mine, 200, "usage_tier"),
            ("/communications/id", mine, 200, "communications_id"),
            ("/communications/id", None, 401, "signature_is_missing_from_headers"),
            ("/account/limits", Credentials(started.key_id, KEY), 401, "INCORRECT_API_KEY"),
            ("/account/limits", Credentials(KEY_ID, KEY), 401, "NOT_FOUND"),
            ("/portfolio/balance", mine, 404, "not found"),
        ]:
            told = await api.get(path, credentials)
            assert told.response.status_code == status
            assert words in told.response.body.decode()
            assert "Date" in told.response.headers
            assert told.asked.s <= told.answered.s
        stale = await api.get("/account/limits", mine, offset_ms=-60_000)
        assert b"header_timestamp_expired" in stale.response.body


async def test_a_request_is_signed_for_its_path_at_the_exchange_s_time() -> None:
    async def converse(peer: Peer) -> None:
        peer.writer.write(answer(200, b"{}"))
        await for_ever(peer)

    async with raw_server(converse) as server:
        api = Rest(parse_uri(server.url), None)
        await api.get("/account/limits?a=b", Credentials(KEY_ID, KEY), offset_ms=3_600_000)
        await api.get("/exchange/status")
    signed, plain = server.requests
    stamp = int(signed["kalshi-access-timestamp"])
    assert abs(stamp - 3_600_000 - now().ms) < 5_000
    signature = base64.b64decode(signed["kalshi-access-signature"])
    KEY.public_key().verify(signature, f"{stamp}GET/trade-api/v2/account/limits".encode())
    assert signed["host"] == urlsplit(server.url).netloc
    assert not any(name.startswith("kalshi") for name in plain)


async def test_an_answer_in_pieces_is_whole() -> None:
    async def converse(peer: Peer) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\nTransfer-Enc", b"oding: chunked\r\n\r\n3\r\n{", b"}\n"):
            peer.writer.write(piece)
            await peer.writer.drain()
        peer.writer.write(b"\r\n0\r\n\r\n")
        await for_ever(peer)

    async with raw_server(converse) as server:
        told = await Rest(parse_uri(server.url), None).get("/exchange/status")
    assert bytes(told.response.body) == b"{}\n"


async def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "TIMEOUT_S", 0.1)

    async def drip(peer: Peer) -> None:
        while True:
            peer.writer.write(b"HTTP/1.1 200 OK\r\n"[:1])
            await asyncio.sleep(0.02)

    async with raw_server(drip) as server:
        with pytest.raises(DisconnectedError, match=r"gave no answer in 0\.1 s"):
            await Rest(parse_uri(server.url), None).get("/exchange/status")


async def test_a_connection_that_is_reset() -> None:
    async def converse(peer: Peer) -> None:
        peer.writer.transport.abort()

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await Rest(parse_uri(server.url), None).get("/exchange/status")


async def test_over_tls_through_a_proxy_that_sees_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("no_proxy", "")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    seen = b""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        with contextlib.closing(writer), contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                seen += data
                writer.write(data)

    async def proxy(peer: Peer) -> None:
        onwards = await asyncio.open_connection("127.0.0.1", port)
        peer.writer.write(b"HTTP/1.0 200 Connected\r\n\r\n")
        await asyncio.gather(carry(peer.reader, onwards[1]), carry(onwards[0], peer.writer))

    async with start(ssl=context) as started, raw_server(proxy) as server:
        port = started.exchange.port
        monkeypatch.setenv("https_proxy", f"http://{urlsplit(server.url).netloc}")
        mine = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        api = Rest(parse_uri(started.url), tls_context())
        told = await api.get("/communications/id", mine)
        assert len(json.loads(told.response.body)["communications_id"]) == 64
    assert len(server.requests) == 1
    assert b"KALSHI" not in seen.upper()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:port")
    with pytest.raises(ConnectionFailedError):
        await api.get("/exchange/status")
