"""Each example as it stands, as a user with an account and recordings runs it."""

from __future__ import annotations

import re
import shlex
import signal
from typing import TYPE_CHECKING

import pytest
import typer.main
from program import RFQWATCH, bash, rfqwatch
from pseudo_terminal import PseudoTerminal

from rfqwatch.cli.help.examples import EXAMPLES
from rfqwatch.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined] # the program's
EACH = {example.line: name for name, examples in EXAMPLES.items() for example in examples}
LASTING = re.compile("rfqwatch (tail|table|record|simulate)(?!.* --from)|rfqwatch table")
"""What goes on until Ctrl-C, on a terminal."""


@pytest.fixture(scope="module")
def home(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("examples")
    arguments = ("record", str(home / "recordings"), "-n", "50")
    done = rfqwatch(*arguments, environment=exchange.environment)
    assert done.returncode == 0, done.stderr
    return home


def test_every_command_has_two_or_three() -> None:
    assert EXAMPLES.keys() == {"rfqwatch", *COMMANDS}
    assert {len(examples) for examples in EXAMPLES.values()} <= {2, 3}


@pytest.mark.parametrize(("line", "name"), EACH.items())
def test_an_example_is_of_its_command_and_fits(line: str, name: str) -> None:
    assert line.startswith("rfqwatch " if name == "rfqwatch" else f"rfqwatch {name}")
    assert len(line) <= 76


@pytest.mark.parametrize("line", EACH)
def test_an_example_does_something(line: str, exchange: Exchange, home: Path) -> None:
    script = f"cd {shlex.quote(str(home))}; set -o pipefail; {line}"
    if not LASTING.match(line):
        done = bash(script, exchange.environment)
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr
        assert done.stdout != "null\n"
        return
    command = ["bash", "-c", f'rfqwatch() {{ {shlex.join(RFQWATCH)} "$@"; }}\n{script}']
    with PseudoTerminal(command, 160, 50, on_stdin=True, **exchange.environment) as terminal:
        terminal.see(lambda seen: bool(shown(seen)))
        terminal.press("\x03")
        assert terminal.end() in {128 + signal.SIGINT, -signal.SIGINT}, terminal.text
        assert "error" not in terminal.text


def shown(terminal: PseudoTerminal) -> str:
    """Give what is displayed, but for what rfqwatch says beside it."""
    return "".join(line for line in terminal.display if " rfqwatch: " not in line).strip()
