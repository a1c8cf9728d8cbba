"""Programs that are told what to do by variables and profiles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from of_commands import Value, with_profiles, written
from program import Exchange, clean_environment, events, is_quiet, rfqwatch

if TYPE_CHECKING:
    from pathlib import Path


def test_a_profile_is_enough_to_watch_with(exchange: Exchange, tmp_path: Path) -> None:
    key_file = exchange.environment["KALSHI_PRIVATE_KEY_PATH"]
    profile: dict[str, Value] = {
        "url": exchange.url,
        "key-id": exchange.key_id,
        "key-command": f"cat {key_file}",
        "count": 5,
        "type": ["rfq_created"],
        "columns": "age",
        "speed": 2,
        "sim-seed": 5,
        "quiet": True,
    }
    with_profiles(tmp_path, work=profile)
    environment = clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    done = rfqwatch("tail", "--profile", "work", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert [event["type"] for event in events(done.stdout)] == ["rfq_created"] * 5


def test_a_replay_takes_of_a_profile_what_is_for_it(tmp_path: Path) -> None:
    with_profiles(
        tmp_path,
        default={"url": "wss://host/", "shard": "0/2", "mine": True, "output": "raw", "count": 1},
    )
    frame = {"type": "rfq_created", "sid": 1, "seq": 1, "msg": {"id": "x"}}
    recording = tmp_path / "recording.jsonl"
    lines = [frame | {"received_ts_ms": 1_000}, frame | {"received_ts_ms": 2_000, "seq": 2}]
    recording.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    environment = clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    done = rfqwatch("tail", "--from", str(recording), environment=environment)
    assert (done.returncode, len(events(done.stdout))) == (0, 1)


@pytest.mark.parametrize(
    ("command", "text", "code", "words"),
    [
        ("tail", "market = ['K[']", 2, "market in {}: 'K[': [ without ] at position 1"),
        ("tail", "min-cost = 5\nmax-cost = 3", 2, "min-cost in {}: 5 is more than"),
        ("tail", "duration = 'soon'", 2, "Invalid value for duration in {}: 'soon' is not"),
        ("tail", "url = 'http://host/'", 2, "url in {} is not a WebSocket address"),
        ("tail", 'url = "http://host/', 2, "{FILE} is not TOML: "),
        ("tail", "key-file = '/nowhere'", 3, "key file /nowhere (key-file in {}) does not exist"),
        ("tail", "key-file = ''", 3, "key-file in {} is empty"),
        ("tail", "key-command = 'false x'", 3, "false (key-command in {}) failed with exit"),
        ("table --once", "columns = 'size,cost'", 2, "columns in {}: 'cost' is none of"),
        ("tail", "no-combo = true", 2, "called no-combo; did you mean combo = false?"),
        ("table --once", "colums = 'size'", 2, "no option is called colums; did you mean colu"),
    ],
)
def test_what_is_wrong_in_a_profile_is_said_with_its_place(
    command: str, text: str, code: int, words: str, *, exchange: Exchange, tmp_path: Path
) -> None:
    file = written(tmp_path, f"[profile.work]\n{text}\n")
    named = {"XDG_CONFIG_HOME": str(tmp_path), "RFQWATCH_PROFILE": "work"}
    environment = exchange.environment | named
    unset = {2: "RFQWATCH_URL", 3: "KALSHI_PRIVATE_KEY_PATH"}[code]
    del environment[unset]
    done = rfqwatch(*command.split(), environment=environment)
    assert (done.returncode, done.stdout) == (code, "")
    assert (
        words.replace("{FILE}", str(file)).replace("{}", f"profile work of {file}") in done.stderr
    )
    assert is_quiet(done.stderr)
    assert len(done.stderr.splitlines()) <= 2


def test_whose_account_it_is_instead_of_a_profile_s_is_said(
    exchange: Exchange, tmp_path: Path
) -> None:
    file = with_profiles(tmp_path, default={"key-id": "mine", "key-file": "/mine", "env": "demo"})
    environment = exchange.environment | {"XDG_CONFIG_HOME": str(tmp_path)}
    done = rfqwatch("tail", "-n", "1", environment=environment)
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if "warning" in line]
    where = f"in profile default of {file}"
    assert warnings == [
        f"rfqwatch: warning: RFQWATCH_URL is taken, not env {where}",
        f"rfqwatch: warning: KALSHI_API_KEY_ID is taken, not key-id {where}",
        f"rfqwatch: warning: KALSHI_PRIVATE_KEY_PATH is taken, not key-file {where}",
    ]
