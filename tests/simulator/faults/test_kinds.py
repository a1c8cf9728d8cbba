from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_client import client
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from rfqwatch.simulator.faults.hostile import malformed
from rfqwatch.simulator.faults.kinds import Fault, FaultKind, Schedule, parse_faults
from rfqwatch.simulator.serving import start

if TYPE_CHECKING:
    from plain_client import Client

COUNT = 30


def parsed(text: str) -> dict[str, Any]:
    """The exchange's options: one fault, ordinary traffic, no burst."""
    return {"faults": parse_faults(text), "rate": 4_000, "standing": 0, "seed": 7}


# Names


@given(st.lists(st.builds(Fault, st.sampled_from(FaultKind), st.none() | st.integers(0, 10**9))))
def test_faults_survive_being_written_and_read(faults: list[Fault]) -> None:
    assert parse_faults(",".join(map(str, faults))) == tuple(faults)


@pytest.mark.parametrize("text", ["resett", "reset@", "reset@x", "reset@-1", "@3", "reset@²"])
def test_a_wrong_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no fault is called so|@ wants the number"):
        parse_faults(text)


def test_every_fault_is_described() -> None:
    assert all(kind.description for kind in FaultKind)


def test_a_fault_with_a_number_is_due_once() -> None:
    schedule = Schedule(parse_faults("reset@5,repeat@5,drop@9"), seed=1)
    taken = [
        (frame, kind)
        for frame in range(20)
        for kind in (schedule.take(frame, 0), schedule.take(frame, 0))
        if kind
    ]
    assert taken == [(5, FaultKind.RESET), (5, FaultKind.REPEAT), (9, FaultKind.DROP)]


def test_a_bare_fault_comes_back_every_ten_seconds_or_so() -> None:
    schedule = Schedule(parse_faults("reset"), seed=1)
    schedule.start(0)
    again = Schedule(parse_faults("reset"), seed=1)
    again.start(0)
    times = [at for at in range(0, 10_000_000_000, 100_000) if schedule.take(1, at)]
    assert 800 < len(times) < 1_200
    assert times == [at for at in range(0, 10_000_000_000, 100_000) if again.take(1, at)]


def test_a_bare_fault_of_the_handshake_befalls_the_first_one_too() -> None:
    schedule = Schedule(parse_faults("no-ack@0,http-429,reset,reset@0,no-ack@5"), seed=1)
    assert schedule.at_start() == [FaultKind.NO_ACK, FaultKind.HTTP_429]
    schedule.start(0)
    taken = [kind for at in range(0, 10**8, 10**5) if (kind := schedule.take(5, at))]
    assert taken[:2] == [FaultKind.RESET, FaultKind.NO_ACK]
    assert set(taken[2:]) == {FaultKind.RESET, FaultKind.HTTP_429}


# The connection


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("reset", 1006),
        ("drop", 1006),
        ("close-1001", 1001),
        ("close-1011", 1011),
        ("close-1012", 1012),
        ("close-1013", 1013),
    ],
)
async def test_the_connection_ends_in_place_of_the_frame(name: str, code: int) -> None:
    async with start(**parsed(f"{name}@{COUNT}")) as started:
        async with client(started) as watcher:
            await watcher.subscribe()
            with contextlib.suppress(ConnectionClosedError):
                # A reset may overtake frames on their way.
                await watcher.take(COUNT - 1)
            await watcher.socket.wait_closed()
            assert watcher.socket.close_code == code
        async with client(started) as watcher:
            await watcher.subscribe()
            await watcher.take(COUNT)
        first, _ = started.exchange.sent
        assert (first.sent, first.ended) == (COUNT - 1, "disconnected")


async def test_half_open_answers_nothing() -> None:
    async with (
        start(**parsed(f"half-open@{COUNT}"), heartbeat=0.02) as started,
        client(started) as watcher,
        client(started) as other,
    ):
        await watcher.subscribe()
        await watcher.take(COUNT - 1)
        while not watcher.socket.pings.empty():
            watcher.socket.pings.get_nowait()
        pong = asyncio.ensure_future(await watcher.socket.ping())
        # Another connection lives on meanwhile: several pings of the exchange.
        for _ in range(3):
            await other.socket.pings.get()
        assert not pong.done()
        assert watcher.socket.pings.empty()
        watcher.socket.transport.abort()
        with contextlib.suppress(ConnectionClosedError):
            await pong


# The handshake


@pytest.mark.parametrize(
    ("name", "status"), [("http-408", 408), ("http-429", 429), ("http-503", 503)]
)
async def test_the_next_handshake_is_refused(name: str, status: int) -> None:
    async with start(**parsed(f"{name}@0,{name}@{COUNT}")) as started:
        for _ in range(2):
            with pytest.raises(InvalidStatus) as raised:
                async with client(started):
                    pass
            assert raised.value.response.status_code == status
            async with client(started) as watcher:
                await watcher.subscribe()
                if started.exchange.refused == 1:
                    with pytest.raises(ConnectionClosedError):
                        await watcher.take(10 * COUNT)


async def test_expired_is_mended_from_the_date() -> None:
    async with start(**parsed("expired@0")) as started:
        with pytest.raises(InvalidStatus) as raised:
            async with client(started):
                pass
        response = raised.value.response
        assert response.status_code == 401
        assert msgspec.json.decode(response.body) == {"error": {"code": "header_timestamp_expired"}}
        theirs = parsedate_to_datetime(response.headers["Date"]).timestamp()
        ahead_ms = round((theirs - time.time()) * 1000)
        async with client(started, ahead_ms=ahead_ms) as watcher:
            await watcher.subscribe()


# The subscription


@pytest.mark.parametrize(("name", "code"), [("overflow", 25), ("channel-error", 10)])
async def test_the_subscription_ends_and_the_connection_stays(name: str, code: int) -> None:
    async with (
        start(**parsed(f"{name}@{COUNT}"), heartbeat=0.05) as started,
        client(started) as watcher,
    ):
        await watcher.subscribe()
        await watcher.take(COUNT - 1)
        error = await watcher.next()
        assert (error["type"], error["msg"]["code"]) == ("error", code)
        assert (error["sid"], error["seq"]) == (1, COUNT)
        assert "id" not in error
        assert await listed(watcher) == []
        assert await watcher.socket.pings.get() == b"heartbeat"
        assert await watcher.subscribe(2) == 2
        assert (await watcher.next())["seq"] == 1


async def listed(watcher: Client) -> list[dict[str, Any]]:
    """Ask what is subscribed while nothing else is to come."""
    await watcher.ask("list_subscriptions", 90)
    answer = await watcher.next()
    assert (answer["type"], answer["id"]) == ("ok", 90)
    subscriptions: list[dict[str, Any]] = answer["msg"]
    return subscriptions


async def test_deaf_is_silent_on_a_living_connection() -> None:
    async with (
        start(**parsed(f"deaf@{COUNT}"), heartbeat=0.05) as started,
        client(started) as watcher,
    ):
        await watcher.subscribe()
        await watcher.take(COUNT - 1)
        while subscriptions := await listed(watcher):
            assert subscriptions == [{"channel": "communications", "sid": 1}]
        (account,) = started.exchange.sent
        assert (account.ended, account.sent, account.last_seq) == ("deaf", COUNT - 1, COUNT - 1)
        while not watcher.socket.pings.empty():
            watcher.socket.pings.get_nowait()
        assert await watcher.socket.pings.get() == b"heartbeat"
        assert await watcher.subscribe(2) == 2
        assert (await watcher.next())["seq"] == 1
        await watcher.ask("list_subscriptions", 3)
        assert (await watcher.until("ok"))["msg"] == [{"channel": "communications", "sid": 2}]


async def test_every_odd_error_ends_a_subscription() -> None:
    faults = ",".join(f"odd-error@{COUNT * number}" for number in range(1, 8))
    async with start(**parsed(faults)) as started, client(started) as watcher:
        errors = []
        for sid in range(1, 8):
            await watcher.subscribe(sid)
            errors.append(await watcher.until("error"))
            assert errors[-1].pop("sending_ts_ms")
            assert await listed(watcher) == []
        assert [account.ended for account in started.exchange.sent] == ["odd error"] * 7
    assert errors == [
        {"type": "error", "sid": 1, "msg": {"code": "channel_error"}},
        {"type": "error", "sid": 2, "msg": "Channel error"},
        {"type": "error", "sid": 3, "msg": {"code": 99, "msg": "Subscription retired"}},
        {"type": "error", "sid": 4, "msg": {"code": "10", "msg": "Channel error"}},
        {"type": "error", "msg": {"code": 10, "msg": "Channel error"}},
        {"type": "error", "sid": 6, "msg": {"msg": "Channel error"}},
        {"type": "error", "sid": 7},
    ]


async def test_no_list_is_an_unknown_command_from_then_on() -> None:
    async with start(**parsed(f"no-list@{COUNT}")) as started, client(started) as watcher:
        await watcher.subscribe()
        numbers = [frame["seq"] for frame in await watcher.take(COUNT)]
        assert numbers == list(range(1, COUNT + 1))
        for command_id in (2, 3):
            await watcher.ask("list_subscriptions", command_id)
            refusal = await watcher.until("error")
            assert refusal["id"] == command_id
            assert refusal["msg"] == {"code": 5, "msg": "Unknown command"}


async def test_late_frames_of_the_old_sid() -> None:
    async with start(**parsed(f"late-frames@{COUNT}")) as started, client(started) as watcher:
        await watcher.subscribe()
        await watcher.until("error")
        await watcher.subscribe(2)
        frames = await watcher.take(10)
        assert [f["seq"] for f in frames if f["sid"] == 1] == [COUNT + 1, COUNT + 2, COUNT + 3]
        assert [f["seq"] for f in frames if f["sid"] == 2] == list(range(1, 8))


async def test_slow_ack() -> None:
    async with start(**parsed("slow-ack@0"), slow_ack=0.1) as started, client(started) as watcher:
        await watcher.ask("subscribe", 1, channels=["communications"])
        await watcher.ask("list_subscriptions", 2)
        assert (await watcher.next())["msg"] == []
        assert (await watcher.next())["type"] == "subscribed"


async def test_no_ack_then_an_ack() -> None:
    async with start(**parsed("no-ack@0")) as started, client(started) as watcher:
        await watcher.ask("subscribe", 1, channels=["communications"])
        await watcher.ask("list_subscriptions", 2)
        assert (await watcher.next())["msg"] == []
        await watcher.ask("subscribe", 3, channels=["communications"])
        assert (await watcher.next())["id"] == 3


@pytest.mark.parametrize(("name", "code"), [("timeout-18", 18), ("busy-27", 27)])
async def test_the_next_subscribe_fails_once(name: str, code: int) -> None:
    async with start(**parsed(f"{name}@0")) as started, client(started) as watcher:
        await watcher.ask("subscribe", 1, channels=["communications"])
        error = await watcher.next()
        assert (error["id"], error["msg"]["code"]) == (1, code)
        assert await watcher.subscribe(2) == 1


# The numbers


async def test_a_seq_hole_is_accounted_for() -> None:
    async with start(**parsed(f"seq-hole@{COUNT}"), keep_ids=True) as started:
        async with client(started) as watcher:
            await watcher.subscribe()
            numbers = [frame["seq"] for frame in await watcher.take(2 * COUNT)]
        (account,) = started.exchange.sent
        missing = set(range(1, numbers[-1])) - set(numbers)
        assert 1 <= len(missing) <= 5
        assert missing == {seq for seq, _, _ in account.dropped_ids}
        assert account.dropped == len(missing)
        assert account.sent + account.dropped == account.last_seq


async def test_no_seq_from_then_on() -> None:
    faults = parsed(f"no-seq@{COUNT},unknown-type@{COUNT + 3}")
    async with start(**faults) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(2 * COUNT)
        assert ["seq" in frame for frame in frames] == [True] * (COUNT - 1) + [False] * (COUNT + 1)
        await watcher.subscribe(2)
        assert "seq" not in await watcher.next()


async def test_an_odd_seq_uses_its_number() -> None:
    faults = ",".join(f"odd-seq@{COUNT + number}" for number in range(5))
    async with start(**parsed(faults), keep_ids=True) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(COUNT + 5)
        odd = frames[COUNT - 1 : COUNT + 4]
        spelled = [frame.get("seq", "absent") for frame in odd]
        assert spelled == [str(COUNT), COUNT + 1.0, -(COUNT + 2), None, "absent"]
        assert isinstance(spelled[1], float)
        assert frames[-1]["seq"] == COUNT + 5
        (account,) = started.exchange.sent
        assert [seq for seq, _, _ in account.sent_ids[: COUNT + 5]] == list(range(1, COUNT + 6))
        assert (account.sent, account.extra) == (account.last_seq, 0)


async def test_repeat() -> None:
    async with start(**parsed(f"repeat@{COUNT}")) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(COUNT + 2)
        expected = [*range(1, COUNT + 1), COUNT, COUNT + 1]
        assert [frame["seq"] for frame in frames] == expected
        assert frames[COUNT - 1]["msg"] == frames[COUNT]["msg"]


async def test_backward() -> None:
    async with start(**parsed(f"backward@{COUNT}")) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(COUNT + 2)
        expected = [*range(1, COUNT + 1), COUNT - 5, COUNT + 1]
        assert [frame["seq"] for frame in frames] == expected


# The frames


async def whole_stream(watcher: Client, count: int) -> tuple[list[int], list[bytes]]:
    """Read until ``count`` good frames came: their numbers, and every other frame's bytes."""
    numbers: list[int] = []
    others: list[bytes] = []
    while len(numbers) < count:
        body = await watcher.socket.recv(decode=False)
        try:
            frame = msgspec.json.decode(body, type=dict[str, Any])
            if isinstance(frame["seq"], int) and frame["seq"] < 10**9:
                numbers.append(frame["seq"])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            others.append(body)
    return numbers, others


async def test_every_hostile_frame_leaves_the_numbers_whole() -> None:
    kinds = len({frame.name for frame in itertools.islice(malformed(), 100)})
    faults = ",".join(f"malformed@{n}" for n in range(1, kinds + 1))
    async with start(**parsed(faults)) as started, client(started) as watcher:
        await watcher.subscribe()
        numbers, others = await whole_stream(watcher, 60)
        assert numbers == list(range(1, 61))
        assert len(others) > 5
        assert started.exchange.sent[0].extra == kinds


async def test_drift_is_of_the_market_in_every_way() -> None:
    faults = ",".join(f"drift@{COUNT + number}" for number in range(7))
    async with start(**parsed(faults), keep_ids=True) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(COUNT + 14)
        assert [frame["seq"] for frame in frames] == list(range(1, COUNT + 15))
        assert {frame["sid"] for frame in frames} == {1}
        (account,) = started.exchange.sent
        named = {name: seq for seq, _, name in account.sent_ids if name.startswith("drift-")}
        assert account.extra == 0
    assert list(named.values()) == list(range(COUNT, COUNT + 14, 2))
    drifted = {name: frames[seq - 1] for name, seq in named.items()}
    assert drifted["drift-renamed"]["msg"]["rfq_id"] == "drift-renamed"
    assert "id" not in drifted["drift-renamed"]["msg"]
    assert isinstance(drifted["drift-object"]["msg"]["target_cost_dollars"], dict)
    assert isinstance(drifted["drift-text"]["msg"]["subaccount"], str)
    assert isinstance(drifted["drift-number"]["msg"]["deleted_ts"], int)
    assert "msg" not in drifted["drift-no-msg"]
    assert "urgency" in drifted["drift-unknown-field"]["msg"]
    assert isinstance(drifted["drift-legs"]["msg"]["mve_selected_legs"][0]["market_ticker"], dict)


async def test_unknown_type_uses_a_number() -> None:
    async with start(**parsed(f"unknown-type@{COUNT}")) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(COUNT + 1)
        assert [frame["seq"] for frame in frames] == list(range(1, COUNT + 2))
        assert frames[COUNT - 1]["type"] == "rfq_whispered"


async def test_fragments_are_one_message() -> None:
    async with start(**parsed(f"fragments@{COUNT}")) as started, client(started) as watcher:
        await watcher.subscribe()
        frames = await watcher.take(COUNT + 1)
        assert [frame["seq"] for frame in frames] == list(range(1, COUNT + 2))
        assert await watcher.socket.pings.get() == b"heartbeat"


@pytest.mark.parametrize(
    ("name", "compression", "code"),
    [("too-big", None, 1009), ("bomb", "deflate", 1009), ("bomb", None, 1002)],
)
async def test_frames_that_a_careful_client_refuses(
    name: str, compression: str | None, code: int
) -> None:
    async with (
        start(**parsed(f"{name}@{COUNT}")) as started,
        client(started, compression=compression) as watcher,
    ):
        await watcher.subscribe()
        with pytest.raises(ConnectionClosedError) as raised:
            await watcher.take(10 * COUNT)
        assert raised.value.sent is not None
        assert raised.value.sent.code == code


async def test_an_account_keeps_every_frame_byte_by_byte() -> None:
    kinds = "malformed,drift,odd-seq,repeat,backward,unknown-type,fragments,seq-hole"
    faults = ",".join(f"{kind}@{at}" for at in range(1, 60) for kind in kinds.split(","))
    async with start(**parsed(faults), keep_frames=True) as started, client(started) as watcher:
        await watcher.subscribe()
        got = [await watcher.socket.recv(decode=False) for _ in range(400)]
        (account,) = started.exchange.sent
    assert account.frames[:400] == got
    assert len(account.frames) == account.sent + account.extra
    assert account.sent_ids == []


async def test_late_frames_are_kept_among_those_they_come_with() -> None:
    async with (
        start(**parsed(f"late-frames@{COUNT}"), keep_frames=True) as started,
        client(started) as watcher,
    ):
        await watcher.subscribe()
        await watcher.until("error")
        await watcher.subscribe(2)
        got = [await watcher.socket.recv(decode=False) for _ in range(10)]
        first, second = started.exchange.sent
    assert sum(b'"sid":1' in body for body in got) == first.extra == 3
    assert second.frames[:10] == got


async def test_two_runs_fail_alike() -> None:
    runs = []
    for _ in range(2):
        async with (
            start(**parsed("seq-hole@10,repeat@20,unknown-type@30,seq-hole@40")) as started,
            client(started) as watcher,
        ):
            await watcher.subscribe()
            runs.append([(f["type"], f["seq"]) for f in await watcher.take(80)])
    assert runs[0] == runs[1]
