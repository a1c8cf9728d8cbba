from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import socket
import ssl
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from jsonschema import Draft202012Validator
from websockets.asyncio.server import serve

from rfqwatch.clock import now
from rfqwatch.errors import RfqwatchError
from rfqwatch.exchange import liveness, session
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.credentials import Credentials, credentials_from_pem
from rfqwatch.exchange.session import Session
from rfqwatch.exchange.shards import parse_shards
from rfqwatch.lines.jsonlines import JsonLines
from rfqwatch.lines.jsonschema import schema
from rfqwatch.lines.stdout import Stdout
from rfqwatch.run import Watched, print_lines
from rfqwatch.simulator.exchange import SimulatedExchange
from rfqwatch.simulator.faults.changes import DRIFTED, ODD_ERRORS, ODD_NUMBERS
from rfqwatch.simulator.faults.hostile import malformed
from rfqwatch.simulator.faults.kinds import Fault, FaultKind, parse_faults
from rfqwatch.simulator.serving import start, throwaway_key
from rfqwatch.sources.websocket import Dialer
from rfqwatch.stderr import Verbosity, Voice
from rfqwatch.stream import watch
from rfqwatch.stream.health import Health
from rfqwatch.stream.quota import Quota
from rfqwatch.stream.summary import uncertain
from rfqwatch.stream.watch import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection

    from rfqwatch.simulator.account import Account

AT = 30
"""The number of the data frame that a fault befalls."""
COUNT = 100
"""The events after which a run ends."""


OWN = frozenset({"rfqwatch.subscribed", "rfqwatch.gap", "rfqwatch.ended"})
"""The types of the lines that are no messages."""


SCHEMA = Draft202012Validator(schema())


class Hurried(Random):
    """Random numbers whose delays are a fiftieth of what they would be."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, b) / 50


@dataclass
class Seen:
    """What a run printed and said, and how it ended."""

    written: list[bytes] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    exit_code: int = 0
    health: Health = field(default_factory=lambda: Health("here"))

    def own(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == f"rfqwatch.{kind}"]

    @property
    def gaps(self) -> list[tuple[str, int | None]]:
        return [(line["msg"]["reason"], line["msg"]["missed"]) for line in self.own("gap")]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What came over the channel, malformed too."""
        return [line for line in self.lines if line["type"] not in OWN]

    @property
    def questions(self) -> int:
        """How often the exchange was asked whether the subscription lives."""
        return sum("asking whether our subscription lives" in text for text in self.said)


def number(digits: str) -> int | str:
    """Python refuses to read numbers that the exchange would never send."""
    return int(digits) if len(digits) < 20 else digits


async def run(
    url: str,
    credentials: Credentials,
    *,
    count: int | None = COUNT,
    shard: str | None = None,
    retries: int | None = 20,
    idle_timeout_s: float = 5,
    limit: int = 2**26,
    duration_s: float | None = None,
    random: Random | None = None,
    quiet_s: float = 60,
) -> Seen:
    """Print the stream to a pipe that is read, as the command line does."""
    seen = Seen()
    read_end, write_end = os.pipe()
    place = Stdout(write_end, limit)
    lines = JsonLines(place)
    voice = Voice(Verbosity.VERBOSE, seen.said.append)
    quota = Quota(count, lines)
    channels = []
    for each in parse_shards(shard) if shard else [None]:
        dialer = Dialer(url, credentials, idle_timeout_s=idle_timeout_s, say=seen.said.append)
        conversation = Session(
            shard=each,
            mine=False,
            backoff=Backoff(random or Hurried(1), retries),
            quiet_s=quiet_s,
        )
        card = seen.health.shard(str(each) if each else "")
        channels.append((Channel(conversation, card, lines, quota, voice), dialer))

    def read() -> bytes:
        return b"".join(iter(lambda: os.read(read_end, 2**20), b""))

    reading = asyncio.create_task(asyncio.to_thread(read))
    try:
        async with asyncio.timeout(60):
            await print_lines(
                Watched(partial(watch.watch, channels, voice), quota, seen.health, voice),
                lines,
                place,
                duration_s,
            )
    except RfqwatchError as error:
        seen.exit_code = error.exit_code
        seen.said.append(error.message)
    finally:
        os.close(write_end)
        seen.written = (await reading).splitlines()
        seen.lines = [json.loads(line, parse_int=number) for line in seen.written]
        os.close(read_end)
    return seen


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=["ws", "wss"])
def tls(
    request: pytest.FixtureRequest,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ssl.SSLContext | None:
    if request.param == "ws":
        return None
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def nothing_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task or callback ends with an exception that only asyncio's log tells of."""
    yield
    assert caplog.records == []


def name_of(line: dict[str, Any]) -> tuple[int, str, str]:
    msg = line["msg"]
    name = next(msg[key] for key in ("id", "quote_id", "batch_quote_id") if key in msg)
    return line["seq"], line["type"], name


ADDED = re.compile(rb',"received_ts_ms":\d+(,"shard":"[^"]*")?}$')


def as_sent(line: dict[str, Any], written: bytes) -> bytes:
    """Give a message's own bytes."""
    if line["type"] != "rfqwatch.malformed":
        return ADDED.sub(b"}", written)
    msg = line["msg"]
    return base64.b64decode(msg["base64"]) if "base64" in msg else str(msg["text"]).encode()


def check_account(seen: Seen, accounts: list[Account]) -> None:
    """Hold every subscription's lines against what was sent: printed + missed = sent."""
    starts = [i for i, line in enumerate(seen.lines) if line["type"] == "rfqwatch.subscribed"]
    ends = [*starts[1:], len(seen.lines)]
    unnumbered = sum(card.numbering.unnumbered for card in seen.health.shards.values())
    for start_, end, account in zip(starts, ends, accounts, strict=False):
        part = list(zip(seen.lines[start_:end], seen.written[start_:end], strict=True))
        printed = [as_sent(line, written) for line, written in part if line["type"] not in OWN]
        assert printed == account.frames[: len(printed)]
        # Late frames have the numbers of the subscription before.
        own = [line for line, _ in part if line.get("sid") == account.sid]
        last = max((line["seq"] for line in own if is_count(line.get("seq"))), default=0)
        dropped = sum(seq <= last for seq, _, _ in account.dropped_ids)
        missed = sum(
            line["msg"]["missed"]
            for line, _ in part
            if line["type"] == "rfqwatch.gap" and line["msg"]["reason"] == "seq"
        )
        assert dropped <= missed <= dropped + unnumbered


def is_count(value: object) -> bool:
    return type(value) is int and value >= 0


# The fault matrix


@dataclass(frozen=True)
class Row:
    """What must be seen when faults happen.

    ``missed`` None stands for a number that is not known; ``dialled`` counts handshakes let in.
    """

    faults: str
    gaps: list[tuple[str, int | None]] = field(default_factory=list)
    said: str = ""
    subscribed: int = 1
    dialled: int = 1
    refused: int = 0
    idle_timeout_s: float = 5
    slow_ack_s: float = 0.05
    quiet_s: float = 60
    exit_code: int = 0

    def __str__(self) -> str:
        return self.faults


def lost(faults: str, said: str, **more: Any) -> Row:  # noqa: ANN401 - the fields of a Row
    """Describe a fault that costs the connection."""
    more = {"gaps": [("disconnected", None)], "subscribed": 2, "dialled": 2, **more}
    return Row(f"{faults}@{AT}", said=said, **more)


ROWS = [
    Row(""),
    lost("reset", "connection lost|reset"),
    lost("drop", "connection lost"),
    lost("close-1001", r"closed by the exchange with 1001 \(going away\)"),
    lost("close-1011", r"closed by the exchange with 1011 \(internal error\)"),
    lost("close-1012", r"closed by the exchange with 1012"),
    lost("close-1013", r"closed by the exchange with 1013"),
    lost("half-open", "nothing heard", idle_timeout_s=0.3),
    lost("overflow", "error 25", gaps=[("overflow", None)], dialled=1),
    lost("channel-error", "error 10", dialled=1),
    lost("late-frames", "error 10", dialled=1),
    lost(
        "deaf",
        r"lives: no message for .*\n.*no longer has our subscription",
        gaps=[("deaf", None)],
        dialled=1,
        quiet_s=0.2,
    ),
    lost(
        "odd-error",
        r"lives: the exchange said error channel_error .*\n(.*\n)*.*no longer has our subscription",
        gaps=[("deaf", None)],
        dialled=1,
    ),
    Row(f"no-list@{AT}"),
    # Without an answer, only a message could tell that it lives.
    lost(
        f"no-list@{AT},odd-error",
        r"can't be proven\n(.*\n)*.*no sign of our subscription",
        gaps=[("deaf", None)],
    ),
    Row(f"drift@{AT}"),
    Row(f"odd-seq@{AT}", gaps=[("seq", 1)], said="completeness can't be checked"),
    Row(f"no-seq@{AT}", said="completeness can't be checked"),
    Row(f"repeat@{AT}", said="late or twice"),
    Row(f"backward@{AT}", said="late or twice"),
    Row(f"malformed@{AT}", said="malformed frame: not JSON"),
    Row(f"unknown-type@{AT}", said="type rfq_whispered"),
    lost("too-big", "unreadable"),
    Row(f"fragments@{AT}"),
    lost("bomb", "unreadable"),
    lost("expired", "clock is .* behind", refused=1),
    lost("http-408", "HTTP 408", refused=1),
    lost("http-429", r"HTTP 429 \(too many requests[,)]", refused=1),
    lost("http-503", "HTTP 503", refused=1),
    lost("maintenance", "HTTP 503", refused=1),
    lost("slow-ack", "reset|connection lost"),
    lost("slow-ack", "did not acknowledge", slow_ack_s=10, dialled=3),
    lost("no-ack", "did not acknowledge", dialled=3),
    lost("timeout-18", "error 18", dialled=3),
    lost("busy-27", "error 27", dialled=3),
    # Before anything was ever live, nothing is known to be missing.
    Row("expired@0", said="clock is .* behind", refused=1),
    Row("http-408@0", said="HTTP 408", refused=1),
    Row("http-429@0", said="HTTP 429", refused=1),
    Row("http-503@0", said="HTTP 503", refused=1),
    Row("maintenance@0", said="HTTP 503", refused=1),
    Row("slow-ack@0"),
    Row("timeout-18@0", said="error 18", dialled=2),
    Row("busy-27@0", said="error 27", dialled=2),
    # A subscription that was asked for may have missed what it was asked for.
    Row("no-ack@0", gaps=[("unacknowledged", None)], said="did not acknowledge", dialled=2),
    # Several at once.
    lost(
        "expired@0,http-503@10,overflow",
        "error 25",
        refused=2,
        subscribed=3,
        gaps=[("disconnected", None), ("overflow", None)],
    ),
    lost(
        "http-429@20,http-408@20,drop",
        "HTTP 408",
        refused=2,
        subscribed=4,
        dialled=4,
        gaps=[("disconnected", None)] * 3,
    ),
]


def test_every_fault_has_a_row() -> None:
    named = {fault.kind for row in ROWS for fault in parse_faults(row.faults)}
    # How much a hole swallows is the simulator's choice; it has a test of its own below.
    assert named | {FaultKind.SEQ_HOLE} == set(FaultKind)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_fault_is_seen(
    row: Row, tls: ssl.SSLContext | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (session, liveness):
        monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", 0.4)
    async with start(
        faults=parse_faults(row.faults),
        rate=4_000,
        standing=0,
        seed=7,
        keep_ids=True,
        keep_frames=True,
        ssl=tls,
        slow_ack=row.slow_ack_s,
    ) as started:
        exchange = started.exchange
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(
            exchange.url, credentials, idle_timeout_s=row.idle_timeout_s, quiet_s=row.quiet_s
        )
        assert exchange.url.startswith("wss:" if tls else "ws:")
        assert seen.exit_code == row.exit_code
        assert seen.gaps == row.gaps
        assert len(seen.own("subscribed")) == row.subscribed
        assert (exchange.accepted, exchange.refused) == (row.dialled, row.refused)
        assert re.search(row.said, "\n".join(seen.said))
        assert len(seen.events) == COUNT
        # A gap stands before what came after it.
        for line, following in pairwise(seen.lines):
            if line["type"] == "rfqwatch.gap" and line["msg"]["reason"] != "seq":
                assert following["type"] == "rfqwatch.subscribed"
        assert seen.health.shards[""].gaps == len(row.gaps)
        check_account(seen, exchange.sent)
        if tls is None:  # Lines are the same over either, and this takes its time.
            for line in seen.lines:
                SCHEMA.validate(line)


@pytest.mark.parametrize("seed", range(8))
async def test_a_hole_is_counted(seed: int) -> None:
    async with start(
        faults=parse_faults(f"seq-hole@{AT},seq-hole@60"),
        rate=4_000,
        standing=0,
        seed=seed,
        keep_ids=True,
        keep_frames=True,
    ) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials)
        (account,) = started.exchange.sent
        check_account(seen, started.exchange.sent)
    assert sum(missed or 0 for _, missed in seen.gaps) == account.dropped >= 2
    for gap in seen.own("gap"):
        msg = gap["msg"]
        assert msg["reason"] == "seq"
        assert msg["missed"] == msg["next_seq"] - msg["last_seq"] - 1
        before, after = (seen.lines[seen.lines.index(gap) + step].get("seq") for step in (-1, 1))
        assert (before, after) == (msg["last_seq"], msg["next_seq"])
    assert f"{account.dropped} frames missed" in seen.said[-1]


async def run_through(kind: FaultKind, count: int) -> tuple[Seen, SimulatedExchange]:
    """Print a stream that the same fault befalls again and again; hold it against what was sent."""
    faults = tuple(Fault(kind, 10 * number) for number in range(1, count + 1))
    async with start(
        faults=faults, rate=4_000, standing=0, seed=7, keep_ids=True, keep_frames=True
    ) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials, count=10 * count + COUNT)
    check_account(seen, started.exchange.sent)
    assert len(seen.events) == 10 * count + COUNT
    assert started.exchange.accepted == 1
    return seen, started.exchange


async def test_no_hostile_frame_ends_the_stream() -> None:
    kinds = len({next(frames).name for frames in [malformed()] for _ in range(50)})
    seen, _ = await run_through(FaultKind.MALFORMED, kinds)
    # Whatever it holds, it was printed, and so is none of those missing.
    assert seen.gaps == []
    malformed_seen = seen.own("malformed")
    assert seen.health.shards[""].malformed == len(malformed_seen)
    assert 5 <= len(malformed_seen) < kinds
    said = [text for text in seen.said if text.startswith("malformed frame")]
    assert len(said) == 1


async def test_every_odd_error_is_understood_or_asked_about() -> None:
    seen, _ = await run_through(FaultKind.ODD_ERROR, len(ODD_ERRORS))
    # What can be read as error 10 needs no question.
    assert Counter(seen.gaps) == {("deaf", None): len(ODD_ERRORS) - 2, ("disconnected", None): 2}
    assert seen.questions == len(ODD_ERRORS) - 2
    assert len(seen.own("subscribed")) == len(ODD_ERRORS) + 1


async def test_no_drift_costs_a_line() -> None:
    seen, exchange = await run_through(FaultKind.DRIFT, len(DRIFTED))
    (account,) = exchange.sent
    assert sum(b"drift-" in data for data in account.frames) == len(DRIFTED) - 1
    assert seen.gaps == []
    assert [line["seq"] for line in seen.events] == list(range(1, len(seen.events) + 1))
    assert sum("drift-" in json.dumps(line) for line in seen.events) == len(DRIFTED) - 1
    assert sum("msg" not in line for line in seen.events) == 1
    assert seen.health.shards[""].malformed == 0


async def test_no_odd_number_passes_for_complete() -> None:
    seen, _ = await run_through(FaultKind.ODD_SEQ, len(ODD_NUMBERS))
    # Each was printed, though nobody can say that it was the one whose number is missing.
    assert seen.health.shards[""].numbering.unnumbered == len(ODD_NUMBERS)
    assert seen.gaps == [("seq", 1)] * len(ODD_NUMBERS)
    assert uncertain(seen.health, 0)
    assert f"{len(ODD_NUMBERS)} frames without a seq" in seen.said[-1]
    assert sum("completeness" in text for text in seen.said[:-1]) == 1


async def test_a_healthy_stream_goes_on_where_nothing_can_be_asked() -> None:
    faults = parse_faults("no-list@10")
    async with start(faults=faults, rate=200, standing=0, seed=7) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials, count=60, quiet_s=0.001)
        assert started.exchange.accepted == 1
    assert seen.gaps == []
    assert len(seen.own("subscribed")) == 1
    (said,) = [text for text in seen.said if "can't be proven" in text]
    assert "error 5" in said


# Ends


@asynccontextmanager
async def accepting_and_closing() -> AsyncIterator[tuple[str, list[float]]]:
    """Accept TCP connections, close them at once, and note when they came."""
    dialled: list[float] = []
    loop = asyncio.get_running_loop()

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(loop.time())
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", dialled


@pytest.fixture
def stranger() -> Credentials:
    key = throwaway_key()
    return credentials_from_pem(key.key_id, key.private_key_pem, "the key")


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_the_attempts_asked_for_are_made_and_no_more(
    retries: int, stranger: Credentials
) -> None:
    async with accepting_and_closing() as (url, dialled):
        seen = await run(url, stranger, retries=retries)
    assert seen.exit_code == 5
    assert len(dialled) == retries + 1
    assert seen.lines == [*seen.own("gap"), *seen.own("ended")]
    assert seen.gaps == [("unacknowledged", None)]
    # A stream that never was is no news beside the reason.
    assert not any("gap" in text for text in seen.said)


async def test_a_server_that_lets_in_and_closes_is_not_stormed() -> None:
    closes = parse_faults(",".join(f"close-1001@{number}" for number in range(1, 2_000)))
    async with start(rate=0, standing=0, faults=closes) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(
            started.exchange.url, credentials, count=None, duration_s=2, random=Random(3)
        )
        # Redialled at once, it would be more than a thousand times.
        assert 2 <= started.exchange.accepted <= 8
    assert len(seen.own("subscribed")) == started.exchange.accepted
    assert len(seen.gaps) in {started.exchange.accepted - 1, started.exchange.accepted}


async def test_a_server_that_comes_late_is_found(stranger: Credentials) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    watching = asyncio.create_task(
        run(f"ws://127.0.0.1:{port}/trade-api/ws/v2", stranger, retries=None)
    )
    await asyncio.sleep(0.1)
    public_key = stranger.private_key.public_key()
    exchange = SimulatedExchange(
        public_keys={stranger.key_id: public_key}, port=port, rate=4_000, standing=0
    )
    async with exchange:
        seen = await watching
    assert seen.exit_code == 0
    assert len(seen.events) == COUNT
    assert seen.gaps == []
    assert any("connection refused" in text for text in seen.said)


async def test_a_lost_connection_without_another_attempt_ends_it() -> None:
    async with start(faults=parse_faults("drop@30"), rate=4_000, standing=0) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials, retries=0)
    assert seen.exit_code == 5
    assert len(seen.events) == 29
    # The stream never went on: the gap has no end.
    (gap,) = seen.own("gap")
    assert gap["msg"]["reason"] == "disconnected"
    assert gap["msg"]["to_ts_ms"] is None
    assert seen.lines[-2:] == [gap, *seen.own("ended")]


async def test_refused_credentials_are_not_tried_again(stranger: Credentials) -> None:
    async with start() as started:
        seen = await run(started.exchange.url, stranger)
        assert (started.exchange.accepted, started.exchange.refused) == (0, 1)
    assert seen.exit_code == 4
    assert "NOT_FOUND" in seen.said[-1]
    assert seen.gaps == [("unacknowledged", None)]
    assert not any("gap" in text for text in seen.said)


# Shards


async def test_the_shards_together_are_the_channel() -> None:
    async with start(rate=4_000, standing=500, seed=3, keep_ids=True, keep_frames=True) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        url = started.exchange.url
        whole, parts = await asyncio.gather(
            run(url, credentials, count=3_000), run(url, credentials, shard="all/4", count=3_000)
        )
        accounts = started.exchange.sent
    names = [name_of(line)[1:] for line in whole.events]
    of_parts = [name_of(line)[1:] for line in parts.events]
    assert len(names) == len(of_parts) == 3_000
    assert len(set(of_parts)) == 3_000
    # Both start with the same burst; their ends are not at the same message.
    assert set(names[:2_500]) <= set(of_parts)
    assert set(of_parts[:2_500]) <= set(names)
    assert whole.gaps == parts.gaps == []
    by_shard = Counter(line["shard"] for line in parts.events)
    assert by_shard.keys() == {f"{key}/4" for key in range(4)}
    assert min(by_shard.values()) > 300
    for name in by_shard:
        of_shard = [index for index, line in enumerate(parts.lines) if line.get("shard") == name]
        part = Seen(
            written=[parts.written[index] for index in of_shard],
            lines=[parts.lines[index] for index in of_shard],
        )
        (account,) = [each for each in accounts if each.shard == name]
        check_account(part, [account])


async def test_one_shard_that_fails_does_not_disturb_the_others() -> None:
    async with start(
        rate=4_000, standing=0, faults=parse_faults("drop@30"), keep_ids=True, keep_frames=True
    ) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials, shard="0,2/3", count=2_000)
        assert started.exchange.accepted == 3
    (dropped,) = [line for line in seen.own("gap") if line["msg"]["reason"] == "disconnected"]
    assert len(seen.own("subscribed")) == 3
    other = [line for line in seen.events if line["shard"] != dropped["shard"]]
    assert [line["seq"] for line in other] == list(range(1, len(other) + 1))


@pytest.mark.parametrize("count", [1, 7, 100])
async def test_the_count_is_exact_over_all_shards(count: int) -> None:
    async with start(rate=0, standing=2_000) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        for _ in range(3):
            seen = await run(started.exchange.url, credentials, shard="all/5", count=count)
            assert len(seen.events) == count
            # Whoever had no answer yet when the others showed enough was not watched.
            unseen = 5 - len(seen.own("subscribed"))
            assert seen.gaps == [("unacknowledged", None)] * unseen


# Load


async def test_a_burst_far_larger_than_any_buffer_is_taken_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It takes the simulated exchange many seconds to think them up.
    monkeypatch.setattr(session, "ANSWER_TIMEOUT_S", 60)
    async with start(rate=1, standing=10_000, seed=1, keep_ids=True, keep_frames=True) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials, count=10_000)
        check_account(seen, started.exchange.sent)
    assert [line["seq"] for line in seen.events] == list(range(1, 10_001))
    assert seen.gaps == []
    assert seen.exit_code == 0


@pytest.mark.parametrize(
    ("shard", "advice"), [(None, "try --shard all/2"), ("0/3", "as in --shard …/6")]
)
async def test_overflow_again_and_again_advises_more_shards(shard: str | None, advice: str) -> None:
    overflows = parse_faults("overflow@20,overflow@40,overflow@60")
    async with start(rate=4_000, standing=0, faults=overflows) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.exchange.url, credentials, shard=shard, count=200)
    assert [reason for reason, _ in seen.gaps] == ["overflow"] * 3
    (said,) = [text for text in seen.said if "one connection is not enough" in text]
    assert said.endswith(advice)


async def test_lag_that_lasts_advises_more_shards(
    stranger: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LATE_FOR_ADVISED_S", 0)

    async def send(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"type":"subscribed","id":1,"msg":{"sid":1}}')
        await (await connection.ping())
        for seq, late_ms in enumerate([-500, 1_400, 1_600, 1_700, 1_800], start=1):
            frame = {"type": "rfq_deleted", "sid": 1, "seq": seq, "msg": {"id": "a"}}
            await connection.send(json.dumps(frame | {"sending_ts_ms": now().ms - late_ms}))
            # Each in a burst of its own: the lag is taken of a burst's first.
            await (await connection.ping())
        await connection.wait_closed()

    async with serve(send, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        seen = await run(f"ws://127.0.0.1:{port}/", stranger, count=5)
    assert len(seen.events) == 5
    (said,) = [text for text in seen.said if "one connection is not enough" in text]
    assert said.startswith("frames have come over 2 s late")


async def test_a_malformed_frame_is_quoted_short_and_once_of_a_kind(
    stranger: Credentials,
) -> None:
    async def send(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"type":"subscribed","id":1,"msg":{"sid":1}}')
        for text in ("<html>" + "x" * 1_000, "no JSON either"):
            await connection.send(text)
        await connection.send('{"type":"rfq_deleted","sid":1,"seq":1,"msg":{"id":"a"}}')
        await connection.wait_closed()

    async with serve(send, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        seen = await run(f"ws://127.0.0.1:{port}/", stranger, count=3)
    (said,) = [text for text in seen.said if text.startswith("malformed")]
    assert "<html>xxx" in said
    assert len(said) < 250
    assert seen.health.shard().malformed == 2


@pytest.mark.parametrize("ahead_s", [3_600, -5])
async def test_what_came_bears_out_that_this_computer_s_clock_is_off(ahead_s: float) -> None:
    async with start(rate=0, standing=10, ahead=ahead_s) as started:
        credentials = credentials_from_pem(started.key_id, started.private_key_pem, "the key")
        seen = await run(started.url, credentials, count=20)
    assert seen.health.ahead_ms == pytest.approx(ahead_s * 1_000, abs=2_000)
    (said,) = [text for text in seen.said if "received_ts_ms" in text]
    fact = r"this computer's clock,? (?:which )?is ([\d,]+ s (?:behind|ahead of) the exchange's)"
    assert re.fullmatch(f"received_ts_ms goes by {fact}", said)
    figures = re.findall(fact, "\n".join(seen.said))
    # To the second, whether the handshake was refused for it or not.
    assert len(figures) == (2 if abs(ahead_s) > 10 else 1)
