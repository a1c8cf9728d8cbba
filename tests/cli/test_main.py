from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from program import Exchange, clean_environment, rfqwatch

from rfqwatch import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tail --count 0", "'--count' / '-n'"),
        ("tail --count", "'--count' requires an argument"),
        ("tail --env moon", "'--env': 'moon' is not one of 'prod', 'demo', 'sim'"),
        ("tail --coun 1", "No such option: --coun (Possible options: --combo, --count)"),
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


def test_help_and_completion_wait_for_no_command_s_imports() -> None:
    heavy = "{'asyncio', 'cryptography', 'msgspec', 'pydantic', 'rich', 'websockets'}"
    program = f"import sys, rfqwatch.cli.main; print({heavy} & sys.modules.keys())"
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "set()\n"
