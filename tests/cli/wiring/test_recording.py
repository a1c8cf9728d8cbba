"""Recording beside a view, as a user sees it; `test_record` has the command that only records."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from program import (
    PATIENCE_S,
    RFQWATCH,
    Exchange,
    bash,
    clean_environment,
    events,
    is_quiet,
    rest,
    rfqwatch,
    started,
)
from recordings import content, files, first_line, frames_of_stream, needs_tool

from rfqwatch import __version__

pytestmark = needs_tool


@pytest.mark.parametrize("shard", [(), ("--shard", "all/3")], ids=["whole", "sharded"])
def test_the_record_is_what_tail_prints(
    exchange: Exchange, tmp_path: Path, shard: tuple[str, ...]
) -> None:
    arguments = ("-n", "700", "--record", str(tmp_path), *shard)
    done = rfqwatch("tail", *arguments, environment=exchange.environment)
    assert done.returncode == 0, done.stderr
    (file,) = files(tmp_path)
    recorded = content(file)
    assert recorded.partition("\n")[2] == done.stdout
    assert len(events(recorded)) == 700
    assert first_line(file) == {
        "version": __version__,
        "endpoint": exchange.url.removeprefix("ws://").partition("/")[0],
        "shards": ["0/3", "1/3", "2/3"] if shard else [],
        "mine": False,
        "selection": "",
        "previous": None,
    }
    assert "700 events printed" in done.stderr
    assert re.search(rf"700 events recorded, [\d.]+ KiB in 1 file of {tmp_path}", done.stderr)
    assert is_quiet(done.stderr)


@pytest.mark.parametrize("output", ["raw", "text"])
def test_the_record_is_json_lines_whatever_is_printed(
    exchange: Exchange, tmp_path: Path, output: str
) -> None:
    arguments = ("-n", "50", "-o", output, "--record", str(tmp_path))
    done = rfqwatch("tail", *arguments, environment=exchange.environment)
    assert done.returncode == 0
    (file,) = files(tmp_path)
    printed = done.stdout.splitlines()
    recorded = events(content(file))
    assert len(recorded) == len(printed) - 2 * (output == "text")
    assert all("received_ts_ms" in line for line in recorded)


def test_faults_are_in_the_record_too(tmp_path: Path) -> None:
    faults = "reset@100,seq-hole@200,malformed@300,unknown-type@350"
    simulated = ("--env", "sim", "--sim-rate", "0", "--sim-seed", "3", "--sim-fault", faults)
    done = rfqwatch("tail", *simulated, "-n", "500", "--record", str(tmp_path))
    assert done.returncode == 0
    (file,) = files(tmp_path)
    recorded = content(file)
    assert recorded.count('"type":"rfqwatch.gap"') == 2
    assert '"type":"rfqwatch.malformed"' in recorded
    assert frames_of_stream(recorded) == done.stdout


def test_beside_a_table(exchange: Exchange, tmp_path: Path) -> None:
    selection = ("--mine", "--type", "rfq_*", "--legs", "1..9")
    arguments = ("--once", "--duration", "2s", *selection, "--record", str(tmp_path))
    done = rfqwatch("table", *arguments, environment=exchange.environment)
    assert done.returncode == 0
    assert "newest first" in done.stdout
    (file,) = files(tmp_path)
    told = first_line(file)
    assert (told["mine"], told["selection"]) == (True, "--type rfq_* --legs 1..9")
    lines = content(file).splitlines()
    ended = json.loads(lines[-1])["msg"]
    assert ended["reason"] == "duration"
    assert ended["events"] == len(events("\n".join(lines)))
    assert f"{ended['events']:,} events watched" in done.stderr
    assert f"{ended['events']:,} events recorded" in done.stderr


def test_the_reader_of_the_pipe_leaves(exchange: Exchange, tmp_path: Path) -> None:
    done = bash(
        f"rfqwatch tail --record {tmp_path} | head -5; echo ${{PIPESTATUS[0]}}",
        exchange.environment,
    )
    *printed, code = done.stdout.splitlines()
    assert code == "141"
    (file,) = files(tmp_path)
    lines = content(file).splitlines()
    assert lines[1:6] == printed
    assert json.loads(lines[-1])["msg"]["reason"] == "signal"


def test_a_kill_loses_no_more_than_the_last_moment(exchange: Exchange, tmp_path: Path) -> None:
    printed = tmp_path / "printed.jsonl"
    with (
        printed.open("wb") as file,
        subprocess.Popen(
            [*RFQWATCH, "tail", "-q", "--record", str(tmp_path / "record")],
            env=exchange.environment,
            stdout=file,
        ) as process,
    ):
        deadline = time.monotonic() + PATIENCE_S
        sizes = set[int]()
        while len(sizes - {0}) < 2:
            assert time.monotonic() < deadline
            sizes |= {part.stat().st_size for part in tmp_path.glob("record/*.part")}
        process.kill()
    (part,) = tmp_path.glob("record/*.part")
    # The system may have been in the middle of writing the last frame.
    before = content(part, torn=True)
    recorded = frames_of_stream(before)
    assert len(events(recorded)) >= 300
    assert printed.read_text().startswith(recorded)

    # The next start gives it its name, and goes on behind it.
    done = rfqwatch(
        "tail", "-n", "1", "--record", str(part.parent), environment=exchange.environment
    )
    assert done.returncode == 0
    first, second = files(part.parent)
    assert content(first, torn=True) == before
    assert content(second).partition("\n")[2] == done.stdout


def test_a_full_disk_stops_the_record_and_not_the_view(tmp_path: Path) -> None:
    try:
        subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(tmp_path)],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    small, kept = tmp_path / "small", tmp_path / "kept"
    small.mkdir()
    script = f"""
mount -t tmpfs -o size=2m none {small} && head -c 1500k /dev/urandom > {small}/filler
"$@"
code=$?
cp -r {small} {kept}
exit $code
"""
    simulated = ("--env", "sim", "--sim-rate", "500", "--sim-seed", "3")
    command = [*RFQWATCH, "tail", *simulated, "--record", f"{small}/record"]
    said = b""
    with (
        (tmp_path / "printed").open("wb") as printed,
        subprocess.Popen(
            ["unshare", "-rm", "bash", "-c", script, "bash", *command],
            env=clean_environment(),
            stdout=printed,
            stderr=subprocess.PIPE,
            bufsize=0,
        ) as process,
    ):
        assert process.stderr is not None
        while b"stopped: No space left on device" not in said:
            said += (line := process.stderr.readline())
            assert line, said
        size = printed.tell()
        while (tmp_path / "printed").stat().st_size < size + 100_000:
            pass
        subprocess.run(["rm", f"/proc/{process.pid}/root{small}/filler"], check=True)
        while b"recording again" not in said:
            said += (line := process.stderr.readline())
            assert line, said
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(int(children), signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
        said += process.stderr.read()
    assert is_quiet(re.sub(r"(?m)^\S+ \S+ (?=rfqwatch:)", "", said.decode()))
    first, *others = files(kept / "record")
    assert others
    assert "rfqwatch.ended" not in content(first)
    # Memory was large enough, so that nothing is missing.
    recorded = "".join(frames_of_stream(content(path)) for path in (first, *others))
    assert recorded == (tmp_path / "printed").read_text()


def test_two_do_not_record_into_one_directory(exchange: Exchange, tmp_path: Path) -> None:
    arguments = ("tail", "--record", str(tmp_path))
    with started(*arguments, environment=exchange.environment) as process:
        done = rfqwatch(*arguments, environment=exchange.environment)
        assert done.returncode == 2
        assert "another rfqwatch records into it" in done.stderr
        assert "connecting" not in done.stderr
        assert is_quiet(done.stderr)
        process.send_signal(signal.SIGINT)
        out, _ = rest(process)
    (file,) = files(tmp_path)
    assert content(file).partition("\n")[2] == out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--rotate 1h", "--rotate and --keep are for --record"),
        ("--keep 7d", "--rotate and --keep are for --record"),
        ("--record DIR --rotate 5m", "'5m' could be a time or a size; write it like 30min"),
        ("--record DIR --rotate 7", "'7' could be a time or a size"),
        ("--record DIR --keep much", "'much' is not understood; write it like 30min, 1h, 7d"),
        ("--record DIR/file", "DIR/file' is a file"),
        ("--record DIR/file/below", "it can't be written: Not a directory"),
    ],
)
def test_what_can_not_be_recorded_is_told_at_once(
    exchange: Exchange, tmp_path: Path, arguments: str, words: str
) -> None:
    (tmp_path / "file").touch()
    given = arguments.replace("DIR", str(tmp_path)).split()
    done = rfqwatch("tail", *given, environment=exchange.environment)
    assert done.returncode == 2
    assert words.replace("DIR", str(tmp_path)) in done.stderr
    assert "connecting" not in done.stderr
    assert is_quiet(done.stderr)
    assert done.stdout == ""
