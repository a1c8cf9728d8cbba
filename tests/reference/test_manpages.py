"""Man pages as ``man`` shows them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rfqwatch.cli.help.examples import EXAMPLES
from rfqwatch.reference.commandline import Command, declared

FOLDER = Path(__file__).parents[2] / ".github" / "man"
PROGRAM = declared()
PAGES = {"rfqwatch": PROGRAM} | {f"rfqwatch-{each.name}": each for each in PROGRAM.commands}

pytestmark = pytest.mark.skipif(not shutil.which("man"), reason="there is no man")


def man(*arguments: str, width: int = 80) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MANWIDTH": str(width), "MANPAGER": "cat", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["man", *arguments], env=environment, capture_output=True, text=True, check=True
    )


def test_every_command_has_a_page_and_nothing_else() -> None:
    assert {path.stem for path in FOLDER.rglob("*.*")} == PAGES.keys()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize(("name", "command"), PAGES.items(), ids=PAGES)
def test_a_page_says_all_of_it(name: str, command: Command, width: int) -> None:
    text = man("-M", str(FOLDER), name, width=width).stdout
    words = set(re.findall(r"(?<!\S)-[\w-]+", text))
    for option in command.options:
        assert words.issuperset([*option.names, *option.negations])
    for example in EXAMPLES[command.name]:
        assert f" {example.line}\n" in text
    titles = re.findall(r"^[A-Z ]+$", text, re.MULTILINE)
    assert titles[:4] == ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES"]
    assert titles[-2:] == ["EXIT STATUS", "SEE ALSO"]
    assert ("COMMANDS" in titles) == (command is PROGRAM)
    assert ("ARGUMENTS" in titles) == bool(command.arguments)


@pytest.mark.skipif(sys.platform != "linux", reason="only man-db's man warns")
@pytest.mark.parametrize("name", PAGES)
def test_nothing_in_it_is_warned_about(name: str) -> None:
    page = FOLDER / "man1" / f"{name}.1"
    assert man("--warnings", "-l", str(page)).stderr == ""
