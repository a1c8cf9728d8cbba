from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import other_exchange
import pytest
from aiohttp import WSMsgType
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from other_exchange import Exchange, Refusal, exchange, running
from program import clean_environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api_key import PrivateKey
    from scripted_connection import Connection

SUBSCRIBE = {"id": 1, "cmd": "subscribe", "params": {"channels": ["communications"]}}
LIST = {"id": 2, "cmd": "list_subscriptions"}
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def headers(other: Exchange, salt: int = 32, age_ms: int = 0) -> dict[str, str]:
    key = load_pem_private_key(other.environment["KALSHI_PRIVATE_KEY"].encode(), None)
    timestamp = str(round(time.time() * 1000) - age_ms)
    text = f"{timestamp}GET/trade-api/ws/v2".encode()
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
        signature = key.sign(text, pss, hashes.SHA256())
    else:
        assert isinstance(key, ed25519.Ed25519PrivateKey)
        signature = key.sign(text)
    return {
        "KALSHI-ACCESS-KEY": other.environment["KALSHI_API_KEY_ID"],
        "KALSHI-ACCESS-TIMESTAMP": timestamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }


@asynccontextmanager
async def joined(
    other: Exchange, signed: dict[str, str] | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
    url = other.environment["RFQWATCH_URL"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            url, headers=signed or headers(other), autoping=False, decode_text=False
        ) as link,
    ):
        yield link


async def refused(other: Exchange, signed: dict[str, str]) -> tuple[int, bytes, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(other.environment["RFQWATCH_URL"], headers=signed) as response,
    ):
        return response.status, await response.read(), response.headers.get("Retry-After", "")


async def stay(connection: Connection) -> None:
    await connection.gone.wait()


@pytest.mark.parametrize("key", [None, RSA], ids=["ed25519", "rsa"])
async def test_a_signed_client_is_let_in_and_answered(key: PrivateKey | None) -> None:
    commands: list[dict[str, Any]] = [
        SUBSCRIBE,
        LIST,
        {"id": 3, "cmd": "unsubscribe", "params": {"sids": [1, 2]}},
        {"id": 0, "cmd": "list_subscriptions"},
        {"id": 5, "cmd": "sing"},
        {**SUBSCRIBE, "id": 6},
    ]
    listed = {"channel": "communications", "sid": 1}
    async with exchange(stay, private_key=key) as other, joined(other) as link:
        for command in commands:
            await link.send_json(command)
        answers = [await link.receive_json() for _ in range(7)]
        assert other.connections[0].commands == commands
        assert len(other.handshakes) == 1
    assert answers == [
        {"id": 1, "type": "subscribed", "msg": listed},
        {"id": 2, "type": "ok", "msg": [listed]},
        {"id": 3, "type": "unsubscribed", "sid": 1},
        {"id": 3, "type": "error", "msg": {"code": 7, "msg": "Unknown subscription ID"}},
        {"type": "ok", "msg": []},
        {"id": 5, "type": "error", "msg": {"code": 5, "msg": "Unknown command"}},
        {"id": 6, "type": "subscribed", "msg": {"channel": "communications", "sid": 2}},
    ]


async def test_a_wrong_signature_is_refused_and_takes_nobody_s_place() -> None:
    async with exchange(stay, private_key=RSA) as other:
        right = headers(other)
        for wrong, said in [
            ({}, b"signature_is_missing_from_headers"),
            ({**right, "KALSHI-ACCESS-KEY": "another"}, b"NOT_FOUND"),
            (headers(other, age_ms=11_000), b"header_timestamp_expired"),
            (headers(other, age_ms=-11_000), b"header_timestamp_expired"),
            (headers(other, salt=20), b"INCORRECT_API_KEY_SIGNATURE"),
            ({**right, "KALSHI-ACCESS-SIGNATURE": "?"}, b"INCORRECT_API_KEY_SIGNATURE"),
        ]:
            status, body, _ = await refused(other, wrong)
            assert (status, said in body) == (401, True)
        assert other.connections == []
        async with joined(other, right):
            pass
        assert len(other.connections) == 1


async def test_each_connection_has_its_fate_and_the_last_is_for_all_more() -> None:
    async def greet(connection: Connection) -> None:
        await connection.send("first")

    busy = Refusal(429, b'{"error":"too many requests"}', {"Retry-After": "3"})
    async with exchange(busy, greet, Refusal(503)) as other:
        assert await refused(other, headers(other)) == (429, busy.body, "3")
        async with joined(other) as link:
            assert await link.receive_str() == b"first"
        for _ in range(2):
            assert await refused(other, headers(other)) == (503, b"", "")


async def test_payloads_arrive_as_they_were_sent() -> None:
    async def odd(connection: Connection) -> None:
        await connection.send(b"\xff\n{", WSMsgType.TEXT)
        await connection.send("é")
        await connection.send(b"{}", WSMsgType.BINARY)
        await connection.send_wire(b"\x01\x01a\x80\x01b" + b"\x81\x00")

    async with exchange(odd) as other, joined(other) as link:
        received = [await link.receive() for _ in range(5)]
    assert [(each.type, each.data) for each in received] == [
        (WSMsgType.TEXT, b"\xff\n{"),
        (WSMsgType.TEXT, "é".encode()),
        (WSMsgType.BINARY, b"{}"),
        (WSMsgType.TEXT, b"ab"),
        (WSMsgType.TEXT, b""),
    ]


async def test_a_subscription_dropped_in_silence_is_not_listed() -> None:
    async def deaf(connection: Connection) -> None:
        assert await connection.subscribed() == SUBSCRIBE
        connection.subscriptions.clear()
        assert await connection.heard("list_subscriptions") == LIST
        await connection.subscribed()
        await connection.send(f"sid {connection.sid}")

    async with exchange(deaf) as other, joined(other) as link:
        answers = []
        for command in (SUBSCRIBE, LIST, SUBSCRIBE):
            await link.send_json(command)
            answers.append(await link.receive_json())
        assert await link.receive_str() == b"sid 2"
    assert answers[1]["msg"] == []


async def test_commands_may_go_unanswered() -> None:
    async def silent(connection: Connection) -> None:
        connection.answering = False
        await connection.subscribed()
        await connection.send("late")

    async with exchange(silent) as other, joined(other) as link:
        await link.send_json(SUBSCRIBE)
        assert await link.receive_str() == b"late"


async def test_a_script_may_close() -> None:
    async def close(connection: Connection) -> None:
        await connection.close(4001, "enough")

    async with exchange(close) as other, joined(other) as link:
        last = await link.receive()
        assert (last.type, last.data, last.extra) == (WSMsgType.CLOSE, 4001, "enough")


async def test_a_script_may_reset() -> None:
    async def reset(connection: Connection) -> None:
        connection.reset()
        await connection.gone.wait()

    async with exchange(reset) as other, joined(other) as link:
        last = await link.receive()
        assert last.type is WSMsgType.CLOSED
        assert link.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_it_pings() -> None:
    async with exchange(stay, ping_s=0.01) as other, joined(other) as link:
        for _ in range(2):
            ping = await link.receive()
            assert (ping.type, ping.data) == (WSMsgType.PING, b"heartbeat")


async def test_what_stops_a_script_is_raised_and_nobody_is_let_in_any_more() -> None:
    async def wrong(connection: Connection) -> None:
        assert await connection.subscribed() == LIST

    async def program() -> None:
        async with exchange(wrong) as other:
            async with joined(other) as link:
                await link.send_json(SUBSCRIBE)
                while not link.closed:
                    await link.receive()
            assert (await refused(other, headers(other)))[0] == 403

    with pytest.raises(AssertionError):
        await program()


async def test_a_command_that_never_came_is_raised() -> None:
    async def wait(connection: Connection) -> None:
        await connection.heard("list_subscriptions")

    with pytest.raises(ConnectionError, match="never said list_subscriptions"):
        async with exchange(wait) as other, joined(other):
            pass


async def test_a_script_without_end_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_exchange, "PATIENCE_S", 0.01)

    async def sleep(_: Connection) -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError, match="did not come to its end"):
        async with exchange(sleep) as other, joined(other):
            pass


def test_a_program_prints_what_an_exchange_in_a_thread_sent() -> None:
    frames = [b'{"type":"odd","sid":1,"seq":%d,"msg":{"n":1.50}}' % seq for seq in (1, 2)]

    async def odd(connection: Connection) -> None:
        await connection.subscribed()
        for frame in frames:
            await connection.send(frame)
        await connection.gone.wait()

    with running(odd) as other:
        ran = subprocess.run(
            [sys.executable, "-m", "rfqwatch", "tail", "--output", "raw", "--count", "2"],
            env=clean_environment() | other.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert (ran.returncode, ran.stdout.splitlines()) == (0, frames)
