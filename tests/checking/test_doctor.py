"""The verdicts on whole exchanges, those that go wrong among them."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from examining import Key, examined, key_of, odd, subject
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from rfqwatch.checking import channel
from rfqwatch.checking.dependencies import exit_code
from rfqwatch.checking.verdict import Sign, Verdict
from rfqwatch.clock import now
from rfqwatch.errors import CredentialsError
from rfqwatch.exchange import liveness, session
from rfqwatch.simulator.faults.kinds import FaultKind, parse_faults
from rfqwatch.simulator.serving import start, throwaway_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SILENT = logging.getLogger("silent")
SILENT.setLevel(logging.CRITICAL + 1)
ORDER = [
    *("endpoint", "key_id", "private_key", "dns", "tcp", "tls"),
    *("rest", "exchange_status", "clock", "account_limits", "communications_id"),
    *("handshake", "subscription", "first_message", "stream"),
    *("seq", "sending_ts_ms", "schema", "rate", "lag", "shards"),
]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (session, liveness):
        monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", 0.4)
    monkeypatch.setattr(channel, "ANSWER_S", 0.3)
    monkeypatch.setattr(channel, "_MINDED_ACKNOWLEDGEMENT_S", 60)


@pytest.fixture(autouse=True)
def nothing_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task or callback ends with an exception that only asyncio's log tells of."""
    yield
    assert caplog.records == []


def code(found: dict[str, Verdict]) -> int:
    return exit_code(list(found.values()))


def skipped(found: dict[str, Verdict]) -> list[str]:
    return [name for name, each in found.items() if each.sign is Sign.SKIPPED]


# Nothing wrong


async def test_all_is_well() -> None:
    async with start(rate=400, standing=50, seed=7) as started:
        found = await examined(subject(started.url, started))
    assert list(found) == ORDER
    assert odd(found) == {}
    assert skipped(found) == []
    assert code(found) == 0
    assert "KALSHI_API_KEY_ID" in found["key_id"].seen
    assert found["private_key"].seen == (
        "Ed25519, from KALSHI_PRIVATE_KEY_PATH, /home/me/key.pem, mode 600"
    )
    assert "tier basic" in found["account_limits"].seen
    watcher = found["communications_id"].facts["communications_id"]
    assert isinstance(watcher, str)
    assert len(watcher) == 64
    assert found["rate"].facts["per_s"] != 0
    before = found["rate"].facts["open_before"]
    assert isinstance(before, int)
    assert before >= 50
    everything = " ".join(f"{each.seen} {each.advice} {each.facts}" for each in found.values())
    assert started.key_id not in everything


async def test_shards_are_watched_over_a_connection_each() -> None:
    async with start(rate=400, standing=0, seed=7) as started:
        found = await examined(subject(started.url, started, shard="0,2/3"))
        assert started.exchange.accepted == 2
        assert {account.shard for account in started.exchange.sent} == {"0/3", "2/3"}
    assert odd(found) == {}
    assert found["subscription"].seen.startswith("shards 0/3, 2/3 acknowledged after")


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_over_tls_its_certificate_is_told(tls: ssl.SSLContext) -> None:
    async with start(rate=400, standing=0, seed=7, ssl=tls) as started:
        found = await examined(subject(started.url, started))
    assert odd(found) == {}
    assert found["tls"].facts["version"] == "TLSv1.3"
    assert "certificate by trustme" in found["tls"].seen
    assert found["rest"].sign is Sign.OK


async def test_what_is_too_much_for_one_connection_is_divided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "ANSWER_S", 10)
    async with start(rate=0, standing=3_000, seed=7) as started:
        found = await examined(subject(started.url, started), listen_s=0.5)
        shared = await examined(subject(started.url, started, shard="0/100"), listen_s=0.5)
    assert odd(found) == {"shards": "unsure"}
    assert "--shard all/" in found["shards"].advice
    assert found["rate"].facts["open_before"] != 0
    assert shared["shards"].sign is Sign.OK
    assert shared["shards"].seen.startswith("100 shards will do")


# The fault matrix


@dataclass(frozen=True)
class Row:
    """What a fault comes to: the signs that are not in order, the exit code, words of advice."""

    fault: str
    signs: dict[str, str] = field(default_factory=dict)
    code: int = 0
    seen: str = ""
    advice: str = ""

    def __str__(self) -> str:
        return self.fault


def lost(fault: str, seen: str, advice: str) -> Row:
    return Row(f"{fault}@5", {"stream": "failed"}, 5, seen, advice)


def ended(fault: str, seen: str) -> Row:
    return Row(f"{fault}@5", {"stream": "failed"}, 7, seen)


def refused(fault: str, seen: str, at: str = "handshake") -> Row:
    return Row(fault, {at: "failed"}, 5, seen, "tries again by itself")


def doubtful(fault: str, at: str, seen: str, advice: str) -> Row:
    return Row(fault, {at: "unsure"}, 0, seen, advice)


ROWS = [
    lost("reset", "connection lost", "bad network"),
    lost("drop", "connection lost", "bad network"),
    lost("close-1001", "1001 (going away)", "It restarts or moves"),
    lost("close-1011", "1011 (internal error)", "Something failed there"),
    lost("close-1012", "1012 (service restart)", "It restarts"),
    lost("close-1013", "1013 (try again later)", "It has too much to do"),
    lost("half-open", "nothing is heard any more", "bad network"),
    lost("too-big", "unreadable", "larger than rfqwatch takes"),
    lost("bomb", "unreadable", "breaks the protocol"),
    Row("overflow@5", {"stream": "failed", "shards": "unsure"}, 7, "error 25"),
    ended("channel-error", "error 10"),
    ended("late-frames", "error 10"),
    ended("odd-error", "without a word"),
    ended("deaf", "without a word"),
    doubtful("no-list@5", "stream", "does not say whether", "messages go on"),
    Row("seq-hole@5", {"seq": "failed"}, 7, "missed", "leave nothing out: --shard all/2"),
    doubtful("no-seq@5", "seq", "without one", "can't be seen"),
    doubtful("odd-seq@5", "seq", "1 message without one", "can't be seen"),
    doubtful("repeat@5", "seq", "1 message late or twice", "may be there twice"),
    doubtful("backward@5", "seq", "1 message late or twice", "may be there twice"),
    doubtful("malformed@5", "schema", "1 malformed message", "spoils what comes"),
    doubtful("drift@5", "schema", "unknown fields: rfq_created.rfq_id (1)", "newer rfqwatch"),
    doubtful("unknown-type@5", "schema", "unknown types: rfq_whispered (1)", "newer rfqwatch"),
    Row("fragments@5"),
    doubtful("expired@0", "handshake", "this computer's clock is", "By REST it agreed"),
    doubtful("expired", "handshake", "this computer's clock is", "By REST it agreed"),
    refused("http-408", "HTTP 408"),
    refused("http-429", "HTTP 429 (too many requests"),
    refused("http-429@0", "HTTP 429 (too many requests"),
    refused("http-503", "HTTP 503"),
    Row("maintenance@0", {"exchange_status": "failed", "handshake": "failed"}, 5, "maintenance"),
    Row("slow-ack@0"),
    refused("no-ack", "did not acknowledge", "subscription"),
    refused("no-ack@0", "did not acknowledge", "subscription"),
    refused("timeout-18", "error 18", "subscription"),
    refused("busy-27", "error 27", "subscription"),
]


def test_every_fault_has_a_row() -> None:
    assert {parse_faults(row.fault)[0].kind for row in ROWS} == set(FaultKind)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_fault_is_found(row: Row) -> None:
    faults = parse_faults(row.fault)
    async with start(faults=faults, rate=400, standing=0, seed=7, slow_ack=0.05) as started:
        found = await examined(subject(started.url, started))
    assert odd(found) == row.signs
    assert code(found) == row.code
    told = [each for each in found.values() if each.sign in {Sign.FAILED, Sign.UNSURE}]
    assert row.seen in " ".join(each.seen for each in told)
    assert all(each.advice for each in told)
    assert row.advice in " ".join(each.advice for each in told)


async def test_a_slow_acknowledgement_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_MINDED_ACKNOWLEDGEMENT_S", 0.03)
    faults = parse_faults("slow-ack@0")
    async with start(faults=faults, rate=400, standing=0, slow_ack=0.05) as started:
        found = await examined(subject(started.url, started))
    assert odd(found) == {"subscription": "unsure"}


async def test_what_depends_on_a_failure_is_skipped() -> None:
    async with start(faults=parse_faults("no-ack@0"), rate=400, standing=0) as started:
        found = await examined(subject(started.url, started))
    assert skipped(found) == ORDER[ORDER.index("first_message") :]
    assert {found[name].seen for name in skipped(found)} == {
        "nothing to go by without subscription"
    }


# Silence


@pytest.mark.parametrize(
    ("mine", "why"), [(False, "Most likely a quiet market"), (True, "Nothing happened")]
)
async def test_a_quiet_market_is_no_failure(mine: bool, why: str) -> None:  # noqa: FBT001
    async with start(rate=1e-6, standing=0) as started:
        found = await examined(subject(started.url, started, mine=mine), first_s=0.1)
    assert odd(found) == {"first_message": "unsure"}
    assert found["first_message"].seen == "none in 0.1 s"
    assert found["first_message"].advice.startswith(why)
    assert found["stream"].seen.endswith("the exchange has our subscription")
    assert skipped(found) == ORDER[ORDER.index("seq") :]
    assert code(found) == 0


async def examined_after(*frames: dict[str, Any], every_s: float = 0) -> dict[str, Verdict]:
    """Examine an exchange that sends these messages, and knows no other command than one."""

    async def send(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await connection.recv()
            await connection.send('{"type":"subscribed","id":1,"msg":{"sid":1}}')
            for seq, frame in enumerate(frames, start=1):
                await connection.send(json.dumps({"sid": 1, "seq": seq, **frame}))
                await asyncio.sleep(every_s)
            await connection.recv()
            await connection.send('{"type":"error","id":2,"msg":{"code":5}}')
            await connection.wait_closed()

    async with serve(send, "127.0.0.1", 0, logger=SILENT) as server:
        port = server.sockets[0].getsockname()[1]
        return await examined(subject(f"ws://127.0.0.1:{port}/trade-api/ws/v2", throwaway_key()))


DELETED = {"type": "rfq_deleted", "msg": {"id": "a"}}


@pytest.mark.parametrize(
    ("count", "meaning"), [(1, "The connection lives."), (1_000, "Were this stream quiet")]
)
async def test_where_nothing_can_be_asked_only_messages_prove_it(count: int, meaning: str) -> None:
    found = await examined_after(*[DELETED] * count, every_s=0.01)
    assert found["rest"].sign is found["stream"].sign is Sign.UNSURE
    assert "does not say whether" in found["stream"].seen
    assert found["stream"].advice.startswith(meaning)


@pytest.mark.parametrize(
    ("late_ms", "words"),
    [(60_000, "is slow"), (-60_000, "set this computer's"), (None, "no time to measure it by")],
)
async def test_messages_that_are_late_or_early(late_ms: int | None, words: str) -> None:
    sent = {} if late_ms is None else {"sending_ts_ms": now().ms - late_ms}
    found = await examined_after(*[DELETED | sent] * 3, every_s=0.05)
    assert found["lag"].sign is Sign.UNSURE
    assert words in found["lag"].advice
    assert found["sending_ts_ms"].sign is (Sign.UNSURE if late_ms is None else Sign.OK)


# Credentials


async def test_without_a_key_all_else_is_checked() -> None:
    def nothing() -> Key:
        raise CredentialsError("no private key was given", "give --key-file")

    async with start() as started:
        found = await examined(subject(started.url, started, load=nothing))
        assert started.exchange.accepted == started.exchange.refused == 0
    assert odd(found) == {"private_key": "failed"}
    assert found["clock"].sign is Sign.OK
    assert skipped(found) == [*ORDER[ORDER.index("account_limits") :]]
    assert code(found) == 3


async def test_what_is_to_be_warned_of_is_doubtful() -> None:
    async with start(rate=400, standing=0) as started:
        warned = key_of(started)._replace(warnings=["key.pem can be read by others"], mode=0o644)
        found = await examined(subject(started.url, started, load=lambda: warned))
    assert odd(found) == {"private_key": "unsure"}
    assert "mode 644" in found["private_key"].seen


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prod", "This is prod: a key of demo needs --env demo."),
        ("demo", "This is demo: a key of prod needs --env prod."),
        ("", "--env"),
    ],
)
async def test_a_key_of_another_environment(name: str, words: str) -> None:
    async with start() as started:
        found = await examined(subject(started.url, throwaway_key(), name=name))
    assert odd(found) == {"account_limits": "failed", "handshake": "failed"}
    for check in ("account_limits", "handshake"):
        assert "NOT_FOUND" in found[check].seen
        assert words in found[check].advice
        assert "It is not the clock" in found[check].advice
    assert code(found) == 4


async def test_a_private_key_of_another_id() -> None:
    async with start() as started:
        wrong = throwaway_key()._replace(key_id=started.key_id)
        found = await examined(subject(started.url, wrong))
    assert odd(found) == {"account_limits": "failed", "handshake": "failed"}
    assert "does not belong to the API key id" in found["handshake"].advice
    assert code(found) == 4


# The clock


@pytest.mark.parametrize(("ahead_s", "words"), [(3_600, "behind"), (-3_600, "ahead of")])
async def test_a_clock_an_hour_off_is_the_cause(ahead_s: float, words: str) -> None:
    async with start(rate=400, standing=0, ahead=ahead_s) as started:
        found = await examined(subject(started.url, started))
    # Its own time is signed with, so that nothing else fails for it.
    assert odd(found) == {"clock": "failed", "handshake": "unsure"}
    assert found["clock"].seen.startswith(("3,600 s", "3,599 s", "3,601 s"))
    assert words in found["clock"].seen
    assert "Set it" in found["clock"].advice
    assert code(found) == 4


@pytest.mark.parametrize("wrong_id", [True, False])
async def test_a_clock_an_hour_off_is_not_blamed_for_the_key(wrong_id: bool) -> None:  # noqa: FBT001
    async with start(ahead=3_600) as started:
        key = throwaway_key()
        found = await examined(
            subject(started.url, key if wrong_id else key._replace(key_id=started.key_id))
        )
    for check in ("account_limits", "handshake"):
        assert found[check].sign is Sign.FAILED
        assert "clock" not in found[check].advice


async def test_a_clock_some_seconds_off_is_tolerated() -> None:
    async with start(rate=400, standing=0, ahead=5) as started:
        found = await examined(subject(started.url, started))
    assert odd(found)["clock"] == "unsure"
    assert code(found) == 0
