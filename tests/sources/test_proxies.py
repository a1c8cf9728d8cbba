"""What stands between us and the exchange is named, and sees nothing it could use."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import trustme
from raw_server import (
    KEY_ID,
    Peer,
    answer,
    dialer,
    first_message,
    for_ever,
    library_server,
    raw_server,
)

from rfqwatch.errors import ConnectionFailedError, RfqwatchError
from rfqwatch.sources import websocket
from rfqwatch.sources.link import DisconnectedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection

EXCHANGE = "wss://exchange.invalid/"


@pytest.fixture(autouse=True)
def no_exceptions_to_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")


async def failure(url: str = EXCHANGE) -> Exception:
    with pytest.raises((DisconnectedError, RfqwatchError)) as raised:
        async with asyncio.timeout(20), dialer(url).dial():
            pass
    return raised.value


async def failure_by(
    proxy: Callable[[Peer], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Exception]:
    """Dial through a proxy that does as told: its name, and what is raised."""
    async with raw_server(proxy) as server:
        place = str(urlsplit(server.url).netloc)
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@{place}")
        error = await failure()
    assert "hunter2" not in str(error)
    return f"the proxy of HTTPS_PROXY, {place}", error


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("variable", "form"),
    [
        ("HTTPS_PROXY", "http://user:hunter2@{}"),
        ("https_proxy", "http://{}"),
        ("wss_proxy", "http://{}/"),
        ("HTTPS_PROXY", ' "http://{}" '),
    ],
)
async def test_nobody_there(variable: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = nobody()
    monkeypatch.setenv(variable, form.format(place))
    error = await failure()
    assert type(error) is DisconnectedError
    assert str(error) == f"through the proxy of {variable}, {place}: connection refused"


async def test_the_variable_that_counts_is_the_one_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = nobody()
    monkeypatch.setenv("HTTPS_PROXY", "http://another.invalid:1")
    monkeypatch.setenv("https_proxy", f"http://{place}")
    assert f"the proxy of https_proxy, {place}" in str(await failure())


async def test_no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    error = await failure()
    assert type(error) is DisconnectedError
    assert str(error).startswith(
        "through the proxy of HTTPS_PROXY, proxy.invalid:3128: the name proxy.invalid can't"
    )


async def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT_S", 0.1)
    name, error = await failure_by(for_ever, monkeypatch)
    assert type(error) is DisconnectedError
    assert str(error).startswith(f"through {name}: the tunnel took more than")


async def test_a_tunnel_that_ends_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    async def proxy(peer: Peer) -> None:
        peer.writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await peer.writer.drain()

    name, error = await failure_by(proxy, monkeypatch)
    assert type(error) is DisconnectedError
    assert str(error).startswith(f"through {name}: ")


@pytest.mark.parametrize(
    ("status", "advice"), [(407, "http://USER:PASSWORD@host:port"), (403, "NO_PROXY")]
)
async def test_a_refusal_is_the_proxy_s(
    status: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def proxy(peer: Peer) -> None:
        peer.writer.write(answer(status, Server="squid"))
        await for_ever(peer)

    name, error = await failure_by(proxy, monkeypatch)
    assert isinstance(error, ConnectionFailedError)
    assert error.message == (
        f"{name} does not let us through to exchange.invalid:443: HTTP {status} (Server: squid)"
    )
    assert advice in error.advice


async def test_a_certificate_of_the_proxy_s_own_is_called_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with raw_server(for_ever, ssl=context) as server:
        place = urlsplit(server.url).netloc
        monkeypatch.setenv("HTTPS_PROXY", f"https://{place}")
        error = await failure()
    assert isinstance(error, ConnectionFailedError)
    assert error.message.startswith(
        f"the certificate of the proxy of HTTPS_PROXY, {place} can't be trusted: "
    )


async def test_a_proxy_in_trouble_is_tried_again_when_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def proxy(peer: Peer) -> None:
        peer.writer.write(answer(503, b"", **{"Retry-After": "7"}))
        await for_ever(peer)

    async with raw_server(proxy) as server:
        place = urlsplit(server.url).netloc
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        watcher = dialer(EXCHANGE)
        with pytest.raises(DisconnectedError, match=f"HTTPS_PROXY, {place} does not .* HTTP 503"):
            async with watcher.dial():
                pass
    assert 5 < watcher.pause_s <= 7


@pytest.mark.parametrize(
    "address",
    [
        "http://user:hunter2@host:port",
        "gopher://user:hunter2@host",
        "socks5://host:1",
        "http://user:hunter2@a..b:1",
        "127.0.0.1:3128",
    ],
)
async def test_one_that_can_not_be_used_ends_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", address)
    error = await failure()
    assert isinstance(error, ConnectionFailedError)
    assert "the proxy of https_proxy" in error.message
    assert "hunter2" not in error.message + error.advice


@pytest.mark.parametrize("blank", ["", " ", '""'])
async def test_a_blank_variable_is_none(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", blank)
    assert str(await failure(f"wss://{nobody()}/")) == "connection refused"


async def test_it_sees_no_credentials_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    seen = b""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                seen += data
                writer.write(data)
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        request = await reader.readuntil(b"\r\n\r\n")
        seen += request
        target = urlsplit(f"//{request.split()[1].decode()}")
        onwards = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(carry(reader, onwards[1]), carry(onwards[0], writer))

    async def greet(connection: ServerConnection) -> None:
        await connection.send("over TLS")
        await connection.wait_closed()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        async with library_server(greet, ssl=context) as url, dialer(url).dial() as link:
            assert await first_message(link) == b"over TLS"
            assert link.described.startswith(
                f"{urlsplit(url).netloc} through the proxy of https_proxy, 127.0.0.1:{port}, over"
            )
    assert seen.startswith(b"CONNECT 127.0.0.1:")
    assert b"KALSHI" not in seen.upper()
    assert KEY_ID.encode() not in seen
