from __future__ import annotations

import base64
import ssl
import time
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import trustme
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from plain_client import client
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from rfqwatch.simulator.exchange import SimulatedExchange
from rfqwatch.simulator.serving import start

if TYPE_CHECKING:
    from websockets.http11 import Response


def headers(key_id: str, timestamp: str, signature: bytes) -> dict[str, str]:
    return {
        "KALSHI-ACCESS-KEY": key_id,
        "KALSHI-ACCESS-TIMESTAMP": timestamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }


async def refused(url: str, additional_headers: dict[str, str]) -> Response:
    with pytest.raises(InvalidStatus) as raised:
        async with connect(url, additional_headers=additional_headers):
            pass
    return raised.value.response


def now() -> str:
    return str(time.time_ns() // 1_000_000)


# Handshakes


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def rsa_signature(key: rsa.RSAPrivateKey, text: str, salt: int = 32) -> bytes:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    return key.sign(text.encode(), pss, hashes.SHA256())


async def test_an_rsa_key_is_let_in_whatever_the_query(rsa_key: rsa.RSAPrivateKey) -> None:
    keys = {"key": rsa_key.public_key()}
    async with SimulatedExchange(public_keys=keys) as exchange:
        stamp = now()
        signature = rsa_signature(rsa_key, f"{stamp}GET/trade-api/ws/v2")
        signed = headers("key", stamp, signature)
        async with connect(f"{exchange.url}?a=b", additional_headers=signed) as socket:
            assert socket.response is not None
            assert "Date" in socket.response.headers
        assert (exchange.accepted, exchange.refused) == (1, 0)


async def test_bad_credentials_are_refused_as_the_exchange_does(
    rsa_key: rsa.RSAPrivateKey,
) -> None:
    keys = {"key": rsa_key.public_key()}
    async with SimulatedExchange(public_keys=keys) as exchange:
        stamp = now()
        text = f"{stamp}GET/trade-api/ws/v2"
        good = rsa_signature(rsa_key, text)
        pkcs1 = rsa_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        late = str(int(stamp) - 11_000)
        incorrect = {"code": "authentication_error", "details": "INCORRECT_API_KEY_SIGNATURE"}
        cases: list[tuple[dict[str, str], dict[str, str]]] = [
            ({}, {"code": "signature_is_missing_from_headers"}),
            (
                headers("other", stamp, good),
                {"code": "authentication_error", "details": "NOT_FOUND"},
            ),
            (
                headers("key", late, rsa_signature(rsa_key, f"{late}GET/trade-api/ws/v2")),
                {"code": "header_timestamp_expired"},
            ),
            (headers("key", stamp, pkcs1), incorrect),
            (headers("key", stamp, rsa_signature(rsa_key, text, salt=20)), incorrect),
            (headers("key", stamp, rsa_signature(rsa_key, f"{stamp}GET/")), incorrect),
            ({**headers("key", stamp, good), "KALSHI-ACCESS-SIGNATURE": "%%%"}, incorrect),
        ]
        for sent, expected in cases:
            response = await refused(exchange.url, sent)
            error = msgspec.json.decode(response.body)["error"]
            assert response.status_code == 401
            assert "Date" in response.headers
            assert expected.items() <= error.items()
        assert exchange.refused == len(cases)


async def test_another_path_is_not_found() -> None:
    async with start() as started:
        url = started.exchange.url.replace("ws/v2", "communications")
        assert (await refused(url, {})).status_code == 404


async def test_tls() -> None:
    authority = trustme.CA()
    server, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(trusting)
    async with start(ssl=server, standing=3) as started:
        assert started.exchange.url.startswith("wss://127.0.0.1:")
        async with client(started, ssl=trusting) as watcher:
            await watcher.subscribe()
            assert len(await watcher.take(3)) == 3


# Commands


ADD_TO_UNKNOWN = (
    '{"id":3,"cmd":"update_subscription",'
    '"params":{"sid":9,"action":"add_markets","market_tickers":["A"]}}'
)
ERRORS: list[tuple[str, int | None, int]] = [
    ("not JSON", None, 1),
    ("[]", None, 1),
    ('{"id":"x","cmd":"subscribe"}', None, 11),
    ('{"id":3}', 3, 5),
    ('{"id":3,"cmd":"snapshot","params":{}}', 3, 5),
    ('{"id":0,"cmd":"subscribe"}', None, 2),
    ('{"id":3,"cmd":"subscribe","params":[]}', 3, 11),
    ('{"id":3,"cmd":"subscribe","params":{}}', 3, 3),
    ('{"id":3,"cmd":"subscribe","params":{"channels":[]}}', 3, 3),
    ('{"id":3,"cmd":"subscribe","params":{"channels":"communications"}}', 3, 11),
    ('{"id":3,"cmd":"subscribe","params":{"channels":["communication"]}}', 3, 8),
    ('{"id":3,"cmd":"unsubscribe","params":{}}', 3, 4),
    ('{"id":3,"cmd":"unsubscribe","params":{"sids":[99]}}', 3, 7),
    ('{"id":3,"cmd":"unsubscribe","params":{"sids":["1"]}}', 3, 11),
    ('{"id":3,"cmd":"update_subscription","params":{}}', 3, 12),
    ('{"id":3,"cmd":"update_subscription","params":{"sid":1,"sids":[1]}}', 3, 12),
    ('{"id":3,"cmd":"update_subscription","params":{"sid":1}}', 3, 15),
    ('{"id":3,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot"}}', 3, 13),
    ('{"id":3,"cmd":"update_subscription","params":{"sid":1,"action":"add_markets"}}', 3, 14),
    (ADD_TO_UNKNOWN, 3, 7),
    *(
        (
            f'{{"id":3,"cmd":"subscribe","params":{{"channels":["communications"],{params}}}}}',
            3,
            code,
        )
        for params, code in [
            ('"user_filter":"others"', 11),
            ('"shard_factor":"4"', 11),
            ('"shard_factor":true', 11),
            ('"shard_factor":0', 19),
            ('"shard_key":0', 20),
            ('"shard_factor":4,"shard_key":4', 21),
            ('"shard_factor":4,"shard_key":-1', 21),
            ('"shard_factor":101,"shard_key":0', 22),
        ]
    ),
]


async def test_wrong_commands_get_the_documented_errors() -> None:
    async with start() as started, client(started) as watcher:
        for command, command_id, code in ERRORS:
            await watcher.socket.send(command)
            frame = await watcher.next()
            assert (frame["type"], frame.get("id"), frame["msg"]["code"]) == (
                "error",
                command_id,
                code,
            ), command
            assert frame["msg"]["msg"]
            assert "sid" not in frame


async def test_replies_have_the_documented_shapes() -> None:
    async with start(rate=0.001, standing=0) as started, client(started) as watcher:
        await watcher.ask("subscribe", 7, channels=["communications"])
        ack = await watcher.next()
        assert ack.pop("sending_ts_ms") > 1_700_000_000_000
        assert ack == {
            "id": 7,
            "type": "subscribed",
            "msg": {"channel": "communications", "sid": 1},
        }

        await watcher.ask("list_subscriptions", 8)
        listed = await watcher.until("ok")
        del listed["sending_ts_ms"]
        assert listed == {"id": 8, "type": "ok", "msg": [{"channel": "communications", "sid": 1}]}

        market = {"market_tickers": ["A"]}
        await watcher.ask("update_subscription", 9, sid=1, action="add_markets", **market)
        updated = await watcher.until("ok")
        seq = updated["seq"]
        del updated["sending_ts_ms"], updated["seq"]
        assert updated == {"id": 9, "sid": 1, "type": "ok", "msg": market}

        await watcher.ask("unsubscribe", 10, sids=[1])
        ended = await watcher.until("unsubscribed")
        del ended["sending_ts_ms"]
        assert ended == {"id": 10, "sid": 1, "seq": seq + 1, "type": "unsubscribed"}
        (account,) = started.exchange.sent
        assert (account.ended, account.last_seq) == ("unsubscribed", seq + 1)


async def test_id_0_is_no_id() -> None:
    async with start() as started, client(started) as watcher:
        await watcher.ask("subscribe", 0, channels=["communications"])
        assert "id" not in await watcher.until("subscribed")


# Data


async def test_frames_are_numbered_from_1_and_stamped() -> None:
    async with start(rate=2_000, standing=40, keep_ids=True) as started:
        async with client(started) as watcher:
            sid = await watcher.subscribe()
            frames = await watcher.take(400)
        assert [frame["seq"] for frame in frames] == list(range(1, 401))
        assert {frame["sid"] for frame in frames} == {sid}
        assert {frame["type"] for frame in frames[:40]} == {"rfq_created"}
        for frame in frames:
            assert set(frame) == {"type", "sid", "seq", "msg", "sending_ts_ms"}
        (account,) = started.exchange.sent
        assert account.sent == account.last_seq >= 400
        got = [(f["seq"], f["type"], f["msg"].get("id") or f["msg"]["quote_id"]) for f in frames]
        assert account.sent_ids[:400] == got


@pytest.mark.parametrize(("rate", "apart"), [(50, True), (0, False)])
async def test_frames_come_by_themselves_unless_unpaced(rate: float, apart: bool) -> None:  # noqa: FBT001
    async with start(rate=rate, standing=0) as started, client(started) as watcher:
        await watcher.subscribe()
        before = watcher.socket.reads
        frames = await watcher.take(20)
        # Two that are due in the same millisecond may be read together.
        assert (watcher.socket.reads - before > 10) is apart
        assert len({frame["sending_ts_ms"] for frame in frames}) > 10 or not apart


async def test_everyone_sees_the_same_market() -> None:
    async with (
        start(rate=2_000, standing=20) as started,
        client(started) as first,
        client(started) as second,
    ):
        await first.subscribe()
        await second.subscribe()
        seen = [frame["msg"] for frame in await first.take(400)]
        also = [frame["msg"] for frame in await second.take(300)]
        assert also[100] in seen
        start_at = seen.index(also[100])
        length = min(len(seen) - start_at, 200)
        assert seen[start_at : start_at + length] == also[100 : 100 + length]


async def test_a_seed_repeats_the_ids() -> None:
    runs = []
    for _ in range(2):
        async with start(rate=5_000, seed=4, standing=10) as started, client(started) as watcher:
            await watcher.subscribe()
            runs.append([frame["msg"]["market_ticker"] for frame in await watcher.take(200)])
    assert runs[0] == runs[1]


async def test_shards_split_the_stream_by_market() -> None:
    async with (
        start(rate=2_000, standing=60) as started,
        client(started) as one,
        client(started) as two,
        client(started) as whole,
    ):
        for key, watcher in enumerate((one, two)):
            await watcher.subscribe(shard_factor=2, shard_key=key)
        await whole.subscribe()
        for key, watcher in enumerate((one, two)):
            frames = await watcher.take(150)
            assert [frame["seq"] for frame in frames] == list(range(1, 151))
            tickers = {frame["msg"]["market_ticker"] for frame in frames}
            assert {zlib.crc32(ticker.encode()) % 2 for ticker in tickers} == {key}
        frames = await whole.take(300)
        assert {zlib.crc32(f["msg"]["market_ticker"].encode()) % 2 for f in frames} == {0, 1}
        assert [account.shard for account in started.exchange.sent] == ["0/2", "1/2", ""]


async def test_user_filter_self_hides_the_rfqs_of_others_only() -> None:
    async with start(rate=0, seed=1, standing=500) as started:
        async with client(started) as watcher:
            await watcher.subscribe(user_filter="self")
            frames = await watcher.take(30)
        assert [frame["seq"] for frame in frames] == list(range(1, 31))
        announced = [f["msg"]["creator_id"] for f in frames if f["type"].startswith("rfq_")]
        assert len(set(announced)) == 1
        quoted = {f["msg"]["rfq_creator_id"] for f in frames if f["type"].startswith("quote_")}
        assert len(quoted) > 1


async def test_a_second_subscribe_is_a_second_subscription() -> None:
    async with start(rate=0.001, standing=5) as started, client(started) as watcher:
        assert await watcher.subscribe(1) == 1
        await watcher.take(5)
        assert await watcher.subscribe(2) == 2
        again: list[int] = []
        while len(again) < 3:
            frame = await watcher.next()
            if frame["sid"] == 2:
                again.append(frame["seq"])
        assert again == [1, 2, 3]


async def test_a_resubscription_starts_with_what_is_open() -> None:
    async with start(rate=5_000, standing=50) as started, client(started) as watcher:
        await watcher.subscribe()
        open_rfqs: dict[str, Any] = {}
        for frame in await watcher.take(500):
            rfq_id = frame["msg"].get("id", "")
            if frame["type"] == "rfq_created":
                open_rfqs[rfq_id] = frame["msg"]
            elif frame["type"] == "rfq_deleted":
                open_rfqs.pop(rfq_id, None)
        await watcher.ask("unsubscribe", 2, sids=[1])
        await watcher.until("unsubscribed")
        await watcher.subscribe(3)
        burst = [frame["msg"] for frame in await watcher.take(30)]
        assert all(rfq in open_rfqs.values() for rfq in burst)


async def test_no_standing_rfqs_no_burst() -> None:
    async with start(rate=1_000, standing=0) as started, client(started) as watcher:
        await watcher.subscribe()
        (frame,) = await watcher.take(1)
        assert frame["type"] == "rfq_created"


async def test_a_large_burst_arrives_whole() -> None:
    async with start(rate=100, standing=5_000, seed=2) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(5_000)
        assert [frame["seq"] for frame in frames] == list(range(1, 5_001))


async def test_unpaced_traffic_loses_nothing() -> None:
    async with start(rate=0, standing=100) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(10_000)
        assert [frame["seq"] for frame in frames] == list(range(1, 10_001))


async def test_deflate_is_negotiated() -> None:
    async with (
        start(rate=2_000, standing=10) as started,
        client(started, compression="deflate") as watcher,
    ):
        assert watcher.socket.protocol.extensions
        await watcher.subscribe()
        assert [frame["seq"] for frame in await watcher.take(50)] == list(range(1, 51))


async def test_a_reader_that_stalls_is_cut_off_with_error_25() -> None:
    async with (
        start(rate=2_000, standing=12_000, buffer=100, heartbeat=0.02) as started,
        client(started) as watcher,
        client(started) as other,
    ):
        await watcher.subscribe()
        watcher.socket.transport.pause_reading()
        (account,) = started.exchange.sent
        while not account.ended:
            await other.socket.pings.get()
        watcher.socket.transport.resume_reading()
        error = await watcher.until("error")
        assert error["msg"] == {"code": 25, "msg": "Subscription buffer overflow"}
        assert (error["sid"], error["seq"]) == (1, account.sent + 1)
        assert account.ended == "error 25"
        assert await watcher.subscribe(2) == 2


async def test_pings_say_heartbeat() -> None:
    async with start(heartbeat=0.05) as started, client(started) as watcher:
        assert await watcher.socket.pings.get() == b"heartbeat"


async def test_leaving_closes_with_1001() -> None:
    async with start() as started, client(started) as watcher:
        await watcher.subscribe()
        await started.exchange.__aexit__(None, None, None)
        await watcher.socket.wait_closed()
        assert watcher.socket.close_code == 1001
