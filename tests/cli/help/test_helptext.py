"""Help as it stands on terminals of any width."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer.main
from program import RFQWATCH, clean_environment, rfqwatch
from pseudo_terminal import PseudoTerminal

from rfqwatch.cli.help.examples import EXAMPLES
from rfqwatch.cli.help.footer import variables
from rfqwatch.cli.help.helptext import written
from rfqwatch.cli.help.layout import MOST_COLUMNS
from rfqwatch.cli.main import app
from rfqwatch.reference.commandline import declared

PROGRAM: Any = typer.main.get_command(app)
CONTEXT = PROGRAM.make_context("rfqwatch", [], resilient_parsing=True)
DECLARED = declared()
COMMANDS = {command.name: command for command in (DECLARED, *DECLARED.commands)}


def help_of(name: str) -> str:
    """Give the help as whoever has no styles sees it."""
    command = PROGRAM.commands.get(name, PROGRAM)
    context = CONTEXT
    if command is not PROGRAM:
        context = command.make_context(name, [], CONTEXT, resilient_parsing=True)
    return written(command, context)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_name_is_cut_at_any_width(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    names = [
        each for option in COMMANDS[name].options for each in (*option.names, *option.negations)
    ]
    unbroken = {example.line for example in EXAMPLES[name]}
    for columns in range(40, 201):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = help_of(name).splitlines()
        assert all(
            len(line) <= min(columns, MOST_COLUMNS)
            for line in lines
            if line.strip() not in unbroken
        )
        words = set(
            re.findall(r"[\w-]+", "\n".join(line[:28] for line in lines if line.startswith("  -")))
        )
        assert words.issuperset(names)


def test_a_terminal_narrower_than_any_has_it_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    narrow = help_of("tail")
    monkeypatch.setenv("COLUMNS", "1")
    assert help_of("tail") == narrow


@pytest.mark.parametrize("name", COMMANDS)
def test_what_each_help_holds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    text = help_of(name)
    assert "<" not in text.replace("<=x<=", "")
    titles = re.findall(r"^(\w.*):$", text, re.MULTILINE)
    assert titles[0] == "Examples"
    assert titles[-1] == ("General" if name == "rfqwatch" else "Exit codes")
    names = [each for option in COMMANDS[name].options for each in option.names]
    assert ("Environment" in titles) == bool(variables(names))
    unlisted = [option.names for option in COMMANDS[name].options if not option.panel]
    assert all("--help" in names or name == "rfqwatch" for names in unlisted)


def test_only_a_terminal_gets_titles_and_names_in_bold() -> None:
    command = [*RFQWATCH, "tail", "--help"]
    with PseudoTerminal(command, 80, 150, PYTHONPATH=clean_environment()["PYTHONPATH"]) as terminal:
        assert terminal.end() == 0
        assert b"\x1b[1m--env prod|demo|sim\x1b[0m" in terminal.raw
        text = "\n".join(line.rstrip() for line in terminal.display).strip()
    piped = rfqwatch("tail", "--help", environment=clean_environment() | {"COLUMNS": "80"})
    assert "\x1b" not in piped.stdout
    assert piped.stdout.strip() == text
