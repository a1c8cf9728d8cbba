from __future__ import annotations

import asyncio
import base64
import datetime as dt
import logging
import re
import socket
import ssl
import struct
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
import trustme

from rfqwatch.clock import now
from rfqwatch.errors import ConnectionFailedError, RefusedError, RfqwatchError, UsageError
from rfqwatch.exchange.credentials import credentials_from_pem
from rfqwatch.simulator.serving import start
from rfqwatch.sources import websocket
from rfqwatch.sources.link import DisconnectedError
from rfqwatch.sources.websocket import Dialer

if TYPE_CHECKING:
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection


from raw_server import (  # noqa: F401 - fixtures among them
    CLOSE,
    KEY,
    KEY_ID,
    PATH,
    PING,
    TEXT,
    Peer,
    accepting,
    answer,
    dialer,
    event_loop_errors,
    first_message,
    for_ever,
    frame,
    library_server,
    patience,
    raw_server,
    receive_all,
    unexpected,
)

# The address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "external-api-ws.kalshi.com",
        "https://external-api-ws.kalshi.com/trade-api/ws/v2",
        "http://127.0.0.1/",
        "ws:///trade-api/ws/v2",
        "wss://",
        "wss://host:99999/",
        "wss://host:port/",
        "wss://[::1/",
        "wss://host/#part",
        "wss://user:hunter2@host/",
        "wss://hunter2@host/",
        "ws://user:hunter2@127.0.0.1/",
        f"wss://{'a' * 64}.com/",
        f"wss://{'ä' * 64}.com/",
        "wss://a..b/",
        "wss://host/trade-api/ws/v2 # production",
        "wss://host/\n",
    ],
)
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        dialer(url)
    assert refused.value.exit_code == 2
    assert "--url" in refused.value.message
    assert refused.value.advice
    assert "hunter2" not in f"{refused.value.message} {refused.value.advice}"
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize(
    "host",
    [
        "external-api-ws.kalshi.com",
        "192.168.1.1",
        "10.0.0.1:8080",
        "[2001:db8::1]",
        "127.0.0.1.nip.io",
    ],
)
def test_credentials_go_over_plain_ws_to_this_computer_alone(host: str) -> None:
    with pytest.raises(UsageError, match="not sent over ws://"):
        dialer(f"ws://{host}{PATH}")
    dialer(f"wss://{host}{PATH}")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "127.9.9.9", "[::1]:80", "localhost", "LOCALHOST"])
def test_loopback_takes_plain_ws(host: str) -> None:
    dialer(f"ws://{host}{PATH}")


# The signature


async def test_every_attempt_is_signed_anew() -> None:
    async def converse(peer: Peer) -> None:
        await peer.accept(frame(CLOSE))

    async with raw_server(converse) as server:
        watcher = dialer(f"{server.url}?a=1")
        for _ in range(3):
            async with watcher.dial():
                await asyncio.sleep(0.002)
    stamps = set()
    for headers in server.requests:
        stamp = headers["kalshi-access-timestamp"]
        assert abs(int(stamp) - now().ms) < 5_000
        assert headers["kalshi-access-key"] == KEY_ID
        signature = base64.b64decode(headers["kalshi-access-signature"], validate=True)
        KEY.public_key().verify(signature, f"{stamp}GET{PATH}".encode())
        assert "sec-websocket-extensions" not in headers
        stamps.add(stamp)
    assert len(stamps) == 3


async def test_the_simulated_exchange_lets_us_in_again_and_again() -> None:
    async with start() as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        watcher = Dialer(started.exchange.url, credentials, idle_timeout_s=30, say=print)
        for _ in range(3):
            async with watcher.dial():
                pass
        assert (started.exchange.accepted, started.exchange.refused) == (3, 0)


# Answers that are no WebSocket


async def failure(
    *answers: bytes, said: list[str] | None = None
) -> tuple[Exception, list[dict[str, str]]]:
    """Dial a server that gives these answers, one a connection; return what is raised."""
    remaining = list(answers)

    async def converse(peer: Peer) -> None:
        peer.writer.write(remaining.pop(0))
        await peer.writer.drain()
        if not remaining:
            peer.writer.write_eof()
        await for_ever(peer)

    async with raw_server(converse) as server, asyncio.timeout(8):
        with pytest.raises((DisconnectedError, RfqwatchError)) as raised:
            async with dialer(server.url, said=said).dial():
                pass
        return raised.value, server.requests


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_some_answers_are_worth_another_attempt(status: int) -> None:
    error, requests = await failure(answer(status, b"<html>no JSON</html>"))
    assert type(error) is DisconnectedError
    assert str(error) == f"HTTP {status} (“no JSON”)"
    assert len(requests) == 1


async def test_who_asks_to_be_left_alone_is_by_every_shard() -> None:
    async def converse(peer: Peer) -> None:
        if len(server.requests) == 1:
            peer.writer.write(answer(429, b"", **{"Retry-After": "60"}))
        else:
            await peer.accept()
            await for_ever(peer)

    async with raw_server(converse) as server:
        watcher = dialer(server.url)
        assert watcher.pause_s == 0
        with pytest.raises(DisconnectedError, match="HTTP 429"):
            async with watcher.dial():
                pass
        async with watcher.dial():
            assert 50 < watcher.pause_s <= 60


@pytest.mark.parametrize("status", [200, 204, 400, 404, 405, 410, 418, 426, 451])
async def test_others_are_not(status: int) -> None:
    error, requests = await failure(answer(status, b"404 page not found"))
    assert type(error) is ConnectionFailedError
    assert error.exit_code == 5
    assert f"HTTP {status}" in error.message
    assert error.advice
    assert len(requests) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_end_it(status: int) -> None:
    body = (
        b'{"error":{"code":"authentication_error","message":"authentication_error",'
        b'"details":"NOT_FOUND"}}'
    )
    error, requests = await failure(answer(status, body))
    assert type(error) is RefusedError
    assert error.exit_code == 4
    assert f"HTTP {status} (authentication_error, NOT_FOUND)" in error.message
    assert "--env" in error.advice
    assert len(requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_signature_does_not_follow_a_redirect(status: int) -> None:
    async with raw_server(for_ever) as elsewhere:
        error, requests = await failure(answer(status, Location=elsewhere.url))
        assert type(error) is ConnectionFailedError
        assert len(requests) == 1
        assert elsewhere.requests == []


EXPIRED = b'{"error":{"code":"header_timestamp_expired"}}'


@pytest.mark.parametrize("ahead_s", [3_600, -90])
async def test_a_wrong_clock_is_mended_from_the_answer(ahead_s: int) -> None:
    async def converse(peer: Peer) -> None:
        if len(server.requests) == 1:
            date = formatdate(time.time() + ahead_s, usegmt=True)
            peer.writer.write(answer(401, EXPIRED, Date=date))
        else:
            await peer.accept()
        await for_ever(peer)

    said: list[str] = []
    async with raw_server(converse) as server:
        watcher = dialer(server.url, said=said)
        async with watcher.dial():
            pass
        async with watcher.dial():
            pass
    _, second, third = server.requests
    for headers in (second, third):
        stamp = headers["kalshi-access-timestamp"]
        assert abs(int(stamp) - now().ms - ahead_s * 1_000) < 3_000
        KEY.public_key().verify(
            base64.b64decode(headers["kalshi-access-signature"]), f"{stamp}GET{PATH}".encode()
        )
    (told,) = said
    assert ("behind" if ahead_s > 0 else "ahead") in told
    assert re.search(r" (3,600|3,599|3,601|90|89|91) s ", told)


async def test_a_clock_that_stays_wrong_ends_it() -> None:
    said: list[str] = []
    expired = answer(401, EXPIRED, Date=formatdate(time.time() + 60, usegmt=True))
    error, requests = await failure(expired, expired, said=said)
    assert type(error) is RefusedError
    assert "header_timestamp_expired" in error.message
    assert "clock" in error.advice
    assert len(requests) == 2
    assert len(said) == 1


async def test_a_mended_clock_meets_a_server_in_trouble() -> None:
    expired = answer(401, EXPIRED, Date=formatdate(time.time() + 60, usegmt=True))
    error, requests = await failure(expired, answer(503))
    assert type(error) is DisconnectedError
    assert len(requests) == 2


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": ""}])
async def test_a_wrong_clock_without_a_date_ends_it(headers: dict[str, str]) -> None:
    error, requests = await failure(answer(401, EXPIRED, **headers))
    assert type(error) is RefusedError
    assert len(requests) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 403 Forbidden\r\nServer: hotel\r\n\r\nPay first",
        b"HTTP/1.0 403 Forbidden\r\nServer: hotel\r\nContent-Length: 9\r\n\r\nPay first",
        (
            b"HTTP/1.1 403 Forbidden\r\nServer: hotel\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"4\r\nPay \r\n5\r\nfirst\r\n0\r\n\r\n"
        ),
    ],
    ids=["HTTP/1.0, to the end", "HTTP/1.0", "chunks"],
)
async def test_an_answer_is_read_however_it_is_sent(data: bytes) -> None:
    error, _ = await failure(data)
    assert type(error) is RefusedError
    assert "HTTP 403 (“Pay first”, Server: hotel)" in error.message


NO_HTTP = {
    "nothing": b"",
    "garbage": b"\0\1\2\3",
    "SSH": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "older HTTP": b"HTTP/0.9 200 OK\r\n\r\n",
    "half an answer": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: web",
    "endless line": b"HTTP/1.1 101 " + b"x" * 100_000,
    "endless headers": b"HTTP/1.1 101 OK\r\n" + b"a: b\r\n" * 10_000,
    "strange header": b"HTTP/1.1 101 OK\r\n\xff\xfe: \0\r\n\r\n",
    "wrong accept": accepting("not our key"),
    "no upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "unknown coding": b"HTTP/1.1 401 No\r\nTransfer-Encoding: gzip\r\n\r\n",
    "endless body": b"HTTP/1.1 401 No\r\n\r\n" + b"x" * 3_000_000,
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP)
async def test_what_is_no_answer_is_worth_another_attempt(data: bytes) -> None:
    error, _ = await failure(data)
    assert type(error) is DisconnectedError
    assert str(error)


async def test_a_reset_in_the_handshake_is_worth_another_attempt() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()

    def reset() -> None:
        taken, _ = listening.accept()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        taken.close()

    with listening:
        for _ in range(20):
            resetting = loop.run_in_executor(None, reset)
            with pytest.raises(DisconnectedError):
                async with dialer(f"ws://127.0.0.1:{listening.getsockname()[1]}/").dial():
                    pass
            await resetting


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DisconnectedError, match="connection refused") as failed:
        async with dialer(f"ws://127.0.0.1:{port}/").dial():
            pass
    assert failed.value.advice.startswith("Nothing listens there")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("wss://[2001:db8::1]/", "[2001:db8::1]:443"),
        ("ws://[::1]:80/", "[::1]:80"),
        ("wss://EXCHANGE.example:8443/", "exchange.example:8443"),
        ("wss://münchen.example/", "xn--mnchen-3ya.example:443"),
    ],
)
def test_the_place_is_an_address_that_can_be_copied(url: str, place: str) -> None:
    assert dialer(url).place == place


async def test_no_such_name() -> None:
    with pytest.raises(
        DisconnectedError, match=r"the name exchange\.invalid can't be resolved"
    ) as failed:
        async with dialer("wss://exchange.invalid/").dial():
            pass
    assert failed.value.advice.startswith("Check that name")


@pytest.mark.parametrize(
    ("scheme", "stage"), [("ws", "the WebSocket handshake"), ("wss", "the TLS handshake")]
)
async def test_no_answer_in_time(scheme: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT_S", 0.2)
    # Connections stand before anyone accepts them.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = await fault_of(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/")
    assert type(error) is DisconnectedError
    assert str(error).startswith(f"{stage} took more than")


async def test_no_connection_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT_S", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        # Whoever else knocks is not answered.
        socket.create_connection(full.getsockname()),
    ):
        error = await fault_of(f"ws://127.0.0.1:{full.getsockname()[1]}/")
    assert type(error) is DisconnectedError
    assert str(error).startswith("the TCP connection took more than")


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def until_closed(connection: ServerConnection) -> None:
    await connection.send("over TLS")
    await connection.wait_closed()


@pytest.mark.usefixtures("trusted")
async def test_the_authority_of_ssl_cert_file_is_trusted(authority: trustme.CA) -> None:
    context = tls(authority.issue_cert("127.0.0.1"))
    async with library_server(until_closed, ssl=context) as url, dialer(url).dial() as link:
        assert await first_message(link) == b"over TLS"
        assert link.transport.get_extra_info("ssl_object").version() in {"TLSv1.2", "TLSv1.3"}


async def fault_of(url: str) -> Exception:
    with pytest.raises((DisconnectedError, RfqwatchError)) as raised:
        async with dialer(url).dial():
            pass
    return raised.value


@pytest.mark.usefixtures("trusted")
async def test_other_certificates_end_it(authority: trustme.CA) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    for certificate, why in [
        (trustme.CA().issue_cert("127.0.0.1"), "issuer"),
        (authority.issue_cert("example.com"), "mismatch"),
        (authority.issue_cert("127.0.0.1", not_after=past), "expired"),
    ]:
        async with library_server(until_closed, ssl=tls(certificate)) as url:
            error = await fault_of(url)
        assert type(error) is ConnectionFailedError
        assert error.exit_code == 5
        assert why in error.message
        assert error.advice


@pytest.mark.usefixtures("trusted")
async def test_old_tls_is_refused(authority: trustme.CA) -> None:
    context = tls(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with library_server(until_closed, ssl=context) as url:
        error = await fault_of(url)
    assert type(error) is DisconnectedError
    # The alert that says why may be lost behind the reset.
    assert re.fullmatch(r"TLS failed \(.*(version|protocol).*\)|connection lost", str(error))


async def test_a_server_without_tls_is_worth_another_attempt() -> None:
    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        writer.close()

    async with await asyncio.start_server(speak_first, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await fault_of(f"wss://127.0.0.1:{port}/")
    assert type(error) is DisconnectedError


# Secrets


async def test_no_log_at_any_level_tells_a_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.basicConfig(level=logging.DEBUG)
    for name in [None, "websockets", "websockets.client", "asyncio"]:
        caplog.set_level(logging.DEBUG, name)
    asyncio.get_running_loop().set_debug(True)
    said: list[str] = []
    expired = answer(401, EXPIRED, Date=formatdate(time.time() + 60, usegmt=True))

    async def converse(peer: Peer) -> None:
        if len(server.requests) == 1:
            peer.writer.write(expired)
            return
        await peer.accept(frame(TEXT, b"{}") + frame(PING, b"heartbeat") + frame(3))
        time.sleep(0.12)  # noqa: ASYNC251 - asyncio's debugging tells of slow callbacks
        await for_ever(peer)

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError) as raised:
            async with dialer(server.url, said=said).dial() as link:
                await receive_all(link, [])
    out, err = capfd.readouterr()
    told = "\n".join(
        [
            out,
            err,
            repr(raised.value),
            *said,
            *(record.getMessage() + repr(record.args) for record in caplog.records),
        ]
    )
    assert caplog.records
    for headers in server.requests:
        for name in ["kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature"]:
            assert headers[name] not in told
