"""A replay against what it replays: the same lines, the same book, the same account."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from corpus import SENT_BY_EXCHANGE
from hypothesis import given, settings
from hypothesis import strategies as st

from rfqwatch.book.book import Book
from rfqwatch.book.feed import Feed
from rfqwatch.clock import Instant
from rfqwatch.exchange.backoff import Backoff
from rfqwatch.exchange.credentials import credentials_from_pem
from rfqwatch.exchange.notices import Gap, Live
from rfqwatch.exchange.session import Session
from rfqwatch.exchange.shards import parse_shards
from rfqwatch.exchange.wire import Control, Payload, read
from rfqwatch.lines.jsonlines import JsonLines
from rfqwatch.lines.output import Ending
from rfqwatch.lines.stdout import Stdout
from rfqwatch.replay.playback import Playback
from rfqwatch.replay.replay import Replay
from rfqwatch.run import Watched, print_lines
from rfqwatch.simulator.faults.kinds import FaultKind, parse_faults
from rfqwatch.simulator.serving import start
from rfqwatch.sources.recorded import Recording
from rfqwatch.sources.websocket import Dialer
from rfqwatch.stderr import Verbosity, Voice
from rfqwatch.stream.drift import Drift
from rfqwatch.stream.health import Health
from rfqwatch.stream.quota import Quota
from rfqwatch.stream.watch import Channel, watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from rfqwatch.exchange.wire import Message

T = 1_790_000_000_000
SECOND = 1_000
LIMIT = 2**26


class Hurried(Random):
    """Random numbers whose delays are a fiftieth of what they would be."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, b) / 50


class LinesAndBook(JsonLines):
    """Prints lines, and keeps the book that a table beside them would have."""

    def __init__(self, place: Stdout) -> None:
        super().__init__(place)
        self.book = Book()
        self._feed = Feed(self.book, Drift().read)

    def begin(self, shard: str, at: Instant) -> None:
        super().begin(shard, at)
        self._feed.begin(shard, at)

    def messages(self, data: Sequence[Payload], frames: Sequence[Message]) -> None:
        self._feed.messages(data, frames)
        super().messages(data, frames)

    def live(self, live: Live) -> None:
        self._feed.live(live)
        super().live(live)

    def gap(self, gap: Gap) -> None:
        self._feed.gap(gap)
        super().gap(gap)


@dataclass
class Shown:
    """What a run printed and said, and the book that it made."""

    written: bytes
    book: Book
    health: Health
    said: list[str] = field(default_factory=list)


def state(book: Book) -> dict[str, Any]:
    """Give all that a table shows of a book."""
    now_ms = max((row.received_ms for row in book.rows.values()), default=0)
    book.tick(0)
    book.tick(3_600)
    return {
        "rows": {key: (row, book.state(row, now_ms)) for key, row in book.rows.items()},
        "counts": book.counts,
        "open": book.open,
        "unconfirmed": book.unconfirmed(),
        "stale": book.stale(now_ms),
    }


async def recorded(folder: Path, faults: str, *, seed: int, shard: str | None, count: int) -> Shown:
    """Watch a simulated exchange, and print to a file."""
    health, said = Health("sim"), list[str]()
    voice = Voice(Verbosity.NORMAL, said.append)
    with (folder / "recorded.jsonl").open("wb") as file:
        lines = LinesAndBook(place := Stdout(file.fileno(), LIMIT))
        quota = Quota(count, lines)
        async with start(rate=2_000, seed=seed, standing=40, faults=parse_faults(faults)) as served:
            credentials = credentials_from_pem(served.key_id, served.private_key_pem, "key")
            channels = []
            for each in parse_shards(shard) if shard else [None]:
                session = Session(shard=each, mine=False, backoff=Backoff(Hurried(1), 50))
                card = health.shard(str(each or ""))
                dialer = Dialer(served.exchange.url, credentials, idle_timeout_s=5, say=said.append)
                channels.append((Channel(session, card, lines, quota, voice), dialer))
            run = partial(watch, channels, voice)
            async with asyncio.timeout(60):
                await print_lines(Watched(run, quota, health, voice), lines, place, None)
    return Shown((folder / "recorded.jsonl").read_bytes(), lines.book, health, said)


async def replayed(
    folder: Path,
    *names: str,
    count: int | None = None,
    **options: Any,  # noqa: ANN401
) -> Shown:
    """Replay files, and print to another one."""
    playback = Playback(options.pop("speed", 0))
    health, said = Health("replay"), list[str]()
    voice = Voice(Verbosity.NORMAL, said.append)
    with (folder / "replayed.jsonl").open("wb") as file:
        lines = LinesAndBook(place := Stdout(file.fileno(), LIMIT))
        quota = Quota(count, lines)
        recording = Recording([str(folder / name) for name in names], say=said.append)
        replay = Replay(recording, playback, lines, quota, health, **options)
        async with asyncio.timeout(60):
            await print_lines(
                Watched(replay.run, quota, health, voice, clock=playback.now), lines, place, None
            )
    return Shown((folder / "replayed.jsonl").read_bytes(), lines.book, health, said)


def is_worth_it(kind: FaultKind) -> bool:
    """Leave out what would take long, and what is told by no line."""
    return kind not in {FaultKind.HALF_OPEN, FaultKind.NO_ACK, FaultKind.SLOW_ACK, FaultKind.DEAF}


FAULTS = [*filter(is_worth_it, FaultKind)]


ALL = ",".join(FAULTS)
RUNS = [*((each, None) for each in ("", *FAULTS, ALL)), ("", "all/3"), (ALL, "all/3")]


@pytest.mark.parametrize(("faults", "shard"), RUNS)
async def test_a_replay_is_what_was_watched(faults: str, shard: str | None, tmp_path: Path) -> None:
    kinds = enumerate(filter(None, faults.split(",")))
    placed = ",".join(f"{kind}@{90 + 60 * n}" for n, kind in kinds)
    before = await recorded(tmp_path, placed, seed=len(faults), shard=shard, count=400)
    after = await replayed(tmp_path, "recorded.jsonl")
    assert after.written == before.written
    assert state(after.book) == state(before.book)
    for name, card in before.health.shards.items():
        other = after.health.shard(name)
        if card.heard is not None:
            assert (card.gaps, card.missed, card.unmeasured, card.malformed, card.unknown) == (
                *(other.gaps, other.missed, other.unmeasured, other.malformed, other.unknown),
            )
            assert card.numbering.unnumbered == other.numbering.unnumbered


# Whatever was printed


numbers = st.none() | st.integers(0, 2**40)
items = st.one_of(
    st.sampled_from(SENT_BY_EXCHANGE),
    st.binary(max_size=40),
    st.sampled_from([b"{}", b" { } ", b'{"received_ts_ms":5}', b'{"type":"rfqwatch.gap"}']),
    numbers.map(lambda sid: Live(sid, Instant(T, 1.0), 0.0)),
    st.tuples(
        st.sampled_from(["seq", "shed", "disconnected", "overflow", "deaf", "unacknowledged"]),
        *[numbers] * 4,
        st.integers(0, 2**40),
        numbers,
    ).map(lambda fields: Gap(*fields)),
)
bursts = st.tuples(
    st.integers(0, 3), st.sampled_from(["", "0/2", "99/100"]), st.lists(items, max_size=4)
)


async def printed(
    file: Path, stream: Sequence[tuple[int, str, Sequence[bytes | Live | Gap]]]
) -> None:
    """Print a stream whose bursts are so many milliseconds apart."""
    with file.open("wb") as opened:
        lines = JsonLines(place := Stdout(opened.fileno(), LIMIT))
        written = place.start()
        shown, at_ms = 0, T
        first = [(0, "", [Live(1, Instant(T, 1.0), 0.0)])]
        for apart, shard, burst in [*first, *stream]:
            at_ms += apart
            lines.begin(shard, Instant(at_ms, 1.0))
            for item in burst:
                if isinstance(item, Live):
                    lines.live(item)
                elif isinstance(item, Gap):
                    lines.gap(item)
                elif not isinstance(frame := read(data := Payload(item)), Control):
                    lines.messages([data], [frame])
                    shown += 1
            lines.end()
        lines.ended(Ending("signal", shown, 2, None, 1), Instant(at_ms, 1.0))
        lines.place.close()
        await written


@settings(max_examples=150, deadline=None)
@given(st.lists(bursts, max_size=6))
async def test_any_lines_are_had_back(
    stream: list[tuple[int, str, list[bytes | Live | Gap]]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await printed(folder / "printed.jsonl", stream)
        shown = await replayed(folder, "printed.jsonl")
        assert shown.written == (folder / "printed.jsonl").read_bytes()


# Which part of it


def message(seq: int) -> bytes:
    return b'{"type":"rfq_created","sid":1,"seq":%d,"msg":{"id":"rfq-%d"}}' % (seq, seq)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Hold a recording of twenty messages, a second apart."""
    await printed(tmp_path / "a.jsonl", [(SECOND, "", [message(n)]) for n in range(1, 21)])
    return tmp_path


def seqs(shown: Shown) -> list[int]:
    return [line["seq"] for line in map(json.loads, shown.written.splitlines()) if "seq" in line]


async def test_so_many(folder: Path) -> None:
    shown = await replayed(folder, "a.jsonl", count=3)
    assert seqs(shown) == [1, 2, 3]
    assert b'"reason":"count","events":3,"gaps":0' in shown.written.splitlines()[-1]
    assert b'"received_ts_ms":%d}' % (T + 3 * SECOND) in shown.written.splitlines()[-1]


async def test_from_when_to_when(folder: Path) -> None:
    part = {"since_ms": T + 5 * SECOND, "until_ms": T + 8 * SECOND}
    shown = await replayed(folder, "a.jsonl", **part)
    assert seqs(shown) == [5, 6, 7]
    assert b'"reason":"until","events":3,' in shown.written.splitlines()[-1]


async def test_a_book_grows_out_of_what_came_before(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    part = {"since_ms": T + 18 * SECOND, "until_ms": T + 19 * SECOND, "speed": 20, "lead_in": True}
    shown = await replayed(folder, "a.jsonl", **part)
    assert shown.book.open == 18
    assert 0.05 <= loop.time() - start_s < 0.5


async def test_by_the_recorded_times(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    shown = await replayed(folder, "a.jsonl", speed=200)
    assert loop.time() - start_s >= 0.095
    assert seqs(shown) == list(range(1, 21))


async def test_a_recording_that_breaks_off_has_no_end(folder: Path) -> None:
    whole = (folder / "a.jsonl").read_bytes()
    (folder / "torn.jsonl").write_bytes(whole[:-300])
    shown = await replayed(folder, "torn.jsonl")
    assert whole.startswith(shown.written)
    assert shown.written.endswith(b"}\n")
    assert any("in the middle of" in text for text in shown.said)


async def test_two_recordings_have_one_end_and_a_gap_between(folder: Path) -> None:
    shown = await replayed(folder, "a.jsonl", "a.jsonl")
    assert seqs(shown) == [*range(1, 21), *range(1, 21)]
    assert shown.written.count(b'"rfqwatch.ended"') == 1
    assert shown.written.count(b'"reason":"unrecorded"') == 1
    assert b'"events":40,"gaps":1,"missed":null' in shown.written.splitlines()[-1]
    # What was open in the first is not known to be open after it.
    assert shown.book.unconfirmed() == 0
    (folder / "b.jsonl").write_bytes(b'{"type":"rfqwatch.subscribed","received_ts_ms":5}\n')
    assert (await replayed(folder, "a.jsonl", "b.jsonl")).book.unconfirmed() == 20


# Who reads it


async def test_a_slow_reader_holds_it_up_and_loses_nothing(tmp_path: Path) -> None:
    count, most = 30_000, 2**20
    stream = [(1, "", [message(n) for n in range(m, m + 100)]) for m in range(1, count, 100)]
    await printed(tmp_path / "a.jsonl", stream)
    read_end, write_end = os.pipe()
    lines = JsonLines(place := Stdout(write_end, most * 4))
    quota, health, playback = Quota(None, lines), Health("replay"), Playback(0)
    recording = Recording([str(tmp_path / "a.jsonl")])
    held = asyncio.Event()

    def full() -> bool:
        if place.waiting <= most:
            return False
        held.set()
        return True

    replay = Replay(recording, playback, lines, quota, health, full=full)
    voice = Voice(Verbosity.QUIET)
    running = asyncio.create_task(
        print_lines(
            Watched(replay.run, quota, health, voice, clock=playback.now), lines, place, None
        )
    )
    await held.wait()
    assert quota.shown < count
    size = (tmp_path / "a.jsonl").stat().st_size
    reading = asyncio.to_thread(lambda: b"".join(iter(lambda: os.read(read_end, 2**16), b"")))
    read_all = asyncio.create_task(reading)
    await running
    os.close(write_end)
    written = await read_all
    os.close(read_end)
    assert len(written) == size
    assert written == (tmp_path / "a.jsonl").read_bytes()


async def test_what_comes_by_a_pipe_is_shown_as_it_comes(tmp_path: Path) -> None:
    await printed(tmp_path / "a.jsonl", [(0, "", [message(n)]) for n in range(1, 4)])
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines(keepends=True)
    read_end, write_end = os.pipe()
    place = Stdout(os.open(os.devnull, os.O_WRONLY), LIMIT)
    playback, output = Playback(0), LinesAndBook(place)
    replay = Replay(
        Recording([f"/dev/fd/{read_end}"]), playback, output, Quota(None, output), Health("replay")
    )
    ended = place.start()
    running = asyncio.create_task(replay.run())
    for line in lines[:3]:
        os.write(write_end, line)
    async with asyncio.timeout(20):
        while output.book.open < 2:  # noqa: ASYNC110 - a book has no event to wait for
            await asyncio.sleep(0.001)
    assert not running.done()
    for line in lines[3:]:
        os.write(write_end, line)
    os.close(write_end)
    assert isinstance(await running, Ending)
    assert [row.id for row in output.book.rows.values()] == ["rfq-1", "rfq-2", "rfq-3"]
    output.place.close()
    await ended
    os.close(read_end)
