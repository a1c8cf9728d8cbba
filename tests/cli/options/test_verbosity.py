"""How much is said on standard error, and how."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from program import PATIENCE_S, RFQWATCH, Exchange, events, is_quiet, rfqwatch, started

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = r"rfqwatch: connected to .*127\.0\.0\.1"
ACKNOWLEDGED = r"rfqwatch: acknowledged after \d+ ms"


def test_verbose_says_each_step(quiet_exchange: Exchange) -> None:
    """A silent stream is asked about again and again."""
    arguments = ("tail", "-v", "--quiet-timeout", "50ms")
    with started(*arguments, environment=quiet_exchange.environment) as process:
        assert process.stderr is not None
        said = ""
        while said.count("the exchange has our subscription") < 2:
            line = process.stderr.readline().decode()
            assert line, said
            said += line
        probes = re.findall(r"asking whether our subscription lives: no message for", said)
        assert len(probes) >= 2
        assert is_quiet(said)


def test_verbose_says_where_it_went_and_how_long_it_took(exchange: Exchange) -> None:
    done = rfqwatch("tail", "--verbose", "-n", "1", environment=exchange.environment)
    assert done.returncode == 0
    assert is_quiet(done.stderr)
    assert re.search(ADDRESS, done.stderr)
    assert re.search(ACKNOWLEDGED, done.stderr)


def test_by_default_no_step_is_said(exchange: Exchange) -> None:
    done = rfqwatch("tail", "-n", "1", environment=exchange.environment)
    assert not re.search(f"{ADDRESS}|{ACKNOWLEDGED}", done.stderr)
    assert "watching" in done.stderr


@pytest.mark.parametrize("quiet", ["-q", "--quiet"])
def test_quiet_says_nothing_where_all_is_well(exchange: Exchange, quiet: str) -> None:
    done = rfqwatch("tail", quiet, "-n", "5", environment=exchange.environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(events(done.stdout)) == 5


def test_quiet_says_errors(exchange: Exchange) -> None:
    environment = exchange.environment
    done = rfqwatch("tail", "-q", "--key-id", "unknown", environment=environment)
    assert done.returncode == 4
    assert done.stderr.startswith("rfqwatch: error: ")
    assert len(done.stderr.splitlines()) <= 2


def test_quiet_says_why_it_fails_on_a_gap_and_nothing_of_the_gap() -> None:
    simulated = ("--env", "sim", "--sim-rate", "0", "--sim-fault", "seq-hole@5", "-n", "50")
    done = rfqwatch("tail", "-q", "--fail-on-gap", *simulated)
    assert done.returncode == 7
    error, _advice = done.stderr.splitlines()
    assert error == "rfqwatch: error: the stream had gaps"


@pytest.mark.parametrize("command", ["tail", "table"])
def test_both_make_no_sense(command: str) -> None:
    done = rfqwatch(command, "-v", "-q", "--env", "sim", *["--once"] * (command == "table"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--verbose and --quiet exclude each other" in done.stderr


def test_lines_in_a_file_begin_with_the_local_time(exchange: Exchange, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        subprocess.run(
            [*RFQWATCH, "tail", "-n", "1"],
            env=exchange.environment | {"TZ": "XXX-05:30"},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            check=True,
            timeout=PATIENCE_S,
        )
    lines = log.read_text().splitlines()
    assert len(lines) >= 3
    for line in lines:
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0530 rfqwatch: ", line)
