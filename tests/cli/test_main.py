from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import narrow_locales
import pytest
from program import RFQWATCH, Exchange, clean_environment, rfqwatch

from rfqwatch import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


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


@pytest.mark.parametrize("locale", narrow_locales.NAMES)
@pytest.mark.parametrize(
    "arguments", ["--version", "--help", "tail --help", "table --help", "simulate --help"]
)
def test_help_in_a_locale_that_lacks_characters(
    arguments: str, locale: str, tmp_path: Path
) -> None:
    environment = clean_environment() | narrow_locales.environment(locale, tmp_path)
    done = subprocess.run(
        [*RFQWATCH, *arguments.split()], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == b""
    text = done.stdout.decode(narrow_locales.NAMES[locale])
    assert "Usage" in text or text == f"rfqwatch {__version__}\n"
    # The same line by line, and so to its end.
    assert len(text.splitlines()) == len(rfqwatch(*arguments.split()).stdout.splitlines())


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
