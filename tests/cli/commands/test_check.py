from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from narrow_locales import ASCII
from pages import read
from program import RFQWATCH, bash, clean_environment, is_quiet, rfqwatch
from pseudo_terminal import PseudoTerminal

if TYPE_CHECKING:
    from program import Exchange


def test_on_a_terminal_in_colours_and_as_wide_as_it_is(exchange: Exchange) -> None:
    command = [*RFQWATCH, "check", "--key-id", "unknown"]
    mine = {
        name: value
        for name, value in exchange.environment.items()
        if name.startswith(("KALSHI_", "RFQWATCH_", "PYTHONPATH"))
    }
    with PseudoTerminal(command, 60, 60, on_stdin=False, COLUMNS="", **mine) as terminal:
        assert terminal.end() == 4
        lines = [line.rstrip() for line in terminal.display]
        assert any(line.startswith("✓ endpoint: 127.0.0.1:") for line in lines)
        assert any(line.startswith("✗ handshake: ") for line in lines)
        assert "\x1b[1m✓".encode() in terminal.raw
        assert b"48;5;" in terminal.raw
        assert terminal.errors() == ""
    with PseudoTerminal(command, 60, 60, on_stdin=False, NO_COLOR="1", **mine) as terminal:
        assert terminal.end() == 4
        assert b"48;5;" not in terminal.raw


def test_a_failure_is_said_on_standard_output_and_by_the_exit_code(exchange: Exchange) -> None:
    done = rfqwatch("check", "--key-id", "unknown", environment=exchange.environment | ASCII)
    assert done.returncode == 4
    assert done.stderr == ""
    assert "FAILED handshake " in done.stdout
    assert "NOT_FOUND" in done.stdout
    done = rfqwatch("check", "--quiet", "--url", "nowhere", environment=exchange.environment)
    assert done.returncode == 2
    assert done.stdout.splitlines()[0] == "✗ endpoint         --url is not a WebSocket address"


def test_one_object(exchange: Exchange) -> None:
    """Where each thing came from is told, but neither key nor id; details.md knows every name."""
    done = rfqwatch("check", "--json", "--verbose", environment=exchange.environment)
    assert done.returncode == 0
    assert is_quiet(done.stderr)
    assert "connected to 127.0.0.1" in done.stderr
    told = json.loads(done.stdout)
    assert told["exit_code"] == 0
    by_name = {each["check"]: each for each in told["checks"]}
    assert by_name["endpoint"]["facts"]["origin"] == "RFQWATCH_URL"
    assert by_name["key_id"]["facts"]["origin"] == "KALSHI_API_KEY_ID"
    assert by_name["private_key"]["facts"]["origin"] == "KALSHI_PRIVATE_KEY_PATH"
    assert by_name["private_key"]["facts"]["mode"] == "600"
    assert exchange.key_id not in done.stdout.replace(f"{exchange.key_id}.pem", "")
    section = read(".github/details.md").partition("## The check")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    assert [name for name, *_ in rows] == list(by_name)
    for name, _, facts in rows:
        assert re.findall(r"`(\w+)`", facts) == list(by_name[name]["facts"])


def test_without_credentials() -> None:
    nobody = clean_environment() | {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""}
    done = rfqwatch("check", environment=nobody)
    assert done.returncode == 3
    assert "no API key id and no private key were given" in done.stdout
    told = " ".join(done.stdout.split())
    assert "external-api-ws.kalshi.com:443/trade-api/ws/v2 (the default)" in told


def test_a_reader_that_leaves(exchange: Exchange) -> None:
    done = bash("rfqwatch check | head -1; echo ${PIPESTATUS[0]} >&2", exchange.environment)
    assert done.stdout.startswith("✓ endpoint")
    assert done.stderr == "141\n"


def test_options_that_do_not_fit_are_refused() -> None:
    done = rfqwatch("check", "--sim-fault", "drop")
    assert done.returncode == 2
    assert "--env sim" in done.stderr
    assert done.stdout == ""
