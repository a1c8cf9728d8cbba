from __future__ import annotations

import asyncio
import json
import os
import re
import select
import shlex
import signal
import ssl
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from rfqwatch import __version__
from rfqwatch.simulator.serving import Running, running, start, throwaway_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RFQWATCH = [sys.executable, "-m", "rfqwatch"]
PATIENCE_S = 60
"""How long anything may take on a busy machine; nothing waits so long when it works."""


def clean_environment() -> dict[str, str]:
    """Give the environment of a user who has set nothing, and whose pipes are buffered."""
    prefixes = ("KALSHI_", "RFQWATCH_", "PYTHONUNBUFFERED", "PYTEST", "COV_", "PYTHONWARNINGS")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(prefixes)
    }
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    return environment


class Exchange:
    """A simulated exchange in a process of its own, and the variables that lead to it."""

    def __init__(self, simulated: Running, folder: Path) -> None:
        self.url = simulated.url
        self.key_id = simulated.key_id
        self.accounts = simulated.accounts
        key_file = folder / f"{simulated.key_id}.pem"
        key_file.touch(mode=0o600)
        key_file.write_bytes(simulated.private_key_pem)
        self.environment = clean_environment() | {
            "KALSHI_API_KEY_ID": simulated.key_id,
            "KALSHI_PRIVATE_KEY_PATH": str(key_file),
            "RFQWATCH_URL": simulated.url,
        }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def exchange(folder: Path) -> Iterator[Exchange]:
    """Busy: 500 messages a second, after a burst of 300."""
    with running(rate=500, standing=300, seed=5, keep_ids=True) as simulated:
        yield Exchange(simulated, folder)


@pytest.fixture(scope="module")
def quiet_exchange(folder: Path) -> Iterator[Exchange]:
    """One message comes, then nothing more."""
    with running(rate=1e-6, standing=0, seed=5) as simulated:
        yield Exchange(simulated, folder)


def rfqwatch(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run(
        [*RFQWATCH, *arguments],
        env=environment or clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def bash(
    script: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which $RFQWATCH is the command."""
    return subprocess.run(
        ["bash", "-c", f'rfqwatch() {{ {shlex.join(RFQWATCH)} "$@"; }}\n{script}'],
        env=environment or clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@contextmanager
def started(*arguments: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start, and wait until the stream is live."""
    with subprocess.Popen(
        [*RFQWATCH, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # Nothing that was read is kept from `communicate`.
    ) as process:
        try:
            assert process.stderr is not None
            said = b""
            while b"watching" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            yield process
        finally:
            process.kill()


def rest(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Read both outputs to their ends."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return out.decode(), err.decode()


def events(lines: str) -> list[dict[str, Any]]:
    parsed = [json.loads(line) for line in lines.splitlines()]
    return [line for line in parsed if not line["type"].startswith("rfqwatch.")]


def is_quiet(stderr: str) -> bool:
    """Tell whether nothing but rfqwatch's own lines were said."""
    return all(line.startswith("rfqwatch: ") for line in stderr.splitlines())


# Printing


def test_tail_of_a_simulated_exchange_through_jq() -> None:
    done = bash("set -o pipefail; rfqwatch tail --env sim -n 20 | jq -r .type")
    assert done.returncode == 0, done.stderr
    first, *types = done.stdout.split()
    assert first == "rfqwatch.subscribed"
    assert len(types) == 20
    assert set(types) <= {"rfq_created", "rfq_deleted", "quote_created"}
    assert is_quiet(done.stderr)
    assert "20 events printed" in done.stderr
    assert "no gaps" in done.stderr


@pytest.mark.parametrize(("output", "own"), [("jsonl", 1), ("raw", 0), ("text", 1)])
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
    assert [line["seq"] for line in events(out)][:3] == [2, 3, 4]
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
    assert len(done.stdout.splitlines()) == 4


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
    assert len(printed) + sum(msg["missed"] for msg in shed) == numbers[-1]
    # Each mark stands in the hole that it tells of.
    expected = 1
    for line in lines[1:]:
        if line["type"] == "rfqwatch.gap":
            expected += line["msg"]["missed"]
        else:
            assert line["seq"] == expected
            expected += 1
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
    assert done.stdout == ""
    assert done.stderr.count("connecting to 127.0.0.1:1") == 1
    assert done.stderr.count("trying again") == dials - 1
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
    assert {line["shard"] for line in lines} <= expected
    assert {*re.findall(r"shard (\S+): connecting", done.stderr)} == expected
    assert len(events(done.stdout)) == 100


def test_mine(exchange: Exchange) -> None:
    done = rfqwatch("tail", "--mine", "--duration", "2s", environment=exchange.environment)
    assert done.returncode == 0
    creators = {
        line["msg"]["creator_id"] for line in events(done.stdout) if line["type"] == "rfq_created"
    }
    assert len(creators) <= 1


@pytest.mark.parametrize(
    ("shard", "words"),
    [
        ("10/10", "keys are 0 to 9"),
        ("1/1", "the only key is 0"),
        ("0/0", "1 to 100"),
        ("0/101", "1 to 100"),
        ("3", "all/4"),
        ("x/3", "all/4"),
        ("1.5/3", "all/4"),
    ],
)
def test_a_wrong_shard_is_told_which_exist(shard: str, words: str) -> None:
    done = rfqwatch("tail", "--env", "sim", "--shard", shard)
    assert done.returncode == 2
    assert words in done.stderr
    assert is_quiet(done.stderr)


# Mistakes


def test_no_credentials() -> None:
    done = rfqwatch("tail")
    assert done.returncode == 3
    assert "KALSHI_API_KEY_ID" in done.stderr
    assert is_quiet(done.stderr)


def test_a_key_file_that_is_not_there() -> None:
    done = rfqwatch("tail", "--key-id", "an-id", "--key-file", "/nowhere/key.pem")
    assert done.returncode == 3
    assert "/nowhere/key.pem" in done.stderr
    assert is_quiet(done.stderr)


def test_another_s_key(exchange: Exchange) -> None:
    pem = throwaway_key().private_key_pem.decode()
    environment = {
        name: value
        for name, value in exchange.environment.items()
        if name != "KALSHI_PRIVATE_KEY_PATH"
    }
    done = rfqwatch("tail", environment=environment | {"KALSHI_PRIVATE_KEY": pem})
    assert done.returncode == 4
    assert "INCORRECT_API_KEY_SIGNATURE" in done.stderr
    assert "private key" in done.stderr
    assert is_quiet(done.stderr)
    done = rfqwatch("tail", "--key-id", "unknown", environment=exchange.environment)
    assert done.returncode == 4
    assert "NOT_FOUND" in done.stderr


def test_a_wrong_path(exchange: Exchange) -> None:
    url = exchange.url.replace("trade-api", "trade-app")
    done = rfqwatch("tail", "--url", url, environment=exchange.environment)
    assert done.returncode == 5
    assert "HTTP 404" in done.stderr
    assert is_quiet(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--env prod --url wss://host/", "--url and --env exclude each other"),
        ("--env sim --url wss://host/", "--url and --env sim exclude each other"),
        ("--sim-rate 5", "are for --env sim"),
        ("--env demo --sim-seed 5", "are for --env sim"),
        ("--sim-fault reset", "are for --env sim"),
        ("--env sim --sim-fault resett", "half-open"),
        ("--url http://host/", "--url is not a WebSocket address"),
        ("--url ws://example.com/", "not sent over ws://"),
        ("--url wss://user:hunter2@example.com/", "--url holds a user and password"),
        ("--env sim --duration soon", "--duration"),
        ("--env sim --idle-timeout 0", "--idle-timeout"),
        ("--env sim --buffer much", "--buffer"),
        ("--env sim --count 0", "--count"),
        ("--env moon", "--env"),
        ("--output xml", "--output"),
    ],
)
def test_options_that_make_no_sense(exchange: Exchange, arguments: str, words: str) -> None:
    environment = {
        name: value for name, value in exchange.environment.items() if name != "RFQWATCH_URL"
    }
    done = rfqwatch("tail", *arguments.split(), environment=environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tail --count 0", "'--count' / '-n'"),
        ("tail --count", "'--count' requires an argument"),
        ("tail --env moon", "'--env': 'moon' is not one of 'prod', 'demo', 'sim'"),
        ("tail --coun 1", "No such option: --coun (Possible options: --count)"),
        ("tail more", "unexpected extra argument(s) (more)"),
        ("table --fps 99", "'--fps'"),
        ("simulate --port x", "'--port'"),
        ("tial", "No such command 'tial'. Did you mean 'tail'"),
        ("--versio", "No such option: --versio"),
    ],
)
def test_what_typer_refuses_is_said_like_everything_else(arguments: str, message: str) -> None:
    done = rfqwatch(*arguments.split())
    assert done.returncode == 2
    assert done.stdout == ""
    first, *more = done.stderr.splitlines()
    assert first.startswith("rfqwatch: error: ")
    assert message in first
    for line in more:
        assert re.fullmatch(r"rfqwatch: See .*rfqwatch( tail| table| simulate)? --help", line)
    assert len(more) <= 1


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


# TLS


async def test_wss_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with start(rate=100, ssl=context) as simulated:
        environment = clean_environment() | {
            "KALSHI_API_KEY_ID": simulated.key_id,
            "KALSHI_PRIVATE_KEY": simulated.private_key_pem.decode(),
            "RFQWATCH_URL": simulated.exchange.url,
        }
        for more, code, words in [
            ({"SSL_CERT_FILE": str(file)}, 0, "10 events printed"),
            ({}, 5, "certificate"),
        ]:
            process = await asyncio.create_subprocess_exec(
                *RFQWATCH,
                *("tail", "-n", "10"),
                env=environment | more,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            _, err = await process.communicate()
            assert process.returncode == code
            assert words in err.decode()
            assert is_quiet(err.decode())


# The simulated exchange


def test_simulate_prints_variables_that_lead_to_it() -> None:
    with subprocess.Popen(
        [*RFQWATCH, "simulate", "--sim-rate", "100"],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = ""
        while "RFQWATCH_URL" not in lines:
            lines += process.stdout.readline()
        done = bash(f"{lines}\nls $KALSHI_PRIVATE_KEY_PATH >&2\nrfqwatch tail -n 3 | jq -r .type")
        assert done.returncode == 0
        assert len(done.stdout.split()) == 4
        key_file = done.stderr.splitlines()[0]
        assert Path(key_file).exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 143
        assert not Path(key_file).exists()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_simulated_exchange_does_not_survive(signum: signal.Signals) -> None:
    with started("tail", "--env", "sim", environment=clean_environment()) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        (child,) = map(int, children.read_text(encoding="ascii").split())
        handle = os.pidfd_open(child)
        process.send_signal(signum)
        ended, _, _ = select.select([handle], [], [], PATIENCE_S)
        os.close(handle)
    assert ended


# Help


def test_version() -> None:
    done = rfqwatch("--version")
    assert (done.returncode, done.stdout) == (0, f"rfqwatch {__version__}\n")


@pytest.mark.parametrize(
    "arguments", [["-h"], ["--help"], ["tail", "-h"], ["table", "--help"], ["simulate", "-h"]]
)
def test_help(arguments: Sequence[str], exchange: Exchange) -> None:
    done = rfqwatch(*arguments, environment=exchange.environment)
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert done.stderr == ""
    # Defaults that come from the environment are nobody's business.
    assert exchange.key_id not in done.stdout


def test_no_command_is_told_the_commands() -> None:
    done = rfqwatch()
    assert done.returncode == 2
    assert "tail" in done.stdout + done.stderr
