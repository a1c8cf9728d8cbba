from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from program import FULL, RFQWATCH, Exchange, events, is_quiet, rest, rfqwatch, started
from recordings import content, files, first_line, needs_tool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_tool


def test_it_records_and_prints_nothing(exchange: Exchange, tmp_path: Path) -> None:
    done = rfqwatch("record", str(tmp_path), "-n", "300", environment=exchange.environment)
    assert done.returncode == 0
    assert done.stdout == ""
    (file,) = files(tmp_path)
    lines = content(file)
    assert [line["seq"] for line in events(lines)] == [*range(1, 301)]
    assert json.loads(lines.splitlines()[-1])["msg"] == {
        "reason": "count",
        "events": 300,
        "gaps": 0,
        "missed": 0,
        "malformed": 0,
    }
    assert "300 events recorded" in done.stderr
    assert is_quiet(done.stderr)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_files_are_whole_after_a_signal(
    exchange: Exchange, tmp_path: Path, signum: signal.Signals
) -> None:
    arguments = ("record", str(tmp_path), "--rotate", "1h", "--rotate", "1KiB")
    with started(*arguments, environment=exchange.environment) as process:
        while len([*tmp_path.glob("*.jsonl.*")]) < 3:
            pass
        process.send_signal(signum)
        out, err = rest(process)
    assert (process.returncode, out) == (128 + signum, "")
    written = files(tmp_path)
    lines = [content(file).splitlines() for file in written]
    last = [json.loads(each[-1]) for each in lines]
    assert [line["type"] for line in last[:-1]] == ["rfqwatch.continued"] * (len(written) - 1)
    assert (last[-1]["type"], last[-1]["msg"]["reason"]) == ("rfqwatch.ended", "signal")
    assert [first_line(file)["previous"] for file in written] == [
        None,
        *(file.name for file in written[:-1]),
    ]
    recorded = events("\n".join(line for each in lines for line in each))
    assert [line["seq"] for line in recorded] == [*range(1, len(recorded) + 1)]
    assert f"{len(recorded):,} events recorded" in err


def test_the_oldest_files_are_removed(exchange: Exchange, tmp_path: Path) -> None:
    limits = ("--rotate", "1KiB", "--keep", "1KiB", "--keep", "7d")
    arguments = ("record", str(tmp_path), *limits, "--duration", "3s")
    done = rfqwatch(*arguments, environment=exchange.environment)
    assert done.returncode == 0
    (file,) = files(tmp_path)
    assert first_line(file)["previous"] is not None


def test_what_cannot_be_written_at_the_end_is_an_error(exchange: Exchange, tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", FULL, "bash", *RFQWATCH, "record", str(tmp_path), "-n", "50"],
        env=exchange.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "error: 50 events could not be recorded: File too large" in done.stderr
    assert is_quiet(done.stderr)
    assert files(tmp_path) == []


def test_it_is_one_too_where_a_signal_ends_it(exchange: Exchange, tmp_path: Path) -> None:
    limited = ["bash", "-c", FULL, "bash", *RFQWATCH]
    with subprocess.Popen(
        [*limited, "record", str(tmp_path)],
        env=exchange.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as process:
        assert process.stderr is not None
        said = b""
        while b"stopped: File too large" not in said:
            said += (line := process.stderr.readline())
            assert line, said
        process.send_signal(signal.SIGINT)
        _, err = rest(process)
    assert process.returncode == 1
    assert "events could not be recorded: File too large" in err


def test_fail_on_gap(tmp_path: Path) -> None:
    simulated = ("--env", "sim", "--sim-rate", "0", "--sim-fault", "seq-hole@5", "-n", "50")
    done = rfqwatch("record", str(tmp_path), *simulated, "--fail-on-gap")
    assert done.returncode == 7
    (file,) = files(tmp_path)
    assert '"type":"rfqwatch.gap"' in content(file)


def test_a_directory_is_required() -> None:
    done = rfqwatch("record")
    assert done.returncode == 2
    assert "DIR" in done.stderr
    assert is_quiet(done.stderr)
