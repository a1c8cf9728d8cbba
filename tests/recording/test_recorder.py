from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from full_disk import files_end_at

from rfqwatch.clock import Instant
from rfqwatch.exchange.wire import Malformed, Payload, Subscribed, read
from rfqwatch.lines.output import Ending
from rfqwatch.recording import recorder as recorder_module
from rfqwatch.recording.compression import GZIP
from rfqwatch.recording.folder import Folder
from rfqwatch.recording.recorder import PAUSE_S, PIECE, Recorder
from rfqwatch.recording.rotation import Retention, Rotation
from rfqwatch.stderr import Voice
from rfqwatch.stream.health import Health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 60
AT_MS = 1_795_543_200_000
"""18:00 UTC."""
HOUR_MS = 3_600_000
ENDING = Ending("count", events=3, gaps=0, missed=0, malformed=0)


class Recording:
    """A recorder, with what it says, and what it has written."""

    def __init__(self, path: Path, rotation: Rotation, retention: Retention, limit: int) -> None:
        self.path = path
        self.said: Queue[str] = Queue()
        self.health = Health("sim")
        self.folder = Folder(path)
        self.recorder = Recorder(
            self.folder,
            {"version": "1"},
            GZIP,
            rotation=rotation,
            retention=retention,
            health=self.health,
            voice=Voice(write=self.said.put),
            limit=limit,
        )

    def put(self, *seqs: int, at_ms: int = AT_MS, size: int = 0) -> None:
        """Hand over messages of one burst."""
        data = [
            Payload(b'{"type":"rfq_created","seq":%d,"msg":{"pad":"%b"}}' % (seq, b"x" * size))
            for seq in seqs
        ]
        self.recorder.lines.begin("", Instant(at_ms, 0.0))
        frames = [read(payload) for payload in data]
        self.recorder.lines.messages(
            data,
            [frame for frame in frames if not isinstance(frame, Subscribed)],  # type: ignore[misc]
        )
        self.recorder.lines.end()

    def written(self) -> None:
        """Wait until all that was handed over is written."""
        while self.recorder.undelivered:
            pass

    @property
    def files(self) -> list[list[dict[str, Any]]]:
        """Give the lines of each whole file."""
        return [
            [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
            for path in sorted(self.path.glob("*.gz"))
        ]


@contextmanager
def recording(
    path: Path,
    rotation: Rotation = Rotation(),  # noqa: B008 - it can't change
    retention: Retention = Retention(),  # noqa: B008 - the same
    limit: int = 2**26,
) -> Iterator[Recording]:
    made = Recording(path, rotation, retention, limit)
    try:
        yield made
    finally:
        made.recorder.close()
        made.folder.close()


def kinds(lines: list[dict[str, Any]]) -> list[str]:
    return [line["type"].removeprefix("rfqwatch.") for line in lines]


def seqs(lines: list[dict[str, Any]]) -> list[int]:
    return [line["seq"] for line in lines if "seq" in line]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for company as briefly as a test can bear."""
    monkeypatch.setattr(recorder_module, "PAUSE_S", 0.01)


def test_a_file_has_a_first_line_and_a_last(tmp_path: Path) -> None:
    with recording(tmp_path) as made:
        made.put(1, 2)
        made.put(3, at_ms=AT_MS + 5)
        made.recorder.lines.ended(ENDING, Instant(AT_MS + 9, 0.0))
    (lines,) = made.files
    assert kinds(lines) == ["recording", *["rfq_created"] * 3, "ended"]
    # Its time is that of what follows it, however long that has waited.
    times = [line["received_ts_ms"] for line in lines]
    assert times == [AT_MS, AT_MS, AT_MS, AT_MS + 5, AT_MS + 9]
    assert lines[0]["msg"] == {"version": "1", "previous": None}
    assert [path.name for path in tmp_path.glob("*.gz")] == [
        "rfqwatch-20261124T180000Z-0001.jsonl.gz"
    ]
    recorder = made.recorder
    assert (recorder.messages, recorder.files, recorder.shed, recorder.undelivered) == (3, 1, 0, 0)
    assert recorder.size == sum(path.stat().st_size for path in tmp_path.glob("*.gz"))


def test_what_never_came_makes_no_file(tmp_path: Path) -> None:
    with recording(tmp_path) as made:
        pass
    assert made.files == []


def test_little_waits_less_than_a_second() -> None:
    assert PAUSE_S < 1


def test_what_waited_can_be_read_while_the_file_grows(tmp_path: Path) -> None:
    with recording(tmp_path) as made:
        made.put(1)
        made.written()
        (part,) = tmp_path.glob("*.part")
        assert b'"seq":1' in gzip.decompress(part.read_bytes())


def test_much_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "PAUSE_S", 1e6)
    with recording(tmp_path) as made:
        made.put(1, size=PIECE)
        made.written()


def test_files_follow_each_other_at_the_hour(tmp_path: Path) -> None:
    with recording(tmp_path, Rotation(every_s=3600)) as made:
        for number in range(3):
            made.put(2 * number, 2 * number + 1, at_ms=AT_MS + number * HOUR_MS)
            made.written()
        made.recorder.lines.ended(ENDING, Instant(AT_MS + 2 * HOUR_MS, 0.0))
    first, second, third = made.files
    assert [seqs(lines) for lines in made.files] == [[0, 1], [2, 3], [4, 5]]
    assert kinds(first) == ["recording", "rfq_created", "rfq_created", "continued"]
    assert first[-1]["msg"] == {"events": 2}
    assert kinds(third)[-1] == "ended"
    names = [file.name for file in sorted(tmp_path.glob("*.gz"))]
    previous = [lines[0]["msg"]["previous"] for lines in (first, second, third)]
    assert previous == [None, *names[:2]]


def test_files_follow_each_other_by_size(tmp_path: Path) -> None:
    with recording(tmp_path, Rotation(size=100)) as made:
        for seq in range(3):
            made.put(seq)
            made.written()
        made.recorder.lines.ended(ENDING, Instant(AT_MS, 0.0))
    assert [seqs(lines) for lines in made.files] == [[0], [1], [2], []]
    # One that is full is only said to be continued when it is.
    assert [kinds(lines)[-1] for lines in made.files] == [*["continued"] * 3, "ended"]


def test_the_oldest_are_removed_and_nothing_else(tmp_path: Path) -> None:
    before = tmp_path / "rfqwatch-20200101T000000Z-0001.jsonl.zst"
    before.write_bytes(b"x" * 500)
    others = [tmp_path / "notes.txt", tmp_path / "rfqwatch-20200101T000000Z-0002.jsonl"]
    for other in others:
        other.write_bytes(b"x" * 5_000)
    with recording(tmp_path, Rotation(size=1), Retention(size=500)) as made:
        for seq in range(9):
            made.put(seq)
            made.written()
    left = [seqs(lines) for lines in made.files]
    assert left == [[seq] for seq in range(9 - len(left), 9)]
    assert 1 <= len(left) < 5
    assert not before.exists()
    assert all(other.exists() for other in others)


def test_a_full_disk_loses_nothing_that_memory_can_hold(tmp_path: Path) -> None:
    with recording(tmp_path) as made:
        made.put(1, 2)
        made.written()
        (part,) = tmp_path.glob("*.part")
        with files_end_at(part.stat().st_size + 10):
            made.put(3, 4)
            said = made.said.get(timeout=PATIENCE_S)
            made.put(5)
        assert "stopped: File too large; trying again" in said
        assert made.health.unrecorded == "File too large"
        assert made.recorder.undelivered == 3
        # It is whole as far as it goes, and has its name.
        assert [seqs(lines) for lines in made.files] == [[1, 2]]
        made.recorder.lines.ended(ENDING, Instant(AT_MS, 0.0))
    first, second = made.files
    assert kinds(first) == ["recording", "rfq_created", "rfq_created"]
    assert kinds(second) == ["recording", *["rfq_created"] * 3, "ended"]
    assert seqs(second) == [3, 4, 5]
    assert second[0]["msg"]["previous"] == min(tmp_path.glob("*.gz")).name
    assert made.health.unrecorded == ""
    assert "recording again" in made.said.get(timeout=PATIENCE_S)
    assert made.recorder.undelivered == 0


def test_a_disk_full_for_longer_makes_a_gap_in_the_next_file(tmp_path: Path) -> None:
    with recording(tmp_path, limit=20_000) as made:
        made.put(1)
        made.written()
        with files_end_at(1):
            made.put(2)
            made.said.get(timeout=PATIENCE_S)
            for seq in range(3, 100):
                made.put(seq, at_ms=AT_MS + seq, size=1_000)
        assert made.recorder.shed
        made.recorder.lines.ended(ENDING, Instant(AT_MS + 100, 0.0))
    first, second = made.files
    assert seqs(first) == [1]
    assert kinds(second)[:3] == ["recording", "rfq_created", "gap"]
    gap = second[2]["msg"]
    assert (gap["reason"], gap["missed"]) == ("shed", made.recorder.shed)
    assert seqs(second) == [2, *range(3 + gap["missed"], 100)]
    assert (gap["from_ts_ms"], gap["to_ts_ms"]) == (AT_MS + 3, AT_MS + 2 + gap["missed"])


def test_a_disk_full_to_the_end_is_told(tmp_path: Path) -> None:
    with files_end_at(1), recording(tmp_path) as made:
        made.put(1, 2, 3)
    assert made.health.unrecorded == "File too large"
    assert made.recorder.undelivered == 3
    assert made.files == []
    assert not [*tmp_path.glob("*.part")]


def test_a_message_that_is_none_is_kept_whole(tmp_path: Path) -> None:
    with recording(tmp_path) as made:
        data = Payload(b'{"type":')
        frame = read(data)
        assert isinstance(frame, Malformed)
        made.recorder.lines.begin("", Instant(AT_MS, 0.0))
        made.recorder.lines.messages([data], [frame])
        made.recorder.lines.end()
    (lines,) = made.files
    assert lines[1]["msg"]["text"] == '{"type":'
