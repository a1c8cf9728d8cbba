from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from other_exchange import Refusal
from other_exchange import running as running_other
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

from rfqwatch.simulator.serving import running, throwaway_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripted_connection import Connection


COMPLETE = {"gaps": 0, "missed": 0, "malformed": 0}


def ended(lines: str) -> dict[str, Any]:
    """Give what the last line says of the stream."""
    last: dict[str, Any] = json.loads(lines.splitlines()[-1])
    assert last["type"] == "rfqwatch.ended"
    msg: dict[str, Any] = last["msg"]
    return msg


# Printing


def test_tail_of_a_simulated_exchange_through_jq() -> None:
    done = bash("set -o pipefail; rfqwatch tail --env sim -n 20 | jq -r .type")
    assert done.returncode == 0, done.stderr
    first, *types, last = done.stdout.split()
    assert (first, last) == ("rfqwatch.subscribed", "rfqwatch.ended")
    assert len(types) == 20
    assert set(types) <= {"rfq_created", "rfq_deleted", "quote_created"}
    assert is_quiet(done.stderr)
    assert "20 events printed" in done.stderr
    assert "no gaps" in done.stderr


@pytest.mark.parametrize(("output", "own"), [("jsonl", 2), ("raw", 0), ("text", 2)])
@pytest.mark.parametrize("count", [1, 333])
def test_the_count_is_exact(exchange: Exchange, output: str, own: int, count: int) -> None:
    arguments = ["-n", str(count), "-o", output, "--fail-on-gap"]
    done = rfqwatch("tail", *arguments, environment=exchange.environment)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == count + own
    assert done.stdout.endswith("\n")
    if output == "raw":
        assert all("received_ts_ms" not in json.loads(line) for line in done.stdout.splitlines())
    if output == "jsonl":
        lines = events(done.stdout)
        assert [line["seq"] for line in lines] == list(range(1, count + 1))
        assert all(line["received_ts_ms"] >= line["sending_ts_ms"] for line in lines)
        assert ended(done.stdout) == COMPLETE | {"reason": "count", "events": count}


def test_what_was_sent_is_what_is_printed(exchange: Exchange) -> None:
    before = len(exchange.accounts())
    done = rfqwatch("tail", "-n", "400", environment=exchange.environment)
    account = exchange.accounts()[before]
    printed = [(line["seq"], line["type"]) for line in events(done.stdout)]
    assert printed == [(seq, kind) for seq, kind, _ in account.sent_ids[:400]]


def test_the_duration_ends_it(exchange: Exchange) -> None:
    # Connecting is part of it, and may take all of it on a busy machine.
    done = rfqwatch("tail", "--duration", "1s", environment=exchange.environment)
    assert done.returncode == 0
    assert re.search(r"events printed in \d s", done.stderr)
    printed = len(events(done.stdout))
    assert ended(done.stdout) == COMPLETE | {"reason": "duration", "events": printed}


def test_a_line_is_there_as_it_happens(quiet_exchange: Exchange) -> None:
    with started("tail", environment=quiet_exchange.environment) as process:
        assert process.stdout is not None
        # The stream is silent after these; whatever was held back would never come.
        assert json.loads(process.stdout.readline())["type"] == "rfqwatch.subscribed"
        assert json.loads(process.stdout.readline())["seq"] == 1


# Ends


@pytest.mark.parametrize("which", ["exchange", "quiet_exchange"])
@pytest.mark.parametrize("output", ["jsonl", "text"])
def test_a_consumer_that_leaves_ends_it_quietly(
    which: str, output: str, request: pytest.FixtureRequest
) -> None:
    environment = request.getfixturevalue(which).environment
    done = bash(f"rfqwatch tail -o {output} | head -1; echo ${{PIPESTATUS[@]}}", environment)
    _, codes = done.stdout.splitlines()
    assert codes == "141 0"
    assert is_quiet(done.stderr)
    assert "error" not in done.stderr


def test_a_full_disk_is_said_in_one_line(exchange: Exchange) -> None:
    done = bash("rfqwatch tail >/dev/full", exchange.environment)
    assert done.returncode == 1
    assert is_quiet(done.stderr)
    assert len(re.findall("error", done.stderr)) == 1
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_with_its_code(
    exchange: Exchange, signum: signal.Signals, code: int
) -> None:
    with started("tail", environment=exchange.environment) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.readline()
        process.send_signal(signum)
        out, err = rest(process)
    assert process.returncode == code
    assert is_quiet(err)
    assert "no gaps" in err
    printed = len(events(out)) + 1
    assert ended(out) == COMPLETE | {"reason": "signal", "events": printed}
    assert [line["seq"] for line in events(out)] == [*range(2, printed + 1)]
    assert out.endswith("\n")


def test_a_hangup_that_is_ignored_stays_ignored(exchange: Exchange) -> None:
    script = f"trap '' HUP; exec {shlex.join(RFQWATCH)} tail"
    with subprocess.Popen(
        ["sh", "-c", script],
        env=exchange.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        for _ in range(500):
            assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(PATIENCE_S) == 143


def test_a_consumer_that_stands_still_does_not_hold_up_a_signal(exchange: Exchange) -> None:
    with started("tail", environment=exchange.environment) as process:
        before = exchange.accounts()[-1].sent
        while exchange.accounts()[-1].sent < before + 300:
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 143
        assert process.stderr is not None
        assert b"not taken from standard output" in process.stderr.read()


def test_closed_streams(exchange: Exchange) -> None:
    done = bash("rfqwatch tail -n 3 >&-", exchange.environment)
    assert done.returncode == 2
    assert "standard output is closed" in done.stderr
    assert is_quiet(done.stderr)
    done = bash("rfqwatch tail -n 3 2>&- <&-", exchange.environment)
    assert done.returncode == 0
    assert len(events(done.stdout)) == 3


def test_a_consumer_that_stops_and_comes_back_finds_an_exact_account() -> None:
    with (
        running(rate=0, standing=0, seed=2, keep_ids=False) as simulated,
        started(
            *("tail", "--buffer", "1m", "-n", "20000", "--url", simulated.url),
            *("--key-id", simulated.key_id),
            environment=clean_environment()
            | {"KALSHI_PRIVATE_KEY": simulated.private_key_pem.decode()},
        ) as process,
    ):
        while sum(account.sent for account in simulated.accounts()) < 15_000:
            pass
        resident = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        out, err = rest(process)
    assert process.returncode == 0
    lines = [json.loads(line) for line in out.splitlines()]
    shed = [line["msg"] for line in lines if line["type"] == "rfqwatch.gap"]
    assert {msg["reason"] for msg in shed} == {"shed"}
    printed = events(out)
    assert len(printed) == 20_000
    numbers = [line["seq"] for line in printed]
    assert numbers == sorted(set(numbers))
    missed = sum(msg["missed"] for msg in shed)
    assert len(printed) + missed == numbers[-1]
    # Each mark stands in the hole that it tells of.
    expected = 1
    for line in lines[1:-1]:
        if line["type"] == "rfqwatch.gap":
            expected += line["msg"]["missed"]
        else:
            assert line["seq"] == expected
            expected += 1
    assert ended(out) | {"gaps": 1} == {
        "reason": "count",
        "events": 20_000,
        "gaps": 1,
        "missed": missed,
        "malformed": 0,
    }
    assert "shed as they were not read in time" in err
    match = re.search(r"VmRSS:\s+(\d+) kB", resident)
    assert match is not None
    assert int(match[1]) < 150_000


def test_fail_on_gap() -> None:
    simulated = ("--env", "sim", "--sim-rate", "0", "--sim-fault", "seq-hole@5", "-n", "50")
    done = rfqwatch("tail", *simulated, "--fail-on-gap")
    assert done.returncode == 7
    assert '"type":"rfqwatch.gap"' in done.stdout
    assert is_quiet(done.stderr)


def test_fail_on_gap_wants_numbers_too() -> None:
    simulated = ("--env", "sim", "--sim-rate", "0", "--sim-fault", "no-seq@5", "-n", "50")
    done = rfqwatch("tail", *simulated, "--fail-on-gap")
    assert done.returncode == 7
    assert "rfqwatch.gap" not in done.stdout
    assert ended(done.stdout) == COMPLETE | {"reason": "count", "events": 50, "missed": None}
    assert "error: frames carried no seq" in done.stderr
    assert done.stderr.endswith("rfqwatch: Where that will do, leave out --fail-on-gap.\n")
    assert "no gaps" not in done.stderr
    assert is_quiet(done.stderr)


async def lasting(connection: Connection) -> None:
    await connection.subscribed()


async def cut(connection: Connection) -> None:
    await connection.subscribed()
    connection.reset()


def test_a_shard_that_is_not_live_at_the_end_is_a_gap() -> None:
    with running_other(lasting, cut, Refusal(503)) as other:
        environment = clean_environment() | other.environment
        tail = ("tail", "--shard", "all/5", "--fail-on-gap")
        with started(*tail, environment=environment) as process:
            assert process.stderr is not None
            away: set[str] = set()
            while len(away) < 4:
                line = process.stderr.readline().decode()
                assert line
                away.update(re.findall(r"shard (./5): .*HTTP 503", line))
            process.terminate()
            out, err = rest(process)
    assert process.returncode == 7, err
    gaps = [line for line in map(json.loads, out.splitlines()) if line["type"] == "rfqwatch.gap"]
    assert {gap["shard"] for gap in gaps} == away
    reasons = Counter(gap["msg"]["reason"] for gap in gaps)
    assert reasons == {"unacknowledged": 3, "disconnected": 1}
    assert "3 of 5 shards never watched" in err


@pytest.mark.parametrize("command", [["tail"], ["table", "--once"]], ids=" ".join)
def test_nothing_watched_is_nothing_complete(command: Sequence[str]) -> None:
    key = throwaway_key()
    environment = clean_environment() | {
        "KALSHI_API_KEY_ID": key.key_id,
        "KALSHI_PRIVATE_KEY": key.private_key_pem.decode(),
    }
    ending = ("--url", "ws://127.0.0.1:1/x", "--duration", "0.5s")
    done = rfqwatch(*command, *ending, "--fail-on-gap", environment=environment)
    assert done.returncode == 7, done.stderr
    assert "error: the stream had gaps" in done.stderr
    if command == ["tail"]:
        gap, _ = map(json.loads, done.stdout.splitlines())
        assert gap["msg"]["reason"] == "unacknowledged"


@pytest.mark.parametrize(
    ("arguments", "dials"),
    [(["--no-reconnect"], 1), (["--max-retries", "0"], 1), (["--max-retries", "2"], 3)],
)
def test_attempts_run_out(arguments: Sequence[str], dials: int) -> None:
    key = throwaway_key()
    environment = clean_environment() | {
        "KALSHI_API_KEY_ID": key.key_id,
        "KALSHI_PRIVATE_KEY": key.private_key_pem.decode().replace("\n", "\\n"),
    }
    done = rfqwatch("tail", "--url", "ws://127.0.0.1:1/", *arguments, environment=environment)
    assert done.returncode == 5
    (gap,) = (line for line in map(json.loads, done.stdout.splitlines()[:-1]))
    assert (gap["type"], gap["msg"]["reason"]) == ("rfqwatch.gap", "unacknowledged")
    # Nothing was watched, so nobody can know what was missed.
    assert ended(done.stdout) == COMPLETE | {
        "reason": "error",
        "events": 0,
        "gaps": 1,
        "missed": None,
    }
    assert done.stderr.count("connecting to 127.0.0.1:1") == 1
    assert done.stderr.count("trying again") == dials - 1
    advice = done.stderr.splitlines()[-1]
    assert advice.startswith("rfqwatch: Nothing listens there")
    assert [name for name in ("--no-reconnect", "--max-retries") if name in advice] == arguments[:1]
    assert "nothing was watched" in done.stderr
    assert is_quiet(done.stderr)
    assert "connection refused" in done.stderr


# Shards and selection


@pytest.mark.parametrize("shard", ["3/10", "0,2/10", "all/4"])
def test_each_line_tells_its_shard(exchange: Exchange, shard: str) -> None:
    done = rfqwatch("tail", "--shard", shard, "-n", "100", environment=exchange.environment)
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    keys, factor = shard.split("/")
    expected = (
        {f"{key}/{factor}" for key in range(int(factor))}
        if keys == "all"
        else {f"{key}/{factor}" for key in keys.split(",")}
    )
    assert {line["shard"] for line in lines[:-1]} <= expected
    assert "shard" not in lines[-1]
    assert {*re.findall(r"shard (\S+): connecting", done.stderr)} == expected
    assert len(events(done.stdout)) == 100


def test_mine(exchange: Exchange) -> None:
    done = rfqwatch("tail", "--mine", "--duration", "2s", environment=exchange.environment)
    assert done.returncode == 0
    creators = {
        line["msg"]["creator_id"] for line in events(done.stdout) if line["type"] == "rfq_created"
    }
    assert len(creators) <= 1


# Secrets


def test_no_secret_is_told_at_any_level(exchange: Exchange) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "rfqwatch", "tail", "-n", "500"],
        env=exchange.environment | {"PYTHONASYNCIODEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0
    told = done.stdout + done.stderr
    assert exchange.key_id not in told
    assert "KALSHI-ACCESS" not in told.upper()
    # An Ed25519 signature in base64.
    assert not re.search(r"[A-Za-z0-9+/]{86}==", told)
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
