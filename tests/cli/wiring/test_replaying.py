from __future__ import annotations

import gzip
import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from program import bash, events, is_quiet, rfqwatch

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange

COUNT = 250


@pytest.fixture(scope="module")
def recording(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with what tail printed, in several forms."""
    folder = tmp_path_factory.mktemp("recordings")
    for number in (1, 2):
        done = rfqwatch("tail", "-n", str(COUNT), environment=exchange.environment)
        (folder / f"{number}.jsonl").write_text(done.stdout)
    (folder / "1.gz").write_bytes(gzip.compress((folder / "1.jsonl").read_bytes()))
    (folder / "directory").mkdir()
    for number in (1, 2):
        text = (folder / f"{number}.jsonl").read_text()
        (folder / "directory" / f"rfqwatch-2026112{number}T180000Z-0001.jsonl").write_text(text)
    (folder / "directory" / "notes.txt").write_text("not a recording")
    return folder


@pytest.mark.parametrize("source", ["1.jsonl", "1.gz"])
def test_the_same_lines_come_out(source: str, recording: Path) -> None:
    done = rfqwatch("tail", "--from", str(recording / source), "--fail-on-gap")
    assert done.returncode == 0
    assert done.stdout == (recording / "1.jsonl").read_text()
    assert is_quiet(done.stderr)
    assert f"{COUNT} events printed" in done.stderr


def test_what_was_recorded_beside_it_is_what_was_printed(
    exchange: Exchange, tmp_path: Path
) -> None:
    folder = str(tmp_path / "kept")
    # What is open at first comes at once, and is one piece; the rest comes by and by.
    arguments = ["--duration", "3s", "--record", folder, "--rotate", "10kB"]
    printed = rfqwatch("tail", *arguments, environment=exchange.environment)
    assert len(list((tmp_path / "kept").glob("rfqwatch-*.zst"))) > 1
    done = rfqwatch("tail", "--from", folder, "--fail-on-gap")
    assert done.returncode == 0, done.stderr
    assert done.stdout == printed.stdout


@pytest.mark.parametrize("command", ["zstd -qc 1.jsonl", "cat 1.gz", "cat 1.jsonl", "echo -n"])
def test_standard_input(command: str, recording: Path) -> None:
    folder = shlex.quote(str(recording))
    done = bash(f"set -o pipefail; cd {folder}; {command} | rfqwatch tail --from -")
    assert done.returncode == 0, done.stderr
    expected = "" if command == "echo -n" else (recording / "1.jsonl").read_text()
    assert done.stdout == expected


def test_standard_input_without_anything() -> None:
    assert bash("rfqwatch tail --from - < /dev/null").returncode == 0
    closed = bash("rfqwatch tail --from - <&-")
    assert closed.returncode == 8
    assert "standard input is closed" in closed.stderr


def test_standard_input_that_is_a_file(recording: Path) -> None:
    done = bash(f"rfqwatch tail --from - -n 1 < {shlex.quote(str(recording / '1.jsonl'))}")
    assert len(events(done.stdout)) == 1


@pytest.mark.parametrize("source", ["directory", "directory/*-0001.jsonl", "[12].jsonl"])
def test_several_files_are_replayed_by_name(source: str, recording: Path) -> None:
    done = rfqwatch("tail", "--from", str(recording / source))
    assert done.returncode == 0
    lines = [(recording / f"{n}.jsonl").read_text().splitlines() for n in (1, 2)]
    messages = [line for text in lines for line in text if '"seq"' in line]
    assert [line for line in done.stdout.splitlines() if '"seq"' in line] == messages
    assert done.stdout.count("rfqwatch.gap") == 1
    # Nobody recorded what came between them.
    assert rfqwatch("tail", "--fail-on-gap", "--from", str(recording / source)).returncode == 7


def test_several_files_in_the_order_given(recording: Path) -> None:
    names = [str(recording / name) for name in ("2.jsonl", "1.gz")]
    done = rfqwatch("tail", "-q", "-n", str(COUNT + 1), "--from", names[0], "--from", names[1])
    first = events((recording / "2.jsonl").read_text())
    assert events(done.stdout)[:COUNT] == first


def test_a_selection_is_the_same_as_live(recording: Path) -> None:
    lines = (recording / "1.jsonl").read_text().splitlines()
    done = rfqwatch("tail", "--from", str(recording / "1.jsonl"), "--no-combo")
    chosen = [line for line in lines if '"seq"' in line and "mve_selected_legs" not in line]
    assert 0 < len(chosen) < COUNT
    first, *shown, last = done.stdout.splitlines()
    assert (first, shown) == (lines[0], chosen)
    # How much there was of it is said of what is shown.
    assert json.loads(last)["msg"]["events"] == len(chosen)
    assert json.loads(last)["received_ts_ms"] == json.loads(lines[-1])["received_ts_ms"]


def test_an_unreadable_line_exits_8(recording: Path) -> None:
    lines = (recording / "1.jsonl").read_text().splitlines(keepends=True)
    file = recording / "bad.jsonl"
    file.write_text("".join([*lines[:9], "oops\n", *lines[9:]]))
    done = rfqwatch("tail", "--from", str(file))
    assert done.returncode == 8
    assert f"error: {file}, line 10: not JSON" in done.stderr
    assert len(events(done.stdout)) == 8
    assert json.loads(done.stdout.splitlines()[-1])["msg"]["reason"] == "error"
    done = rfqwatch("tail", "--from", str(file), "--lenient")
    assert done.returncode == 0
    assert len(events(done.stdout)) == COUNT
    assert "1 line skipped" in done.stderr
    assert done.stdout.count("rfqwatch.gap") == 1


@pytest.mark.parametrize("source", ["absent", "no*thing", "."])
def test_no_recording_exits_8(source: str, tmp_path: Path) -> None:
    for command in (["tail"], ["table", "--once"]):
        done = rfqwatch(*command, "--from", str(tmp_path / source))
        assert (done.returncode, done.stdout) == (8, "")
        assert "no recording there" in done.stderr


def test_a_picture_of_a_moment(recording: Path) -> None:
    lines = events((recording / "1.jsonl").read_text())
    until = datetime.fromtimestamp(lines[-1]["received_ts_ms"] / 1000, UTC)
    source = ["--from", str(recording / "1.jsonl")]
    done = rfqwatch("table", "--once", *source, "--until", until.isoformat())
    assert done.returncode == 0, done.stderr
    shown = done.stdout[:1_000]
    assert "replay of " in shown
    assert f"recorded {until:%Y-%m-%d %H:%M:%S}Z, at its end" in shown
    before = sum(line["received_ts_ms"] < lines[-1]["received_ts_ms"] for line in lines)
    assert f"{before} events watched" in done.stderr
    assert f"{COUNT} events watched" in rfqwatch("table", "--once", *source).stderr
