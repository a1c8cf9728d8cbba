from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import narrow_locales
import pytest
from program import RFQWATCH, Exchange, bash, clean_environment, is_quiet, rfqwatch

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
        ("tail --coun 1", "No such option: --coun (Possible options: --combo, --count, --until)"),
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


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(option: str) -> None:
    done = rfqwatch(option)
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


@cache
def usual(arguments: str) -> str:
    """Give what is printed in a usual environment."""
    return rfqwatch(*arguments.split()).stdout


@pytest.mark.parametrize("locale", narrow_locales.NAMES)
@pytest.mark.parametrize("arguments", ["--version", "tail --help", "table --help"])
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
    assert len(text.splitlines()) == len(usual(arguments).splitlines())


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-", ">&-", "<&- >&-", ">&- 2>&-"])
def test_descriptors_that_are_closed_from_the_start(closed: str) -> None:
    done = bash(f"{{ rfqwatch tail --env sim -n 1; }} {closed}")
    if re.search(r"(?<!2)>&-", closed):
        assert done.returncode == 2
        said = "" if "2>&-" in closed else "rfqwatch: error: standard output is closed\n"
        assert done.stderr.startswith(said)
    else:
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) == 3
    assert is_quiet(done.stderr)


@pytest.mark.parametrize(
    "variable",
    [
        *("COLUMNS=abc", "COLUMNS=0", "COLUMNS=-5", "COLUMNS=99999999999", "LINES=0"),
        *("TERM=nonsense", "TERM=", "TZ=Nowhere/Bad", "HOME=", "TMPDIR=/nowhere", "LC_ALL=xx_YY"),
    ],
)
def test_variables_that_mean_nothing_cost_nothing(variable: str) -> None:
    name, _, value = variable.partition("=")
    environment = clean_environment() | {name: value}
    done = rfqwatch("tail", "--help", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == usual("tail --help")


def test_a_picture_no_memory_could_hold_is_of_the_usual_size() -> None:
    environment = clean_environment() | {"COLUMNS": "99999999999", "LINES": "99999999"}
    arguments = "table", "--env", "sim", "--once", "--duration", "1s"
    done = rfqwatch(*arguments, environment=environment)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 50
    assert max(map(len, lines)) <= 160


def test_a_folder_that_is_gone_does_not_matter(tmp_path: Path) -> None:
    gone = shlex.quote(str(tmp_path / "gone"))
    done = bash(f"mkdir {gone} && cd {gone} && rmdir {gone} && rfqwatch tail --env sim -n 1")
    assert done.returncode == 0
    assert is_quiet(done.stderr)


def test_a_limit_that_is_reached_is_said() -> None:
    done = bash("ulimit -n 7 && rfqwatch tail --env sim -n 1")
    assert done.returncode == 1
    assert is_quiet(done.stderr)
    assert "Too many open files" in done.stderr
    assert "ulimit" in done.stderr


def test_without_proc() -> None:
    alone = ["unshare", "--mount", "--map-root-user"]
    if (
        not shutil.which("unshare")
        or subprocess.run(
            [*alone, "mount", "-t", "tmpfs", "none", "/proc"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("/proc can't be taken away here")
    script = f"mount -t tmpfs none /proc; {shlex.join(RFQWATCH)} tail --env sim -n 1 | cat"
    done = subprocess.run(
        [*alone, "sh", "-c", script],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 3
    assert is_quiet(done.stderr)


def test_no_command_is_told_the_commands() -> None:
    done = rfqwatch()
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == usual("--help")


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


# What a Python for Windows lacks of what is used anywhere here.
WINDOWS = """
import os, select, signal, sys
sys.modules.update(dict.fromkeys(("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")))
for name in ("SIGCONT", "SIGHUP", "SIGPIPE", "SIGTSTP", "SIGWINCH"):
    delattr(signal, name)
for name in ("O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK"):
    delattr(os, name)
del select.poll
import typer
sys.platform = "win32"
from rfqwatch.cli.main import main
main()
"""


@pytest.mark.parametrize("arguments", [[], ["--help"], ["tail", "--env", "sim", "-n", "1"]])
def test_windows_is_told_where_to_run_it(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WINDOWS, *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert is_quiet(done.stderr)
    assert len(done.stderr.splitlines()) == 2
    assert "WSL" in done.stderr


@pytest.mark.parametrize("arguments", ["--help", "tail --help", "schema", "config", "--version"])
def test_what_can_not_be_written_is_said(arguments: str) -> None:
    told = bash(f"rfqwatch {arguments} >/dev/full", clean_environment())
    assert told.returncode == 1
    assert told.stderr.splitlines()[0].startswith("rfqwatch: error: standard output can't be")
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("arguments", ["--help", "tail --help", "schema", "--version"])
def test_nothing_is_asked_of_an_output_that_is_closed(arguments: str) -> None:
    told = bash(f"rfqwatch {arguments} >&-", clean_environment())
    assert told.returncode == 2
    assert told.stderr.startswith("rfqwatch: error: standard output is closed\n")
